# SPDX-License-Identifier: EUPL-1.2
"""Keeps a version with every change of metadata, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from stadtkern.core import statements
from stadtkern.core.database import Connection

_waiting: ContextVar[bool] = ContextVar("versions_waiting", default=False)


async def keep(connection: Connection, *, dataset_id: int, by: int | None, note: str = "") -> None:
    """Keep what is said of a dataset now; where nothing changed, nothing is kept."""
    if not _waiting.get():
        about = {"dataset_id": dataset_id, "person_id": by, "note": note}
        await connection.execute(statements.load("catalogue")["version_keep"], about)


@contextmanager
def as_one() -> Iterator[None]:
    """Several operations that make one version; whoever uses this calls `keep` afterwards."""
    token = _waiting.set(True)
    try:
        yield
    finally:
        _waiting.reset(token)
