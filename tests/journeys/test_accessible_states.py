# SPDX-License-Identifier: EUPL-1.2
"""Pages in the states that people meet less often are clean for axe too: errors, empty ones, what is made.

Each is loaded once and looked at from all sides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from stadtkern.catalogue import operations as catalogue
from stadtkern.city.glossary import operations as glossary
from stadtkern.core import database
from stadtkern.insights.stories import operations as stories
from stadtkern.insights.stories.entities import Block, Told
from stadtkern.insights.walls import keys
from stadtkern.serve import own_pages
from tests import people
from tests.features import factories as features
from tests.journeys import axe
from tests.journeys.conftest import ROOT, Walk
from tests.journeys.test_accessible import Told as Listener
from tests.journeys.test_accessible import address
from tests.journeys.test_accessible_inside import BLOCKS

MADE = (
    "/datenfenster/{story}", "/leicht/datenfenster/{story}", "/en/daten/{table}", "/daten/{table}/tabelle",
    "/daten/{table}/schnittstelle", "/daten/{table}/einbetten/tabelle", "/daten/{table}/einbetten/karte",
    "/karte?sammlung={table}&gewaehlt=1", "/en/karte?gewaehlt=1", "/daten/anfragen/{request}", "/en/glossar",
    "STREAM/einbetten", "/diagramm/einbetten?reihe=1&reihe=2", "/en/THING", "/en/schnittstellen",
    "/?mode=wall", "/en/?mode=kiosk", "/wand/{over}", "/daten/gibtesnicht", "/konto/passwort/vergessen",
)  # fmt: skip
# Sent with nothing in them, or with what is wrong.
FORMS: Mapping[str, Mapping[str, str]] = {
    "/stimmt-nicht?ding=THING_ID": {},
    "/en/daten/anfragen/neu": {},
    "/anmelden": {"#id_login": "niemand@stadt.example", "#id_password": "falsch"},
}
_SEND = "form => { form.noValidate = true; form.requestSubmit(); }"


class States(NamedTuple):
    """Parts of addresses by name, and the session of an editor who may not do everything."""

    names: Mapping[str, str]
    cookie: str


@pytest.fixture(scope="module")
def states(walk: Walk) -> States:
    """A story with every kind of tile, a table with a map, a request, a word, a screen that is over."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop may already run in this thread
        return aside.submit(asyncio.run, _fill(walk)).result()


async def _fill(walk: Walk) -> States:
    async with await database.connect(url=walk.database_url, autocommit=True) as connection:
        editor = await people.person(connection, role="editor", name="Edda Eifrig")
        told = Told(title={"de": "Nebel im Tal"}, blocks=(*BLOCKS, *_MORE))
        story = await stories.begin(connection, by=editor.id, told=told)
        await stories.publish(connection, by=editor.id, id=story, number=1)
        made = await catalogue.create(
            connection, by=None, kind="table", title={"de": "Nebelbank"}, state="published",
            description={"de": "Wo Nebel **lag**.\n\n- morgens\n- abends"},
        )  # fmt: skip
        known = await features.collection(connection, key=made.key, dataset_id=made.id)
        await catalogue.add_distribution(
            connection, by=None, dataset_id=made.id, access_url=f"/ogc/collections/{known.key}", format="CSV",
            licence="http://dcat-ap.de/def/licenses/cc-zero",
        )  # fmt: skip
        (asked,) = await _row(connection, _REQUEST)
        word = {"de": "Nebelbank", "en": "Bank of fog"}
        await glossary.add(connection, by=editor.id, name=word, also={}, short=word, long={})
        (board,) = await _row(connection, "SELECT key FROM insights.board ORDER BY id LIMIT 1")
        over = await keys.give(connection, board=board, name="Foyer", lasts=timedelta(days=1), by=editor.id)
        await connection.execute("UPDATE insights.wall_key SET ended_at = now()")
        (key,) = await _row(connection, "SELECT key FROM insights.story ORDER BY id DESC LIMIT 1")
    names = {"story": key, "table": made.key, "request": str(asked), "over": over}
    return States(names, editor.cookie)


async def _row(connection: database.Connection, statement: str) -> tuple[str, ...]:
    row = await (await connection.execute(statement.encode())).fetchone()
    assert row is not None
    return row


