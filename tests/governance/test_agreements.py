# SPDX-License-Identifier: EUPL-1.2
"""Agreements grant their datasets for their term, end the same minute, and say so to machines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.core import access, datasets
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import browsing, people
from tests.windows import WINDOWS

pytestmark = pytest.mark.anyio


@dataclass
class Deal:
    """A steward who gives, somebody in an organisation that receives, and two datasets of one room."""

    steward: people.Somebody
    reader: people.Somebody
    agreed: int
    beside: int


@pytest.fixture(scope="module")
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at the pages."""
    async with browsing.pages(url=database) as client:
        yield client


@pytest.fixture(scope="module")
async def deal(database: str) -> Deal:
    """The parties."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        steward = await people.person(connection, role="steward", name="Gebende")
        reader = await people.person(connection, role="steward", kind="partner", name="Nehmende")
        await datasets.save_room(connection, key="tresor", kind="restricted", title={"de": "Tresor"})
        await connection.execute(
            "UPDATE core.room SET organisation_id = %s WHERE key = 'tresor'", [steward.organisation_id]
        )
        agreed = await datasets.save(
            connection, key="vereinbart", room="tresor", about={"title": {"de": "Vereinbartes"}}
        )
        beside = await datasets.save(connection, key="daneben", room="tresor", about={})
        await _belongs(connection, steward.organisation_id, agreed, beside)
    return Deal(steward, reader, agreed, beside)


async def _belongs(connection: Connection, organisation_id: int | None, *dataset_ids: int) -> None:
    await connection.execute(
        "UPDATE core.dataset SET organisation_id = %s WHERE id = ANY (%s)",
        [organisation_id, list(dataset_ids)],
    )


@pytest.fixture
async def gate(database: str) -> AsyncIterator[access.Gate]:
    """A gate that listens."""
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as opened:
        yield opened


def said(deal: Deal, **more: Any) -> dict[str, Any]:
    """What is typed into the form."""
    return {
        "title": "Radzählung für die Hochschule", "provider": str(deal.steward.organisation_id),
        "organisations": [str(deal.reader.organisation_id)], "people": "", "datasets": [str(deal.agreed)],
        "purpose": "Verkehrsforschung", "permissions": ["use", "derive"], "starts": "2020-01-01",
        "ends": "2100-12-31", "retention_days": "90", "fee": "1200,50", "fee_note": "jährlich",
        "liability": "Keine Gewähr.", **more,
    }  # fmt: skip


async def drafted(visitor: AsyncClient, deal: Deal, **more: Any) -> str:
    """The address of a draft written on the page."""
    visitor.cookies["sessionid"] = deal.steward.cookie
    answer = await visitor.post("/arbeit/vereinbarungen/neu?raum=tresor", said(deal, **more))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["location"])


async def test_an_agreement_grants_what_it_names_and_its_end_takes_it_back(
    visitor: AsyncClient, deal: Deal, gate: access.Gate, connection: Connection
) -> None:
    """A draft grants nothing, one in force only its datasets, an ended one nothing."""
    address = await drafted(visitor, deal)

    async def sees() -> list[bool]:
        scope = await gate.scope(connection, deal.reader.principal)
        return [scope.allows(deal.agreed), scope.allows(deal.beside)]

    assert await sees() == [False, False]
    assert (await visitor.post(f"{address}/abschliessen")).status_code == 302
    assert await sees() == [True, False]
    assert (await visitor.post(f"{address}/bearbeiten", said(deal))).status_code == 409
    visitor.cookies["sessionid"] = deal.reader.cookie
    assert "Verkehrsforschung" in (await visitor.get(address)).content.decode()
    assert (await visitor.post(f"{address}/beenden", {"reason": "x"})).status_code == 403
    visitor.cookies["sessionid"] = deal.steward.cookie
    assert (await visitor.post(f"{address}/beenden", {"reason": ""})).status_code == 200
    assert await sees() == [True, False]
    assert (await visitor.post(f"{address}/beenden", {"reason": "Projekt vorbei"})).status_code == 302
    assert await sees() == [False, False]
    assert "Projekt vorbei" in (await visitor.get(address)).content.decode()


async def test_only_datasets_that_somebody_may_open_are_links(visitor: AsyncClient, deal: Deal) -> None:
    """Who may not see a dataset reads its name; the link is there for whom the agreement lets in."""
    link = 'href="/daten/vereinbart"'
    address = await drafted(visitor, deal)
    page = (await visitor.get(address)).content.decode()
    assert "Vereinbartes" in page
    assert "für Sie nicht einsehbar" in page
    assert link not in page
    assert (await visitor.post(f"{address}/abschliessen")).status_code == 302
    visitor.cookies["sessionid"] = deal.reader.cookie
    page = (await visitor.get(address)).content.decode()
    assert link in page
    assert "für Sie nicht einsehbar" not in page
    visitor.cookies["sessionid"] = deal.steward.cookie
    assert (await visitor.post(f"{address}/beenden", {"reason": "vorbei"})).status_code == 302


async def test_the_databases_clock_begins_and_ends_it(
    visitor: AsyncClient, deal: Deal, gate: access.Gate, connection: Connection
) -> None:
    """Without anybody doing anything, and although the scope is cached."""
    address = await drafted(visitor, deal)
    assert (await visitor.post(f"{address}/abschliessen")).status_code == 302
    number = int(address.rpartition("/")[2])
    cursor = await connection.execute(
        "SELECT g.starts_at = a.starts_at AND g.expires_at = a.ends_at FROM core.room_grant AS g"
        " JOIN governance.agreement AS a ON a.id = g.agreement_id WHERE a.id = %s",
        [number],
    )
    assert await cursor.fetchall() == [(True,)]
    for seconds in WINDOWS:
        seen = await _seen(connection, gate, deal, number=number, seconds=seconds)
        if seen == [False, True, False]:
            break
    assert seen == [False, True, False]
    await connection.execute("UPDATE governance.agreement SET ends_at = now() WHERE id = %s", [number])
    assert "beendet" in (await visitor.get(address)).content.decode()


async def _seen(
    connection: Connection, gate: access.Gate, deal: Deal, *, number: int, seconds: float
) -> list[bool]:
    """Whether the reader sees the data, from before it begins until after it has ended."""
    await connection.execute(
        "UPDATE core.room_grant SET starts_at = now() + %s, expires_at = now() + %s WHERE agreement_id = %s",
        [timedelta(seconds=seconds), timedelta(seconds=2 * seconds), number],
    )
    seen: list[bool] = []
    over = False
    async with asyncio.timeout(120):
        while not over or seen[-1]:
            row = await connection.execute(
                "SELECT expires_at < now() FROM core.room_grant WHERE agreement_id = %s", [number]
            )
            ((over,),) = await row.fetchall()
            now = (await gate.scope(connection, deal.reader.principal)).allows(deal.agreed)
            if [now] != seen[-1:]:
                seen.append(now)
    return seen


async def test_drafts_and_foreign_agreements_are_not_known(
    visitor: AsyncClient, deal: Deal, connection: Connection
) -> None:
    """A draft is the giving side's; others know of none and give away nothing of this room."""
    address = await drafted(visitor, deal)
    visitor.cookies["sessionid"] = deal.reader.cookie
    tails = ("", "/bearbeiten", "/abschliessen", "/beenden", "/verwerfen", "/odrl.jsonld", "/dokumente/1")
    assert {(await visitor.get(address + tail)).status_code for tail in tails} == {404}
    await people.signed_in(connection, visitor, role="administrator")
    assert {(await visitor.get(address + tail)).status_code for tail in tails} == {404}
    assert (await visitor.get("/arbeit/vereinbarungen/neu?raum=tresor")).status_code == 404
    assert (await visitor.post("/arbeit/vereinbarungen/neu?raum=tresor", said(deal))).status_code == 404


