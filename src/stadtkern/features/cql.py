# SPDX-License-Identifier: EUPL-1.2
"""CQL2 (21-065r2), as text or JSON, becomes a filter tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal, get_args

import msgspec

from stadtkern.core import jsons, problems, times
from stadtkern.features import grammar, literals, moments, spatial, tree
from stadtkern.features.grammar import MOST_DEPTH, InvalidFilter
from stadtkern.features.references import CRS84
from stadtkern.features.tree import Filter, Operand

Language = Literal["cql2-text", "cql2-json"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MOST_CHARACTERS = 8_000
MOST_NODES = 500
_ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "div": "div", "^": "^"}
_EXACT = 2**53


class UnknownFunction(problems.Problem):
    """The filter uses what this service does not know.

    The conformance page lists the parts of CQL2 that are known.
    """


def read(text: str, *, language: Language = "cql2-text", crs: str = CRS84) -> Filter:
    """The filter; geometries in it are in `crs`. Raises InvalidFilter, UnknownFunction."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidFilter(f"{len(text)} characters; at most {MOST_CHARACTERS} are read", where="filter")
    found = grammar.read(text) if language == "cql2-text" else _json(text)
    return _Reader(crs).condition(found, 0)


def _json(text: str) -> Any:
    _shallow(text)
    try:
        return msgspec.json.decode(text)
    except jsons.UNREADABLE as error:
        raise InvalidFilter(str(error), where="filter") from error


def _shallow(text: str) -> None:
    """Refuse what is nested so deeply that it would break its reader; brackets inside of texts count too."""
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > MOST_DEPTH * 2:
            raise InvalidFilter(f"it is nested more than {MOST_DEPTH} deep", where="filter")


class _Reader:
    """Walks over the JSON form."""

    def __init__(self, crs: str):
        self._crs = crs
        self._nodes = 0

    def condition(self, node: Any, depth: int) -> Filter:
        self._count(depth)
        if isinstance(node, bool):
            return tree.Truth(tree.Literally("boolean", node))
        if isinstance(node, dict) and "property" in node:
            return tree.Truth(self.operand(node, depth + 1))
        name, args = _call(node)
        if name in ("and", "or"):
            if len(args) < 2:
                raise InvalidFilter(f"{name} takes at least two conditions", where="filter")
            parts = tuple(self.condition(item, depth + 1) for item in args)
            return tree.Both("and" if name == "and" else "or", parts)
        if name in spatial.OPERATORS:
            return self._spatial(name, _two(name, args))
        if name in moments.OPERATORS:
            left, right = (self._span(item, depth + 1) for item in _two(name, args))
            return tree.Temporal(name, left, right)
        known = _CONDITIONS.get(name)
        if known is None:
            raise UnknownFunction(f"there is no condition {name[:60]!r}", where="filter")
        return known(self, name, args, depth + 1)

    def operand(self, node: Any, depth: int) -> Operand:
        self._count(depth)
        if isinstance(node, bool | int | float | str):
            return _plain(node)
        if not isinstance(node, dict):
            raise InvalidFilter("here belongs a property or a value", where="filter")
        if "property" in node:
            return tree.Property(_string(node["property"], "property"))
        if "date" in node or "timestamp" in node:
            return _moment(node)
        name, args = _call(node)
        if name in ("casei", "accenti"):
            if len(args) != 1:
                raise InvalidFilter(f"{name} takes one value", where="filter")
            how: Literal["casei", "accenti"] = "casei" if name == "casei" else "accenti"
            return tree.Folded(how, self.operand(args[0], depth + 1))
        if name in _ARITHMETIC:
            left, right = (self.operand(item, depth + 1) for item in _two(name, args))
            return tree.Arithmetic(name, left, right)
        raise UnknownFunction(f"there is no function {name[:60]!r}", where="filter")

    def compare(self, name: str, args: list[Any], depth: int) -> Filter:
        left, right = (self.operand(item, depth) for item in _two(name, args))
        operator: tree.Comparing = name  # type: ignore[assignment]
        return tree.Compare(operator, left, right)

    def like(self, name: str, args: list[Any], depth: int) -> Filter:
        left, right = (self.operand(item, depth) for item in _two(name, args))
        return tree.Like(left, right)

    def between(self, name: str, args: list[Any], depth: int) -> Filter:
        if len(args) != 3:
            raise InvalidFilter(f"{name} takes a value and two bounds", where="filter")
        low = self.compare(">=", [args[0], args[1]], depth)
        return tree.Both("and", (low, self.compare("<=", [args[0], args[2]], depth)))

    def among(self, name: str, args: list[Any], depth: int) -> Filter:
        operand, values = _two(name, args)
        if not isinstance(values, list) or not values:
            raise InvalidFilter(f"{name} takes a list of values", where="filter")
        return tree.Among(self.operand(operand, depth), tuple(self.operand(v, depth) for v in values))

    def absent(self, name: str, args: list[Any], depth: int) -> Filter:
        if len(args) != 1:
            raise InvalidFilter(f"{name} takes one property", where="filter")
        return tree.Absent(self.operand(args[0], depth))

    def negation(self, name: str, args: list[Any], depth: int) -> Filter:
        if len(args) != 1:
            raise InvalidFilter(f"{name} takes one condition", where="filter")
        return tree.Not(self.condition(args[0], depth))

    def _spatial(self, name: str, args: list[Any]) -> Filter:
        first, second = args
        if isinstance(first, dict) and "property" not in first:
            first, second, name = second, first, _MIRRORED.get(name, name)
        if not isinstance(first, dict) or first.get("property") != "geometry":
            raise InvalidFilter("a spatial operator takes the property `geometry`", where="filter")
        if not isinstance(second, dict) or "property" in second:
            raise InvalidFilter("a spatial operator takes a geometry such as POINT(7.6 51.9)", where="filter")
        return literals.compared(name, second, crs=self._crs)

    def _span(self, node: Any, depth: int) -> Operand | tree.Span:
        if not isinstance(node, dict) or "interval" not in node:
            return self.operand(node, depth)
        start, end = _two("interval", node["interval"])
        return tree.Span(self._end(start, depth), self._end(end, depth))

    def _end(self, node: Any, depth: int) -> Operand | None:
        if node in ("..", ""):
            return None
        if isinstance(node, str):
            return _moment({"timestamp" if "T" in node.upper() else "date": node})
        return self.operand(node, depth)

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES or depth > MOST_DEPTH * 3:
            raise InvalidFilter(
                f"it has more than {MOST_NODES} parts or is nested too deeply", where="filter"
            )


