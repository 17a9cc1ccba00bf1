# SPDX-License-Identifier: EUPL-1.2
"""Somebody at work on a dataset: who may, which one, and what the city's places are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import shapely
import shapely.geometry
from django.http import Http404, HttpRequest

from stadtkern.catalogue import queries
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.entities import Dataset
from stadtkern.city import districts
from stadtkern.core import statements
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit


class Desk(msgspec.Struct, frozen=True):
    """A visit of somebody who may work on this dataset."""

    visit: Visit
    person: Person
    dataset: Dataset

    def may(self, role: str) -> bool:
        """Whether they have this role where the dataset belongs."""
        return self.person.may(role=role, organisation_id=self.dataset.organisation.id)


class Place(msgspec.Struct, frozen=True):
    """A part of the city, as the rectangle around it."""

    name: str
    geometry: Mapping[str, Any]


@asynccontextmanager
async def open_desk(request: HttpRequest, *, key: str, role: str = "editor") -> AsyncIterator[Desk]:
    """Let somebody work on a dataset. Raises SignInNeeded, Http404 for what is hidden, RoleIsMissing."""
    async with visits.open_visit(request) as visit:
        await permissions.require_signed_in(request, visit.connection)
        found = await queries.one(visit.connection, visit.scope, key=key)
        if found is None:
            raise Http404
        person = await permissions.require_for_dataset(
            request, visit.connection, visit.scope, dataset_id=found.id, role=role
        )
        yield Desk(visit, person, found)


async def places(visit: Visit) -> dict[str, Place]:
    """The city and its districts, by code."""
    found = {}
    for level in ("city", "district"):
        for district in await districts.outlines(visit.connection, level=level):
            west, south, east, north = shapely.geometry.shape(district.geometry).bounds
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            found[district.code] = Place(district.name, {"type": "Polygon", "coordinates": [ring]})
    return found


async def organisations(visit: Visit, person: Person, *, role: str) -> list[tuple[str, str]]:
    """The organisations for which somebody may work in this role, their own first, by name."""
    sql = statements.load("catalogue")["organisations"]
    rows = await (await visit.connection.execute(sql)).fetchall()
    allowed = [
        (str(id_), wording.said(names) or name)
        for id_, names, name in rows
        if person.may(role=role, organisation_id=id_)
    ]
    named = sorted(allowed, key=lambda each: each[1].lower())
    return person.own_first(named, number=lambda each: int(each[0]))


async def rooms(visit: Visit, person: Person) -> list[tuple[str, str]]:
    """The rooms into which somebody may put a dataset: those of all, and those they may enter."""
    sql = statements.load("catalogue")["rooms_for"]
    params = {"person_id": person.principal_id, "everything": person.administrator}
    rows = await (await visit.connection.execute(sql, params)).fetchall()
    return [(key, wording.said(title) or key) for key, title in rows]
