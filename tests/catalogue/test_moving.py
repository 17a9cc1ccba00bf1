# SPDX-License-Identifier: EUPL-1.2
"""Moving a dataset: it says who will see it, does so at once in both planes, and only where one may."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.entities import Dataset
from stadtkern.core import access, datasets
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import people
from tests.people import Somebody

pytestmark = pytest.mark.anyio


async def _dataset(connection: Connection, owner: Somebody, *, room: str = "public", title: str) -> Dataset:
    return await operations.create(
        connection, by=None, kind="table", state="published", room=room, title={"de": title},
        organisation_id=owner.organisation_id,
    )  # fmt: skip


def _as(client: AsyncClient, somebody: Somebody) -> None:
    client.cookies["sessionid"] = somebody.cookie


async def _page(client: AsyncClient, path: str, given: dict[str, str] | None = None) -> str:
    answer = await (client.get(path) if given is None else client.post(path, given))
    return answer.content.decode()


async def _seen(client: AsyncClient, path: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', await _page(client, path))
    assert found is not None
    return found[1]


async def _lies(connection: Connection, dataset_id: int) -> tuple[str, int]:
    row = await (
        await connection.execute(
            "SELECT r.key, d.organisation_id FROM core.dataset d JOIN core.room r ON r.id = d.room_id"
            " WHERE d.id = %s",
            [dataset_id],
        )
    ).fetchone()
    assert row is not None
    return row[0], row[1]


async def test_a_dataset_moves_after_one_has_read_who_will_see_it(
    visitor: AsyncClient, connection: Connection, database: str
) -> None:
    """Nothing happens before the second step; then both planes know at once; log and version keep it."""
    owner = await people.person(connection, role="publisher")
    made = await _dataset(connection, owner, room="internal", title="Schächte")
    path = f"/arbeit/daten/{made.key}/verschieben"
    _as(visitor, owner)
    given = {"room": "public", "organisation": str(owner.organisation_id), "seen": await _seen(visitor, path)}
    asked = await _page(visitor, path, given)
    assert "Alle sehen ihn, auch ohne Anmeldung" in asked
    assert (await _lies(connection, made.id))[0] == "internal"
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as gate:
        assert not (await gate.scope(connection, access.ANONYMOUS)).allows(made.id)
        answer = await visitor.post(path, {**given, "sure": "yes"})
        assert (answer.status_code, answer["Location"]) == (302, f"/arbeit/daten/{made.key}")
        assert (await gate.scope(connection, access.ANONYMOUS)).allows(made.id)
    assert (await AsyncClient().get(f"/daten/{made.key}")).status_code == 200
    rows = await connection.execute(
        "SELECT principal_id FROM core.audit WHERE action = 'dataset' AND %s = ANY (dataset_ids)", [made.id]
    )
    assert await rows.fetchall() == [(owner.id,)]
    rows = await connection.execute(
        "SELECT count(*) FROM catalogue.metadata_version WHERE dataset_id = %s", [made.id]
    )
    assert await rows.fetchone() == (2,)
    versions = await _page(AsyncClient(), f"/daten/{made.key}/versionen")
    assert 'versionen/2"' in versions
    assert 'versionen/1"' not in versions  # what was said inside is no matter of everybody's now
    back = {"room": "internal", "organisation": given["organisation"], "seen": await _seen(visitor, path)}
    assert "laufen ins Leere" in await _page(visitor, path, back)
    assert (await visitor.post(path, {**back, "sure": "yes"})).status_code == 302
    assert (await AsyncClient().get(f"/daten/{made.key}")).status_code == 404


async def test_only_publishers_move_and_only_to_where_they_may(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Into rooms that they may enter and organisations in which they publish, in their own name."""
    owner = await people.person(connection, role="publisher")
    foreign = await people.person(connection, role="publisher")
    await datasets.save_room(connection, key="tresor", kind="restricted", title={"de": "Tresor"})
    made = await _dataset(connection, owner, title="Brücken")
    path = f"/arbeit/daten/{made.key}/verschieben"
    for somebody, status in (
        (await people.person(connection, role="steward", organisation_id=owner.organisation_id), 403),
        (foreign, 403),
    ):
        _as(visitor, somebody)
        assert (await visitor.get(path)).status_code == status
        assert (await visitor.post(path, {"sure": "yes"})).status_code == status
    await people.grant(connection, room="tresor", principal_id=owner.id)
    for part in ("dataset_ids = '{1}'", "dataset_ids = NULL, starts_at = now() + interval '1 day'"):
        await connection.execute(
            f"UPDATE core.room_grant SET {part} WHERE principal_id = {owner.id}".encode()
        )
        _as(visitor, owner)  # neither for single datasets nor before its time
        assert "Tresor" not in await _page(visitor, path)
    given = {"room": "public", "organisation": str(owner.organisation_id), "seen": await _seen(visitor, path)}
    for wrong in (
        {"room": "tresor"},
        {"organisation": str(foreign.organisation_id)},
        {"room": "gibts-nicht"},
        {"organisation": "x"},
        {},
    ):
        assert (await visitor.post(path, {**given, **wrong, "sure": "yes"})).status_code == 422, wrong
    assert await _lies(connection, made.id) == ("public", owner.organisation_id)
    visitor.cookies.clear()
    assert (await visitor.get(path)).status_code == 302
    hidden = await _dataset(connection, owner, room="tresor", title="Geheim")
    _as(visitor, foreign)
    assert (await visitor.get(f"/arbeit/daten/{hidden.key}/verschieben")).status_code == 404


