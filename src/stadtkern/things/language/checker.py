# SPDX-License-Identifier: EUPL-1.2
"""Resolve names and check types: an untyped tree and an entity type make a typed tree."""

from __future__ import annotations

import contextlib

from stadtkern.core.times import InvalidInstant
from stadtkern.things import entities
from stadtkern.things.entities import EntityType, Kind, Property, Relation
from stadtkern.things.language import functions, shapes, tree, typed, values
from stadtkern.things.language.coercion import coerce
from stadtkern.things.language.problems import InvalidQuery, UnknownName, UnsupportedQuery, WrongType
from stadtkern.things.language.typed import (
    Apply,
    As,
    Column,
    Comparison,
    Connective,
    Constant,
    Inside,
    Negation,
    Quantifier,
    SortKey,
    Spatial,
    Typed,
)
from stadtkern.things.language.values import Value

_IDS = ("id", "@iot.id")
_DYNAMIC = (Kind.JSON, Kind.RESULT)
_OPEN = (Kind.JSON, Kind.RESULT, Kind.GEOMETRY)
_SPANS = (Kind.INSTANT, Kind.INTERVAL, Kind.DATE)


def condition(expression: tree.Expression, *, entity: EntityType, where: str = "$filter") -> Typed:
    """Check a filter. Raises UnknownName, WrongType, UnsupportedQuery."""
    checker = _Checker(entity, where)
    return checker.condition(expression)


def value(expression: tree.Expression, *, entity: EntityType, where: str) -> Typed:
    """Check a value. Raises UnknownName, WrongType, UnsupportedQuery."""
    return _Checker(entity, where).check(expression)


def sort_keys(
    orders: tuple[tree.Order, ...], *, entity: EntityType, where: str = "$orderby"
) -> list[SortKey]:
    """Check sort keys. A result sorts by its number, then by what else it is."""
    checker = _Checker(entity, where)
    found: list[SortKey] = []
    for order in orders:
        node = checker.check(order.expression)
        leaves = list(typed.leaves(node))
        if not any(isinstance(leaf, Column) for leaf in leaves):
            raise WrongType("one sorts by properties, not by constants", where=where)
        if any(step.many for leaf in leaves if isinstance(leaf, Column) for step in leaf.steps):
            raise UnsupportedQuery("one cannot sort by what there may be many of", where=where)
        if node.kind in (Kind.GEOMETRY, Kind.NULL):
            raise WrongType(f"one cannot sort by {node.kind}", where=where)
        nullable = not (isinstance(node, Column) and not node.steps and not _nullable(node.property))
        if node.kind is Kind.RESULT and isinstance(node, Column):
            found.append(SortKey(As(Kind.NUMBER, node), order.descending, True))
            node = Inside(node, ())
        elif node.kind is Kind.INTERVAL:
            node = As(Kind.INSTANT, node)
        found.append(SortKey(node, order.descending, nullable))
    return found


def _nullable(property: Property | None) -> bool:
    return property is not None and property.nullable


