# SPDX-License-Identifier: EUPL-1.2
"""Which topics the clients of our own MQTT door follow, in an order that is fair to all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stadtkern.core.access import Gate, Principal, Scope
from stadtkern.core.database import Connection
from stadtkern.ingest.doors.session import Session
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics import wild as wildcards
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.watch import Asked
from stadtkern.things.topics.wild import Pattern

Key = tuple[str, Scope]
Followers = dict[Key, dict[Session, int]]


async def gather(
    connection: Connection, gate: Gate, sessions: Iterable[Session], *, changes: Changes, prefix: str
) -> tuple[list[Asked], Followers]:
    """Each distinct topic once per scope, and who follows it so, with which quality of service.

    Of the particular ones first one of each token or address, then the second of each, and so on: who follows
    many of them keeps the others waiting last.
    """
    scopes: dict[Principal, Scope] = {}
    asked: dict[Key, Asked] = {}
    followers: Followers = {}
    turns: dict[Key, int] = {}
    taken: Counter[int | str] = Counter()
    wild: dict[Scope, list[Session]] = {}
    for session in sessions:
        scope = scopes.get(session.principal)
        if scope is None:
            scope = scopes[session.principal] = await gate.scope(connection, session.principal)
        for text, subscription in session.subscriptions.items():
            if subscription.topic is None:
                continue
            key = (text, scope)
            asked.setdefault(key, Asked(text, scope, subscription.topic))
            followers.setdefault(key, {})[session] = subscription.qos
            if subscription.shape is not None:
                taken[session.payer] += 1
                turns[key] = min(turns.get(key, taken[session.payer]), taken[session.payer])
        if session.patterns:
            wild.setdefault(scope, []).append(session)
    await connection.rollback()
    for scope, those in wild.items():
        _spread(scope, those, changes, prefix, asked, followers)
    return [asked[key] for key in sorted(asked, key=lambda key: turns.get(key, 0))], followers


def _spread(
    scope: Scope,
    sessions: Iterable[Session],
    changes: Changes,
    prefix: str,
    asked: dict[Key, Asked],
    followers: Followers,
) -> None:
    """The topics that wildcards stand for in a batch of changes; whoever follows one twice is told once."""
    of: dict[Pattern, dict[Session, int]] = {}
    for session in sessions:
        for pattern, qos in session.patterns.values():
            those = of.setdefault(pattern, {})
            those[session] = max(qos, those.get(session, 0))
    for path, patterns in wildcards.Index(of).among(changes):
        text = f"{prefix.strip('/')}/{path}"
        key = (text, scope)
        if key not in asked:
            asked[key] = Asked(text, scope, topics.parse(text, prefix=prefix))
        known = followers.setdefault(key, {})
        for pattern in patterns:
            for session, qos in of[pattern].items():
                known[session] = max(qos, known.get(session, 0))
