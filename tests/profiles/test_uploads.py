"""Files from the browser: every encoding and oddity, a broken-off worker, two at once, a mapping that was wrong."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from lib import clock
from profiles import uploads
from profiles.importing import chunks, moments, run, shape, suggest
from profiles.models import Event, Profile, Source, Upload
from tests.factories.workspaces import make_user, make_workspace
from workspaces.actor import actor_of
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Any) -> None:
    settings.UPLOADS = tmp_path / "uploads"


@pytest.fixture
def actor(workspace: Workspace) -> Any:
    return actor_of(make_user(workspace, "marketer"))


@pytest.fixture
def files(workspace: Workspace) -> Source:
    return Source.objects.create(workspace=workspace, name="Files", kind="file")


def sent(actor: Any, files: Source, content: bytes, name: str = "file.csv") -> Upload:
    upload = uploads.begin(actor, files, name, len(content), "", clock.now())
    for start in range(0, len(content), 1 << 20):
        uploads.append(upload, start, content[start : start + (1 << 20)])
    return upload


def read(actor: Any, upload: Upload, mapping: dict[str, Any] | None = None) -> Upload:
    assert uploads.start(actor, upload, mapping or upload.mapping, False, clock.now()) == ()
    while uploads.work(clock.now):
        pass
    upload.refresh_from_db()
    return upload


def rejected(upload: Upload) -> list[tuple[int, str]]:
    with uploads.rejects(upload).open(newline="", encoding="utf-8") as file:
        return [(int(row["line"]), row["reason"]) for row in csv.DictReader(file)]


PEOPLE = "회원번호,이름,city\r\nM-1,서연,Café\r\nM-2,민재,부산\r\n"
LATIN = "id,first_name,city\nM-1,Zoé,Orléans\nM-2,Jörg,Nîmes\n"


@pytest.mark.parametrize(
    ("content", "was", "first"),
    [
        (PEOPLE.encode(), "utf-8", "서연"),
        (b"\xef\xbb\xbf" + PEOPLE.encode(), "utf-8", "서연"),
        (PEOPLE.encode("utf-16"), "utf-16", "서연"),
        (PEOPLE.encode("utf-16-le"), "utf-16-le", "서연"),
        (PEOPLE.encode("utf-16-be"), "utf-16-be", "서연"),
        (PEOPLE.replace("é", "e").encode("cp949"), "cp949", "서연"),
        (LATIN.encode("latin-1"), "cp1252", "Zoé"),
        (LATIN.replace("\n", "\r").encode(), "utf-8", "Zoé"),
        (LATIN.replace(",", ";").encode(), "utf-8", "Zoé"),
        (LATIN.replace(",", "\t").encode(), "utf-8", "Zoé"),
        (LATIN.replace(",", "|").encode(), "utf-8", "Zoé"),
    ],
)
def test_letters_and_delimiters_are_found(
    actor: Any, files: Source, content: bytes, was: str, first: str
) -> None:
    upload = sent(actor, files, content)
    assert (upload.state, upload.shape["was"]) == ("mapping", was)
    assert len(upload.shape["columns"]) == 3
    done = read(actor, upload)
    assert (done.state, done.taken, done.rejected) == ("done", 2, 0)
    assert Profile.objects.get(external_id="M-1").attributes["first_name"] == first


def test_every_oddity_costs_its_own_line(actor: Any, files: Source) -> None:
    content = (
        b"\xef\xbb\xbfmember_id,first_name,note\r\n"
        b'1,Anna,"two\r\nlines, ""quoted"""\r\n'
        b"2,\xff\xfe,\r\n"
        b"3,short\r\n"
        b'4,"never closed,\r\n'
        b"5,Ben,\xe2\x80\xa8odd line end\r\n"
        b",Nobody,\r\n"
        b"6," + b"x" * 300_000 + b",\r\n"
        b"7,\x00,\r\n"
        b"8,Eve,fine"
    )
    done = read(actor, sent(actor, files, content))
    assert (done.state, done.taken) == ("done", 3)
    assert rejected(done) == [
        (4, "not UTF-8"),
        (5, "has 2 columns, the header has 3"),
        (6, "a quote is not closed"),
        (8, "names nobody: the columns that say who are empty"),
        (9, "the line is too long"),
        (10, "holds a NUL character"),
    ]
    assert Profile.objects.get(external_id="1").attributes["note"] == 'two\r\nlines, "quoted"'
    assert set(Profile.objects.values_list("external_id", flat=True)) == {"1", "5", "8"}


LONG = 32 << 20  # by hand it was 1 GB


