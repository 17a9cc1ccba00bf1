# SPDX-License-Identifier: EUPL-1.2
"""What axe has against a page, and whether it fits its screen."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page

from tests.journeys.conftest import AXE

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]


def faults(page: Page, address: str, *, name: str) -> list[str]:
    """Violations of WCAG 2.2 AA and best practice at an address, and a page wider than its screen."""
    page.goto(address)
    return here(page, name=name)


def here(page: Page, *, name: str) -> list[str]:
    """The same of the page as it stands, in whatever state somebody has brought it."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = _violations(page, {"type": "tag", "values": RULES}, name=name)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{name}: wider than the screen")
    return found


def in_the_dark(page: Page, *, name: str) -> list[str]:
    """The same page, looked at before, in dark colours: what depends on them is looked at again."""
    page.emulate_media(color_scheme="dark")
    found = _violations(page, {"type": "rule", "values": COLOURS}, name=f"{name} in the dark")
    page.emulate_media(color_scheme="light")
    return found


def _violations(page: Page, only: Mapping[str, object], *, name: str) -> list[str]:
    # Only violations with all their nodes: to describe what passes takes a third of the time.
    answer = page.evaluate("only => axe.run({runOnly: only, resultTypes: ['violations']})", only)
    return [
        f"{name}: {v['id']} – {n['target']} {n['failureSummary']}"
        for v in answer["violations"]
        for n in v["nodes"]
    ]
