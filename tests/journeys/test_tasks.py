# SPDX-License-Identifier: EUPL-1.2
"""Every task twice: by keyboard alone, and without scripts. The table of tasks says what is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, expect

from stadtkern.catalogue import upkeep
from stadtkern.core import database
from tests import people
from tests.journeys.conftest import Walk
from tests.journeys.hands import WAYS, Hand, Keys, visitor


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
    expect(hand.page.locator(".sk-things > li", has_text="Zählstelle")).to_have_count(0)


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
    hand.page.wait_for_load_state()  # without scripts it is another page
    hand.follow("Zählstelle Neutor")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Zählstelle Neutor")


def read_easily(hand: Hand) -> None:
    """To easy language and back."""
    hand.follow("Leichte Sprache")
    expect(hand.page.get_by_role("heading", name="Willkommen")).to_be_visible()
    hand.follow("Deutsch")
    expect(hand.page.get_by_role("heading", name="Willkommen")).to_have_count(0)


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
        await people.in_a_browser(connection, person_id=somebody.id)
    return somebody.cookie


@pytest.fixture(scope="module", params=WAYS)
def hand(request: pytest.FixtureRequest, browser: Browser, walk: Walk, cookie: str) -> Iterator[Hand]:
    """One visitor for all tasks of a way."""
    with visitor(browser, request.param, address=walk.address, cookie=cookie) as made:
        yield made


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_done_by_keyboard_and_without_scripts(hand: Hand, walk: Walk, task: str) -> None:
    """Nothing needs a pointer, and nothing but moving pictures needs a script."""
    start, steps = TASKS[task]
    path = start.replace("STREAM", f"/messreihen/{walk.streams['Fahrräder Neutor']}")
    hand.page.goto(walk.address + path)
    steps(hand)
