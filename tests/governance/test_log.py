# SPDX-License-Identifier: EUPL-1.2
"""The page of the log: for those who look after data protection, and on record itself."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
from django.test import AsyncClient

from stadtkern.core import audit, datasets
from stadtkern.core.database import Connection
from tests import browsing, people

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at the pages."""
    async with browsing.pages(url=database) as client:
        yield client


async def test_officers_read_the_log_and_nobody_else(visitor: AsyncClient, connection: Connection) -> None:
    """Appointed and dismissed by the city's administrators; a role elsewhere is not enough."""
    officer = await people.signed_in(connection, visitor, role="administrator")
    addresses = ("/arbeit/protokoll", "/arbeit/protokoll.csv")
    assert [(await visitor.get(a)).status_code for a in addresses] == [403, 403]
    administrator = await people.signed_in(connection, visitor, role="administrator", kind="city")
    assert (
        "Die Verwaltung der Stadt, sonst niemand."
        in (await visitor.get("/arbeit/protokoll")).content.decode()
    )
    wrong = await visitor.post("/arbeit/protokoll/zustaendige", {"adresse": "niemand@x.example"})
    assert "ist hier niemand bekannt" in wrong.content.decode()
    assert 'value="niemand@x.example"' in wrong.content.decode()
    assert (
        await visitor.post("/arbeit/protokoll/zustaendige", {"adresse": officer.email})
    ).status_code == 302
    visitor.cookies["sessionid"] = officer.cookie
    assert [(await visitor.get(a)).status_code for a in addresses] == [200, 200]
    for address in ("/frist", "/zustaendige", f"/zustaendige/{officer.id}/entfernen"):
        assert (await visitor.post(f"/arbeit/protokoll{address}", {"tage": "90"})).status_code == 403
    visitor.cookies["sessionid"] = administrator.cookie
    await visitor.post(f"/arbeit/protokoll/zustaendige/{officer.id}/entfernen")
    visitor.cookies["sessionid"] = officer.cookie
    assert (await visitor.get("/arbeit/protokoll")).status_code == 403


async def test_entries_are_found_by_who_what_and_where(visitor: AsyncClient, connection: Connection) -> None:
    """And the search itself is found afterwards."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    somebody = await people.person(connection, name="Wanda Wissbegier")
    for number in range(60):
        await audit.record(
            connection, action="read", surface="sta", principal_id=somebody.id, address=f"GET /sta/{number}/x"
        )
    found = (await visitor.get("/arbeit/protokoll?wer=wanda&was=read")).content.decode()
    assert found.count("Wanda Wissbegier") == 50
    older = found.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert (await visitor.get(f"/arbeit/protokoll{older}")).content.decode().count("Wanda Wissbegier") == 10
    assert "Wanda" not in (await visitor.get("/arbeit/protokoll?was=export")).content.decode()
    assert "/sta/7/x" in (await visitor.get("/arbeit/protokoll?q=/sta/7/x&von=2020-01-01")).content.decode()
    assert "Wer: wanda" in (await visitor.get("/arbeit/protokoll?was=log&q=wanda")).content.decode()
    for awkward in ("von=31.12.", "vor=x", "bis=2026-02-30", "was=nichts", "q=%00%27"):
        assert (await visitor.get(f"/arbeit/protokoll?{awkward}")).status_code == 200


async def test_a_spreadsheet_runs_nothing_of_the_log(visitor: AsyncClient, connection: Connection) -> None:
    """Somebody may have asked for a formula."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    await audit.record(
        connection, action="read", surface="sta", principal_id=None, address='=HYPERLINK("http://x.example")'
    )
    rows = (await visitor.get("/arbeit/protokoll.csv?q=HYPERLINK")).content.decode("utf-8-sig").splitlines()
    assert any("'=HYPERLINK" in row for row in rows)
    assert not any(cell.startswith(("=", '"=')) for row in rows for cell in row.split(";"))


