# SPDX-License-Identifier: EUPL-1.2
"""Reads of the mails that wait or were given up; of what was sent there are only counts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.identity.mail import kinds

SHOWN = 50
State = Literal["waiting", "dead"]


class Mail(msgspec.Struct, frozen=True):
    """A mail that is still here. `error`: what the mail server, or the way to it, said last."""

    id: int
    kind: str
    address: str
    state: State
    attempts: int
    created_at: datetime
    not_before: datetime
    error: str

    @property
    def about(self) -> str:
        """What it is about."""
        return kinds.words(self.kind)


class Sums(msgspec.Struct, frozen=True):
    """How many there are, and since when the oldest waits."""

    waiting: int
    dead: int
    oldest: datetime | None


class Counted(msgspec.Struct, frozen=True):
    """How many of a kind were sent and given up in thirty days."""

    kind: str
    sent: int
    dead: int

    @property
    def about(self) -> str:
        """What they were about."""
        return kinds.words(self.kind)


async def mails(connection: Connection, *, state: State) -> list[Mail]:
    """Mails in a state, newest first, at most fifty."""
    values = {"state": state, "limit": SHOWN}
    rows = await connection.execute(statements.load("identity")["mails"], values)
    return [Mail(*row) for row in await rows.fetchall()]


async def sums(connection: Connection) -> Sums:
    """How many wait and were given up."""
    row = await (await connection.execute(statements.load("identity")["mail_sums"])).fetchone()
    return Sums(*row) if row else Sums(0, 0, None)


async def days(connection: Connection) -> list[Counted]:
    """Counts of the last thirty days by kind, most first."""
    rows = await connection.execute(statements.load("identity")["mail_days"])
    return [Counted(*row) for row in await rows.fetchall()]
