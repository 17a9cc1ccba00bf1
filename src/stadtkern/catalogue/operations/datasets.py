# SPDX-License-Identifier: EUPL-1.2
"""Makes, changes, publishes and withdraws datasets in the catalogue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from psycopg.types.json import Jsonb

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.entities import Dataset, Kind, State, text_of
from stadtkern.catalogue.operations import rows
from stadtkern.catalogue.operations.problems import DatasetNotReady, InvalidMetadata, NotInCatalogue
from stadtkern.catalogue.versions import keeping
from stadtkern.core import datasets, statements
from stadtkern.core.database import Connection

_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_KEY_LENGTH = 80
# Pages that stand where a dataset of this key would.
RESERVED = frozenset(("abonnieren", "anfragen", "neu", "vorschlaege"))


class Who(Protocol):
    """Somebody who changes something."""

    @property
    def principal_id(self) -> int:
        """The principal that is noted with the change."""


async def create(
    connection: Connection,
    *,
    by: Who | None,
    organisation_id: int | None = None,
    room: str = "public",
    kind: Kind,
    title: Mapping[str, str],
    key: str = "",
    state: State = "draft",
    source: Mapping[str, Any] | None = None,
    **metadata: Any,
) -> Dataset:
    """Make a dataset with its metadata; without a key, one is made from the title.

    `metadata`: fields of entities.Metadata. Without an organisation it belongs to the city.
    Raises UnknownRoom, InvalidMetadata.
    """
    if not text_of(title).strip():
        raise InvalidMetadata("a dataset needs a title", where="title")
    values = rows.metadata_columns({"title": title, **metadata})
    sql = statements.load("catalogue")
    async with connection.transaction():
        row = await (
            await connection.execute(
                sql["create_stub"],
                {
                    "key": await _free_key(connection, key or slug(text_of(title))),
                    "organisation_id": organisation_id,
                    "room": room,
                    "state": state,
                    "about": Jsonb({"title": dict(title), **_said(metadata)}),
                },
            )
        ).fetchone()
        if row is None:
            raise datasets.UnknownRoom(f"no room `{room}`")
        created = {"dataset_id": row[0], "kind": kind, "by": _id(by), "source": source and Jsonb(source)}
        await connection.execute(sql["create_dataset"], created)
        await rows.update_dataset(connection, dataset_id=row[0], values=values)
        if state == "published":
            await connection.execute(sql["set_issued"], {"dataset_id": row[0], "by": _id(by)})
        await keeping.keep(connection, dataset_id=row[0], by=_id(by))
        return await rows.record(connection, dataset_id=row[0])


def _said(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What the stub of a dataset tells of it besides its title."""
    return {"description": dict(metadata["description"])} if metadata.get("description") else {}


async def change(connection: Connection, *, by: Who | None, dataset_id: int, **metadata: Any) -> Dataset:
    """Change fields of entities.Metadata; what is not named stays. Raises NotInCatalogue, InvalidMetadata."""
    values = rows.metadata_columns(metadata)
    async with connection.transaction():
        await hold(connection, dataset_id)
        await rows.update_dataset(connection, dataset_id=dataset_id, values=values)
        await touch(connection, dataset_id=dataset_id, by=by)
        if {"title", "description"} & metadata.keys():
            about = {name: metadata[name] for name in ("title", "description") if name in metadata}
            params = {"dataset_id": dataset_id, "about": Jsonb(about)}
            await connection.execute(statements.load("catalogue")["retell_stub"], params)
        return await rows.record(connection, dataset_id=dataset_id)


async def publish(connection: Connection, *, by: Who | None, dataset_id: int) -> Dataset:
    """Let everybody see the dataset who may enter its room. Raises NotInCatalogue, DatasetNotReady."""
    async with connection.transaction():
        await hold(connection, dataset_id)
        lacking = missing(await rows.record(connection, dataset_id=dataset_id))
        if lacking:
            raise DatasetNotReady(", ".join(lacking), where=lacking[0])
        sql = statements.load("catalogue")
        await connection.execute(sql["set_state"], {"dataset_id": dataset_id, "state": "published"})
        await connection.execute(sql["set_issued"], {"dataset_id": dataset_id, "by": _id(by)})
        await keeping.keep(connection, dataset_id=dataset_id, by=_id(by))
        return await rows.record(connection, dataset_id=dataset_id)


async def withdraw(connection: Connection, *, by: Who | None, dataset_id: int) -> Dataset:
    """Take the dataset back; it stays for those who work on it. Raises NotInCatalogue."""
    async with connection.transaction():
        await hold(connection, dataset_id)
        sql = statements.load("catalogue")
        await connection.execute(sql["set_state"], {"dataset_id": dataset_id, "state": "withdrawn"})
        await touch(connection, dataset_id=dataset_id, by=by)
        return await rows.record(connection, dataset_id=dataset_id)


async def put_back(
    connection: Connection, *, by: Who | None, dataset_id: int, state: State, issued: datetime | None
) -> Dataset:
    """Take back that a dataset was published or withdrawn: it has its state from before again, and its day.

    Raises NotInCatalogue.
    """
    async with connection.transaction():
        await hold(connection, dataset_id)
        sql = statements.load("catalogue")
        await connection.execute(sql["set_state"], {"dataset_id": dataset_id, "state": state})
        return await change(connection, by=by, dataset_id=dataset_id, issued=issued)


def missing(dataset: Dataset) -> list[str]:
    """What a dataset lacks before it may be published: names of fields."""
    lacking = [name for name in ("title", "description") if not text_of(getattr(dataset, name)).strip()]
    if not dataset.distributions:
        lacking.append("distributions")
    for form in dataset.distributions:
        if not form.licence:
            lacking.append("licence")
        elif vocabularies.licence(form.licence).attribution and not form.attribution:
            lacking.append("attribution")
    return list(dict.fromkeys(lacking))


def slug(title: str) -> str:
    """`Bäume in Straßen` → `baeume-in-strassen`."""
    spelled = unicodedata.normalize("NFKD", title.lower().translate(_SPELLED))
    plain = re.sub(r"[^a-z0-9]+", "-", spelled.encode("ascii", "ignore").decode()).strip("-")
    return plain[:_KEY_LENGTH].strip("-") or "datensatz"


async def _free_key(connection: Connection, wanted: str) -> str:
    """The key, with a number behind it when it is taken."""
    key = wanted if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", wanted) else slug(wanted)
    found = await connection.execute(statements.load("catalogue")["keys_like"], {"key": key})
    taken = {row[0] for row in await found.fetchall()} | RESERVED
    number = 2
    free = key
    while free in taken:
        free, number = f"{key}-{number}", number + 1
    return free


async def hold(connection: Connection, dataset_id: int) -> None:
    """Keep others from changing it until the transaction ends. Raises NotInCatalogue."""
    held = await connection.execute(statements.load("catalogue")["lock_dataset"], {"dataset_id": dataset_id})
    if await held.fetchone() is None:
        raise NotInCatalogue()


async def touch(connection: Connection, *, dataset_id: int, by: Who | None) -> None:
    """Note who changed something, and when, and keep what is said now as a version."""
    params = {"dataset_id": dataset_id, "by": _id(by)}
    await connection.execute(statements.load("catalogue")["touch_dataset"], params)
    await keeping.keep(connection, dataset_id=dataset_id, by=_id(by))


def _id(by: Who | None) -> int | None:
    return None if by is None else by.principal_id