_CONDITIONS: Mapping[str, Callable[[_Reader, str, list[Any], int], Filter]] = {
    **dict.fromkeys(get_args(tree.Comparing), _Reader.compare),
    "like": _Reader.like,
    "between": _Reader.between,
    "in": _Reader.among,
    "isnull": _Reader.absent,
    "not": _Reader.negation,
}
_MIRRORED = {"s_contains": "s_within", "s_within": "s_contains"}


def _call(node: Any) -> tuple[str, list[Any]]:
    if not isinstance(node, dict) or "op" not in node:
        raise InvalidFilter("here belongs a condition", where="filter")
    args = node.get("args")
    if not isinstance(args, list):
        raise InvalidFilter("`args` is a list", where="filter")
    return _string(node["op"], "op").lower(), args


def _two(name: str, args: Any) -> list[Any]:
    if not isinstance(args, list) or len(args) != 2:
        raise InvalidFilter(f"{name[:60]} takes two values", where="filter")
    return args


def _string(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidFilter(f"`{what}` is a text", where="filter")
    return value


def _plain(value: bool | int | float | str) -> Operand:
    if isinstance(value, bool):
        return tree.Literally("boolean", value)
    if isinstance(value, str):
        return tree.Literally("text", value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = float(value)
    return tree.Literally("number", value)


def _moment(node: Mapping[str, Any]) -> Operand:
    kind = "date" if "date" in node else "timestamp"
    text = _string(node[kind], kind)
    try:
        if kind == "date":
            return tree.Literally("date", date.fromisoformat(text))
        return tree.Literally("instant", times.parse_instant(text))
    except (ValueError, times.InvalidInstant) as error:
        raise InvalidFilter(f"{text[:60]!r} is no {kind}", where="filter") from error