_REQUEST = """
WITH r AS (
    INSERT INTO catalogue.request (title, body, state, progress, secret_hash, ticket_hash, moderated_at)
    VALUES ('Wo war Nebel?', 'Bitte nach Tagen.', 'shown', 'planned', 'a', 'b', now()) RETURNING id)
INSERT INTO catalogue.answer (request_id, progress, body)
SELECT id, 'planned', 'Das kommt im Winter.' FROM r RETURNING request_id
"""
_MORE = (
    Block(kind="text", text={"de": "| Ort | Tage |\n|---|---|\n| Tal | 7 |", "en": "Days of fog."}),
    Block(kind="diagram", source="reihe=999999999"),
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Somebody at a desk whose page is looked at from all sides."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 844}, color_scheme="light", locale="de-DE",
        reduced_motion="reduce", service_workers="block",
    )  # fmt: skip
    axe.ready(context)
    yield context.new_page()
    context.close()


def _from_all_sides(page: Page, *, name: str) -> list[str]:
    """Light, dark, mirrored, with large letters, and 320 pixels wide."""
    found = [*axe.here(page, name=name), *axe.in_the_dark(page, name=name)]
    page.evaluate("document.documentElement.dir = 'rtl'")
    found += axe.wide(page, name=f"{name} mirrored")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found += axe.wide(page, name=f"{name} with large letters")
    page.evaluate("document.documentElement.dir = 'ltr'; document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 320, "height": 844})
    found += axe.wide(page, name=f"{name} at 320 pixels")
    page.set_viewport_size({"width": 1280, "height": 844})
    return found


def test_what_is_made_is_accessible(page: Page, walk: Walk, states: States) -> None:
    """Stories, tables, maps, requests, what is embedded; nothing from elsewhere, no cookie without a form."""
    told, found, cookies = Listener(walk), [], []
    told.listen(page)
    for template in MADE:
        path = template.format(**states.names)
        page.context.clear_cookies()
        page.goto(address(walk, path))
        found += _from_all_sides(page, name=path)
        if not page.locator("form[method=post]").count():
            cookies += [(path, each["name"]) for each in page.context.cookies()]
    assert not found, "\n".join(found)
    assert told.complaints == []
    assert told.strangers == []
    assert cookies == []


def test_mistakes_and_refusals_are_accessible(page: Page, walk: Walk, states: States) -> None:
    """Wrong forms, a form whose secret is gone, a role that is missing."""
    found = []
    for path, fields in FORMS.items():
        page.goto(address(walk, path))
        for field, value in fields.items():
            page.fill(field, value)
        page.locator("main form:has(.kern-btn--primary)").first.evaluate(_SEND)
        expect(page.locator("main .sk-mistakes")).to_be_focused()  # else nothing is read out
        found += _from_all_sides(page, name=f"{path} with mistakes")
    page.goto(walk.address + "/barrierefreiheit/melden")
    page.context.clear_cookies()
    page.locator("main form").evaluate(_SEND)
    expect(page.get_by_role("heading", name="Das Formular ist nicht mehr gültig")).to_be_visible()
    found += _from_all_sides(page, name="a form without its secret")
    page.context.add_cookies([{"name": "sessionid", "value": states.cookie, "url": walk.address}])
    answer = page.goto(walk.address + "/arbeit/auftritt")
    assert answer is not None
    assert answer.status == 403
    found += _from_all_sides(page, name="a role that is missing")
    assert not found, "\n".join(found)


def test_what_the_front_says_by_itself_is_accessible(page: Page, walk: Walk) -> None:
    """While the pages start, too large, too many cookies; as soon as the pages are there one sees them."""
    own, found = own_pages.OwnPages(assets=ROOT / "src/stadtkern/web/assets"), []
    shown = {
        "away": own.away(),
        "large": own.too_large(most=1 << 24),
        "cookies": own.too_many_cookies(most=9),
    }
    policy = {name.decode(): value.decode() for name, value in (own_pages.POLICY,)}
    policy["content-type"] = own_pages.KIND.decode()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)

    def instead(route: Route) -> None:
        route.fulfill(status=503, headers=policy, body=shown[route.request.url.rpartition("/")[2]])

    page.route("**/own/*", instead)
    for name in reversed(shown):
        page.goto(f"{walk.address}/own/{name}")
        assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
        found += _from_all_sides(page, name=name)
    page.unroute("**/own/*")
    expect(page.get_by_role("heading", name="Diese Seite gibt es nicht")).to_be_visible()
    assert complaints == []
    assert not found, "\n".join(found)