async def test_only_what_one_answers_for_can_be_given(
    visitor: AsyncClient, deal: Deal, connection: Connection
) -> None:
    """Neither what another organisation put into the room, nor what was taken away from a draft meanwhile."""
    other = await people.person(connection, role="steward")
    foreign = await datasets.save(
        connection, key="fremdes", room="tresor", about={"title": {"de": "Fremdes im Tresor"}}
    )
    gone = await datasets.save(connection, key="altes", room="tresor", about={"title": {"de": "Altes"}})
    await _belongs(connection, other.organisation_id, foreign)
    await _belongs(connection, deal.steward.organisation_id, gone)
    await connection.execute("UPDATE core.dataset SET state = 'withdrawn' WHERE id = %s", [gone])
    visitor.cookies["sessionid"] = deal.steward.cookie
    form = (await visitor.get("/arbeit/vereinbarungen/neu?raum=tresor")).content.decode()
    assert "Vereinbartes" in form
    assert not any(title in form for title in ("Fremdes im Tresor", "Altes"))
    refused = await visitor.post(
        "/arbeit/vereinbarungen/neu?raum=tresor", said(deal, datasets=[str(foreign)])
    )
    assert (refused.status_code, 'class="kern-error"' in refused.content.decode()) == (200, True)
    address = await drafted(visitor, deal)
    await _belongs(connection, other.organisation_id, deal.agreed)
    assert (await visitor.post(f"{address}/abschliessen")).status_code == 409
    await _belongs(connection, deal.steward.organisation_id, deal.agreed)
    assert (await visitor.post(f"{address}/abschliessen")).status_code == 302


