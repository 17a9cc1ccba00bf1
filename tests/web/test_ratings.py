# SPDX-License-Identifier: EUPL-1.2
"""Readers say whether a page helped; those whose data it shows read it; nobody learns who said what."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import AsyncClient

from stadtkern.city.ratings import operations
from stadtkern.core.database import Connection
from stadtkern.ui import guard
from stadtkern.web.ratings import views
from tests import people
from tests.catalogue import offices
from tests.catalogue.offices import Office, text
from tests.catalogue.test_tables import planted

pytestmark = pytest.mark.anyio
_WORK = "/arbeit/geholfen"


@pytest.fixture
def visitor(pages: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> AsyncClient:
    """Somebody who answers faster than people do."""
    monkeypatch.setattr(guard, "TOO_FAST", 0)
    views.PATIENCE.forget()
    return pages


@pytest.fixture
async def office(connection: Connection) -> Office:
    """The owners of a dataset."""
    await connection.execute("DELETE FROM city.rating")
    return await offices.an_office(connection)


async def _answer(client: AsyncClient, page: str, **given: str) -> Any:
    address = f"/geholfen?seite={quote(page, safe='')}"
    ticket = re.findall(r'name="ticket" value="([^"]+)"', await text(client, address))[0]
    return await client.post(address, {"ticket": ticket, **given})


async def _all(connection: Connection) -> list[Any]:
    sql = "SELECT path, helped, remark, language FROM city.rating ORDER BY id"
    return await (await connection.execute(sql)).fetchall()


async def test_a_press_takes_a_second_and_a_program_less(
    pages: AsyncClient, connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link has chosen the answer already: sending it is one press, quicker than any text."""
    views.PATIENCE.forget()
    page = f"/daten/{await planted(connection, office)}"
    monkeypatch.setattr(guard, "age", lambda given: 0.8 if given else None)
    refused = await _answer(pages, page, helped="ja")
    assert "Das ging sehr schnell." in refused.content.decode()
    assert not await _all(connection)
    monkeypatch.setattr(guard, "age", lambda given: 1.2 if given else None)
    assert (await _answer(pages, page, helped="ja")).status_code == 302
    assert len(await _all(connection)) == 1


