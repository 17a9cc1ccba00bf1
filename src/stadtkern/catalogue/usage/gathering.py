# SPDX-License-Identifier: EUPL-1.2
"""Adds what the data plane has counted to the day; runs in the work process and loads no pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stadtkern.core import outbox, statements, uses
from stadtkern.core.database import Connection


def hear(subscriptions: outbox.Subscriptions) -> None:
    """Be told what was asked for."""
    subscriptions.add(uses.TOPIC, add)


async def add(connection: Connection, told: Mapping[str, Any]) -> None:
    """Add numbers to today in the city's zone, in the relay's transaction: an event counts once.

    What belongs to no dataset, or was removed meanwhile, is left out.
    """
    rows = told["uses"]
    if not rows:
        return
    about = {
        "sets": [row[1] for row in rows],
        "names": [row[2] for row in rows],
        "numbers": [row[3] for row in rows],
    }
    await connection.execute(statements.load("catalogue")["usage_gather"], about)
