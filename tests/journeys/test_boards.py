# SPDX-License-Identifier: EUPL-1.2
"""Boards in a browser: arranged with and without script, on a wall that loses its network, in a kiosk."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from stadtkern.core import database
from stadtkern.insights.boards import operations
from stadtkern.insights.cockpit.definitions import Content, Definition, Group
from tests import people
from tests.journeys import axe
from tests.journeys.conftest import Walk

WORK = "/arbeit/tafeln"


class Inside(NamedTuple):
    """Somebody's session, and the address of a board with two themes."""

    cookie: str
    board: str


@pytest.fixture(scope="module")
def inside(walk: Walk) -> Inside:
    """A publisher of the city, and a public board."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop may already run in this thread
        return aside.submit(asyncio.run, _fill(walk)).result()


async def _fill(walk: Walk) -> Inside:
    parking, soil = walk.streams["Freie Plätze Theater"], walk.streams["Bodenfeuchte Linde"]
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützen" * 4
    value = Definition(key="frei", form="value", title={"de": "Plätze am Theater"}, streams=(parking,))
    gone = Definition(key="tot", form="value", title={"de": "Verschwunden"}, streams=(999_999,))
    rank = Definition(key="rang", form="ranking", title={"de": "Rangliste"}, streams=(parking, soil))
    bar = Definition(key="nass", form="gauge", title={"de": long}, streams=(soil,), high=50, threshold=18)
    said = {"de": "Wir messen.\n\nUnd gießen."}
    words = Definition(key="wort", form="text", title={"de": "مرحبا 🌳"}, body=said)
    one = Group(key="eins", title={"de": "Parken"}, tiles=(value, rank, gone))
    two = Group(key="zwei", title={"de": "Grün"}, tiles=(bar, words))
    async with await database.connect(url=walk.database_url, autocommit=True) as connection:
        somebody = await people.person(connection, role="publisher", kind="city", name="Paula Platz")
        await people.in_a_browser(connection, person_id=somebody.id)
        content = Content(title={"de": "Zwei Themen"}, audience="public", groups=(one, two))
        key = await operations.add(connection, by=somebody.id, content=content)
        await operations.publish(connection, key=key, version=1)
    return Inside(somebody.cookie, f"/tafeln/{key}")


def _signed_in(context: BrowserContext, walk: Walk, inside: Inside) -> None:
    context.add_cookies([{"name": "sessionid", "value": inside.cookie, "url": walk.address}])


def _observe(page: Page, walk: Walk, stream: str, value: float) -> None:
    answer = page.request.post(
        f"{walk.address}/sta/v1.1/Datastreams({walk.streams[stream]})/Observations",
        data={"result": value},
        headers={"Authorization": f"Bearer {walk.token}"},
    )
    assert answer.status == 201, answer.text()


def _tiles(page: Page) -> list[str]:
    return page.locator("[data-piece]").evaluate_all("all => all.map(piece => piece.dataset.piece)")


def test_tiles_are_moved_and_brought_back_without_script(
    browser: Browser, walk: Walk, inside: Inside
) -> None:
    """With the arrows of the page and its undo button alone, by keyboard."""
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    _signed_in(context, walk, inside)
    page = context.new_page()
    page.goto(walk.address + WORK + inside.board.removeprefix("/tafeln"))
    expect(page.get_by_text("zurzeit ohne Daten, erscheint nicht")).to_have_count(1)
    tiles = page.locator(".sk-piece__name strong")
    before = tiles.all_inner_texts()
    page.get_by_role("button", name="Nach unten: Plätze am Theater").press("Enter")
    expect(tiles).to_have_text([before[1], before[0], *before[2:]])
    expect(page.get_by_text("Diese Änderungen sieht noch niemand.")).to_be_visible()
    page.get_by_role("button", name="Rückgängig machen").press("Enter")
    expect(tiles).to_have_text(before)
    context.close()


def test_tiles_are_dragged(page: Page, context: BrowserContext, walk: Walk, inside: Inside) -> None:
    """From one theme into the other, and stored at once."""
    _signed_in(context, walk, inside)
    page.set_viewport_size({"width": 1280, "height": 1700})
    page.goto(walk.address + WORK + inside.board.removeprefix("/tafeln"))
    assert _tiles(page) == ["frei", "rang", "tot", "nass", "wort"]
    with page.expect_navigation():
        page.locator("[data-piece=frei]").drag_to(
            page.locator("[data-piece=wort]"), target_position={"x": 60, "y": 5}
        )
    assert _tiles(page) == ["rang", "tot", "nass", "frei", "wort"]
    page.get_by_role("button", name="Rückgängig machen").click()
    expect(page.locator("[data-theme=eins] [data-piece]")).to_have_count(3)


def test_a_wall_says_when_the_network_is_gone_and_goes_on_by_itself(
    page: Page, context: BrowserContext, walk: Walk, inside: Inside
) -> None:
    """The last values stay; nobody has to touch anything when the connection is back."""
    page.clock.install()
    page.goto(f"{walk.address}{inside.board}?mode=wall")
    expect(page.get_by_text("Plätze am Theater")).to_be_visible()
    expect(page.locator("header nav, button, input")).to_have_count(0)
    page.evaluate("window.same = true")
    context.set_offline(True)
    lost = page.locator("[data-lost]")
    expect(lost).to_have_text(re.compile(r"Keine Verbindung seit \d\d:\d\d Uhr"))
    _observe(page, walk, "Freie Plätze Theater", 77)
    page.clock.fast_forward(5_000)
    expect(page.locator("h2", has_text="Plätze am Theater")).to_have_count(1)
    context.set_offline(False)
    expect(lost).to_be_hidden()
    expect(page.locator("[data-live]").first).to_have_text("77")
    expect(page.locator("html")).to_have_attribute("data-stream", "open")
    _observe(page, walk, "Freie Plätze Theater", 78)
    expect(page.locator("[data-live]").first).to_have_text("78")
    _stop_the_clock(page)  # or the next page of tiles might come while one looks
    shown = page.locator("[data-page]:not([hidden]) .sk-screen__theme")
    before = shown.inner_text()
    assert before in ("Parken", "Grün")
    page.clock.fast_forward(15_000)
    expect(shown).to_have_text({"Parken": "Grün", "Grün": "Parken"}[before])
    clock = page.locator("[data-clock]")  # as the server had written it
    expect(clock).to_have_text(re.compile(r"^\w+, \d+\. \w+ \d{4}, \d\d:\d\d Uhr$"))
    assert page.evaluate("window.same") is True


def _stop_the_clock(page: Page) -> None:
    """From now on time passes for the page only when somebody lets it."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 10)  # a busy machine is there before then


