"""Whatever comes in at /v1/: a clear answer, never a 5xx, and nothing good is lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from profiles import source_notes
from profiles.models import Event, Profile, RefusedSample, Source
from profiles.signals import RecordedEvent, events_recorded

pytestmark = pytest.mark.django_db(transaction=True)

# After JSONTestSuite (github.com/nst/JSONTestSuite): values that must be read, must not be, or may be either.
READ = [
    b"0", b"-0", b"1E22", b"1e-2", b"123123e-10", b"[]", b"[[]   ]", b"{}", b'{"":0}', b'{"a":"b","a":"c"}',
    b'"\\u0061\\u30af\\u30EA"', b'"\\ud83d\\ude39"', b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', b'"\xe2\x82\xac"', b'"\x7f"',
    b'"\xf0\x9d\x84\x9e"', b'"\\u2028\\u2029"', b'"\xef\xbb\xbf"', b"true", b"null", b'[1, "a", null, true, {"b": []}]',
    b"-1.5", b"20e1", b'"\xf4\x8f\xbf\xbf"', b'"new\\u000Aline"',
]  # fmt: skip
NOT_READ = [
    b"NaN", b"Infinity", b"-Infinity", b"[1,]", b"[,1]", b"[1 2]", b"{,}", b'{"a":1,}', b"{a:1}", b"{'a':1}",
    b'{"a" 1}', b'{"a":', b'["', b"01", b"-01", b"1.", b".5", b"+1", b"0x1", b"1e", b"1e+", b"tru", b"True", b"nul",
    b'"\\x"', b'"\\u12"', b'"\\u123g"', b'"\x00"', b'"\x1f"', b'"\t"', b'"\n"', b"/* c */ 1", b"1 // c", b'"a',
    b"\xef\xbb\xbf1", b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"', b'"\\uD800"',
    b'"\\uDC00\\uD800"', b"1e400", b"-1e400", b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"1]",
    b"9" * 25, b"-" + b"9" * 25, b"", b" ",
]  # fmt: skip
NAUGHTY = [
    "<script>alert(1)</script>", "'; drop table profiles_profile; --", "../../etc/passwd", "%s%n{0}{{x}}${7*7}",
    "田中さんにあげて下さい", "사회과학원 어학연구소", "ٱلْعَرَبِيَّة", "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤", "👩‍👩‍👧‍👦", "\u202etest\u202c", "\ufeff",
    "\u200b", "\u00a0", "1/0", "$1.00", "-1", "1e5", "0x10", "__proto__", "constructor", "\\", '"', "`", "CON",
    "a" * 200,
    "İstanbul", "ß", "ſ", "ﬃ", "\x07", "\x1b[31m", "\r\n", "undefined x", "{}", "[1,2]", "true story",
]  # fmt: skip


def body(value: bytes) -> bytes:
    return b'{"type": "track", "userId": "u", "event": "x", "properties": {"v": ' + value + b"}}"


def test_json_that_must_be_read_is(send: Any) -> None:
    for value in READ:
        assert send("track", body(value)).status_code == 200, value
        assert Event.objects.latest("id").properties == {"v": json.loads(value)}
    assert Event.objects.count() == len(READ)


def test_json_that_cannot_be_read_is_400_and_its_neighbours_are_kept(send: Any) -> None:
    good, kept = b'{"type": "track", "userId": "u", "event": "good"}', 0
    for value in NOT_READ:
        answer = send("track", body(value))
        assert answer.status_code == 400, value
        assert answer.json()["detail"] and answer.json()["code"] == "invalid_request"
        answer = send("batch", b'{"batch": [' + good + b"," + body(value) + b"," + good + b"]}")
        # Where the whole is no JSON any more nothing can be told apart; where it is, the good ones are kept.
        assert answer.status_code in (200, 400), value
        if answer.status_code == 200:
            assert [entry["index"] for entry in answer.json()["rejected"]] == [1]
            kept += 2
    assert Event.objects.count() == kept > 0


def test_naughty_strings_come_back_as_they_were(send: Any) -> None:
    for number, text in enumerate(NAUGHTY):
        call = {
            "userId": f"u{text}"[:200],
            "event": f"e{text}"[:200],
            "properties": {text: text, "list": [text]},
        }
        assert send("track", call).status_code == 200, text
        assert Event.objects.latest("id").properties == {text: text, "list": [text]}
        traits = {f"t{text}"[:200]: text, "firstName": text}
        assert send("identify", {"userId": f"person {number}", "traits": traits}).status_code == 200, text
        kept = Profile.objects.get(external_id=f"person {number}").attributes
        assert kept.get("first_name", "") == text.strip()


def test_ten_thousand_attribute_names_are_capped_and_reported(
    send: Any, source: Source, settings: Any
) -> None:
    for start in range(0, 10_000, 1000):
        traits = [{f"k{n}": 1 for n in range(at, at + 100)} for at in range(start, start + 1000, 100)]
        calls = [{"type": "identify", "userId": f"u{start}-{n}", "traits": t} for n, t in enumerate(traits)]
        assert send("batch", {"batch": calls}).status_code == 200
    assert send("identify", {"userId": "good", "traits": {"k0": 7}}).status_code == 200
    names = {name for known in Profile.objects.values_list("attributes", flat=True) for name in known}
    assert 100 <= len(names) < 2500
    assert Profile.objects.count() == 101  # the calls are kept: only the names beyond the limit are not
    assert Profile.objects.get(external_id="good").attributes == {"k0": 7}
    source_notes.flush(datetime.now(UTC))
    assert RefusedSample.objects.filter(source_id=source.pk).exists()


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = 'profiles_event'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def test_events_of_silly_years_are_kept_without_a_partition_each(send: Any) -> None:
    before = partitions()
    heard: list[RecordedEvent] = []
    events_recorded.connect(receiver := lambda events, **_: heard.extend(events))
    now = datetime.now(UTC)
    try:
        for year in ("0001", "1969", "1970", "1999", "2099", "9999"):
            answer = send(
                "track", {"userId": "u", "event": f"of {year}", "timestamp": f"{year}-06-01T00:00:00Z"}
            )
            assert answer.status_code == 200, answer.content
    finally:
        events_recorded.disconnect(receiver)
    assert partitions() == before
    kept = dict(Event.objects.values_list("name", "ts"))
    assert (kept["of 0001"].year, kept["of 1970"].year, kept["of 1999"].year) == (1970, 1970, 1999)
    # Nothing happened in the future: a clock that runs ahead says now.
    assert now <= kept["of 2099"] <= datetime.now(UTC) and now <= kept["of 9999"]
    late = {event.name: event.late for event in heard}
    assert late == {"of 0001": True, "of 1969": True, "of 1970": True, "of 1999": True, "of 2099": False,
                    "of 9999": False}  # fmt: skip


def test_the_context_of_a_batch_is_under_each_call_s_own(send: Any) -> None:
    batch = {
        "context": {"app": {"name": "Shop", "version": "1"}, "locale": "ko-KR"},
        "batch": [
            {
                "type": "track",
                "userId": "u",
                "event": "a",
                "context": {"app": {"version": "2"}, "ip": "1.2.3.4"},
            },
            {"type": "track", "userId": "u", "event": "b"},
        ],
    }
    assert send("batch", batch).json() == {"success": True}
    first, second = Event.objects.order_by("id").values_list("context", flat=True)
    assert first == {"app": {"name": "Shop", "version": "2"}, "locale": "ko-KR", "ip": "1.2.3.4"}
    assert second == batch["context"]


def test_a_clock_that_is_wrong_is_corrected_and_one_that_was_is_not_again(send: Any) -> None:
    now = datetime.now(UTC)
    wrong = now + timedelta(days=400)
    batch = [
        {"type": "track", "userId": "u", "event": "ahead", "timestamp": (wrong - timedelta(hours=2)).isoformat()},
        {
            "type": "track", "userId": "u", "event": "passed on", "timestamp": (now - timedelta(days=2)).isoformat(),
            "originalTimestamp": wrong.isoformat(), "receivedAt": (now - timedelta(days=1)).isoformat(),
        },
    ]  # fmt: skip
    send("batch", {"batch": batch, "sentAt": wrong.isoformat()})
    kept = dict(Event.objects.values_list("name", "ts"))
    assert abs(kept["ahead"] - (now - timedelta(hours=2))) < timedelta(seconds=10)
    assert abs(kept["passed on"] - (now - timedelta(days=2))) < timedelta(seconds=1)


def test_what_is_refused_shows_at_the_source(send: Any, source: Source) -> None:
    send("track", {"userId": "null", "event": "x"})
    send("track", b"{")
    send("track", {"userId": "u", "event": "x", "properties": {"v": "y" * 40_000}})
    source_notes.flush(datetime.now(UTC))
    reasons = set(RefusedSample.objects.filter(source_id=source.pk).values_list("reason", flat=True))
    assert {"userId 'null' names nobody", "This may have 32 kB."} < reasons
    assert len(reasons) == 3
