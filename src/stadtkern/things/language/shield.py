# SPDX-License-Identifier: EUPL-1.2
"""What can fail while it is computed is computed of visible rows only.

The database evaluates the conditions of a row in the order of their cost. Arithmetic of a hidden row could go
wrong before access is asked, and the error would tell of the row. A CASE is the one thing that is not
reordered; it stands around what can fail and nothing else, so that indexes serve plain comparisons.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.things.entities import Kind
from stadtkern.things.language import typed
from stadtkern.things.language.functions import FUNCTIONS
from stadtkern.things.language.places import Place
from stadtkern.things.language.typed import Apply, Column, Constant, Typed

# Functions that give something, or null, for whatever comes in.
_SURE = frozenset(
    form
    for name in (
        *("substringof", "contains", "startswith", "endswith", "length", "indexof"),
        *("tolower", "toupper", "trim", "floor", "ceiling"),
        *("year", "month", "day", "hour", "minute", "second", "fractionalseconds"),
        *("date", "time", "totaloffsetminutes", "now", "mindatetime", "maxdatetime"),
        *("before", "after", "meets", "during", "overlaps", "starts", "finishes"),
    )
    for form in FUNCTIONS[name]
)
_MOMENTS = frozenset(form for name in ("now", "mindatetime", "maxdatetime") for form in FUNCTIONS[name])
_SHIFTS = frozenset(form for name in ("add", "sub") for form in FUNCTIONS[name])
_NEGATION = frozenset(FUNCTIONS["neg"])
# Instants of a query lie in the years 1 to 9999, those of the database from 4713 before to 294276 after.
_FAR = timedelta(days=1_460_000)


def shielded(node: Apply, place: Place, build: Callable[[], Fragment]) -> Fragment:
    """The SQL of a function: null, and not computed, where a row on the way to its values is hidden.

    What can fail gives null where a value is absent, so nothing else changes.
    """
    names = place.frame.names
    depth = len(names.around)
    if names.shielded == depth or not _can_fail(node):
        return build()
    before, names.shielded = names.shielded, depth
    made = build()
    names.shielded = before
    seen = fragments.every(_seen(node, place))
    if seen == fragments.TRUE:
        return made
    return Fragment("(case when ") + seen + Fragment(" then ") + made + Fragment(" end)")


def _can_fail(node: Apply) -> bool:
    if node.function in _SURE:
        return False
    if node.function in _NEGATION and node.kind is Kind.NUMBER and isinstance(node.arguments[0], Constant):
        return False
    reach = _reach(node)
    return reach is None or reach > _FAR


def _reach(node: Typed) -> timedelta | None:
    """How far from the moments named in it an instant or duration can lie; None where nobody knows.

    So `now() sub duration'P1D'` stays a value that an index can be asked for.
    """
    if isinstance(node, Constant):
        if node.kind is Kind.DURATION:
            length: timedelta = abs(node.value.value)
            return min(length, 2 * _FAR)
        return timedelta(0) if node.kind in (Kind.INSTANT, Kind.INTERVAL) else None
    if not isinstance(node, Apply):
        return None
    if node.function in _MOMENTS:
        return timedelta(0)
    if node.function in _NEGATION:
        return _reach(node.arguments[0])
    # The difference of two instants is no matter of the moments alone.
    if node.function not in _SHIFTS or Kind.DURATION not in node.function.takes:
        return None
    both = [_reach(item) for item in node.arguments]
    known = [item for item in both if item is not None]
    return min(sum(known, timedelta(0)), 2 * _FAR) if len(known) == len(both) else None


def _seen(node: Apply, place: Place) -> list[Fragment]:
    """The conditions of access of all rows that lead to the values of a node."""
    spots = list(place.frame.names.around)
    for leaf in typed.leaves(node):
        if isinstance(leaf, Column):
            spot = place.start(leaf.origin)
            for step in leaf.steps:
                spot = spot.follow(step)
                spots.append(spot)
    return list({spot.alias: spot.access() for spot in spots}.values())