def test_a_kiosk_goes_back_to_its_start_and_keeps_nothing(
    page: Page, context: BrowserContext, walk: Walk
) -> None:
    """Asked after a minute, back fifteen seconds later: no cookie, no storage, no way back."""
    start = f"{walk.address}/?mode=kiosk"
    page.clock.install()
    page.goto(start)
    _stop_the_clock(page)  # what it asks stands for as long as this machine takes to press a button
    length = page.evaluate("history.length")
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/?mode=kiosk")
    page.get_by_role("link", name=re.compile("Car parks")).click()
    page.wait_for_url("**/en/?mode=kiosk&kachel=parkhaeuser")
    assert page.evaluate("history.length") == length
    assert page.locator("main a, footer a").count() == 0
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.clock.fast_forward(16_000)
    page.wait_for_url(start)
    assert context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    context.set_offline(True)
    page.get_by_role("link", name=re.compile("Parkhäuser")).click()
    expect(page.locator("[data-lost]")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Parkhäuser"))).to_be_visible()
    context.set_offline(False)
    expect(page.locator("[data-lost]")).to_be_hidden()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_axe_finds_nothing_on_boards(
    browser: Browser, walk: Walk, inside: Inside, scheme: Any, width: int
) -> None:
    """For visitors and on screens on the one, where they are arranged on the other."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, locale="de-DE", reduced_motion="reduce"
    )
    axe.ready(context)
    _signed_in(context, walk, inside)
    page = context.new_page()
    board, work = inside.board, WORK + inside.board.removeprefix("/tafeln")
    shown = (work, f"{work}/versionen/1", f"{work}/quelle?art=value&q=boden", f"{work}/kacheln/nass")
    if scheme == "dark":
        shown = (board, f"{board}?mode=wall", f"{board}?mode=kiosk", f"{board}?mode=kiosk&kachel=nass")
    found = [fault for path in shown for fault in axe.faults(page, walk.address + path, name=path)]
    context.close()
    assert not found, "\n".join(found)
