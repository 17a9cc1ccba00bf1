# SPDX-License-Identifier: EUPL-1.2
"""Pages in a script that runs to the left: mirrored, and nothing of them outside the screen."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

from tests.journeys.conftest import ROOT, Walk
from tests.journeys.test_accessible import address

PATHS = ["/", "/karte", "THING", "CHART", "/daten", "/barrierefreiheit/melden", "/?mode=kiosk"]
_STYLES = ROOT / "src/stadtkern/ui/styles"
_PHYSICAL = re.compile(
    r"^\s*(?:(?:margin|padding|border)-(?:left|right)|left|right|(?:float|text-align): (?:left|right)"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\b"
)
# Where left is meant: drawings and code run to the right in every language.
_MEANT = {("_picture.scss", "margin-left"): 3, ("_explore.scss", "text-align"): 1}
_OUTSIDE = """[...document.querySelectorAll('main :is(h1, h2, p, a, button, input), header a')]
  .filter(e => e.offsetParent && !e.closest('.sk-hidden, .sk-trap, .sk-scroll, svg, .sk-table, pre'))
  .filter(e => { const box = e.getBoundingClientRect();
    return box.width > 1 && (box.left < -1 || box.right > innerWidth + 1); })
  .map(e => e.outerHTML.slice(0, 80))"""


def _mirror(route: Route) -> None:
    """The pseudo locale: the German page, said to run from right to left."""
    if route.request.resource_type != "document":
        route.continue_()
        return
    answer = route.fetch()
    text, found = re.subn(r"<html lang=\"\w+\"", r'\g<0> dir="rtl"', answer.text(), count=1)
    assert found == 1
    route.fulfill(response=answer, body=text)


def _mirrored(browser: Browser, width: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, locale="de-DE", service_workers="block"
    )
    page = context.new_page()
    page.route("**/*", _mirror)
    return page


def test_pages_hold_together_from_right_to_left(browser: Browser, walk: Walk) -> None:
    """No page is wider than its screen, no word or field outside of it, at a desk and on a phone."""
    wrong = []
    for width in (1280, 390):
        page = _mirrored(browser, width)
        for path in PATHS:
            page.goto(address(walk, path))
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append((width, path, "wide"))
            wrong += [(width, path, each) for each in page.evaluate(_OUTSIDE)]
        page.context.close()
    assert wrong == []


def test_a_page_begins_at_the_right(browser: Browser, walk: Walk) -> None:
    """The name of the city and the title stand at the right edge; charts do not turn."""
    page = _mirrored(browser, 1280)
    page.goto(walk.address)
    name, title = page.locator("header a").nth(0), page.locator("h1")
    for box in (name.bounding_box(), title.bounding_box()):
        assert box is not None
        assert box["x"] + box["width"] > 1100
    assert page.evaluate("getComputedStyle(document.querySelector('svg.sk-chart')).direction") == "ltr"
    page.context.close()


def test_styles_name_beginning_and_end_instead_of_left_and_right() -> None:
    """Logical properties, but where left is meant in every language."""
    found: dict[tuple[str, str], int] = {}
    for path in sorted(_STYLES.glob("*.scss")):
        for key in _physical(path):
            found[path.name, key] = found.get((path.name, key), 0) + 1
    assert found == _MEANT


def _physical(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip().partition(":")[0] for line in lines if _PHYSICAL.match(line)]