async def test_a_ticket_knows_its_age_to_the_moment(
    pages: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handed out just before a second is full it is not a second old with the next one."""
    clock = 1_900_000_000.97
    monkeypatch.setattr(guard.time, "time", lambda: clock)
    given = guard.ticket()
    clock += 0.05
    assert guard.age(given) == pytest.approx(0.05, abs=0.002)
    assert guard.age(given[:-1]) is None
    assert guard.age("") is None
    clock += 86_400
    assert (guard.age(given) or 0) > guard.TOO_OLD


async def test_a_page_asks_and_its_owners_read_the_answer(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Two links without a cookie, a form, thanks; the owners tick the remark off, or take that back."""
    key = await planted(connection, office)
    page = await visitor.get(f"/en/daten/{key}")
    assert not page.cookies
    link = re.findall(r'href="(/en/geholfen[^"]+antwort=nein)"', page.content.decode())[0]
    asked = await text(visitor, link.replace("&amp;", "&"))
    assert re.search(r'value="nein"[^>]* checked', asked)
    assert f'href="/en/daten/{key}"' in asked
    sent = await _answer(visitor, f"/daten/{key}", helped="nein", remark="Was heißt <b>gefaellt</b>?")
    assert "Danke für Ihre Antwort" in await text(visitor, sent["Location"])
    assert (await _answer(visitor, f"/daten/{key}", helped="ja"))["Location"] == sent["Location"]
    assert "Anmerkung zu einer Seite" not in await text(offices.as_(visitor, office.other), "/arbeit")
    assert "Was heißt" not in await text(visitor, _WORK)
    assert (await visitor.post(_WORK, {"do": "read-1"})).status_code == 404
    offices.as_(visitor, office.editor)
    assert "1 Anmerkung zu einer Seite ist zu lesen" in await text(visitor, "/arbeit")
    listed = await text(visitor, _WORK)
    assert "Was heißt &lt;b&gt;gefaellt&lt;/b&gt;?" in listed
    assert re.search(r'<td class="number"[^>]*>1</td><td class="number"[^>]*>1</td>', listed)
    number = re.findall(r'value="read-(\d+)"', listed)[0]
    ticked = await visitor.post(_WORK, {"do": f"read-{number}"})
    said = await text(visitor, ticked["Location"])
    assert "als gelesen abgehakt" in said
    assert said.count(f'value="back-{number}"') == 2  # beside what was done, and in the list
    assert "Anmerkung zu einer Seite" not in await text(visitor, "/arbeit")
    assert (await visitor.post(_WORK, {"do": f"back-{number}"})).status_code == 302
    assert f'value="read-{number}"' in await text(visitor, _WORK)
    for odd in ("", "read-", "read--1", f"read-{2**63}", "read-" + "0" * 20 + "9" * 20, "read-" + "9" * 5000):
        assert (await visitor.post(_WORK, {"do": odd})).status_code == 404
    gone = await visitor.post(_WORK, {"do": f"delete-{number}"})
    assert "Die Anmerkung ist gelöscht" in await text(visitor, gone["Location"])
    assert await _all(connection) == [(f"/daten/{key}", True, "", "de")]


async def test_what_was_read_is_forgotten_after_a_week(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The text goes, the answer counts."""
    await planted(connection, office)
    day = date(2026, 3, 1)
    about: dict[str, Any] = {"path": "/datenfenster/x", "dataset_id": None, "helped": True, "remark": "Gut."}
    await operations.take(connection, ticket="a", day=day, **about)
    await operations.take(connection, ticket="a", day=day, **about)
    (row,) = await (await connection.execute("SELECT id FROM city.rating")).fetchall()
    await operations.note(connection, id=row[0], read=True, day=day)
    await operations.take(connection, ticket="b", day=day + timedelta(days=7), **about)
    assert [each[2] for each in await _all(connection)] == ["Gut.", "Gut."]
    await operations.forget(connection, day=day + timedelta(days=8))
    assert [each[2] for each in await _all(connection)] == ["", "Gut."]
    await operations.forget(connection, day=day + timedelta(days=731))
    assert [each[2] for each in await _all(connection)] == ["Gut."]


async def test_pages_that_one_may_not_see_cannot_be_rated(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Nor others than those three kinds; a dataset that is hidden takes its remarks along."""
    key = await planted(connection, office)
    hidden = await planted(connection, office, room="internal")
    for page in ("/", "/arbeit", f"/daten/{hidden}", "/daten/gibtesnicht", "/dinge/99999999999999999999",
                 "/dinge/x", "/datenfenster/x", f"/en/daten/{key}", "//evil.example/", "\0",
                 f"/daten/{key}/x"):  # fmt: skip
        await text(visitor, f"/geholfen?seite={quote(page, safe='')}", 404)
    await _answer(visitor, f"/daten/{key}", helped="nein", remark="Nur für Sie")
    move = "UPDATE core.dataset SET organisation_id = NULL WHERE key = %s"
    offices.as_(visitor, await people.person(connection, role="editor", kind="partner"))
    assert "Nur für Sie" not in await text(visitor, _WORK)
    await connection.execute(move, [key])
    assert "Nur für Sie" not in await text(visitor, _WORK)
    assert "Nur für Sie" in await text(offices.as_(visitor, office.editor), _WORK)
    offices.as_(visitor, await people.person(connection, role="reader"))
    await text(visitor, _WORK, 403)


async def test_programs_and_floods_are_turned_away(
    visitor: AsyncClient, connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No ticket, no answer, advertising, the trap, too many from one address or for one page."""
    key = await planted(connection, office)
    page = f"/daten/{key}"
    wrongs: list[dict[str, str]] = [
        {},
        {"helped": "vielleicht"},
        {"helped": "ja", "website": "x"},
        {"helped": "ja", "remark": "x" * 1001},
        {"helped": "ja", "remark": "http://a http://b http://c"},
    ]
    for wrong in wrongs:
        answer = await _answer(visitor, page, **wrong)
        assert (answer.status_code, "Bitte" in answer.content.decode()) == (200, True), wrong
    none = await visitor.post(f"/geholfen?seite={page}", {"helped": "ja", "ticket": "falsch"})
    assert "zu lange offen" in none.content.decode()
    assert await _all(connection) == []
    monkeypatch.setattr(operations, "_MOST_A_DAY", 2)
    answers = [(await _answer(visitor, page, helped="ja")).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    monkeypatch.setattr(views.Patience, "per_hour", 3)
    assert (await _answer(visitor, page, helped="ja")).status_code == 429
    assert len(await _all(connection)) == 2
