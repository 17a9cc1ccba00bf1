# SPDX-License-Identifier: EUPL-1.2
"""Turns a filter into a condition in SQL with bound values; what does not fit is refused with its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

from stadtkern.core import fragments, problems
from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment
from stadtkern.features import moments, sources, tree
from stadtkern.features.sources import Source
from stadtkern.features.tree import Filter, Kind, Operand

_KINDS: Mapping[str, Kind] = {
    "text": "text", "integer": "number", "number": "number", "boolean": "boolean", "date": "date",
    "instant": "instant", "json": "json",
}  # fmt: skip
_CASTS = {
    "text": "%s::text", "boolean": "%s::boolean", "date": "%s::date", "instant": "%s::timestamptz"
}  # fmt: skip
_OPERATORS = {"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "div": "div", "^": "^"}
_TIMES = ("date", "instant")
_ORDERED = ("text", "number", "date", "instant")
# What a statement may hold of one kind, so that a request stays small.
MOST_VALUES = 1_000


class UnknownColumn(problems.Problem):
    """The collection has no such property.

    Its queryables list what there is; names are written exactly as there, with capitals.
    """


class UnfitComparison(problems.Problem):
    """The filter compares what cannot be compared.

    Compare a property with a value of its own kind: texts in quotes, numbers without, TIMESTAMP('…') or
    DATE('…').
    """


class Compiler:
    """Compiles for one source, one scope, and spatial conditions that were settled beforehand."""

    def __init__(self, source: Source, scope: Scope, solved: Mapping[tree.Spatial, Fragment]):
        self._source = source
        self._scope = scope
        self._solved = solved
        self._negations = 0

    def condition(self, node: Filter) -> Fragment:
        """The condition; in parentheses where it needs them. Raises UnknownColumn, UnfitComparison."""
        match node:
            case tree.Both():
                parts = [self.condition(part) for part in node.parts]
                return _wrap(fragments.join(parts, separator=f" {_connective(node)} "))
            case tree.Not():
                self._negations += 1
                inner = self.condition(node.part)
                self._negations -= 1
                return Fragment("(not ") + inner + Fragment(")")
            case tree.Compare():
                return self._compare(node)
            case tree.Like():
                return self._like(node)
            case tree.Among():
                return self._among(node)
            case tree.Absent(tree.Property("geometry")) if self._source.geometry:
                return Fragment(f"({self._source.area} is null)")
            case tree.Absent():
                return _wrap(self.value(node.operand)[0] + Fragment(" is null"))
            case tree.Search():
                return self._search(node)
            case tree.Spatial():
                return self._settled(node)
            case tree.Temporal():
                return moments.relation(node.operator, self._span(node.left), self._span(node.right))
            case tree.Truth():
                return self._truth(node)

    def value(self, node: Operand) -> tuple[Fragment, Kind]:
        """The SQL of an operand and what kind of value it is."""
        match node:
            case tree.Property():
                return self._property(node)
            case tree.Literally():
                return _literal(node), node.kind
            case tree.Arithmetic():
                return self._arithmetic(node), "number"
            case tree.Folded():
                inner, kind = self.value(node.operand)
                _need(kind, ("text",), node.how)
                name = "lower" if node.how == "casei" else "features.without_accents"
                return Fragment(f"{name}(") + inner + Fragment(")"), "text"

    def _settled(self, node: tree.Spatial) -> Fragment:
        """What a spatial condition came to; inside of NOT a feature without geometry stays unknown."""
        found = self._solved[node]
        if not self._negations or node.absent:
            return found
        return Fragment(f"(case when {self._source.area} is not null then ") + found + _END

    def _property(self, node: tree.Property) -> tuple[Fragment, Kind]:
        if node.name == "geometry" and self._source.geometry:
            return Fragment(self._source.shape), "geometry"
        index = sources.index_of(self._source, node.name)
        if index is None and node.name == "id":
            return Fragment("f.id"), "number"
        if index is None:
            raise UnknownColumn(f"there is no {node.name[:80]!r} in {self._source.key}", where="filter")
        return Fragment(self._source.column(index)), _KINDS[self._source.columns[index].type]

    def _compare(self, node: tree.Compare) -> Fragment:
        (left, kind), (right, other) = self.value(node.left), self.value(node.right)
        if {kind, other} == set(_TIMES):
            left, right = moments.instant(left, kind), moments.instant(right, other)
        elif kind != other:
            raise UnfitComparison(f"{kind} {node.operator} {other}", where="filter")
        if kind not in _ORDERED and not (kind == "boolean" and node.operator in ("=", "<>")):
            raise UnfitComparison(f"{kind} values know no {node.operator}", where="filter")
        found = left + Fragment(f" {node.operator} ") + right
        narrow = self._narrow(node.left, node.right) if node.operator == "=" else None
        return _wrap(found if narrow is None else narrow + Fragment(" and ") + found)

    def _narrow(self, left: Operand, right: Operand) -> Fragment | None:
        """The same said of the expression that an index has."""
        if isinstance(left, tree.Literally):
            left, right = right, left
        if not (isinstance(left, tree.Property) and isinstance(right, tree.Literally)):
            return None
        index = sources.index_of(self._source, left.name)
        narrow = None if index is None else self._source.narrowed(index)
        if narrow is None:
            return None
        return Fragment(f"{narrow} = %s::text", (right.value[: sources.INDEXED],))

    def _like(self, node: tree.Like) -> Fragment:
        (left, kind), (right, other) = self.value(node.operand), self.value(node.pattern)
        _need(kind, ("text",), "like")
        _need(other, ("text",), "like")
        inner: Operand = node.pattern
        while isinstance(inner, tree.Folded):
            inner = inner.operand
        if not isinstance(inner, tree.Literally):
            raise UnfitComparison("the pattern of LIKE is a text in quotes", where="filter")
        if (len(inner.value) - len(inner.value.rstrip("\\"))) % 2:
            raise UnfitComparison("the pattern of LIKE ends with a single backslash", where="filter")
        return _wrap(left + Fragment(" like ") + right)

    def _among(self, node: tree.Among) -> Fragment:
        if len(node.values) > MOST_VALUES:
            raise UnfitComparison(f"more than {MOST_VALUES} values in a list", where="filter")
        if len(node.values) == 1:
            return self.condition(tree.Compare("=", node.operand, node.values[0]))
        same = [self.condition(tree.Compare("=", node.operand, value)) for value in node.values]
        return _wrap(fragments.join(same, separator=" or ")) if same else fragments.FALSE

    def _search(self, node: tree.Search) -> Fragment:
        texts = [
            self._source.column(at)
            for at, column in enumerate(self._source.columns)
            if column.type in ("text", "integer", "number", "date")
        ]
        if not texts or not node.words:
            return fragments.FALSE if node.words else fragments.TRUE
        line = f"lower(concat_ws(' ', {', '.join(texts)}))"
        found = [Fragment(f"strpos({line}, lower(%s::text)) > 0", (word,)) for word in node.words]
        return _wrap(fragments.join(found, separator=" and "))

    def _truth(self, node: tree.Truth) -> Fragment:
        value, kind = self.value(node.operand)
        _need(kind, ("boolean",), "a condition")
        return value

    def _arithmetic(self, node: tree.Arithmetic) -> Fragment:
        (left, kind), (right, other) = self.value(node.left), self.value(node.right)
        _need(kind, ("number",), node.operator)
        _need(other, ("number",), node.operator)
        left, right = left + Fragment("::float8"), right + Fragment("::float8")
        match node.operator:
            case "+" | "-" | "*":
                found = left + Fragment(f" {node.operator} ") + right
            case "^":
                found = Fragment("power(") + left + Fragment(", ") + right + Fragment(")")
            case "/":
                found = left + Fragment(" / nullif(") + right + Fragment(", 0)")
            case "%" | "div":
                how = "mod" if node.operator == "%" else "div"
                found = Fragment(f"{how}((") + left + Fragment(")::numeric, nullif(") + right
                found += Fragment(", 0)::numeric)::float8")
            case _:
                raise UnfitComparison(f"there is no operator {node.operator[:20]!r}", where="filter")
        # What can fail is computed of visible rows only: an error would tell of the others.
        return Fragment("(case when ") + self._source.access(self._scope) + Fragment(" then ") + found + _END

    def _span(self, node: Operand | tree.Span) -> tuple[Fragment, Fragment]:
        if isinstance(node, tree.Span):
            start = moments.OPEN[0] if node.start is None else self._span(node.start)[0]
            end = moments.OPEN[1] if node.end is None else self._span(node.end)[1]
            return start, end
        value, kind = self.value(node)
        _need(kind, _TIMES, "a temporal operator")
        return moments.span(value, kind)


_END = Fragment(" end)")


def _connective(node: tree.Both) -> str:
    return "and" if node.operator == "and" else "or"


def _wrap(inner: Fragment) -> Fragment:
    return Fragment("(" + inner.text + ")", inner.params)


def _need(kind: Kind, fitting: tuple[str, ...], what: str) -> None:
    if kind not in fitting:
        raise UnfitComparison(f"{what} takes {' or '.join(fitting)}, not {kind}", where="filter")


def _literal(node: tree.Literally) -> Fragment:
    value = node.value
    if node.kind == "number":
        return Fragment("%s::bigint" if isinstance(value, int) else "%s::float8", (value,))
    if node.kind == "text" and "\0" in value:
        raise UnfitComparison("a text holds the character 0", where="filter")
    if isinstance(value, datetime) and value.tzinfo is None:
        value = datetime.combine(value.date(), time(), UTC)
    cast = _CASTS.get(node.kind)
    if cast is None:
        raise UnfitComparison("a geometry is compared by a spatial operator", where="filter")
    return Fragment(cast, (value,))