async def test_whoever_moves_something_out_of_sight_is_led_to_where_they_may_go(
    visitor: AsyncClient, connection: Connection
) -> None:
    """An administrator puts a dataset into a room that they look after but do not read."""
    owner = await people.person(connection, role="administrator", kind="city")
    await datasets.save_room(connection, key="keller", kind="restricted", title={"de": "Keller"})
    made = await _dataset(connection, owner, title="Rohre")
    path = f"/arbeit/daten/{made.key}/verschieben"
    _as(visitor, owner)
    given = {"room": "keller", "organisation": str(owner.organisation_id), "seen": await _seen(visitor, path)}
    answer = await visitor.post(path, {**given, "sure": "yes"})
    assert (answer.status_code, answer["Location"]) == (302, "/arbeit/raeume/keller")
    assert "Rohre" in await _page(visitor, "/arbeit/raeume/keller")


async def test_another_organisation_takes_over_with_deliveries_and_keys(
    visitor: AsyncClient, connection: Connection
) -> None:
    """It is named who gains and who loses what; members of a room by name only to those who look after it."""
    owner = await people.person(connection, role="publisher")
    other = await people.organisation(connection, name="Amt für Brunnen")
    await people.join(connection, person_id=owner.id, organisation_id=other, role="publisher")
    room = await datasets.save_room(connection, key="werkstatt", kind="restricted", title={"de": "Werkstatt"})
    guest = await people.person(connection, role="reader", name="Gerda Gast")
    for member in (owner.id, guest.id):
        await people.grant(connection, room="werkstatt", principal_id=member)
    made = await _dataset(connection, owner, title="Pumpen")
    await connection.execute(
        "INSERT INTO catalogue.import_recipe (organisation_id, dataset_id, title) VALUES (%s, %s, 'x')",
        [owner.organisation_id, made.id],
    )
    path = f"/arbeit/daten/{made.key}/verschieben"
    _as(visitor, owner)
    given = {"room": "werkstatt", "organisation": str(other), "seen": await _seen(visitor, path)}
    asked = await _page(visitor, path, given)
    assert "Ihn sehen die 2 Mitglieder des Raums „Werkstatt“." in asked
    assert "Gerda Gast" not in asked
    assert "„Amt für Brunnen“ bearbeitet ihn dann" in asked
    await connection.execute("UPDATE core.room SET organisation_id = %s WHERE id = %s", [other, room])
    assert "Gerda Gast" in await _page(visitor, path, given)
    assert (await visitor.post(path, {**given, "sure": "yes"})).status_code == 302
    assert await _lies(connection, made.id) == ("werkstatt", other)
    rows = await connection.execute(
        "SELECT organisation_id FROM catalogue.import_recipe WHERE dataset_id = %s", [made.id]
    )
    assert await rows.fetchall() == [(other,)]


async def test_what_was_moved_meanwhile_is_not_moved_again(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Who decided about something else is told so; partners are not given what they could not see."""
    owner = await people.person(connection, role="publisher")
    made = await _dataset(connection, owner, title="Tunnel")
    path = f"/arbeit/daten/{made.key}/verschieben"
    _as(visitor, owner)
    given = {
        "room": "internal",
        "organisation": str(owner.organisation_id),
        "seen": "tresor 1",
        "sure": "yes",
    }
    assert (await visitor.post(path, given)).status_code == 409
    assert (await visitor.post(path, {**given, "seen": "public x"})).status_code == 409
    assert await _lies(connection, made.id) == ("public", owner.organisation_id)
    partner = await people.organisation(connection, kind="partner", name="Verein")
    await people.join(connection, person_id=owner.id, organisation_id=partner, role="publisher")
    seen = await _seen(visitor, path)
    answer = await visitor.post(
        path, {"room": "internal", "organisation": str(partner), "seen": seen, "sure": "yes"}
    )
    assert (answer.status_code, "Partner sehen nichts Internes" in answer.content.decode()) == (422, True)
