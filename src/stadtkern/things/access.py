# SPDX-License-Identifier: EUPL-1.2
"""What may be seen of each entity type: the condition that every table alias of every statement carries."""

from __future__ import annotations

from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment
from stadtkern.things.entities import EntityType


def visible(*, scope: Scope, entity: EntityType, alias: str) -> Fragment:
    """The condition for one alias: what the scope lets see, and the entity type's own condition.

    An observation has no dataset of its own; it is as visible as its datastream.
    """
    own = Fragment(entity.condition.format(a=alias)) if entity.condition else fragments.TRUE
    if entity.table == "things.datastream":
        return fragments.every([scope.on_stream(alias), own])
    if entity.owned:
        return fragments.every([scope.on(f"{alias}.dataset_id"), own])
    own = fragments.every([own, *_left(scope, alias)])
    if scope.negated and not scope.ids:
        return own
    if scope.streams:
        head = Fragment(f"{alias}.datastream_id in (select access.id from things.datastream access where ")
        return fragments.every([head + scope.on_stream("access") + Fragment(")"), own])
    listed = Scope(scope.ids, False).on("access.dataset_id")
    inside = "not in" if scope.negated else "in"
    head = Fragment(f"{alias}.datastream_id {inside} (select access.id from things.datastream access where ")
    return fragments.every([head + listed + Fragment(")"), own])


def _left(scope: Scope, alias: str) -> list[Fragment]:
    """Observations of what was deleted are gone for readers before they are removed."""
    conditions: list[Fragment] = []
    if scope.gone:
        conditions.append(Fragment(f"{alias}.datastream_id <> all(%s)", (list(scope.gone),)))
    if scope.gone_features:
        there = f"({alias}.feature_id is null or {alias}.feature_id <> all(%s))"
        conditions.append(Fragment(there, (list(scope.gone_features),)))
    return conditions
