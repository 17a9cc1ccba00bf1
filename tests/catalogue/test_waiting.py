# SPDX-License-Identifier: EUPL-1.2
"""The page of work names what waits for whoever looks, and shows no place that is closed to them."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.editor import work
from stadtkern.core.database import Connection
from tests import people
from tests.catalogue.offices import Office, as_, decided, proposed, recorded, text

pytestmark = pytest.mark.anyio


async def waiting(client: AsyncClient, who: people.Somebody) -> list[str]:
    """What the page of work names for somebody."""
    page = await text(as_(client, who), "/arbeit")
    section = re.search(r'id="wartet-titel".*?</section>', page, re.DOTALL)
    return re.findall(r"<strong>(.*?)</strong>", section[0]) if section else []


async def a_delivery(connection: Connection, office: Office, *, state: str, checked: str = "null") -> int:
    """A delivery of a department at some step."""
    made = await (
        await connection.execute(
            "WITH r AS (INSERT INTO catalogue.import_recipe (organisation_id, title) VALUES (%s, 'Bäume')"
            " RETURNING id) INSERT INTO catalogue.import_delivery (recipe_id, state, checked)"
            " SELECT id, %s, %s::jsonb FROM r RETURNING id",
            [office.id, state, checked],
        )
    ).fetchone()
    assert made is not None
    return int(made[0])


async def test_a_proposal_waits_for_a_second_person_until_it_is_decided(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Not for who proposed it, and not for another department."""
    address = await recorded(visitor, office)
    await proposed(visitor, address)
    assert await waiting(visitor, office.publisher) == [
        "1 Vorschlag zur Freigabe ist zu entscheiden, bis 1. Januar 2999"
    ]
    assert await waiting(visitor, office.editor) == []
    assert await waiting(visitor, office.other) == []
    assert await decided(as_(visitor, office.publisher), address, connection, "approved") == 302
    assert await waiting(visitor, office.publisher) == []


async def test_what_could_concern_people_waits_for_a_steward(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The editor is told of their own steps only; old deliveries, whose files are gone, wait for nobody."""
    steward = await people.person(connection, role="steward", organisation_id=office.id)
    step, decision = (
        "1 Lieferung wartet auf den nächsten Schritt",
        "1 Lieferung könnte Menschen betreffen: bitte entscheiden",
    )
    old = await a_delivery(connection, office, state="looked")
    assert await waiting(visitor, office.editor) == [step]
    await connection.execute(
        "UPDATE catalogue.import_delivery SET updated_at = now() - interval '31 days' WHERE id = %s", [old]
    )
    assert await waiting(visitor, office.editor) == []
    await a_delivery(connection, office, state="checked", checked='{"privacy": [{"code": "mail"}]}')
    assert await waiting(visitor, office.editor) == []
    assert await waiting(visitor, steward) == [decision]
    await a_delivery(connection, office, state="checked", checked='{"privacy": []}')
    await a_delivery(connection, office, state="done")
    assert await waiting(visitor, office.editor) == [step]
    assert await waiting(visitor, steward) == [decision, step]
    assert await waiting(visitor, office.other) == []


async def test_requests_wait_for_stewards_of_the_city_only(
    visitor: AsyncClient, connection: Connection
) -> None:
    """A department's steward does not see the place at all: it would be closed."""
    await connection.execute(
        "INSERT INTO catalogue.request (title, body, secret_hash, ticket_hash)"
        " VALUES ('Brunnen', 'Wo?', sha256('waiting'), sha256('waiting'))"
    )
    theirs = await people.person(connection, role="steward")
    city = await people.person(
        connection, role="steward", organisation_id=await people.city(connection), name="Mo"
    )
    assert await waiting(visitor, city) == ["1 Anfrage nach Daten ist zu lesen"]
    assert "/arbeit/anfragen" in await text(visitor, "/arbeit")
    assert await waiting(visitor, theirs) == []
    assert "/arbeit/anfragen" not in await text(visitor, "/arbeit")


async def test_a_catalogue_that_failed_waits_until_it_is_taken_in(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """The newest run that has ended counts."""
    made = await (
        await connection.execute(
            "INSERT INTO catalogue.harvest_source (title, url, kind, organisation_id)"
            " VALUES ('Land', 'https://land.example/catalog', 'dcat', %s) RETURNING id",
            [office.id],
        )
    ).fetchone()
    assert made is not None
    run = "INSERT INTO catalogue.harvest_run (source_id, state) VALUES (%s, %s)"
    await connection.execute(run, [made[0], "failed"])
    await connection.execute(run, [made[0], "running"])
    assert await waiting(visitor, office.publisher) == ["1 Katalog ließ sich zuletzt nicht ernten"]
    assert await waiting(visitor, office.editor) == []
    await connection.execute(run, [made[0], "done"])
    assert await waiting(visitor, office.publisher) == []


@pytest.mark.parametrize("few", [0, 500])
async def test_datasets_to_work_on_are_found_by_a_part_of_their_name(
    visitor: AsyncClient, connection: Connection, office: Office, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Theirs only, counted, drafts first: whether few or many have the word in them."""
    monkeypatch.setattr(work, "_FEW", few)
    word = f"suchbaum{office.id}w{few}"
    for at in range(3):
        await operations.create(
            connection, by=None, organisation_id=office.id, kind="files", title={"de": f"{word} {at}"}
        )
    await operations.create(connection, by=None, kind="files", title={"de": f"{word} fremd"})
    page = await text(as_(visitor, office.editor), f"/arbeit?q={word.upper()}")
    assert all(f"{word} {at}" in page for at in range(3))
    assert ("3 Datensätze" in page, f"{word} fremd" in page) == (True, False)
    assert "0 Datensätze" in await text(as_(visitor, office.editor), "/arbeit?q=nirgendwo")
