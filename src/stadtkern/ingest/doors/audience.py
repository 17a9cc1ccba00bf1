# SPDX-License-Identifier: EUPL-1.2
"""Which topics the clients of our own MQTT door follow, in an order that is fair to all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stadtkern.core.access import Gate, Principal, Scope
from stadtkern.core.database import Connection
from stadtkern.ingest.doors.session import Session
from stadtkern.things.topics.watch import Asked

Key = tuple[str, Scope]


async def gather(
    connection: Connection, gate: Gate, sessions: Iterable[Session]
) -> tuple[list[Asked], dict[Key, list[Session]]]:
    """Each distinct topic once per scope, and who follows it so.

    Of the particular ones first one of each token or address, then the second of each, and so on: who follows
    many of them keeps the others waiting last.
    """
    scopes: dict[Principal, Scope] = {}
    asked: dict[Key, Asked] = {}
    followers: dict[Key, list[Session]] = {}
    turns: dict[Key, int] = {}
    taken: Counter[int | str] = Counter()
    for session in sessions:
        scope = scopes.get(session.principal)
        if scope is None:
            scope = scopes[session.principal] = await gate.scope(connection, session.principal)
        for text, subscription in session.subscriptions.items():
            if subscription.topic is None:
                continue
            key = (text, scope)
            asked.setdefault(key, Asked(text, scope, subscription.topic))
            followers.setdefault(key, []).append(session)
            if subscription.shape is not None:
                taken[session.payer] += 1
                turns[key] = min(turns.get(key, taken[session.payer]), taken[session.payer])
    await connection.rollback()
    return [asked[key] for key in sorted(asked, key=lambda key: turns.get(key, 0))], followers
