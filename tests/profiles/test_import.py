"""Files: what is taken in, what is refused and why, and how a broken-off run goes on."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lib import clock
from profiles.importing import chunks, run
from profiles.models import Consent, Event, Profile, Source
from profiles.signals import events_recorded
from tests.data import cdnow
from tests.factories.workspaces import make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


def take_in(command: str, path: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, str(path), stdout=out, **options)
    return out.getvalue()


def rejects(path: Path) -> list[tuple[int, str]]:
    with run.rejects_path(path).open(newline="", encoding="utf-8") as file:
        return [(int(row["line"]), row["reason"]) for row in csv.DictReader(file)]


def test_the_cd_shop_comes_in_whole(workspace: Workspace, tmp_path: Path) -> None:
    people, events = cdnow.convert(cdnow.SAMPLE, tmp_path, clock.now().date())
    assert "taken in" in take_in("import_people", people)
    assert take_in("import_events", events) == "400 events taken in\n"
    lines = [line.split() for line in cdnow.SAMPLE.read_text().splitlines()]
    assert Profile.objects.count() == len({line[0] for line in lines})
    first = Profile.objects.get(external_id="00004")
    assert first.attributes["orders"] == sum(line[0] == "00004" for line in lines)
    assert first.email == "cdnow00004@example.com"
    assert Consent.objects.filter(state="granted").count() == Profile.objects.count()
    event = Event.objects.filter(profile_id=first.pk).order_by("ts")[0]
    assert (event.name, event.properties) == ("order_completed", {"total": 29.33, "quantity": 2})
    assert take_in("import_events", events) == "0 events taken in\n400 were here already\n"
    assert Event.objects.count() == 400
    assert not run.rejects_path(events).exists()


def test_people_rows_with_every_oddity(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(
        b"\xef\xbb\xbfexternal_id,first_name,phone,plan,score,consent.email.offers,note\r\n"
        b'1,"Kim, Anna",010-1234-5678,pro,4.5,yes,"two\r\nlines ""quoted"""\r\n'
        b"2,\xff\xfe,,,,,\r\n"
        b"3,short\r\n"
        b'4,"never closed,,,,,\r\n'
        b"5,Ben,,free,007,no,\r\n"
        b",Nobody,,,,,\r\n"
        b"\r\n"
        b"6,Eve,,,,perhaps,\r\n"
        b"7,\xec\x84\x9c\xec\x97\xb0,,,,,"
    )
    Workspace.objects.update(default_locale="ko")
    assert "3 people taken in" in take_in("import_people", path)
    assert rejects(path) == [
        (4, "not UTF-8"),
        (5, "has 2 columns, the header has 7"),
        (6, "a quote is not closed"),
        (8, "names nobody: external_id, phone is empty"),
        (10, "consents.email.offers must be granted or withdrawn"),
    ]
    rows = {p.external_id: p.attributes for p in Profile.objects.all()}
    assert rows == {
        "1": {
            "first_name": "Kim, Anna", "phone": "+821012345678", "plan": "pro", "score": 4.5,
            "note": 'two\r\nlines "quoted"',
        },
        "5": {"first_name": "Ben", "plan": "free", "score": "007"},
        "7": {"first_name": "서연"},
    }  # fmt: skip
    assert sorted(Consent.objects.values_list("profile__external_id", "state")) == [
        ("1", "granted"),
        ("5", "withdrawn"),
    ]


