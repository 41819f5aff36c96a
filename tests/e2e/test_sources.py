"""A marketer brings the Online Retail file in by the browser, an administrator watches calls arrive."""

import base64
import csv
import json
import urllib.error
import urllib.request
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import expect

from lib import clock
from profiles import source_notes
from profiles.conditions.compiling import compile_condition
from profiles.conditions.evaluation import audience
from profiles.models import Profile, Source, Upload
from tests.e2e.test_accessible import RULES
from tests.factories.workspaces import PASSWORD, make_user, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
WHOLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail_france.csv"
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "online_retail_head.csv"
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def uploads(tmp_path, monkeypatch, settings):
    """Web process and workers share a folder."""
    settings.UPLOADS = tmp_path / "uploads"
    monkeypatch.setenv("GILMOK_UPLOADS", str(settings.UPLOADS))
    return settings.UPLOADS


@pytest.fixture
def workspace(transactional_db):
    return make_workspace()


def sign_in(page, live_server, workspace, role="admin", path="/people/sources/"):
    user = make_user(workspace, role)
    page.goto(f"{live_server.url}/login/?next={path}")
    page.fill("[name=username]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{live_server.url}{path}")


def serious(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        (rule["id"], rule["nodes"][0]["html"][:200])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def by_a_plain_script(path):
    """customer -> (orders, spend, time of the last): every invoice with a customer, cancellations too."""
    invoices = defaultdict(lambda: [None, None, Decimal()])
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"]:
                invoice = invoices[row["InvoiceNo"]]
                invoice[0] = row["CustomerID"]
                invoice[1] = invoice[1] or datetime.strptime(row["InvoiceDate"], "%m/%d/%Y %H:%M").replace(
                    tzinfo=LONDON
                )
                invoice[2] += int(row["Quantity"]) * Decimal(row["UnitPrice"])
    found = defaultdict(lambda: [0, Decimal(), None])
    for customer, when, amount in invoices.values():
        mine = found[customer]
        mine[0] += 1
        mine[1] += amount
        mine[2] = max(mine[2] or when, when)
    return found


def test_the_online_retail_file_through_the_browser(page, live_server, uploads, celery_workers, workspace):
    path = WHOLE if WHOLE.exists() else SAMPLE
    expected = by_a_plain_script(path)
    sign_in(page, live_server, workspace, "marketer", "/people/sources/upload/")
    page.set_input_files("#upload-file", path)
    expect(page.get_by_text("What it becomes")).to_be_visible()
    expect(page.get_by_label("What CustomerID is")).to_have_value("user_id")
    expect(page.get_by_label("What InvoiceDate is")).to_have_value("time")
    expect(page.get_by_label("Neighbouring lines with the same")).to_have_value("InvoiceNo")
    page.get_by_label("Time zone").fill("Europe/London")
    page.get_by_label("Name of the event").fill("order")
    expect(page.locator("#mapping-preview pre").first).to_contain_text('"event": "order"')
    expect(page.locator("#mapping-preview pre").first).to_contain_text('"amount": 855.86')
    assert serious(page) == []
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", name="The file is in")).to_be_visible(timeout=60_000)
    upload = Upload.objects.get()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    nobody = sum(not row["CustomerID"] for row in rows)
    assert (upload.taken, upload.known, upload.rejected) == (
        sum(o for o, _, _ in expected.values()),
        0,
        nobody,
    )
    if nobody:
        with page.expect_download() as download:
            page.get_by_role("link", name="Lines left out, with reasons").click()
        rejects = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
        blank = [n for n, row in enumerate(rows, start=2) if not row["CustomerID"]]
        assert [int(row["line"]) for row in rejects] == blank
    assert not (uploads / str(upload.public_id) / "data").exists()
    assert Profile.objects.count() == len(expected)

    with connection.cursor() as cursor:
        cursor.execute(
            "select p.external_id, count(*), sum((e.properties->>'amount')::numeric), max(e.ts) from profiles_event e"
            " join profiles_profile p on p.id = e.profile_id where e.name = 'order' group by 1"
        )
        stored = {customer: [orders, spend, last] for customer, orders, spend, last in cursor.fetchall()}
    assert stored == expected
    segments_agree(workspace, expected)


def segments_agree(workspace, expected):
    """Recency, frequency and spend as a marketer would ask for them."""
    now = clock.now()
    last = sorted(when for _, _, when in expected.values())[len(expected) // 2]
    days = (now - last).days + 1
    recent = {c for c, (_, _, when) in expected.items() if when >= now - timedelta(days=days)}
    often = {c for c, (orders, _, _) in expected.items() if orders >= 3}
    rich = {c for c, (_, spend, _) in expected.items() if spend >= 500}
    asked = [
        ({"event": "order", "within": f"P{days}D"}, recent),
        ({"event": "order", "op": "at_least", "times": 3}, often),
        ({"event": "order", "sum": "amount", "op": "gte", "value": 500}, rich),
    ]
    for condition, customers in asked:
        ids = audience(compile_condition(condition, workspace.pk), workspace.pk, now)
        assert set(Profile.objects.filter(pk__in=ids).values_list("external_id", flat=True)) == customers


def test_a_file_that_was_half_sent_goes_on(page, live_server, uploads, workspace, tmp_path, settings):
    from profiles import uploads as actions

    file = tmp_path / "people.csv"
    file.write_text(
        "member_id,email,city\n" + "".join(f"{n},p{n}@example.com,Seoul\n" for n in range(200_000))
    )
    sent, away = [], [True]

    def sometimes(route):
        sent.append(route.request.url)
        if len(sent) == 3:
            route.fulfill(status=503, body="")
        elif len(sent) > 1 and away:
            route.abort()
        else:
            route.continue_()

    page.route("**/piece/**", sometimes)
    settings_piece = actions.PIECE
    actions.PIECE = 1 << 20
    try:
        sign_in(page, live_server, workspace, "marketer", "/people/sources/upload/")
        page.set_input_files("#upload-file", file)
        expect(page.get_by_text("The network is away")).to_be_visible()
        page.on("dialog", lambda dialog: dialog.accept())  # leave, though it is being sent
        assert 10 <= int(page.locator("[data-percent]").inner_text().removesuffix("%")) < 30
        page.goto(f"{live_server.url}/people/sources/upload/")
        page.get_by_role("link", name="people.csv").click()
        expect(page.get_by_role("heading", name="people.csv")).to_be_visible()
        page.wait_for_load_state("load")  # the script listens from here on
        away.clear()
        other = tmp_path / "other.csv"
        other.write_text("x\n1\n")
        page.set_input_files("#upload-file", other)
        expect(page.get_by_text("This is another file.")).to_be_visible()
        page.set_input_files("#upload-file", file)
        expect(page.get_by_text("What it becomes")).to_be_visible(timeout=30_000)
    finally:
        actions.PIECE = settings_piece
    upload = Upload.objects.get()
    assert (upload.received, upload.state) == (file.stat().st_size, "mapping")
    assert (uploads / str(upload.public_id) / "data").read_bytes() == file.read_bytes()


def call(live_server, key, body, path="track"):
    request = urllib.request.Request(
        f"{live_server.url}/v1/{path}",
        json.dumps(body).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
        },
    )
    try:
        return urllib.request.urlopen(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def test_calls_are_seen_as_they_arrive(page, live_server, workspace, settings):
    settings.SOURCE_NOTES_SECONDS = 0.3
    source_notes.forget()
    source = Source.objects.create(workspace=workspace, name="Web shop")
    sign_in(page, live_server, workspace, "analyst", "/people/sources/live/")
    expect(page.get_by_text("Waiting for calls")).to_be_visible()
    assert (
        call(
            live_server,
            source.write_key,
            {"userId": "u1", "event": "seen", "properties": {"email": "a@b.example"}},
        )
        == 200
    )
    row = page.locator(".gm-live li").filter(has_text="seen")
    expect(row).to_be_visible()
    row.locator("summary").click()
    expect(row.locator("pre")).to_contain_text('"email": "•••"')
    assert call(live_server, source.write_key, {"userId": "u1"}) == 400
    expect(page.locator(".gm-live li").filter(has_text="Refused call")).to_contain_text(
        "event must have a name"
    )
    assert serious(page) == []
    page.get_by_role("button", name="Pause").click()
    call(live_server, source.write_key, {"userId": "u2", "event": "while_paused"})
    page.wait_for_timeout(2500)
    expect(page.locator(".gm-live").get_by_text("while_paused")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".gm-live summary").get_by_text("while_paused")).to_be_visible()
    page.get_by_label("Event, person, text").fill("u2")
    expect(page.locator(".gm-live [data-call]")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 844})
    assert serious(page) == []
