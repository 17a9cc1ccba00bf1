# SPDX-License-Identifier: EUPL-1.2
"""Adds, changes and removes the forms in which a dataset can be had, and the interfaces that serve it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from stadtkern.catalogue.entities import Distribution, Service
from stadtkern.catalogue.operations import rows
from stadtkern.catalogue.operations.datasets import Who, hold, touch
from stadtkern.catalogue.operations.problems import InvalidMetadata, NotInCatalogue
from stadtkern.core import statements
from stadtkern.core.database import Connection

_SCHEMES = ("https://", "http://", "/", "ftp://", "mqtt://", "mqtts://")
_NEVER = ' <>"\n\r\t\0'


async def add_distribution(
    connection: Connection, *, by: Who | None, dataset_id: int, access_url: str, **fields: Any
) -> Distribution:
    """Add a form at the end; `fields`: entities.Distribution. Raises NotInCatalogue, InvalidMetadata."""
    values = _checked({"access_url": access_url, **fields})
    names = statements.load("catalogue")
    async with connection.transaction():
        await hold(connection, dataset_id)
        if "position" not in values:
            last = await connection.execute(names["next_position"], {"dataset_id": dataset_id})
            row = await last.fetchone()
            values["position"] = row[0] if row else 0
        made = await rows.insert(
            connection, table="distribution", values={"dataset_id": dataset_id, **values}
        )
        await touch(connection, dataset_id=dataset_id, by=by)
        return await _form(connection, dataset_id=dataset_id, id=made)


async def change_distribution(
    connection: Connection, *, by: Who | None, dataset_id: int, id: int, **fields: Any
) -> Distribution:
    """Change fields of one form. Raises NotInCatalogue, InvalidMetadata."""
    values = _checked(fields)
    async with connection.transaction():
        await hold(connection, dataset_id)
        if values:
            statement = sql.SQL(
                "UPDATE catalogue.distribution SET {} WHERE id = %s AND dataset_id = %s"
            ).format(rows.assignments(values))
            await connection.execute(statement, [*values.values(), id, dataset_id])
        await touch(connection, dataset_id=dataset_id, by=by)
        return await _form(connection, dataset_id=dataset_id, id=id)


async def remove_distribution(connection: Connection, *, by: Who | None, dataset_id: int, id: int) -> None:
    """Remove one form; the data behind it stay where they are. Raises NotInCatalogue."""
    async with connection.transaction():
        await hold(connection, dataset_id)
        params = {"id": id, "dataset_id": dataset_id}
        gone = await connection.execute(statements.load("catalogue")["delete_distribution"], params)
        if await gone.fetchone() is None:
            raise NotInCatalogue("the dataset has no such form")
        await touch(connection, dataset_id=dataset_id, by=by)


async def add_service(
    connection: Connection, *, by: Who | None, dataset_ids: Sequence[int], endpoint_url: str, **fields: Any
) -> int:
    """Add an interface that serves these datasets; returns its id. Raises NotInCatalogue, InvalidMetadata."""
    _address(endpoint_url, where="endpoint_url")
    values = rows.columns({"endpoint_url": endpoint_url, **fields}, form=Service)
    async with connection.transaction():
        for dataset_id in dataset_ids:
            await hold(connection, dataset_id)
        made = await rows.insert(connection, table="service", values=values)
        for dataset_id in dataset_ids:
            params = {"service_id": made, "dataset_id": dataset_id}
            await connection.execute(statements.load("catalogue")["link_service"], params)
            await touch(connection, dataset_id=dataset_id, by=by)
    return made


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    for name in ("access_url", "download_url"):
        if fields.get(name):
            _address(fields[name], where=name)
    if "access_url" in fields and not fields["access_url"]:
        raise InvalidMetadata("a form of the data needs an address", where="access_url")
    return rows.columns(fields, form=Distribution)


def linkable(given: str) -> bool:
    """Whether a page may link to this address."""
    return given.startswith(_SCHEMES) and not any(sign in given for sign in _NEVER)


def _address(given: str, *, where: str) -> None:
    """Only addresses that a page may link to."""
    if not linkable(given):
        raise InvalidMetadata(f"`{given[:100]}` is no address; it begins with https://", where=where)


async def _form(connection: Connection, *, dataset_id: int, id: int) -> Distribution:
    dataset = await rows.record(connection, dataset_id=dataset_id)
    found = next((form for form in dataset.distributions if form.id == id), None)
    if found is None:
        raise NotInCatalogue("the dataset has no such form")
    return found