def test_people_without_ids_are_known_by_their_address(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,plan\nAnna@example.com,free\nanna@example.com,pro\n")
    take_in("import_people", path)
    assert Profile.objects.get().attributes == {"email": "anna@example.com", "plan": "pro"}


@pytest.mark.parametrize(
    ("command", "header", "words"),
    [
        (
            "import_people",
            "name,plan",
            "one column must be external_id, email or phone; the file has: name, plan",
        ),
        ("import_people", "", "the first line must name the columns"),
        ("import_people", "email,email", "these columns come twice: email"),
        ("import_people", "email,", "column 2 has no name"),
        ("import_people", "email,consent.E MAIL.x", "is no medium"),
        (
            "import_events",
            "external_id,name,when",
            "these columns are missing: event, timestamp; the file has",
        ),
        ("import_events", "event,timestamp", "external_id (or email, phone, anonymous_id)"),
        ("import_events", "external_id,event,timestamp,total", "write properties.total for a property"),
    ],
)
def test_a_wrong_header_names_the_columns(
    workspace: Workspace, tmp_path: Path, command: str, header: str, words: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"{header}\n1,2,3\n")
    with pytest.raises(CommandError) as refused:
        take_in(command, path)
    assert words in str(refused.value)
    assert not Profile.objects.exists()


def test_a_header_that_is_no_text(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("external_id,이름\n".encode("utf-16"))
    with pytest.raises(CommandError, match="UTF-8"):
        take_in("import_people", path)
    with pytest.raises(CommandError, match="no such file"):
        take_in("import_people", tmp_path / "none.csv")


def test_json_lines_of_events(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines: list[Any] = [
        {"external_id": 7, "event": "seen", "timestamp": "2025-05-01T10:00:00Z", "properties": {"a": 1}},
        {"type": "track", "userId": "7", "event": "bought", "timestamp": "2025-05-02T10:00:00+09:00"},
        {"external_id": "7", "event": "seen", "timestamp": "2999-01-01T00:00:00Z"},
        {"event": "seen", "timestamp": "2025-05-01T10:00:00Z"},
        {"external_id": "7", "event": "seen"},
    ]
    path.write_text("\n".join([*map(json.dumps, lines), '{"half', ""]))
    assert "2 events taken in" in take_in("import_events", path)
    assert [line for line, _ in rejects(path)] == [3, 4, 5, 6]
    assert list(Event.objects.order_by("ts").values_list("name", flat=True)) == ["seen", "bought"]


def test_a_run_that_breaks_off_goes_on(
    workspace: Workspace, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.csv"
    rows = [f"c{n % 7},seen,2026-01-01T00:00:{n:02}Z" for n in range(30)]
    rows[3] = rows[25] = "bad"
    path.write_text("external_id,event,timestamp\n" + "\n".join(rows) + "\n")
    monkeypatch.setattr(chunks, "CHUNK", 8)

    def break_off(progress: run.Progress) -> None:
        if progress.line > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.events(path, source, clock.now(), moved=break_off)
    assert 0 < Event.objects.count() < 28
    progress = run.events(path, source, clock.now())
    assert (progress.taken, progress.known, progress.rejected) == (28, 0, 2)
    assert Event.objects.count() == 28
    assert [line for line, _ in rejects(path)] == [5, 27]
    assert not run.state_path(path).exists()


def test_a_file_that_changed_meanwhile_is_not_continued(
    workspace: Workspace, source: Source, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("external_id\n1\n")
    run.state_path(path).write_text(json.dumps({"size": 5, "offset": 3, "line": 1}))
    with pytest.raises(CommandError, match="has changed"):
        take_in("import_people", path)
    run.state_path(path).write_text("{")
    with pytest.raises(CommandError, match="can't be read"):
        take_in("import_people", path)


def test_past_events_start_nothing_unless_asked(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("external_id,event,timestamp\n1,seen,2026-01-01T00:00:00Z\n")
    heard: list[str] = []
    events_recorded.connect(receiver := lambda events, **_: heard.extend(e.name for e in events))
    try:
        take_in("import_events", path)
        assert heard == []
        path.write_text("external_id,event,timestamp\n2,bought,2026-01-01T00:00:00Z\n")
        take_in("import_events", path, announce=True)
    finally:
        events_recorded.disconnect(receiver)
    assert heard == ["bought"]


def test_the_workspace_must_be_clear(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("external_id\n1\n")
    other = make_workspace()
    with pytest.raises(CommandError, match="--workspace one of"):
        take_in("import_people", path)
    with pytest.raises(CommandError, match="no workspace 'x'"):
        take_in("import_people", path, workspace="x")
    take_in("import_people", path, workspace=other.slug, source="Till")
    assert Profile.objects.get().workspace_id == other.pk
    assert Source.objects.get(name="Till").workspace_id == other.pk