def pieces(kind: str) -> Iterator[bytes]:
    """Two thousand good rows around a line that is longer than anything may be."""
    yield b"member_id,city\n" + b"".join(b"a%d,Seoul\n" % n for n in range(1000))
    yield b'7,"open ' if kind == "quote" else b"7,"
    yield from (b"x" * (1 << 20) for _ in range(LONG >> 20))
    yield {"quote": b'"\n', "line": b"\n"}[kind] + b"".join(b"b%d,Busan\n" % n for n in range(1000))


@pytest.mark.parametrize("kind", ["line", "quote"])
def test_an_endless_line_costs_itself_and_no_memory(
    actor: Any, files: Source, client: Client, kind: str
) -> None:
    client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
    size = sum(map(len, pieces(kind)))
    begun = client.post("/people/sources/upload/", {"name": "long.csv", "size": size}).json()
    upload = Upload.objects.get(public_id=begun["id"])
    tracemalloc.start()
    try:
        received = 0
        for piece in pieces(kind):
            url = f"/people/sources/upload/{upload.public_id}/piece/?offset={received}"
            received = client.post(url, piece, content_type="application/octet-stream").json()["received"]
        upload.refresh_from_db()
        assert (upload.state, received) == ("mapping", size)
        assert client.get(f"/people/sources/upload/{upload.public_id}/").status_code == 200
        done = read(actor, upload)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (done.state, done.taken, done.rejected) == ("done", 2000, 1)
    assert rejected(done) == [(1002, "the line is too long")]
    assert uploads.rejects(done).stat().st_size < 5000
    assert peak < LONG / 2


def test_within_an_open_quote_an_endless_line_spares_its_neighbours(actor: Any, files: Source) -> None:
    content = b'member_id,city\n1,"never closed\n2,Seoul\n3,' + b"x" * 700_000 + b'"\n4,Busan\n'
    done = read(actor, sent(actor, files, content))
    assert rejected(done) == [(2, "a quote is not closed"), (4, "the line is too long")]
    assert set(Profile.objects.values_list("external_id", flat=True)) == {"2", "4"}


def test_endless_json_lines_and_headers(actor: Any, files: Source) -> None:
    content = b'{"userId": "1"}\n{"userId": "2", "x": "' + b"x" * 700_000 + b'"}\n{"userId": "3"}\n'
    people = {"kind": "people", "columns": [{"column": "userId", "to": "user_id"}]}
    done = read(actor, sent(actor, files, content, "people.jsonl"), people)
    assert (done.taken, rejected(done)) == (2, [(2, "the line is too long")])
    upload = sent(actor, files, b"member_id," + b"x" * 700_000 + b"\n1,2\n")
    assert (upload.state, upload.error) == ("failed", "the first line is too long")


def test_what_was_left_out_is_told_in_the_readers_language(actor: Any, files: Source, client: Client) -> None:
    done = read(actor, sent(actor, files, b'member_id,city\n1,Seoul\n,"Bus,\nan"\n'))
    actor.user.language = "ko"
    actor.user.save(update_fields=["language"])
    client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(f"/people/sources/upload/{done.public_id}/rejects/")
    assert "file.rejects.csv" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["line", "reason", "text"],
        ["3", "누구인지 알 수 없어요. 고객을 알려 주는 열이 비어 있어요", ',"Bus,\nan"'],
    ]


ORDERS = b"InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" + b"".join(
    f"{500 + n // 3},S{n},{n % 5 + 1},1/{n // 30 + 13}/2026 9:{n % 60:02},0.85,{70 + n // 9},France\n".encode()
    for n in range(300)
)


def test_order_lines_become_orders(actor: Any, files: Source) -> None:
    upload = sent(actor, files, ORDERS)
    assert (upload.mapping["kind"], upload.mapping["group_by"]) == ("events", "InvoiceNo")
    assert upload.mapping["time"]["format"] == "%m/%d/%Y %H:%M"
    done = read(actor, upload)
    assert (done.taken, done.rejected) == (100, 0)
    event = Event.objects.get(properties__invoice_no="500")
    assert event.properties == {
        "invoice_no": "500",
        "country": "France",
        "unit_price": 0.85,
        "amount": 5.1,
        "lines": 3,
        "items": [
            {"stock_code": "S0", "quantity": 1, "amount": 0.85},
            {"stock_code": "S1", "quantity": 2, "amount": 1.7},
            {"stock_code": "S2", "quantity": 3, "amount": 2.55},
        ],
    }