async def test_what_is_missing_is_said_beside_the_field(visitor: AsyncClient, deal: Deal) -> None:
    """And nothing is stored."""
    visitor.cookies["sessionid"] = deal.steward.cookie
    wrong = (
        {"ends": "2019-12-31"}, {"organisations": []}, {"people": "niemand@nirgends.example"},
        {"datasets": ["999999"]}, {"permissions": ["steal"]}, {"fee": "-1"}, {"title": ""},
    )  # fmt: skip
    for more in wrong:
        answer = await visitor.post("/arbeit/vereinbarungen/neu?raum=tresor", said(deal, **more))
        assert answer.status_code == 200, more
        assert 'class="kern-error"' in answer.content.decode(), more


async def test_documents_are_only_taken_away(visitor: AsyncClient, deal: Deal) -> None:
    """A page that pretends to be a document runs nowhere; what is too large is refused."""
    address = await drafted(visitor, deal)
    page = b"<script>alert(1)</script>"
    file = SimpleUploadedFile('Vertrag \u00e4"\r\n.html', page, content_type="text/html")
    assert (await visitor.post(f"{address}/dokumente", {"document": file})).status_code == 302
    shown = (await visitor.get(address)).content.decode()
    link = next(part.split('"')[0] for part in shown.split('href="') if "/dokumente/" in part.split('"')[0])
    answer = await visitor.get(link)
    assert answer.content == page
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    large = SimpleUploadedFile("groß.pdf", bytes(10_000_001))
    assert "zu groß" in (await visitor.post(f"{address}/dokumente", {"document": large})).content.decode()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
async def test_odrl_says_the_same_to_machines(visitor: AsyncClient, deal: Deal) -> None:
    """Targets, actions, term, purpose, fee and deletion as triples; a draft is an offer."""
    import rdflib

    address = await drafted(visitor, deal)
    offer = msgspec.json.decode((await visitor.get(f"{address}/odrl.jsonld")).content)
    assert offer["@type"] == "odrl:Offer"
    assert (await visitor.post(f"{address}/abschliessen")).status_code == 302
    answer = await visitor.get(f"{address}/odrl.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    graph = rdflib.Graph().parse(data=answer.content, format="json-ld")
    odrl = rdflib.Namespace("http://www.w3.org/ns/odrl/2/")
    (policy,) = graph.subjects(rdflib.RDF.type, odrl.Agreement)
    (permission,) = graph.objects(policy, odrl.permission)
    assert str(graph.value(permission, odrl.target)).endswith("/daten/vereinbart")
    assert set(graph.objects(permission, odrl.action)) == {odrl.use, odrl.derive}
    right = {
        graph.value(c, odrl.leftOperand): graph.value(c, odrl.rightOperand)
        for c in graph.subjects(rdflib.RDF.type, odrl.Constraint)
    }
    assert right[odrl.payAmount].toPython() == 1200.50
    assert right[odrl.elapsedTime].toPython() == timedelta(days=90)
    assert str(right[odrl.purpose]) == "Verkehrsforschung"
    assert {graph.value(d, odrl.action) for d in graph.objects(permission, odrl.duty)} == {
        odrl.compensate, odrl.delete,
    }  # fmt: skip
