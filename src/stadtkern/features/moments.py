# SPDX-License-Identifier: EUPL-1.2
"""Instants and spans beside each other (CQL2, 21-065r2, clause 7.7); a date is its whole day in UTC."""

from __future__ import annotations

from stadtkern.core.fragments import Fragment

_DAY = " + interval '1 day' - interval '1 microsecond'"
OPEN = (Fragment("'-infinity'::timestamptz"), Fragment("'infinity'::timestamptz"))
# s, e: start and end of the left; S, E: of the right one.
_RELATIONS = {
    "t_after": "s > E",
    "t_before": "e < S",
    "t_contains": "s < S and e > E",
    "t_disjoint": "(e < S or s > E)",
    "t_during": "s > S and e < E",
    "t_equals": "s = S and e = E",
    "t_finishedby": "s < S and e = E",
    "t_finishes": "s > S and e = E",
    "t_intersects": "s <= E and e >= S",
    "t_meets": "e = S",
    "t_metby": "s = E",
    "t_overlappedby": "s > S and s < E and e > E",
    "t_overlaps": "s < S and e > S and e < E",
    "t_startedby": "s = S and e > E",
    "t_starts": "s = S and e < E",
}
OPERATORS = frozenset(_RELATIONS)


def instant(value: Fragment, kind: str) -> Fragment:
    """A date as the instant at which it begins; an instant as it is."""
    if kind == "instant":
        return value
    return Fragment("((") + value + Fragment(")::timestamp at time zone 'UTC')")


def span(value: Fragment, kind: str) -> tuple[Fragment, Fragment]:
    """When a value begins and when it ends."""
    start = instant(value, kind)
    return start, start if kind == "instant" else Fragment("(") + start + Fragment(_DAY + ")")


def relation(operator: str, left: tuple[Fragment, Fragment], right: tuple[Fragment, Fragment]) -> Fragment:
    """The condition that an operator stands for."""
    names = {"s": left[0], "e": left[1], "S": right[0], "E": right[1]}
    found = Fragment("(")
    for word in _RELATIONS[operator].split(" "):
        bare = word.strip("()")
        piece = names.get(bare, Fragment(bare))
        lead, trail = word[: len(word) - len(word.lstrip("("))], word[len(word.rstrip(")")) :]
        found = found + Fragment(f"{lead}") + piece + Fragment(f"{trail} ")
    return found + Fragment(")")
