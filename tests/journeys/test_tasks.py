# SPDX-License-Identifier: EUPL-1.2
"""Every task twice: by keyboard alone, and without scripts. The table of tasks says what is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from stadtkern.catalogue import upkeep
from stadtkern.core import database
from tests import people
from tests.journeys.conftest import Walk

FILE = b"Nr;Baumart\n1;Eiche\n2;Linde\n"
# Nobody presses Tab more often for one step.
_PATIENCE = 90
# Milliseconds a letter, as people type: forms that anybody may send take nothing that came faster.
_PACE = 120
_FOCUSED = """() => { const e = document.activeElement;
  const labels = [...(e.labels ?? [])].map(l => l.textContent).join(' ');
  const name = e.getAttribute('aria-label') || labels || e.textContent || '';
  return [name.replace(/\\s+/g, ' ').trim(), e.tagName, getComputedStyle(e).outlineStyle, e.type ?? '',
          e.offsetParent !== null]; }"""


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
        self._reach(name, ("A", "BUTTON", "SUMMARY"))
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
        self.page.keyboard.type(text, delay=_PACE)

    def choose(self, label: str, option: str) -> None:
        """Typing its name chooses it."""
        self._reach(label, ("SELECT",))
        self.page.keyboard.press(option[0])


class Plain:
    """With a pointer, in a browser that runs no scripts."""

    def __init__(self, page: Page):
        self.page = page

    def follow(self, name: str) -> None:
        """A click."""
        kinds = self.page.locator("a, button, summary").filter(visible=True)
        kinds.filter(has_text=name).first.click()

    def take(self, name: str) -> None:
        """A click as well."""
        self.follow(name)

    def write(self, label: str, text: str) -> None:
        """Fill the field."""
        field = self.page.get_by_label(label).filter(visible=True).first
        field.press_sequentially(text, delay=_PACE)

    def choose(self, label: str, option: str) -> None:
        """From the list."""
        self.page.get_by_label(label).filter(visible=True).first.select_option(label=option)


def find_a_figure(hand: Hand) -> None:
    """From the front page to a place and its newest value."""
    hand.write("Daten, Messort oder Begriff", "Neutor")
    hand.follow("Suchen")
    hand.follow("Zählstelle Neutor")
    expect(hand.page.locator(".sk-value__figure").first).to_be_visible()


def search_data(hand: Hand) -> None:
    """Words lead to a dataset."""
    hand.write("Daten suchen", "kleine")
    hand.follow("Suchen")
    hand.follow("Kleine Stadt")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Kleine Stadt")


def narrow_down(hand: Hand) -> None:
    """Narrow the places down to a kind, and to a word."""
    hand.choose("Was wird gemessen?", "Parkhäuser")
    hand.follow("Suchen")
    expect(hand.page.locator(".sk-things > li").first).to_contain_text("Parkhaus")
    assert hand.page.locator(".sk-things > li", has_text="Zählstelle").count() == 0


def download(hand: Hand) -> None:
    """A file with the values."""
    with hand.page.expect_download() as begun:
        hand.take("CSV herunterladen")
    assert begun.value.suggested_filename.endswith(".csv")


def make_a_chart(hand: Hand) -> None:
    """A series, and a longer span."""
    hand.write("Was möchten Sie zeigen?", "Neutor")
    hand.follow("Daten suchen")
    hand.follow("Zeigen: ")
    expect(hand.page.locator("svg.sk-chart").first).to_be_visible()


def report_a_barrier(hand: Hand) -> None:
    """From the statement to thanks."""
    hand.follow("Barriere melden")
    hand.write("Worum geht es?", "Die Karte")
    hand.write("Was hindert Sie?", "Ich komme mit der Tastatur nicht hin.")
    hand.follow("Absenden")
    expect(hand.page.get_by_text("Danke, Ihre Meldung ist angekommen.")).to_be_visible()


def follow_the_data(hand: Hand) -> None:
    """What is new, without an account: the feed answers."""
    address = hand.page.get_by_role("link", name="als Feed").get_attribute("href")
    assert address is not None
    assert hand.page.request.get(hand.page.url.partition("/daten")[0] + address).ok
    if isinstance(hand, Keys):
        hand._reach("Neues und Geändertes als Feed", ("A",))


def read_the_map_as_a_list(hand: Hand) -> None:
    """The same places with the same filters, below the map."""
    hand.write("Ort, Straße, Stadtteil oder Messort", "Neutor")
    hand.take("Suchen")
    expect(hand.page.locator("#liste tbody tr")).to_have_count(1)
    hand.follow("Zählstelle Neutor")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Zählstelle Neutor")


def read_easily(hand: Hand) -> None:
    """To easy language and back."""
    hand.follow("Leichte Sprache")
    expect(hand.page.get_by_role("heading", name="Willkommen")).to_be_visible()
    hand.follow("Deutsch")
    expect(hand.page.get_by_role("heading", name="Willkommen")).to_have_count(0)


def upload_as_clerk(hand: Hand) -> None:
    """A file is looked at; the dialogue that picks it is the system's."""
    hand.page.set_input_files("#id_file", {"name": "baeume.csv", "mimeType": "text/csv", "buffer": FILE})
    hand.follow("Ansehen")
    hand.page.wait_for_load_state()
    understood = hand.page.get_by_role("heading", name="So haben wir die Datei verstanden")
    anew = hand.page.get_by_role("link", name="Stand neu laden")
    until = time.monotonic() + 120
    while isinstance(hand, Plain) and anew.count() and time.monotonic() < until:
        anew.click()  # with scripts the page does so by itself
        hand.page.wait_for_load_state()
    expect(understood).to_be_visible(timeout=120_000)
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text("baeume")


