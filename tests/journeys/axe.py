# SPDX-License-Identifier: EUPL-1.2
"""What axe has against a page, and whether it fits its screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from playwright.sync_api import BrowserContext, Page

from tests.journeys.conftest import AXE

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
# Only violations with all their nodes: to describe what passes takes a third of the time.
_BRIEF = {"resultTypes": ["violations"], "selectors": False, "performanceTimer": False}
_WIDE = "document.documentElement.scrollWidth > innerWidth"


def ready(context: BrowserContext) -> None:
    """Every page of this visitor brings axe along: to send it anew takes a third of what axe itself takes."""
    context.add_init_script(path=AXE)


def faults(page: Page, address: str, *, name: str) -> list[str]:
    """Violations of WCAG 2.2 AA and best practice at an address, and a page wider than its screen."""
    page.goto(address)
    return here(page, name=name)


def here(page: Page, *, name: str, but: Sequence[str] = ()) -> list[str]:
    """The same of the page as it stands, in whatever state somebody has brought it; `but` names rules."""
    page.wait_for_load_state()  # whoever just pressed a button may see the beginning of the next page only
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = _violations(page, {"type": "tag", "values": RULES}, name=name, but=but)
    return found + wide(page, name=name)


def in_the_dark(page: Page, *, name: str) -> list[str]:
    """The same page, looked at before, in dark colours: what depends on them is looked at again."""
    page.emulate_media(color_scheme="dark")
    found = _violations(page, {"type": "rule", "values": COLOURS}, name=f"{name} in the dark")
    page.emulate_media(color_scheme="light")
    return found


def wide(page: Page, *, name: str) -> list[str]:
    """Whether somebody would have to scroll to the side."""
    return [f"{name}: wider than the screen"] if page.evaluate(_WIDE) else []


def _violations(page: Page, only: Mapping[str, object], *, name: str, but: Sequence[str] = ()) -> list[str]:
    asked = {"runOnly": only, "rules": {rule: {"enabled": False} for rule in but}}
    run = "asked => axe.run(asked).then(answer => answer.violations)"
    if not page.evaluate(run, {**asked, **_BRIEF}):
        return []
    # Only now where it is: to find a selector for every element takes another third.
    return [
        f"{name}: {v['id']} – {n['target']} {n['failureSummary']}"
        for v in page.evaluate(run, asked)
        for n in v["nodes"]
    ]
