# SPDX-License-Identifier: EUPL-1.2
"""What waits for somebody in the catalogue's places of work: decisions, deliveries, requests, harvests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from stadtkern.catalogue.inventory import permissions as rights
from stadtkern.catalogue.requests import queries as asked
from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person, Role
from stadtkern.ui import formats
from stadtkern.ui.places import Waiting


async def imports(connection: Connection, person: Person) -> Sequence[Waiting]:
    """Deliveries at a step of one's own, and those about which a steward must decide."""
    params = {
        "everything": person.administrator,
        "editing": _where(person, "editor"),
        "stewarding": _where(person, "steward"),
    }
    steps, decisions = await _row(connection, "imports_waiting", params)
    url = reverse("imports")
    found = []
    if decisions:
        says = ngettext(
            "%(n)s Lieferung könnte Menschen betreffen: bitte entscheiden",
            "%(n)s Lieferungen könnten Menschen betreffen: bitte entscheiden",
            decisions,
        )
        found.append(Waiting(says=says % {"n": decisions}, url=url, does=gettext("Entscheiden")))
    if steps:
        says = ngettext(
            "%(n)s Lieferung wartet auf den nächsten Schritt",
            "%(n)s Lieferungen warten auf den nächsten Schritt",
            steps,
        )
        found.append(Waiting(says=says % {"n": steps}, url=url, does=gettext("Weitermachen")))
    return found


async def releases(connection: Connection, person: Person) -> Sequence[Waiting]:
    """Proposals of others that one may decide, with the first deadline."""
    reach = await rights.reach(connection, person=person)
    params = {
        "person_id": person.principal_id,
        "organisations": [each.id for each in reach.where("publisher")],
    }
    n, due = await _row(connection, "releases_waiting", params)
    if not n:
        return []
    says = ngettext(
        "%(n)s Vorschlag zur Freigabe ist zu entscheiden, bis %(day)s",
        "%(n)s Vorschläge zur Freigabe sind zu entscheiden, der erste bis %(day)s",
        n,
    )
    url = reverse("inventory") + "?frist=meine"
    said = says % {"n": n, "day": formats.day(due)}
    return [Waiting(says=said, url=url, does=gettext("Entscheiden"))]


async def requests(connection: Connection, person: Person) -> Sequence[Waiting] | None:
    """Requests that nobody has read; for stewards of the city only, others may not answer for it."""
    if not (await rights.reach(connection, person=person)).city:
        return None
    n = await asked.waiting(connection)
    says = ngettext("%(n)s Anfrage nach Daten ist zu lesen", "%(n)s Anfragen nach Daten sind zu lesen", n)
    url = reverse("requests-work")
    return [Waiting(says=says % {"n": n}, url=url, does=gettext("Lesen"))] if n else []


async def harvests(connection: Connection, person: Person) -> Sequence[Waiting]:
    """Catalogues that could not be taken in."""
    params = {"everything": person.administrator, "organisations": _where(person, "publisher")}
    (n,) = await _row(connection, "harvests_waiting", params)
    says = ngettext(
        "%(n)s Katalog ließ sich zuletzt nicht ernten", "%(n)s Kataloge ließen sich zuletzt nicht ernten", n
    )
    return [Waiting(says=says % {"n": n}, url=reverse("harvest"), does=gettext("Nachsehen"))] if n else []


def _where(person: Person, role: Role) -> list[int]:
    return [id_ for id_ in person.roles if person.may(role=role, organisation_id=id_)]


async def _row(connection: Connection, statement: str, params: dict[str, Any]) -> tuple[Any, ...]:
    cursor = await connection.execute(statements.load("catalogue")[statement], params)
    (row,) = await cursor.fetchall()
    return tuple(row)
