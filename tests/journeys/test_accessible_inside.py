# SPDX-License-Identifier: EUPL-1.2
"""The pages behind the sign-in are clean for axe too: accounts, rooms, agreements, the log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from stadtkern.core import database, datasets
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.stories import operations as stories
from stadtkern.insights.stories.entities import Block, Told
from tests import people
from tests.journeys import axe
from tests.journeys.conftest import Walk

PATHS = (
    "/konto", "/konto/daten", "/konto/schluessel", "/konto/schluessel/neu", "/arbeit",
    "/arbeit/datensaetze", "/arbeit/datensaetze?alle=1&fehlt=theme",
    "/arbeit/geraete", "/arbeit/geraete/neu", "/arbeit/menschen", "/arbeit/menschen/neu",
    "/arbeit/menschen/{office}", "/arbeit/menschen/{office}/bearbeiten", "/arbeit/menschen/konten",
    "/arbeit/menschen/konten?q=gibtesnicht", "/arbeit/menschen/konten/{person}",
    "/arbeit/menschen/konten/{closed}", "/arbeit/raeume", "/arbeit/raeume/neu", "/arbeit/raeume/tresor",
    "/arbeit/raeume/tresor/bearbeiten", "/arbeit/raeume/tresor/aufnehmen",
    "/arbeit/tafeln/stadt-jetzt/waende", "/arbeit/dinge/1/bild", "/arbeit/vereinbarungen",
    "/arbeit/vereinbarungen/neu?raum=tresor", "/arbeit/vereinbarungen/{agreement}",
    "/arbeit/vereinbarungen/{agreement}/abschliessen", "/arbeit/protokoll",
    "/arbeit/protokoll?q=gibtesnicht", "/arbeit/geholfen",
    "/daten/{key}", "/daten/{key}/versionen", "/daten/{key}/nutzung",
    "/arbeit/daten/{key}", "/arbeit/daten/neu", "/arbeit/gibtesnicht",
    "/arbeit/gebaerdensprache", "/arbeit/gebaerdensprache/video", "/arbeit/glossar/neu",
    "/arbeit/datenfenster", "/arbeit/datenfenster/neu?diagramm=reihe%3D1",
    "/arbeit/datenfenster/aufnehmen?diagramm=reihe%3D1", "/arbeit/datenfenster/{story}",
    "/arbeit/datenfenster/{story}/vorschau", "/arbeit/datenfenster/{story}/freigabe",
)  # fmt: skip

# Sent as they are, with Enter in the first field: it saves, and what is wrong stands beside the fields.
EMPTY = ("/arbeit/raeume/neu", "/arbeit/vereinbarungen/neu?raum=tresor", "/arbeit/datenfenster/neu")


BLOCKS = (
    Block(kind="text", text={"de": "## Wie viele?\n\n- **viele**\n- [mehr](/daten)"}),
    Block(kind="diagram", source="reihe=1"),
    Block(kind="values", source="reihe=1&reihe=2"),
    Block(kind="map", source="rad"),
    *(Block(kind="tile", tile=tile) for tile in (
        Definition(key="value", form="value", title={"de": "Wolken jetzt"}, streams=(1,)),
        Definition(key="gauge", form="gauge", title={"de": "Regen"}, streams=(2,), low=0, high=90),
        Definition(key="ranking", form="ranking", title={"de": "Wo die meisten sind"}, streams=(1, 2, 3)),
        Definition(key="places", form="places", title={"de": "Wo sie sind"}, streams=(1, 2), wide=True),
        Definition(key="days", form="countdown", title={"de": "Bis zum Sommer"}, until="2099-06-21"),
        Definition(key="gone", form="value", title={"de": "Was es nicht mehr gibt"}, streams=(999_999_999,)),
    )),
)  # fmt: skip


@pytest.fixture(scope="module")
def inside(walk: Walk) -> Mapping[str, str]:
    """Somebody who administers the city, and something to see on each page."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop may already run in this thread
        return aside.submit(asyncio.run, _fill(walk.database_url)).result()


