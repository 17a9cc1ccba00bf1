# SPDX-License-Identifier: EUPL-1.2
"""Sends files through an import as a person and the work process would, without pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from stadtkern.catalogue.onboarding import files, jobs, operations, queries
from stadtkern.catalogue.onboarding.entities import About, Delivery, Plan, Target
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.identity.permissions import Person
from stadtkern.ingest.imports import compose, tables
from stadtkern.ingest.imports.survey import survey
from tests import people

ABOUT = About(
    title="Bäume",
    description="Alle Bäume.",
    licence="http://dcat-ap.de/def/licenses/cc-zero",
    room="public",
    publish=True,
)


class Desk:
    """Somebody at a desk: sends, plans, stores; `run` is the work process."""

    def __init__(self, connection: Connection, settings: Settings, person: Person, organisation_id: int):
        self.connection = connection
        self.settings = settings
        self.person = person
        self.organisation_id = organisation_id

    async def send(self, content: bytes, *, name: str = "file.csv", to: Delivery | None = None) -> Delivery:
        """A first file, or a later one of the same recipe; looked at (and more, where it is a later one)."""
        uuid = uuid4()
        size = files.keep(self.settings, uuid, chunks=[content])
        if to is None:
            await operations.begin(
                self.connection, by=self.person, organisation_id=self.organisation_id, title=name,
                file_name=name, size=size, uuid=uuid,
            )  # fmt: skip
        else:
            await operations.deliver(
                self.connection, recipe_id=to.recipe.id, by_id=self.person.principal_id,
                file_name=name, size=size, uuid=uuid,
            )  # fmt: skip
        await self.run()
        return await self.see(uuid)

    async def see(self, uuid: UUID) -> Delivery:
        """How it stands."""
        return await queries.find(self.connection, uuid=uuid, by=self.person)

    async def run(self) -> None:
        """Work until nothing is left."""
        while await jobs.once(self.connection, url=self.settings.database_url or "", settings=self.settings):
            pass

    async def plan(self, delivery: Delivery, *, target: Target | None = None, **changes: Any) -> Delivery:
        """Take what the survey suggests, with changes of the table, and have it checked."""
        await operations.plan(
            self.connection, delivery=delivery, plan=suggested(delivery, target=target, **changes)
        )
        await self.run()
        return await self.see(delivery.uuid)

    async def store(self, delivery: Delivery, *, about: About | None = ABOUT) -> Delivery:
        """Have it stored."""
        await operations.store(self.connection, by=self.person, delivery=delivery, about=about)
        await self.run()
        return await self.see(delivery.uuid)


def suggested(delivery: Delivery, *, target: Target | None = None, **changes: Any) -> Plan:
    """The plan that the survey suggests."""
    assert delivery.found is not None, delivery.problem
    seen = delivery.found.survey
    place = seen.place.place if seen.place else None
    table = tables.Table(file=seen.file, columns=survey.columns_of(seen), place=place)
    times = [c.source for c in table.columns if c.type == "instant"]
    chosen: Target = target or ("features" if place else "table")
    series = compose.Series(time=times[0], each="place") if chosen == "series" else None
    table = msgspec.structs.replace(table, place=place if chosen == "features" else None, **changes)
    return Plan(target=chosen, table=table, series=series)


async def desk(connection: Connection, settings: Settings, *, role: str = "publisher") -> Desk:
    """Somebody new with a role in a new organisation."""
    somebody = await people.person(connection, role=role)
    assert somebody.organisation_id is not None
    person = Person(
        principal_id=somebody.id, name=somebody.name, email="", roles={somebody.organisation_id: role}
    )
    return Desk(connection, settings, person, somebody.organisation_id)


def fixture(name: str) -> bytes:
    """A trimmed file of the tests of imports."""
    return (Path(__file__).parents[1] / "ingest/fixtures" / name).read_bytes()
