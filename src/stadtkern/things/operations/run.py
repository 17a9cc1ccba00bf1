# SPDX-License-Identifier: EUPL-1.2
"""Carry out one write in one transaction, the observations of a deep insert included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from stadtkern.core.access import Gate, Principal
from stadtkern.core.database import Connection
from stadtkern.core.problems import Unavailable
from stadtkern.core.settings import Settings
from stadtkern.things import news, readings
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import InvalidValue, StillNeeded, UnknownReference
from stadtkern.things.store import batch, merge


@asynccontextmanager
async def writing(
    *,
    pool: AsyncConnectionPool[Connection],
    gate: Gate,
    settings: Settings,
    principal: Principal,
    arrived: datetime | None = None,
) -> AsyncIterator[Change]:
    """A change whose transaction commits at the end, or does nothing.

    Raises Unauthorised, Unavailable, InvalidValue, StillNeeded.
    """
    rights = await gate.rights(principal)
    try:
        async with pool.connection() as connection, connection.transaction():
            await connection.execute(f"set local statement_timeout = {settings.statement_timeout * 4:d}")
            scope = await gate.scope(connection, principal)
            change = Change(connection, principal, rights, scope, settings, arrived=arrived)
            yield change
            await news.of_entities(connection, touched=change.touched)
    except errors.IntegrityConstraintViolation as error:
        reason = str(error.diag.message_primary or error)
        raise UnknownReference(reason, where="FeatureOfInterest") from error
    except errors.ForeignKeyViolation as error:
        raise StillNeeded("something that refers to it was created meanwhile") from error
    except psycopg.DataError as error:
        raise InvalidValue(
            str(error.diag.message_primary or error).partition("\n")[0], where="body"
        ) from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise Unavailable from error


async def merge_waiting(change: Change) -> list[int]:
    """Store the observations that were sent along; returns their ids."""
    if not change.waiting:
        return []
    columns = batch.of_readings(change.waiting)
    result = await merge.merge(change.connection, batch=columns)
    await news.of_observations(change.connection, result=result, wake=True)
    if not bool(result.known.all()):
        raise readings.UnknownDatastream
    if result.refused:
        raise next(iter(result.refused.values()))
    ids: list[Any] = result.id.tolist()
    change.waiting.clear()
    return [int(number) for number in ids]