async def test_the_time_entries_stay_is_changed_on_record(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Within limits."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    assert (await visitor.post("/arbeit/protokoll/frist", {"tage": "29"})).status_code == 422
    assert (await visitor.post("/arbeit/protokoll/frist", {"tage": "90"})).status_code == 302
    page = (await visitor.get("/arbeit/protokoll?was=log&q=audit_policy")).content.decode()
    assert "90 days" in page


async def test_entries_speak_of_people_and_things_by_name(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Neither names of tables nor numbers of people, and of a change only what is different."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    office = await people.organisation(connection, name="Amt für Wolken")
    somebody = await people.person(connection, role="reader", organisation_id=office, name="Ada Amtlich")
    await people.join(connection, person_id=somebody.id, organisation_id=office, role="steward")
    page = (await visitor.get("/arbeit/protokoll?was=role")).content.decode()
    assert "Mitarbeit in einer Organisation: geändert" in page
    assert "<li>Rolle: Lesen, jetzt Daten verantworten</li>" in page
    assert "Person: Ada Amtlich" in page
    assert "Organisation: Amt für Wolken" in page
    assert not any(raw in page for raw in ("membership", "person_id", "steward", "before"))
    english = (await visitor.get("/en/arbeit/protokoll?was=role")).content.decode()
    assert "Membership of an organisation: changed" in english


async def test_the_spreadsheet_tells_what_the_page_tells(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Names and words instead of codes and numbers; times that can be sorted, with their offset."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    office = await people.organisation(connection, name="Amt für Regen")
    await people.person(connection, role="reader", organisation_id=office, name="Ida Inhaltlich")
    await datasets.save_room(connection, key="keller", kind="restricted", title={"de": "Kellerraum"})
    text = (await visitor.get("/arbeit/protokoll.csv")).content.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert head[:5] == ["Zeit", "Wer", "Nummer des Kontos", "Nummer des Schlüssels", "Was"]
    role = next(row for row in rows if "Ida Inhaltlich" in row[9])
    assert (role[1], role[4], role[5]) == ("Befehlszeile", "Rolle", "Befehlszeile")
    assert role[8] == "Mitarbeit in einer Organisation: angelegt"
    assert "Organisation: Amt für Regen" in role[9]
    assert "Rolle: Lesen" in role[9]
    assert datetime.fromisoformat(role[0]).utcoffset() is not None
    assert any(row[6] == "Kellerraum" and row[4] == "Datenraum" for row in rows)


@pytest.mark.usefixtures("visitor")
async def test_ones_own_pages_are_no_reading_of_rooms(connection: Connection) -> None:
    """Who opens their account, the list of people or the log has read nothing of a closed room."""
    somebody = await people.person(connection, role="administrator", kind="city")
    await datasets.save(connection, key="intern-lesbar", room="internal", about={})
    own = ("/konto", "/konto/schluessel", "/arbeit/menschen", "/arbeit/menschen/konten", "/arbeit/protokoll")
    from stadtkern.web import asgi

    transport = httpx.ASGITransport(app=asgi.application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as whole:
        for address in (*own, "/daten"):
            answer = await whole.get(address, headers=somebody.headers)
            assert answer.status_code == 200, address
    rows = await connection.execute(
        "SELECT address FROM core.audit WHERE action = 'read' AND principal_id = %s", [somebody.id]
    )
    assert await rows.fetchall() == [("GET /daten",)]


async def test_the_log_opens_whatever_somebody_has_written_in_it(
    visitor: AsyncClient, connection: Connection
) -> None:
    """What only looks like a time stays as it was written; the calendar may be asked to its ends."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    wrong = "2026-02-30T25:61:00"
    for address in ("/arbeit/protokoll", "/arbeit/protokoll.csv"):
        asked = {"q": wrong, "von": "0001-01-01", "bis": "9999-12-31"}
        assert (await visitor.get(address, asked)).status_code == 200
        page = await visitor.get(address)
        assert (page.status_code, wrong in page.content.decode("utf-8-sig")) == (200, True)