@pytest.mark.parametrize("chunk", [1, 7, 50])
def test_a_killed_worker_costs_nothing_and_doubles_nothing(
    actor: Any, files: Source, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", chunk)
    content = ORDERS.replace(b"0.85,77,France", b"0.85,,France", 1).replace(b"505,S15,", b"505,S15,bad,", 1)
    upload = sent(actor, files, content)
    uploads.start(actor, upload, upload.mapping, False, clock.now())
    real, count = uploads.RowKeeper.save, 0

    def save(self: Any, progress: run.Progress) -> None:
        nonlocal count
        count += 1
        real(self, progress)
        if count % 2 == 0:
            raise KeyboardInterrupt  # in the transaction: the chunk and how far it came go together

    monkeypatch.setattr(uploads.RowKeeper, "save", save)
    for _ in range(400):
        try:
            if not uploads.work(clock.now):
                break
        except KeyboardInterrupt:
            # The lease of the dead worker runs out.
            Upload.objects.filter(pk=upload.pk).update(claimed_until=clock.now() - timedelta(seconds=1))
    upload.refresh_from_db()
    assert (upload.state, upload.taken, upload.known) == ("done", 100, 0)
    assert Event.objects.count() == 100
    assert len(rejected(upload)) == upload.rejected == 2
    assert sum(event.properties["lines"] for event in Event.objects.all()) == 298


def test_a_worker_that_lost_its_lease_stores_nothing_more(actor: Any, files: Source) -> None:
    upload = sent(actor, files, ORDERS)
    uploads.start(actor, upload, upload.mapping, False, clock.now())
    mine = uploads._claim(clock.now())
    assert mine and uploads._claim(clock.now()) is None
    later = uploads._claim(clock.now() + uploads.LEASE * 2)
    assert later
    with pytest.raises(run.Stopped):
        uploads.RowKeeper(mine, clock.now).save(run.Progress(1, 0, 0))


def test_two_uploads_at_once_take_turns(actor: Any, files: Source) -> None:
    people = b"member_id,city\n" + b"".join(b"%d,Seoul\n" % n for n in range(1, 51))
    first, second = sent(actor, files, ORDERS), sent(actor, files, people, "people.csv")
    for upload in (first, second):
        uploads.start(actor, upload, upload.mapping, False, clock.now())
    one, other = uploads._claim(clock.now()), uploads._claim(clock.now())
    assert {one and one.pk, other and other.pk} == {first.pk, second.pk}
    Upload.objects.update(claimed_until=None)
    while uploads.work(clock.now):
        pass
    assert list(Upload.objects.order_by("pk").values_list("state", "taken")) == [("done", 100), ("done", 50)]


def test_cancelled_in_the_middle_it_stops(actor: Any, files: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 10)
    upload = sent(actor, files, ORDERS)
    uploads.start(actor, upload, upload.mapping, False, clock.now())
    real = uploads.RowKeeper.save

    def save(self: Any, progress: run.Progress) -> None:
        if progress.taken > 30:
            Upload.objects.filter(pk=upload.pk).update(state="cancelled")
        real(self, progress)

    monkeypatch.setattr(uploads.RowKeeper, "save", save)
    assert uploads.work(clock.now)
    assert Event.objects.count() == 30
    assert not uploads.work(clock.now)


def test_a_wrong_mapping_is_told_before_anything_is_read(actor: Any, files: Source) -> None:
    upload = sent(actor, files, ORDERS)
    wrong = {
        **upload.mapping,
        "columns": [{"column": "Nowhere", "to": "property", "name": "", "type": "text"}],
    }
    problems = uploads.start(actor, upload, wrong, False, clock.now())
    assert "Say which column tells who: a member number, an email address or a phone number." in problems
    assert "Say which column tells when it happened." in problems
    upload.refresh_from_db()
    assert upload.state == "mapping"


def test_a_file_read_with_the_wrong_columns_may_be_read_again(actor: Any, files: Source) -> None:
    wrong = sent(actor, files, ORDERS)
    mapping = json.loads(json.dumps(wrong.mapping)) | {"event": "oder"}
    assert read(actor, wrong, mapping).taken == 100
    right = read(actor, sent(actor, files, ORDERS))
    assert (right.taken, right.known) == (100, 0)
    again = read(actor, sent(actor, files, ORDERS))
    assert (again.taken, again.known) == (0, 100)


def test_values_that_do_not_fit_their_column_are_rejected(actor: Any, files: Source) -> None:
    upload = sent(
        actor, files, b'member_id,score,vip,born\n1,"1,234.5",yes,2001-02-03\n2,many,yes,\n3,1,maybe,\n'
    )
    columns = [
        {"column": "member_id", "to": "user_id"},
        {"column": "score", "to": "attribute", "name": "score", "type": "number"},
        {"column": "vip", "to": "attribute", "name": "vip", "type": "yes_no"},
        {"column": "born", "to": "attribute", "name": "born", "type": "date"},
    ]
    done = read(actor, upload, {"kind": "people", "columns": columns})
    assert Profile.objects.get().attributes == {"score": 1234.5, "vip": True, "born": "2001-02-03"}
    assert rejected(done) == [(3, "'many' is no number"), (4, "'maybe' is neither yes nor no")]


def test_json_lines(actor: Any, files: Source) -> None:
    lines = [
        {
            "userId": 1,
            "event": "seen",
            "timestamp": "2026-01-01T00:00:00Z",
            "properties": {"a": {"b": 1}, "n": 2},
        },
        {"userId": "2", "event": "seen", "timestamp": "yesterday"},
        [1],
    ]
    upload = sent(actor, files, "\n".join(map(json.dumps, lines)).encode(), "events.jsonl")
    assert upload.shape["columns"] == ["userId", "event", "timestamp", "properties.a", "properties.n"]
    mapping = {
        "kind": "events",
        "columns": [
            {"column": "userId", "to": "user_id"}, {"column": "event", "to": "event"},
            {"column": "timestamp", "to": "time"}, {"column": "properties.a", "to": "property", "name": "a"},
            {"column": "properties.n", "to": "property", "name": "n", "type": "number"},
        ],
        "time": {"format": "iso", "zone": "UTC"},
    }  # fmt: skip
    done = read(actor, upload, mapping)
    assert Event.objects.get().properties == {"a": {"b": 1}, "n": 2}
    assert [line for line, _ in rejected(done)] == [2, 3]


def test_pieces_only_fit_where_the_file_ends(actor: Any, files: Source) -> None:
    upload = uploads.begin(actor, files, "a.csv", 10, "", clock.now())
    assert uploads.append(upload, 0, b"id,a\n") == 5
    with pytest.raises(uploads.Elsewhere) as there:
        uploads.append(upload, 0, b"id,a\n")
    assert there.value.received == 5
    with pytest.raises(uploads.Unfit):
        uploads.append(upload, 5, b"too much for it")
    assert uploads.append(upload, 5, b"1,22\n") == 10
    assert upload.state == "mapping"
    with pytest.raises(uploads.Unfit):
        uploads.begin(actor, files, "a.csv", 0, "", clock.now())


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03PNG\r\n\x1a" * 50, b'"never closed', b"\n\n\n"])
def test_what_is_no_table_fails_with_a_reason(actor: Any, files: Source, content: bytes) -> None:
    upload = sent(actor, files, content)
    assert upload.state == "failed"
    assert upload.error


def test_old_files_are_tidied_away(actor: Any, files: Source) -> None:
    done = read(actor, sent(actor, files, b"member_id,city\n1,Seoul\n,Busan\n"))
    left = uploads.begin(actor, files, "left.csv", 10, "", clock.now())
    uploads.tidy(clock.now() + timedelta(days=4))
    left.refresh_from_db()
    assert (left.state, uploads.rejects(done).exists()) == ("cancelled", True)
    uploads.tidy(clock.now() + timedelta(days=12))
    assert not uploads.folder(done).exists()
    assert not uploads.folder(left).exists()


def test_strangers_get_no_file(workspace: Workspace, actor: Any, files: Source) -> None:
    upload = sent(actor, files, ORDERS)
    client = Client()
    client.force_login(
        make_user(make_workspace(), "owner"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(f"/people/sources/upload/{upload.public_id}/").status_code == 404


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["12/1/2010 8:45", "12/13/2010 9:00"], "%m/%d/%Y %H:%M"),
        (["1/12/2010 8:45", "13/12/2010 9:00"], "%d/%m/%Y %H:%M"),
        (["2026-01-31T09:30:00+09:00"], "iso"),
        (["2026-01-31 09:30"], "iso"),
        (["19970101", "19980630"], "%Y%m%d"),
        (["1769851815"], "seconds"),
        (["1769851815000"], "milliseconds"),
        (["2026.01.31"], "%Y.%m.%d"),
        (["tomorrow"], ""),
        ([], ""),
    ],
)
def test_the_form_of_times_is_guessed(texts: list[str], form: str) -> None:
    assert moments.guess(texts) == form


def test_names_of_columns_suggest_what_they_are() -> None:
    rows = [
        {
            "Email Address": "a@b.example",
            "휴대폰번호": "010-1234-5678",
            "생년월일": "1990-01-02",
            "등급": "VIP",
        }
    ]
    found = suggest.mapping(list(rows[0]), rows, "Asia/Seoul")
    assert found["kind"] == "people"
    assert [(column["to"], column["name"]) for column in found["columns"]] == [
        ("email", ""), ("phone", ""), ("attribute", "birthday"), ("attribute", "등급"),
    ]  # fmt: skip


def test_columns_without_a_name_get_one(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,,a\n1,2,3\n")
    assert shape.read_header(path, 1000, lenient=True).columns == ["a", "column 2", "a (2)"]
    assert shape.read_header(path, 1000, named=False).offset == 0
