"""Makes the pictures of the README from the running demo: `.venv/bin/python -m docs.screenshots`, into docs/images."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from config.embedded import browser as browsers

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE: Any = {"width": 1440, "height": 900}
JOURNEY, STEP = "Win back left carts", "Cart reminder"


def main() -> None:
    demo = json.loads((Path(os.environ.get("GILMOK_VAR") or ROOT / "var") / "demo.json").read_text())
    IMAGES.mkdir(exist_ok=True)
    with a_page() as page:
        sign_in(page, demo)
        journeys(page, demo["url"])
        person = canvas(page)
        test(page)
        page.goto(demo["url"].rstrip("/") + person)
        shoot(page, "person")
        editor(page, demo["url"])


@contextmanager
def a_page() -> Iterator[Page]:
    found = browsers.find()
    if found is None:
        raise SystemExit("There is no Chromium: `python3 manage.py test` gets one.")
    with sync_playwright() as playwright:
        env: Any = {**os.environ, **found.env}
        chromium = playwright.chromium.launch(executable_path=found.path, args=browsers.ARGUMENTS, env=env)
        yield chromium.new_page(viewport=SIZE, locale="en-US", reduced_motion="reduce", color_scheme="light")
        chromium.close()


def sign_in(page: Page, demo: dict[str, Any]) -> None:
    user = next(user for user in demo["users"] if (user["role"], user["team"]) == ("marketer", "email"))
    page.goto(demo["url"] + "login/")
    page.locator("[name=username]").fill(user["email"])
    page.locator("[name=password]").fill(user["password"])
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(demo["url"])


def journeys(page: Page, url: str) -> None:
    page.goto(url + "journeys/")
    shoot(page, "journeys")


def canvas(page: Page) -> str:
    """Returns the path of somebody who got the mail."""
    page.get_by_role("link", name=JOURNEY).first.click()
    card(page, STEP).wait_for()
    page.get_by_role("button", name="Fit on screen").click()
    card(page, STEP).click()
    page.locator("#inspector-form").wait_for()
    shoot(page, "canvas")
    step = page.locator(f'.gm-step:has(> [aria-label^="{STEP}"])')
    step.get_by_role("button", name=re.compile("entered")).click()
    people = page.locator("#step-people a[href^='/people/']")
    people.first.wait_for()
    english = people.filter(has_text=re.compile(r"^\s*[A-Z]"))
    path = (english if english.count() else people).first.get_attribute("href")
    page.keyboard.press("Escape")
    assert path
    return path


def test(page: Page) -> None:
    page.get_by_role("button", name="Test with a customer").click()
    page.get_by_label("Find a person by name, email or phone").fill("carter")
    page.get_by_role("list", name="People").get_by_role("button", name="Carter").first.click()
    for name in ("Mail", "Text"):
        way = page.locator(".gm-test").get_by_role("button", name=name, exact=True)
        if way.count():
            way.click()
            break
    page.get_by_role("button", name="Run the test").click()
    page.locator(".gm-step.is-lit").first.wait_for()
    page.get_by_role("complementary", name="Message previews").locator("iframe").first.wait_for()
    shoot(page, "test")


def editor(page: Page, url: str) -> None:
    page.goto(url + "content/")
    page.get_by_role("link", name="Welcome", exact=True).first.click()
    page.get_by_role("tab", name="English").click()
    page.wait_for_load_state("networkidle")
    shoot(page, "editor")


def card(page: Page, name: str) -> Any:
    return page.locator(f'.gm-board [data-card][aria-label^="{name}"]')


def shoot(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(600)  # pictures and frames inside have painted
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
