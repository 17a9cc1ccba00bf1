# SPDX-License-Identifier: EUPL-1.2
"""Ways through the pages as people go them: looking, searching, by keyboard, without scripts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Browser, Page, expect

from stadtkern.core import database
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.stories import operations as stories
from stadtkern.insights.stories.entities import Block, Told
from tests.journeys.conftest import Walk


def _post(walk: Walk, stream: str, result: float, at: datetime | None = None) -> None:
    moment = (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
    body = {"phenomenonTime": moment, "result": result}
    request = urllib.request.Request(
        f"{walk.address}/sta/v1.1/Datastreams({walk.streams[stream]})/Observations",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {walk.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 201


def _figure(page: Page, key: str) -> int:
    text = page.locator(f"#kachel-{key} .sk-tile__figure").inner_text()
    return int(re.sub(r"\D", "", text))


def test_a_figure_moves_by_itself_within_two_seconds(page: Page, walk: Walk) -> None:
    """A value comes in through the open standard; the tile shows it without a reload."""
    page.goto(walk.address)
    _wait_for_stream(page)
    before, waits = _figure(page, "parkhaeuser"), list[float]()
    figure = page.locator("#kachel-parkhaeuser [data-live]")
    for free in range(380, 400):
        shown = figure.inner_text()
        _post(walk, "Freie Plätze Arkaden", free)
        sent = time.monotonic()
        expect(figure).not_to_have_text(shown)
        waits.append(time.monotonic() - sent)
        if waits[-1] < 2:
            break
    assert min(waits) < 2  # the machine may be busy with something else once
    assert _figure(page, "parkhaeuser") > before
    expect(page.locator("#kachel-parkhaeuser time")).to_have_text(re.compile("gerade eben|Sekunde"))


def test_a_tile_of_a_story_moves_too(page: Page, walk: Walk) -> None:
    """Figures in a Daten-Fenster change in place as on a board; tiles without one are read again."""
    with _story(walk) as address:
        page.goto(address)
        _wait_for_stream(page)
        figure = page.locator(".sk-story__part [data-live]")
        before = figure.inner_text()
        _post(walk, "Freie Plätze Theater", 7)
        expect(figure).not_to_have_text(before)
        expect(figure).to_have_text("7")
        for result in (True, False):
            for bay in ("Belegt Rathaus", "Belegt Bahnhof"):
                _post(walk, bay, result)
            wanted = "Zurzeit sind alle belegt" if result else "Zurzeit sind alle frei"
            expect(page.locator(".sk-tile", has_text="Stellplätze")).to_contain_text(wanted)


@contextlib.contextmanager
def _story(walk: Walk) -> Iterator[str]:
    """A public story with tiles, for as long as somebody looks at it."""
    bays = tuple(walk.streams[f"Belegt {name}"] for name in ("Rathaus", "Bahnhof"))
    free = (walk.streams["Freie Plätze Theater"],)
    tiles = (
        Definition(key="platz", form="value", title={"de": "Am Theater"}, streams=free),
        Definition(key="bucht", form="bays", title={"de": "Stellplätze"}, streams=bays),
    )
    told = Told(title={"de": "Wo ist Platz?"}, blocks=[Block(kind="tile", tile=tile) for tile in tiles])

    async def begin() -> str:
        async with await database.connect(url=walk.database_url, autocommit=True) as connection:
            number = await stories.begin(connection, by=None, told=told)
            await stories.publish(connection, by=None, id=number, number=1)
            row = await (
                await connection.execute("SELECT key FROM insights.story WHERE id = %s", [number])
            ).fetchone()
            assert row is not None
            return str(row[0])

    async def end(key: str) -> None:
        async with await database.connect(url=walk.database_url, autocommit=True) as connection:
            await connection.execute("DELETE FROM insights.story WHERE key = %s", [key])

    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop runs in this thread
        key = aside.submit(asyncio.run, begin()).result()
        yield f"{walk.address}/datenfenster/{key}"
        aside.submit(asyncio.run, end(key)).result()


def test_a_value_of_the_same_second_counts_too(page: Page, walk: Walk) -> None:
    """12:00:00.5Z is later than 12:00:00Z, although its text sorts before."""
    second = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)  # after what others sent
    _post(walk, "Freie Plätze Arkaden", 390, second)
    page.goto(walk.address)
    _wait_for_stream(page)
    figure = page.locator("#kachel-parkhaeuser [data-live]")
    before = figure.inner_text()
    _post(walk, "Freie Plätze Arkaden", 300, second.replace(microsecond=500_000))
    expect(figure).not_to_have_text(before)


def test_a_bay_that_is_taken_changes_the_sentence(page: Page, walk: Walk) -> None:
    """Tiles without a single moving number are read again as a whole, in place."""
    page.goto(walk.address)
    tile = page.locator("#kachel-behindertenparkplaetze")
    _wait_for_stream(page)
    for result in (True, False):
        for bay in ("Belegt Rathaus", "Belegt Bahnhof"):
            _post(walk, bay, result)
        wanted = "Zurzeit sind alle belegt" if result else "Zurzeit sind alle frei"
        expect(tile).to_contain_text(wanted)
    expect(tile).to_have_count(1)


def test_everything_but_the_map_works_without_javascript(browser: Browser, walk: Walk) -> None:
    """From the front page by search to a place, its series, a longer span, the table and the file."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(walk.address)
    expect(page.locator("#kachel-radverkehr svg.sk-chart").first).to_be_visible()
    page.get_by_role("searchbox").fill("neutor")
    page.get_by_role("button", name="Suchen").click()
    page.get_by_role("link", name="Zählstelle Neutor").click()
    page.get_by_role("link", name="Tabelle, Lücken und Download").click()
    page.get_by_role("link", name="Monat", exact=True).click()
    expect(page).to_have_url(re.compile("zeitraum=monat"))
    page.get_by_role("link", name="Ältere").click()
    expect(page.locator("#tabelle tbody tr").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV herunterladen").click()
    assert download.value.suggested_filename.startswith("fahrraeder-neutor")
    page.goto(walk.address + "/karte?art=rad")
    expect(page.locator("#liste tbody tr")).to_have_count(3)
    context.close()


def test_the_keyboard_alone_is_enough(page: Page, walk: Walk) -> None:
    """Skip link, search, list, chart span: with Tab and Enter, and one always sees where one is."""
    page.goto(walk.address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Zum Inhalt springen")).to_be_focused()
    page.keyboard.press("Enter")
    main = page.get_by_role("main")
    expect(main).to_be_focused()
    field = main.get_by_role("combobox")
    # Where others made more boards, the field comes before the ways to them.
    for stop in main.locator("a, button, input").filter(visible=True).all():
        page.keyboard.press("Tab")
        expect(stop).to_be_focused()
        if stop.get_attribute("role") == "combobox":
            break
    expect(field).to_be_focused()
    page.keyboard.type("Pegel")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/suche\?q=Pegel"))
    _tab_to(page, "Pegel Mitte")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/dinge/\d+"))
    _tab_to(page, "Monat")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("zeitraum=monat"))


def test_the_menu_opens_and_closes_on_a_phone(browser: Browser, walk: Walk) -> None:
    """A details element: works without script; Escape closes it and gives the focus back."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(walk.address)
    page.get_by_text("Menü").click()
    page.get_by_role("link", name="Karte", exact=True).click()
    page.wait_for_url(re.compile("/karte"))
    page.get_by_text("Menü").click()
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Menü")).to_be_focused()
    page.close()


def test_a_point_on_the_map_opens_its_words(page: Page, walk: Walk) -> None:
    """The map is an extra to the list: click, read, follow; one that did not load is tried again."""
    page.route("**/assets/map-*.js*", lambda route: route.abort())
    page.goto(walk.address + "/karte?q=neutor")
    again = page.get_by_role("button", name="Noch einmal versuchen")
    again.wait_for()
    page.unroute("**/assets/map-*.js*")
    again.click()
    page.wait_for_selector("[data-map][data-ready]")
    box = page.locator("[data-map]").bounding_box()
    assert box is not None
    # What was searched for lies in the middle.
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".maplibregl-popup").get_by_role("link", name="Zählstelle Neutor").click()
    page.wait_for_url(re.compile(r"/dinge/\d+"))


def test_the_front_page_is_light(page: Page, walk: Walk) -> None:
    """Less than 300 KB over the wire, and below 100 ms of the server's processor once it is warm."""
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(_size(answer)))
    page.goto(walk.address, wait_until="load")
    assert sum(sizes) < 300_000
    taken = []
    for _ in range(10):
        before = walk.seconds()
        page.goto(walk.address)
        taken.append(walk.seconds() - before)
    assert min(taken) < 0.1


def _size(answer: Any) -> int:
    length = answer.headers.get("content-length")
    return int(length) if length else 60_000


def _wait_for_stream(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-stream", "open")


def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.textContent.trim()"):
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")