class _Checker:
    def __init__(self, entity: EntityType, where: str):
        self._entity = entity
        self._where = where
        self._variables: dict[str, EntityType] = {}

    def condition(self, node: tree.Expression) -> Typed:
        checked = self.check(node)
        fitting = coerce(checked, Kind.BOOLEAN)
        if fitting is None:
            raise WrongType(
                f"expected a condition at position {node.at}, found {checked.kind}", where=self._where
            )
        return fitting

    def check(self, node: tree.Expression) -> Typed:
        match node:
            case tree.Literal():
                return Constant(node.value)
            case tree.Path():
                return self._path(node)
            case tree.Call():
                return self._call(node)
            case tree.Compare():
                return self._compare(node.operator, self.check(node.left), self.check(node.right), node.at)
            case tree.Among():
                subject = self.check(node.subject)
                pairs = [self._compare("eq", subject, self.check(one), node.at) for one in node.options]
                return Connective("or", tuple(pairs)) if pairs else Constant(values.FALSE)
            case tree.Logic():
                return Connective(node.operator, tuple(self.condition(item) for item in node.operands))
            case tree.Not():
                return Negation(self.condition(node.operand))
            case tree.Lambda():
                return self._quantifier(node)

    def _follow(self, node: tree.Path) -> tuple[str, EntityType, tuple[Relation, ...], list[str]]:
        """The variable a path begins at, where its relations lead, those relations, the names behind them."""
        names, origin, entity = list(node.names), "", self._entity
        if names[0] in self._variables:
            origin = names.pop(0)
            entity = self._variables[origin]
        elif names[0] == "$it":
            names.pop(0)
        steps: list[Relation] = []
        while names and (relation := entity.relation(names[0])):
            steps.append(relation)
            entity = entities.target(relation)
            names.pop(0)
        return origin, entity, tuple(steps), names

    def _quantifier(self, node: tree.Lambda) -> Typed:
        origin, entity, steps, names = self._follow(node.path)
        written = "/".join(node.path.names)
        if names:
            raise UnknownName(_unknown(names[0], entity, node.path.at), where=self._where)
        if not steps or not steps[-1].many:
            raise WrongType(
                f"{node.word}() follows a relation to many; {written!r} at position {node.at} is one entity",
                where=self._where,
            )
        if node.body is None:
            return Quantifier(node.word, origin, steps, "", None)
        if node.variable in self._variables:
            raise InvalidQuery(
                f"the variable {node.variable!r} of {written}/{node.word}() is taken (position {node.at})",
                where=self._where,
            )
        self._variables[node.variable] = entity
        body = self.condition(node.body)
        del self._variables[node.variable]
        return Quantifier(node.word, origin, steps, node.variable, body)

    def _path(self, node: tree.Path) -> Typed:
        origin, entity, steps, names = self._follow(node)
        if not names:
            raise InvalidQuery(
                f"{'/'.join(node.names)!r} at position {node.at} is a relation; add a property, e.g. /id",
                where=self._where,
            )
        if names[0] in _IDS and len(names) == 1:
            return Column(Kind.NUMBER, steps, None, origin)
        found = entity.property(names[0])
        if found is None:
            raise UnknownName(_unknown(names[0], entity, node.at), where=self._where)
        column = Column(found.kind, steps, found, origin)
        if len(names) == 1:
            return column
        if found.kind not in _OPEN:
            raise UnknownName(f"{names[0]!r} has nothing inside it (position {node.at})", where=self._where)
        return Inside(column, tuple(names[1:]))

    def _call(self, node: tree.Call) -> Typed:
        spatial = functions.SPATIAL.get(node.name)
        forms = [spatial] if spatial else functions.FUNCTIONS.get(node.name)
        if forms is None:
            known = ", ".join(sorted([*functions.FUNCTIONS, *functions.SPATIAL]))
            raise UnknownName(
                f"no function {node.name[:40]!r} (position {node.at}); there are {known}", where=self._where
            )
        arguments = [self.check(item) for item in node.arguments]
        kinds = tuple(item.kind for item in arguments)
        if node.name == "during" and len(kinds) == 2 and kinds[1] in (Kind.INSTANT, Kind.DATE):
            raise WrongType(
                f"nothing is during an instant: during at position {node.at} ends with an interval",
                where=self._where,
            )
        for form in sorted(forms, key=lambda form: form.takes != kinds):
            if len(form.takes) != len(arguments):
                continue
            fitting = [coerce(item, kind) for item, kind in zip(arguments, form.takes, strict=True)]
            if all(item is not None for item in fitting):
                if spatial:
                    return self._spatial(node, arguments, spatial.gives)
                return Apply(form, tuple(item for item in fitting if item is not None))
        wanted = " or ".join("(" + ", ".join(form.takes) + ")" for form in forms)
        found = "(" + ", ".join(kinds) + ")"
        raise WrongType(f"{node.name} at position {node.at} takes {wanted}, not {found}", where=self._where)

    def _spatial(self, node: tree.Call, arguments: list[Typed], gives: Kind) -> Typed:
        pattern, operands, entity = "", list[Column | str](), ""
        if node.name == "st_relate":
            last = arguments.pop()
            value = last.value.value if isinstance(last, Constant) else None
            pattern = shapes.check_pattern(value, at=node.arguments[2].at, where=self._where)
        for item, written in zip(arguments, node.arguments, strict=False):
            if isinstance(item, Constant) and item.kind is Kind.GEOMETRY:
                shapes.check(item.value.value, at=written.at, where=self._where)
                operands.append(item.value.value)
            elif isinstance(item, Column) and not entity and isinstance(written, tree.Path):
                entity = self._follow(written)[1].set
                operands.append(item)
            else:
                raise UnsupportedQuery(
                    f"{node.name} at position {node.at} takes one geometry of an entity and one literal"
                    " such as geography'POINT(7.6 51.9)'",
                    where=self._where,
                )
        return Spatial(node.name, entity, tuple(operands), pattern, gives)

    def _compare(self, operator: str, left: Typed, right: Typed, at: int) -> Typed:
        if left.kind is Kind.NULL and right.kind is not Kind.NULL:
            left, right = right, left
        if right.kind is Kind.NULL:
            if operator not in ("eq", "ne"):
                raise WrongType(f"null can only be compared by eq and ne (position {at})", where=self._where)
            return Comparison(operator, left, right)
        if Kind.GEOMETRY in (left.kind, right.kind):
            raise UnsupportedQuery(
                f"geometries cannot be compared by {operator} (position {at})", where=self._where
            )
        left, right = _moment(left, right), _moment(right, left)
        kind = _meeting(left.kind, right.kind)
        pair = (coerce(left, kind), coerce(right, kind)) if kind else (None, None)
        if kind is Kind.TEXT:
            pair = (_written(left) or pair[0], _written(right) or pair[1])
        if pair[0] is None or pair[1] is None:
            raise WrongType(
                f"{left.kind} cannot be compared with {right.kind} (`{operator}` at position {at})",
                where=self._where,
            )
        return Comparison(operator, pair[0], pair[1])


def _moment(node: Typed, other: Typed) -> Typed:
    """A text that is compared with a time, as some clients write one: the instant it says."""
    if isinstance(node, Constant) and node.kind is Kind.TEXT and other.kind in _SPANS:
        with contextlib.suppress(InvalidInstant):
            return Constant(Value(Kind.INSTANT, values.instant(node.value.value, where="")))
    return node


def _written(node: Typed) -> Typed | None:
    """JSON that is compared with text: a number, true and false count as they are written."""
    return As(Kind.TEXT, node, True) if node.kind in _DYNAMIC else None


def _meeting(left: Kind, right: Kind) -> Kind | None:
    """The kind in which two kinds are compared."""
    if left is right:
        return Kind.JSON if left in _DYNAMIC else left
    if left in _DYNAMIC and right in _DYNAMIC:
        return Kind.JSON
    if left in _SPANS and right in _SPANS:
        return Kind.INTERVAL if Kind.INTERVAL in (left, right) else Kind.INSTANT
    if left in _DYNAMIC or right in _DYNAMIC:
        other = right if left in _DYNAMIC else left
        return Kind.INSTANT if other is Kind.DATE else other
    return None


def _unknown(name: str, entity: EntityType, at: int) -> str:
    known = ["id", *(p.name for p in entity.properties), *(r.name for r in entity.relations)]
    return f"a {entity.name} has no {name[:60]!r} (position {at}); it has {', '.join(known)}"
