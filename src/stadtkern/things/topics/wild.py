# SPDX-License-Identifier: EUPL-1.2
"""Filters with the wildcards `+` and `#` (MQTT 5, clause 4.7) over the plain topics of changes.

Those have one level behind the prefix, or two where the second is Observations. So a filter comes down to
what it asks of the first level, and to how many levels may be there; no text has to be searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.things.language import paths
from stadtkern.things.topics import plain
from stadtkern.things.topics.changes import Changes
from stadtkern.things.topics.topic import MAX_LENGTH, InvalidTopic

_ONE, _TWO = 1, 2
# Of so many Datastreams a filter tells the newest when somebody begins to follow it.
MOST_NEWEST = 500


class Pattern(NamedTuple):
    """What a filter comes down to: the first level behind the prefix, empty for any, and how many levels."""

    first: str
    depths: frozenset[int]

    def fits(self, levels: Sequence[str]) -> bool:
        """Whether a topic with these levels behind the prefix is meant."""
        return len(levels) in self.depths and self.first in ("", levels[0])


def wanted(text: str) -> bool:
    """Whether a topic is a filter with wildcards."""
    path = text.partition("?")[0]
    return "+" in path or "#" in path


def parse(text: str, *, prefix: str) -> Pattern:
    """Read a filter. Raises InvalidTopic where it is none, or where nothing is ever told that fits it."""
    levels = text[: MAX_LENGTH + 1].split("/")
    if len(text) > MAX_LENGTH or "\x00" in text or "?" in text:
        raise InvalidTopic("wildcards stand in plain topics, without options", where=text[:200])
    for place, level in enumerate(levels):
        alone = level in ("+", "#")
        if ("+" in level or "#" in level) and (not alone or (level == "#" and place < len(levels) - 1)):
            raise InvalidTopic(
                "+ takes the place of a whole level, # that of all at the end", where=text[:200]
            )
    for expected in prefix.strip("/").split("/"):
        level = levels.pop(0) if levels else ""
        if level == "#":
            return Pattern("", frozenset((_ONE, _TWO)))
        if level not in ("+", expected):
            raise InvalidTopic(f"topics begin with {prefix.strip('/')}/", where=text[:200])
    return _behind(levels, text)


def _behind(levels: list[str], text: str) -> Pattern:
    depths = frozenset((len(levels),))
    if levels and levels[-1] == "#":
        levels.pop()
        depths = frozenset(depth for depth in (_ONE, _TWO) if depth >= max(_ONE, len(levels)))
    deep = len(levels) > _TWO or (len(levels) == _TWO and levels[1] not in ("+", plain.OBSERVATIONS))
    if deep or not depths & {_ONE, _TWO}:
        raise InvalidTopic(
            "with wildcards v1.1/Things, v1.1/Things(1), v1.1/Datastreams(1)/Observations and their like are"
            " followed, nothing deeper",
            where=text[:200],
        )
    first = "" if not levels or levels[0] == "+" else levels[0]
    if first:
        _check(first, text)
    return Pattern(first, depths)


def _check(first: str, text: str) -> None:
    resource = paths.parse(first)
    if resource.inside or resource.tail:
        raise InvalidTopic("it names no collection and no entity", where=text[:200])


class Index:
    """Many patterns, asked at once which of them fit a topic."""

    def __init__(self, patterns: Iterable[Pattern]):
        self._by_first: dict[str, list[Pattern]] = {}
        for pattern in dict.fromkeys(patterns):
            self._by_first.setdefault(pattern.first, []).append(pattern)

    def among(self, changes: Changes) -> Iterator[tuple[str, list[Pattern]]]:
        """The topics, without the prefix, on which changes are told that fit some pattern, and which."""
        if not self._by_first:
            return
        for levels in plain.paths(changes):
            near = (*self._by_first.get("", ()), *self._by_first.get(levels[0], ()))
            fitting = [pattern for pattern in near if pattern.fits(levels)]
            if fitting:
                yield "/".join(levels), fitting


async def newest(connection: Connection, scope: Scope, *, pattern: Pattern) -> Changes:
    """The newest observations of the Datastreams that moved last and fit, the latest at the end."""
    found = Changes()
    step = paths.parse(pattern.first).steps[0] if pattern.first else None
    streams = step is None or (step.id is not None and step.entity.set in plain.STREAMS)
    if _TWO not in pattern.depths or not streams:
        return found
    number = step.id if step else None
    head, tail = statements.load("things")["newest_moved"].split("/* conditions */")
    text, params = Fragment(head, (number, number)) + scope.on_stream("d") + Fragment(tail, (MOST_NEWEST,))
    for last_id, stream, time in reversed(await (await connection.execute(text, params)).fetchall()):
        found.observed(last_id, stream, time)
        found.streams.add(stream)
    return found


def observed(changes: Changes, *, pattern: Pattern) -> Iterator[str]:
    """The topics of Observations of a Datastream, without the prefix, that fit."""
    for levels in plain.paths(changes):
        if len(levels) == _TWO and pattern.fits(levels):
            yield "/".join(levels)
