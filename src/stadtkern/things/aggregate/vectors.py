# SPDX-License-Identifier: EUPL-1.2
"""Arrays from the database straight into numpy: a year of hours without a step per value."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things.store.batch import Integers, Numbers

# PostgreSQL counts microseconds from 2000-01-01.
_SHIFT = 946_684_800_000_000
_HEADER = 20


def _elements(data: Buffer, kind: str) -> Any:
    content = memoryview(data)[_HEADER:]
    return np.frombuffer(content, np.dtype([("length", ">i4"), ("value", kind)]))["value"]


class _Bigints(Loader):
    format = pq.Format.BINARY

    def load(self, data: Buffer) -> Any:
        return _elements(data, ">i8").astype(np.int64)


class _Instants(Loader):
    format = pq.Format.BINARY

    def load(self, data: Buffer) -> Any:
        return _elements(data, ">i8").astype(np.int64) + _SHIFT


class _Numbers(Loader):
    format = pq.Format.BINARY

    def load(self, data: Buffer) -> Any:
        return _elements(data, ">f8").astype(np.float64)


async def fetch(connection: Connection, statement: Fragment) -> tuple[Any, ...]:
    """The only row of a statement, whose columns are one-dimensional arrays without nulls (or null for none).

    bigint[] and float8[] come as numbers, timestamptz[] as microseconds since 1970.
    """
    async with connection.cursor(binary=True) as cursor:
        cursor.adapters.register_loader(psycopg.adapters.types["int8"].array_oid, _Bigints)
        cursor.adapters.register_loader(psycopg.adapters.types["float8"].array_oid, _Numbers)
        cursor.adapters.register_loader(psycopg.adapters.types["timestamptz"].array_oid, _Instants)
        await cursor.execute(statement.text.encode(), statement.params, prepare=False)
        row = await cursor.fetchone()
        return row or ()


# '-infinity' as it comes out of an array of instants.
NO_INSTANT = int(np.iinfo(np.int64).min) + _SHIFT
NO_INTEGERS: Integers = np.zeros(0, np.int64)
NO_NUMBERS: Numbers = np.zeros(0, np.float64)
