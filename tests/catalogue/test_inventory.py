# SPDX-License-Identifier: EUPL-1.2
"""The data inventory: who sees what, four eyes, deadlines, history."""

from __future__ import annotations

import re

import psycopg
import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from tests import people
from tests.catalogue.offices import READY, Office, as_, cells, decided, proposed, recorded, text

pytestmark = pytest.mark.anyio


async def test_an_entry_needs_only_a_title_and_keeps_its_history(
    visitor: AsyncClient, office: Office
) -> None:
    """Recorded, changed field by field, with before and after."""
    blank = dict.fromkeys(READY, "") | {"personal": "unknown", "openness": "unknown", "effort": "unknown"}
    address = await recorded(visitor, office, **{**blank, "title": "Brunnen <b>"})
    changed = {**blank, "title": "Brunnen <b>", "system": "Excel", "revision": "1"}
    assert (await visitor.post(f"{address}/bearbeiten", changed)).status_code == 302
    page = await text(visitor, address)
    assert "Brunnen &lt;b&gt;" in page
    assert "<ins>Excel</ins>" in page
    assert office.editor.name in page


async def test_an_older_page_does_not_undo_a_newer_one(visitor: AsyncClient, office: Office) -> None:
    """The second of two people is told, and what they typed stays."""
    address = await recorded(visitor, office)
    for system, status in (("eins", 302), ("zwei", 200)):
        answer = await visitor.post(f"{address}/bearbeiten", {**READY, "system": system, "revision": "1"})
        assert answer.status_code == status
    assert "Jemand hat den Eintrag inzwischen geändert" in answer.content.decode()
    assert 'value="zwei"' in answer.content.decode()


async def test_a_title_stands_once_in_an_organisation(visitor: AsyncClient, office: Office) -> None:
    """Also in other letters; another organisation may use it."""
    await recorded(visitor, office)
    again = {**READY, "title": "BAUMKATASTER", "organisation": str(office.id)}
    answer = await visitor.post("/arbeit/inventar/neu", again)
    assert "Diesen Titel hat schon ein anderer Eintrag" in answer.content.decode()


async def test_others_see_nothing_of_it(visitor: AsyncClient, office: Office) -> None:
    """Not in the list, not by number, not in the sheet, not in the gaps; nobody without a role at all."""
    address = await recorded(visitor, office, title="Geheimer Brunnen")
    as_(visitor, office.other)
    for path in ("/arbeit/inventar?q=Brunnen", "/arbeit/inventar/luecken?stand=recorded"):
        page = await text(visitor, path)
        assert "Geheimer" not in page
        assert address not in page
    for path in ("", "/bearbeiten", "/vorschlagen", "/entscheiden", "/zurueckziehen", "/loeschen"):
        await text(visitor, address + path, 404)
    sheet = await visitor.get("/arbeit/inventar/liste.xlsx")
    assert "Geheimer Brunnen" not in {row[2] for row in cells(sheet.content)}
    visitor.cookies.clear()
    assert (await visitor.get("/arbeit/inventar")).status_code in (302, 401)


async def test_whoever_proposes_cannot_decide(
    visitor: AsyncClient, office: Office, connection: Connection
) -> None:
    """Neither on the page nor past it: the table itself refuses. Then somebody else approves."""
    address = await recorded(visitor, office)
    await people.join(connection, person_id=office.editor.id, organisation_id=office.id, role="publisher")
    await proposed(visitor, address)
    page = await text(visitor, f"{address}/entscheiden", 409)
    assert "Zu Ihrer Arbeit" in page
    assert "kann nicht selbst darüber entscheiden" in page
    assert await decided(visitor, address, connection, "approved") == 409
    with pytest.raises(psycopg.errors.CheckViolation):
        await connection.execute(
            "UPDATE catalogue.release SET decision = 'approved', decided_at = now(), decided_by = proposed_by"
        )
    as_(visitor, office.publisher)
    assert "warten auf Ihre Entscheidung" in await text(visitor, "/arbeit/inventar?frist=meine")
    assert await decided(visitor, address, connection, "approved") == 302
    page = await text(visitor, address)
    assert "Ein zweiter Blick." in page
    assert "Entwurf anlegen" in page


async def test_a_decision_is_about_what_was_proposed(
    visitor: AsyncClient, office: Office, connection: Connection
) -> None:
    """While it is open nobody changes the entry; a withdrawn and renewed proposal needs a new look."""
    address = await recorded(visitor, office)
    await proposed(visitor, address)
    changed = {**READY, "system": "anderes", "revision": "2"}
    assert "Jemand hat den Eintrag" in (await visitor.post(f"{address}/bearbeiten", changed)).content.decode()
    row = await (await connection.execute("SELECT max(id) FROM catalogue.release")).fetchone()
    await visitor.post(f"{address}/zurueckziehen", {"reason": ""})
    await proposed(visitor, address)
    about = {"proposal": str(row and row[0]), "decision": "approved", "reason": "Alt."}
    late = await as_(visitor, office.publisher).post(f"{address}/entscheiden", about)
    assert late.status_code == 409