async def _fill(url: str) -> Mapping[str, str]:
    async with await database.connect(url=url, autocommit=True) as connection:
        administrator = await people.person(connection, role="administrator", kind="city", name="Adele Amt")
        await people.in_a_browser(connection, person_id=administrator.id)
        office = await people.organisation(connection, name="Amt für Wolken")
        person = await people.person(connection, role="steward", organisation_id=office, name="Stefan Stern")
        closed = await people.person(connection, role="editor", organisation_id=office, name="Vera Vorbei")
        await connection.execute(
            "UPDATE identity.person SET disabled_at = now() WHERE principal_id = %s", [closed.id]
        )
        await datasets.save_room(connection, key="tresor", kind="restricted", title={"de": "Tresor"})
        await connection.execute(
            "UPDATE core.room SET organisation_id = %s, terms_version = 1, terms = %s WHERE key = 'tresor'",
            [office, '{"de": "Nur für die Planung."}'],
        )
        await people.grant(connection, room="tresor", principal_id=person.id)
        await datasets.save(connection, key="wolken", room="tresor", about={"title": {"de": "Wolken"}})
        rows = await connection.execute(
            "INSERT INTO governance.agreement (room_id, title, provider_id, purpose, starts_at, ends_at)"
            " SELECT id, 'Wolken für alle', organisation_id, 'Forschung', now(), now() + interval '9 days'"
            " FROM core.room WHERE key = 'tresor' RETURNING id"
        )
        agreement = await rows.fetchone()
        story = await stories.begin(
            connection, by=person.id, told=Told(title={"de": "Wolken zählen"}, blocks=BLOCKS)
        )
        await connection.execute(
            "INSERT INTO city.rating (path, dataset_id, helped, remark, given_on, read_on, ticket_hash)"
            " SELECT '/daten/wolken', id, n = 1, %s, '2026-02-01', CASE n WHEN 2 THEN now()::date END,"
            " sha256(n::text::bytea) FROM core.dataset, generate_series(1, 2) AS n WHERE key = 'wolken'",
            ["Wo sind die Wolken von gestern? " * 9],
        )
        rows = await connection.execute(
            "SELECT key FROM core.dataset WHERE key <> 'wolken' ORDER BY id LIMIT 1"
        )
        public = await rows.fetchone()
    assert agreement is not None
    assert public is not None
    return {"cookie": administrator.cookie, "office": str(office), "person": str(person.id),
            "closed": str(closed.id), "agreement": str(agreement[0]), "key": str(public[0]),
            "story": str(story)}  # fmt: skip


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_inside(
    browser: Browser, walk: Walk, inside: Mapping[str, str], scheme: Any, width: int
) -> None:
    """Light at a desk, dark on a phone; `STADTKERN_TEST_PICTURES` names a folder for what is seen."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, locale="de-DE", reduced_motion="reduce"
    )
    axe.ready(context)
    context.add_cookies([{"name": "sessionid", "value": inside["cookie"], "url": walk.address}])
    page = context.new_page()
    pictures = os.environ.get("STADTKERN_TEST_PICTURES")
    found = []
    # The components are the same on all pages, so that on the phone a third of them shows what is wrong.
    for template in PATHS if scheme == "light" or pictures else PATHS[::3]:
        path = template.format(**inside)
        found += axe.faults(page, walk.address + path, name=path)
        assert page.url == walk.address + path, "no longer signed in"
        if pictures:
            name = template.strip("/").replace("/", "-").replace("?", "-") + f"-{scheme}.png"
            page.screenshot(path=Path(pictures) / name, full_page=True)
    for path in EMPTY:
        page.goto(walk.address + path)
        page.locator("main form input[type=text]").first.press("Enter")
        expect(page.locator("main .kern-error").first).to_be_visible()
        found += axe.here(page, name=f"{path} with mistakes")
    context.close()
    assert not found, "\n".join(found)