def edit_a_board(hand: Hand) -> None:
    """A new board with a theme; undone again."""
    hand.follow("Tafel anlegen")
    hand.write("Name der Tafel", f"Tafel für {type(hand).__name__}")
    hand.follow("Tafel anlegen")
    hand.follow("Thema hinzufügen")
    hand.write("Überschrift des Themas", "Verkehr")
    hand.follow("Speichern")
    expect(hand.page.get_by_role("heading", name="Verkehr")).to_be_visible()
    hand.follow("Rückgängig machen")
    expect(hand.page.get_by_role("heading", name="Verkehr")).to_have_count(0)


def write_a_story(hand: Hand) -> None:
    """A title, a text in it, saved and looked at."""
    hand.follow("+ Text" if isinstance(hand, Keys) else "Text anfügen")
    hand.write("Titel", "Wie viele fahren?")
    hand.write("Der Text", "Sehr viele.")
    hand.follow("Speichern und ansehen")
    expect(hand.page.get_by_text("Sehr viele.")).to_be_visible()


TASKS: Mapping[str, tuple[str, Callable[[Hand], None]]] = {
    "find a figure": ("/", find_a_figure),
    "search data": ("/daten", search_data),
    "filter": ("/dinge", narrow_down),
    "download": ("STREAM", download),
    "make a chart": ("/diagramm", make_a_chart),
    "report a barrier": ("/barrierefreiheit", report_a_barrier),
    "follow the data": ("/daten", follow_the_data),
    "read the map as a list": ("/karte", read_the_map_as_a_list),
    "read easily": ("/", read_easily),
    "upload as clerk": ("/arbeit/import/neu", upload_as_clerk),
    "edit a board": ("/arbeit/tafeln", edit_a_board),
    "write a story": ("/arbeit/datenfenster/neu", write_a_story),
}


@pytest.fixture(scope="module")
def cookie(walk: Walk) -> str:
    """The session of somebody who publishes for the city."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop may already run in this thread
        # The work process does so once a minute.
        aside.submit(asyncio.run, upkeep.once(url=walk.database_url)).result()
        return aside.submit(asyncio.run, _publisher(walk.database_url)).result()


async def _publisher(url: str) -> str:
    async with await database.connect(url=url, autocommit=True) as connection:
        somebody = await people.person(connection, role="publisher", kind="city", name="Tina Taste")
        await connection.execute(
            "INSERT INTO identity.session (secret_hash, data, expires_at, principal_id)"
            " SELECT secret_hash, '', expires_at, principal_id FROM core.session WHERE principal_id = %s",
            [somebody.id],
        )
    return somebody.cookie


@pytest.fixture(scope="module", params=["keys", "plain"])
def hand(request: pytest.FixtureRequest, browser: Browser, walk: Walk, cookie: str) -> Iterator[Hand]:
    """One visitor for all tasks of a way."""
    context: BrowserContext = browser.new_context(
        viewport={"width": 1280, "height": 900},
        locale="de-DE",
        java_script_enabled=request.param == "keys",
        service_workers="block",
    )
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": walk.address}])
    page = context.new_page()
    yield Keys(page) if request.param == "keys" else Plain(page)
    context.close()


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_done_by_keyboard_and_without_scripts(hand: Hand, walk: Walk, task: str) -> None:
    """Nothing needs a pointer, and nothing but moving pictures needs a script."""
    start, steps = TASKS[task]
    path = start.replace("STREAM", f"/messreihen/{walk.streams['Fahrräder Neutor']}")
    hand.page.goto(walk.address + path)
    steps(hand)
