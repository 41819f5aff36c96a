"""What a person does with the product in a browser, by the words on the screen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from config.sample.company import PASSWORD

# Two cards and the board lie still: the view fits anew when a pane opens or closes beside it.
STILL = """([above, below]) => new Promise((done) => {
    const rect = (card) => {
        const found = document.querySelector(`.gm-board [data-card="${card}"]`);
        const { x, y, width, height } = found.getBoundingClientRect();
        return [x, y, width, height];
    };
    const look = (before, since) => {
        const rects = [rect(above), rect(below)];
        const now = performance.now();
        if (String(rects) !== String(before)) since = now;
        if (now - since > 250) done(rects);
        else requestAnimationFrame(() => look(rects, since));
    };
    look(null, 0);
})"""


class Hands:
    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def open(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.url + path)

    def sign_in(self, name: str, path: str = "/") -> None:
        self.open(f"/login/?next={path}")
        self.page.locator("[name=username]").fill(f"{name}@sonamu.example")
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(self.url + path)

    # Building on the canvas

    def new_journey(self, name: str) -> None:
        self.open("/journeys/")
        self.page.get_by_role("button", name=re.compile("New journey|Start empty")).first.click()
        dialog = self.page.get_by_role("dialog", name="New journey")
        dialog.get_by_label("Name", exact=True).fill(name)
        dialog.get_by_role("button", name="Create and open").click()
        self.page.locator(".gm-board").wait_for()

    @property
    def palette(self) -> Locator:
        return self.page.get_by_role("complementary", name="Steps to add")

    @property
    def inspector(self) -> Locator:
        return self.page.get_by_role("complementary", name="Selected step")

    def card(self, name: str) -> Locator:
        """The card whose spoken sentence begins so."""
        return self.page.locator(f'.gm-board [data-card][aria-label^="{name}"]')

    def key_of(self, name: str) -> str:
        key = self.card(name).first.get_attribute("data-card")
        assert key
        return key

    def step(self, name: str) -> Locator:
        return self.page.locator(f'.gm-board .gm-step:has(> [aria-label^="{name}"])')

    def add(self, kind: str, name: str = "") -> None:
        """From the palette by a click: behind the chosen step, or at the first open end."""
        self.palette.get_by_role("button", name=kind, exact=True).click()
        self._fresh(kind, name)

    def drag_onto_road(self, kind: str, start: str, end: str, name: str = "") -> None:
        source = self.palette.get_by_role("button", name=kind, exact=True)
        source.hover()
        self.page.mouse.down()
        x, y = self._middle(start, end)
        self.page.mouse.move(x - 60, y - 30, steps=4)
        self.page.mouse.move(x, y, steps=4)
        self.page.mouse.up()
        self._fresh(kind, name)

    def insert_on_road(self, kind: str, start: str, end: str, name: str = "") -> None:
        """By the plus that a road shows under the pointer."""
        self.page.mouse.move(*self._middle(start, end))
        self.page.locator(".gm-road__label").get_by_role("button", name="Add a step here").click()
        self.choose(kind)
        self._fresh(kind, name)

    def choose(self, name: str) -> None:
        """In the list of steps that a dialog offers."""
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("combobox", name="Search").fill(name)
        dialog.get_by_role("option", name=re.compile(f"^{re.escape(name)}")).first.click()
        expect(dialog).to_have_count(0)

    def _middle(self, start: str, end: str) -> tuple[float, float]:
        (_, top, _, height), (x, y, width, _) = self.still(self.key_of(start), self.key_of(end))
        return x + width / 2, (top + height + y) / 2

    def still(self, above: str, below: str) -> list[list[float]]:
        """Where two cards lie, [x, y, width, height] each, once nothing moves any more."""
        found: list[list[float]] = self.page.evaluate(STILL, [above, below])
        return found

    def _fresh(self, kind: str, name: str) -> None:
        self.inspector.locator("#inspector-form").wait_for()
        expect(self.inspector.locator("[name=kind]")).to_have_value(kind.lower().replace(" ", "_"))
        if name:
            title = self.inspector.get_by_label("Name of the step")
            title.fill(name)
            title.press("Enter")
            expect(self.card(name)).to_be_visible()

    # The settings of a step

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Until the server has answered the form and the answer stands."""
        with self.page.expect_response(lambda answer: "/inspector/" in answer.url):
            yield
        expect(self.page.locator("#inspector-form:not(.htmx-request)")).to_have_count(1)

    def write(self, label: str, value: str, nth: int = 0) -> None:
        field = self.inspector.get_by_label(label, exact=True).nth(nth)
        if field.input_value() == value:  # the same words again are not sent
            return
        with self.answered():
            field.fill(value)
            field.press("Tab")

    def pick(self, label: str, option: str, nth: int = 0) -> None:
        field = self.inspector.get_by_label(label, exact=True).nth(nth)
        if field.evaluate("field => field.selectedOptions[0]?.label") == option:
            return
        with self.answered():
            field.select_option(label=option)

    def press(self, name: str, nth: int = 0) -> None:
        with self.answered():
            self.inspector.get_by_role("button", name=name).nth(nth).click()

    def saved(self) -> None:
        expect(self.page.locator(".gm-save[data-save=saved]").first).to_be_attached()

    def no_problems(self) -> None:
        self.saved()
        expect(
            self.page.get_by_role("button", name="Nothing to fix. This journey is ready to publish.")
        ).to_be_visible()

    # The life of a journey

    def publish(self) -> None:
        self.page.get_by_role("button", name="Publish", exact=True).click()
        self.page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
        expect(self.page.get_by_text(re.compile(r"Version \d+ is live"))).to_be_visible()

    def more(self, item: str) -> None:
        self.page.locator(".gm-top summary").click()
        self.page.get_by_role("menuitem", name=item).click()

    def change(self, act: str, told: str) -> None:
        """Pause, resume or stop, and its question."""
        self.more(act)
        self.page.get_by_role("dialog").get_by_role("button", name=act, exact=True).click()
        expect(self.page.get_by_text(told)).to_be_visible()
