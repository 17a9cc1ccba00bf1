# SPDX-License-Identifier: EUPL-1.2
"""How somebody does what a task asks for: by keyboard alone, or without scripts."""

from __future__ import annotations

import contextlib
import itertools
import re
import time
from collections.abc import Iterator
from typing import Protocol

from playwright.sync_api import Browser, Locator, Page

WAYS = ("keys", "plain")
# Nobody presses Tab more often for one step.
_PATIENCE = 90
# Milliseconds for a text: a form that anybody may send takes nothing that came faster (`ui.guard`).
_WRITING = 3_300
# Each visitor comes from an address of their own: from one the city takes only so many messages an hour.
_addresses = (f"192.0.2.{number}" for number in itertools.count(1))
_FOCUSED = """() => { const e = document.activeElement;
  const labels = [...(e.labels ?? [])].map(l => l.textContent).join(' ');
  const name = e.getAttribute('aria-label') || labels || e.textContent || '';
  return [name.replace(/\\s+/g, ' ').trim(), e.tagName, getComputedStyle(e).outlineStyle, e.type ?? '',
          e.offsetParent !== null]; }"""
_CHOSEN = "document.activeElement.selectedOptions[0].label.trim()"


class Hand(Protocol):
    """How somebody does what a task asks for."""

    page: Page

    def follow(self, name: str) -> None:
        """Open a link, or press a button, that begins with this name."""

    def take(self, name: str) -> None:
        """Press what leaves the page where it is: a file comes, or a part of the page changes."""

    def write(self, label: str, text: str) -> None:
        """Put text into a field."""

    def choose(self, label: str, option: str) -> None:
        """Take one of several."""

    def tick(self, label: str) -> None:
        """Mark a box or a point."""


class Keys:
    """By keyboard: Tab until it is there, Enter or Space; one always sees where one is."""

    def __init__(self, page: Page):
        self.page = page

    def _reach(self, name: str, tags: tuple[str, ...]) -> None:
        seen = []
        for _ in range(_PATIENCE):
            self.page.keyboard.press("Tab")
            found, tag, outline, _, _ = self.page.evaluate(_FOCUSED)
            if found.startswith(name) and tag in tags:
                assert outline != "none", f"one does not see that {name} has the focus"
                return
            seen.append(found[:30])
        raise AssertionError(f"{name} cannot be reached with the Tab key at {self.page.url}: {seen}")

    def follow(self, name: str) -> None:
        """Enter on a link or button."""
        self._reach(name, ("A", "BUTTON"))
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")

    def take(self, name: str) -> None:
        """Enter; the page stays."""
        self._reach(name, ("A", "BUTTON"))
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        """Type where the cursor is."""
        self._reach(label, ("INPUT", "TEXTAREA"))
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text, delay=_pace(self.page, text))

    def choose(self, label: str, option: str) -> None:
        """From the first one down to it."""
        self._reach(label, ("SELECT",))
        self.page.keyboard.press("Home")
        for _ in range(_PATIENCE):
            if self.page.evaluate(_CHOSEN).startswith(option):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{label} does not offer {option}")

    def tick(self, label: str) -> None:
        """The space bar."""
        self._reach(label, ("INPUT",))
        self.page.keyboard.press("Space")


class Plain:
    """With a pointer, in a browser that runs no scripts."""

    def __init__(self, page: Page):
        self.page = page

    def follow(self, name: str) -> None:
        """A click, and the page that comes after it."""
        with self.page.expect_event("load"):
            self.take(name)

    def take(self, name: str) -> None:
        """A click."""
        kinds = self.page.locator("a, button").filter(visible=True)
        kinds.filter(has_text=name).first.click()

    def write(self, label: str, text: str) -> None:
        """Fill the field."""
        self._field(label).press_sequentially(text, delay=_pace(self.page, text))

    def choose(self, label: str, option: str) -> None:
        """From the list."""
        field = self._field(label)
        offers = field.locator("option").filter(has_text=re.compile(rf"^\s*{re.escape(option)}"))
        field.select_option(label=(offers.first.text_content() or "").strip())

    def tick(self, label: str) -> None:
        """A click on it."""
        self._field(label).check()

    def _field(self, label: str) -> Locator:
        """What one writes into or marks; sections have labels as well."""
        fields = self.page.locator("input, textarea, select").filter(visible=True)
        return self.page.get_by_label(label).and_(fields).first


def _pace(page: Page, text: str) -> float:
    """Milliseconds a letter: as people type where that counts, else as fast as this machine."""
    return _WRITING / len(text) if page.locator("input[name=ticket]").count() else 0


def wait_for_work(hand: Hand) -> None:
    """What a file needs is done beside the page; without scripts one asks for it anew."""
    until = time.monotonic() + 120
    anew = hand.page.get_by_role("link", name="Stand neu laden")
    while isinstance(hand, Plain) and anew.count() and time.monotonic() < until:
        hand.follow("Stand neu laden")  # with scripts the page does so by itself


@contextlib.contextmanager
def visitor(browser: Browser, way: str, *, address: str = "", cookie: str = "") -> Iterator[Hand]:
    """One visitor for all tasks of a way, signed in at an address where there is a cookie for it."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        locale="de-DE",
        java_script_enabled=way == "keys",
        service_workers="block",
        extra_http_headers={"X-Forwarded-For": next(_addresses)},
    )
    if cookie:
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
    page = context.new_page()
    yield Keys(page) if way == "keys" else Plain(page)
    context.close()
