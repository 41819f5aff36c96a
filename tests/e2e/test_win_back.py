"""On real input: the customers of a CD shop, a win-back journey drawn by hand, and one mail to each who went quiet.

The whole data set is taken where it lies beside the repository, else the sample of the suite.
"""

import csv
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from channels.models import Message
from journeys.models import Enrolment, Finished, Journey
from lib import clock
from tests.data import cdnow
from tests.factories.content import make_content
from workspaces.actor import actor_of
from workspaces.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

WHOLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow_sample.txt"
WORDS = "<p>{{ person.first_name }}: {{ person.orders }} orders, {{ person.spent }} in all.</p>"


def quiet_buyers(events: Path, now: datetime) -> set[str]:
    """What a plain script over the file says: bought at least twice, nothing in the last 90 days."""
    bought: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    with events.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            who, at = row["external_id"], datetime.fromisoformat(row["timestamp"])
            bought[who] += 1
            last[who] = max(at, last.get(who, at))
    return {who for who, times in bought.items() if times >= 2 and last[who] < now - timedelta(days=90)}


def draw(hands):
    hands.new_journey("Quiet for 90 days")
    hands.page.locator(".gm-hint").get_by_role("button", name="Schedule").click()
    hands.press("Add a condition")
    hands.pick("what to look at", "who did")
    hands.write("event", "order_completed")
    hands.pick("how often, or which figure", "at least")
    hands.write("how many times", "2")
    hands.press("Add a condition")
    hands.pick("what to look at", "who did", nth=1)
    hands.write("event", "order_completed", nth=1)
    hands.pick("how often, or which figure", "never", nth=1)
    hands.pick("when", "in the last", nth=1)
    hands.write("how long", "90")
    hands.add("Wait until")
    hands.write("Time, by the customer's own clock", "10:00")
    hands.add("Split")
    hands.add("Send email", name="Mail A")
    hands.pick("Content", "We miss you")
    hands.card("Split").click()
    hands.add("Send email", name="Mail B")
    hands.pick("Content", "Come back")
    hands.add("End")
    hands.saved()
    hands.page.get_by_role("button", name=re.compile("^Check: 1")).click()
    hands.page.get_by_role("complementary", name="Check").get_by_role("button", name="Fix").click()
    hands.choose("End")
    hands.no_problems()


def names_behind(hands, journey, step):
    """Every page of the list behind "entered"."""
    path, found = f"/journeys/{journey.public_id}/steps/{step}/people/?which=entered", []
    while path:
        page = hands.page.request.get(urljoin(hands.url, path)).text()
        found += re.findall(r'href="/people/[^"]+"[^>]*>Customer (\d+)<', page)
        more = re.search(r'hx-get="([^"]+)"', page)
        path = more and more[1].replace("&amp;", "&")
    return found


def test_everyone_who_went_quiet_gets_one_mail(hands, empty_shop, mailbox, celery_workers, tmp_path):
    shop, page = empty_shop, hands.page
    source = WHOLE if WHOLE.exists() else cdnow.SAMPLE
    people, events = cdnow.convert(source, tmp_path, clock.now().date())
    call_command("import_people", str(people), verbosity=0)
    call_command("import_events", str(events), verbosity=0)
    for name, subject in (
        ("We miss you", "A: {{ person.first_name }}"),
        ("Come back", "B: {{ person.first_name }}"),
    ):
        words = {"subject": subject, "preheader": "", "format": "html", "body": WORDS}
        make_content(
            actor_of(User.objects.get(email="seoyeon@sonamu.example")),
            name,
            variants={"en": words, "ko": words},
        )

    hands.sign_in("seoyeon")
    draw(hands)
    journey = Journey.objects.get(workspace=shop.workspace)
    hands.saved()
    hands.page.context.clear_cookies()
    hands.sign_in("emily", f"/journeys/{journey.public_id}/")
    celery_workers.beat()
    hands.publish()
    expected = quiet_buyers(events, clock.now())
    assert expected
    waiting = hands.step("Wait until").get_by_role("button", name=f"{len(expected):,} waiting now")
    expect(waiting).to_be_visible(timeout=60_000)

    # Everyone waits for the next ten o'clock in Seoul. It strikes.
    seoul = ZoneInfo("Asia/Seoul")
    rows = Enrolment.objects.filter(journey_id=journey.pk)
    (due,) = set(rows.values_list("due_at", flat=True))
    assert (due.astimezone(seoul).hour, due.astimezone(seoul).minute) == (10, 0)
    assert clock.now() < due <= clock.now() + timedelta(days=1)
    rows.update(due_at=clock.now())

    mailbox.wait_for(len(expected), seconds=90)
    expect(waiting).to_have_count(0)
    mails = mailbox.messages(limit=10_000)
    figures = {row["external_id"]: row for row in csv.DictReader(people.open(newline="", encoding="utf-8"))}
    assert sorted(mail["to"] for mail in mails) == sorted(f"cdnow{who}@example.com" for who in expected)
    for mail in mails:
        who = figures[mail["to"].removeprefix("cdnow").split("@")[0]]
        said = re.search(r"Customer (\d+): (\d+) orders, ([\d.]+) in all", mail["html"])
        assert said, mail["html"]
        assert (said[1], said[2], float(said[3])) == (who["external_id"], who["orders"], float(who["spent"]))

    # The counts, the lists behind them and the inbox say the same.
    got = {letter: {m["to"][5:-12] for m in mails if m["subject"].startswith(letter)} for letter in "AB"}
    assert 0.4 < len(got["A"]) / len(expected) < 0.6
    for letter, who in got.items():
        name = f"Mail {letter}"
        count = hands.step(name).get_by_role("button", name=f"{len(who):,} entered")
        expect(count).to_be_visible()
        assert sorted(names_behind(hands, journey, hands.key_of(name))) == sorted(who)
    count.click()
    pane = page.get_by_role("complementary", name="People who entered")
    expect(pane.get_by_text(f"People: {len(got['B']):,}")).to_be_visible()
    assert Message.objects.count() == Finished.objects.filter(journey_id=journey.pk).count() == len(expected)