async def test_a_proposal_needs_the_facts_a_reason_and_a_day_to_come(
    visitor: AsyncClient, office: Office
) -> None:
    """What is missing is named."""
    address = await recorded(visitor, office, legal_basis="", personal="unknown")
    page = await text(visitor, f"{address}/vorschlagen")
    assert "Personenbezogene Daten, Rechtsgrundlage" in page
    ready = await recorded(visitor, office, title="Fertig")
    late = await visitor.post(f"{ready}/vorschlagen", {"reason": "", "due": "2001-01-01"})
    assert "Dieser Tag ist schon vorbei." in late.content.decode()
    assert "Bitte füllen Sie dieses Feld aus." in late.content.decode()


async def test_editors_do_not_decide_and_readers_do_not_write(
    visitor: AsyncClient, office: Office, connection: Connection
) -> None:
    """Role by role."""
    address = await recorded(visitor, office)
    await proposed(visitor, address)
    second = await people.person(connection, role="editor", organisation_id=office.id)
    assert await decided(as_(visitor, second), address, connection, "approved") == 403
    reader = await people.person(connection, role="reader", organisation_id=office.id)
    as_(visitor, reader)
    page = await text(visitor, address)
    assert not re.findall(r"/(?:bearbeiten|entscheiden|zurueckziehen|loeschen)", page)
    for path in ("/bearbeiten", "/vorschlagen", "/loeschen"):
        await text(visitor, address + path, 403)


async def test_an_approved_entry_becomes_a_draft_once(
    visitor: AsyncClient, office: Office, connection: Connection
) -> None:
    """The chain from the inventory to the catalogue; a change of the entry ends the approval."""
    address = await recorded(visitor, office)
    assert (await visitor.post(f"{address}/datensatz", {"kind": "table"})).status_code == 409
    await proposed(visitor, address)
    assert await decided(as_(visitor, office.publisher), address, connection, "approved") == 302
    assert (
        await as_(visitor, office.editor).post(f"{address}/datensatz", {"kind": "table"})
    ).status_code == 302
    assert (await visitor.post(f"{address}/datensatz", {"kind": "table"})).status_code == 409
    assert "Datensatz bearbeiten" in await text(visitor, address)
    row = await (
        await connection.execute(
            "SELECT d.state, c.musterdatensaetze FROM catalogue.inventory AS e JOIN core.dataset AS d"
            " ON d.id = e.dataset_id JOIN catalogue.dataset AS c ON c.dataset_id = d.id WHERE e.id = %s",
            [address.rpartition("/")[2]],
        )
    ).fetchone()
    assert row == ("draft", ["floraUndFauna/baumbestand/baumkataster"])


async def test_lists_are_filtered_and_search_takes_signs_literally(
    visitor: AsyncClient, office: Office
) -> None:
    """Filters stand in the address; `%` is a percent sign."""
    await recorded(visitor, office, title="Quote 100 % offen", openness="closed")
    await recorded(visitor, office, title="Straßenbäume")
    assert "Straßenbäume" not in await text(visitor, "/arbeit/inventar?q=%25")
    assert "Quote 100 % offen" in await text(visitor, "/arbeit/inventar?q=%25&offen=closed&stand=recorded")
    assert "Dazu gibt es keinen Eintrag." in await text(visitor, "/arbeit/inventar?q=%25_%27%3B--")


async def test_deadlines_that_have_passed_stand_out(visitor: AsyncClient, office: Office) -> None:
    """Counted above, first in the list."""
    await recorded(visitor, office, title="Zu spät", due="2001-02-03")
    await recorded(visitor, office, title="Noch Zeit", due="2999-02-03")
    page = await text(visitor, "/arbeit/inventar?frist=vorbei")
    assert "Zu spät" in page
    assert "Noch Zeit" not in page


async def test_gaps_name_what_is_recorded_and_what_is_missing(visitor: AsyncClient, office: Office) -> None:
    """All 242 concepts, with a link to begin."""
    await recorded(visitor, office)
    page = await text(visitor, "/arbeit/inventar/luecken")
    assert "242 Datensätze" in page
    assert "im Inventar (1)" in page
    assert page.count("konzept=") == 241
    assert '<strong lang="de">Abfallkalender</strong>' in page
    english = await text(visitor, "/en/arbeit/inventar/luecken")
    assert (
        '<strong>Waste calendar</strong> <span class="sk-muted" lang="de">(Abfallkalender)</span>' in english
    )
    begun = await text(visitor, "/arbeit/inventar/neu?konzept=abfallentsorgung/abfallkalender")
    assert '<option value="abfallentsorgung/abfallkalender" selected>' in begun


async def test_removing_asks_first_and_needs_a_steward(
    visitor: AsyncClient, office: Office, connection: Connection
) -> None:
    """A page in between, then it is gone."""
    address = await recorded(visitor, office)
    as_(visitor, office.publisher)
    assert "Das lässt sich nicht rückgängig machen" in await text(visitor, f"{address}/loeschen")
    assert (await visitor.post(f"{address}/loeschen")).status_code == 302
    await text(visitor, address, 404)
