# SPDX-License-Identifier: EUPL-1.2
"""The SQL of what was computed outside the database: ids that fulfil a geospatial condition, and numbers."""

from __future__ import annotations

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.things.language.places import Place
from stadtkern.things.language.problems import UnsupportedQuery
from stadtkern.things.language.typed import Chosen, Comparison, Constant, Measured, Spatial, Typed


def condition(node: Typed, place: Place) -> Fragment | None:
    """The SQL of a condition that was solved, where a missing geometry may count as false; else None."""
    found = place.frame.names.solved.get(node) if place.frame.names.solved else None
    return _plain(found, place) if isinstance(found, Chosen) else None


def known(node: Comparison, place: Place) -> Fragment | None:
    """The SQL of a comparison that was solved, else None."""
    found = place.frame.names.solved.get(node) if place.frame.names.solved else None
    return _exact(found, place) if isinstance(found, Chosen) else None


def value(node: Spatial, place: Place) -> Fragment:
    """The SQL of a function of geometries. Raises UnsupportedQuery where nobody solved it."""
    match place.frame.names.solved.get(node):
        case Chosen() as found:
            return _exact(found, place)
        case Measured() as found:
            return _measured(found, place)
        case Constant() as found:
            cast = "boolean" if isinstance(found.value.value, bool) else "float8"
            return Fragment(f"%s::{cast}", (found.value.value,))
        case _:
            raise UnsupportedQuery(f"{node.name} is not offered here")


def _plain(found: Chosen, place: Place) -> Fragment:
    spot = place.standing(found.column)
    alias = spot.alias
    if not found.negated:
        return Fragment(f"({alias}.id = any(%s::bigint[]))", (found.ids,))
    if found.absent:
        return Fragment(f"(({alias}.id = any(%s::bigint[])) is not true)", (found.ids,))
    box = spot.box(found.column)
    return Fragment(f"({box} is not null and {alias}.id <> all(%s::bigint[]))", (found.ids,))


def _exact(found: Chosen, place: Place) -> Fragment:
    plain = _plain(found, place)
    if found.absent:
        return plain
    box = place.standing(found.column).box(found.column)
    return Fragment(f"(case when {box} is not null then ") + plain + Fragment(" end)")


def _measured(found: Measured, place: Place) -> Fragment:
    spot = place.standing(found.column)
    number = Fragment(spot.measured(found))
    if found.other is None:
        return number
    other = Fragment(f"case when {spot.box(found.column)} is not null then %s::float8 end", (found.other,))
    return Fragment("coalesce(") + fragments.join([number, other], separator=", ") + Fragment(")")
