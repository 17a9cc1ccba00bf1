# SPDX-License-Identifier: EUPL-1.2
"""Turn a typed tree into SQL in which every value is a bound parameter."""

from __future__ import annotations

from typing import NamedTuple

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.things.entities import Kind, Relation
from stadtkern.things.language import bounds, casts, shield, solutions
from stadtkern.things.language.places import Place
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
    Spatial,
    Typed,
)
from stadtkern.things.language.values import Value

_SIGNS = {"eq": "=", "ne": "is distinct from", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_SPANS = {
    "eq": "({0} = {1} and {0e} = {1e})",
    "ne": "({0} is distinct from {1} or {0e} is distinct from {1e})",
    "lt": "({0} < {1} and {0e} <= {1})",
    "le": "({0} <= {1} and {0e} <= {1e})",
    "gt": "({0} > {1} and {0} >= {1e})",
    "ge": "({0} >= {1} and {0e} >= {1e})",
}


class Piece(NamedTuple):
    """The SQL of a value; `end` is that of an interval's end."""

    start: Fragment
    end: Fragment


def condition(node: Typed, place: Place) -> Fragment:
    """The SQL of a condition on the entity at a place."""
    match node:
        case Connective("and"):
            return _all(_flat(node.operands), place)
        case Connective():
            found = [condition(item, place) for item in node.operands]
            return Fragment("(") + fragments.join(found, separator=" or ") + Fragment(")")
        case Negation():
            # What is neither true nor false has no opposite (OData 4.0, part 2, 5.1.1.2.3).
            opposite = " is false)" if isinstance(node.operand, As) else " is not true)"
            return Fragment("(") + condition(node.operand, place) + Fragment(opposite)
        case Quantifier():
            return _quantified(node, place.start(node.origin), node.steps, place)
        case _:
            return _all([node], place)


def value(node: Typed, place: Place) -> Piece:
    """The SQL of a value; relations to many on its way must already be bound at the place."""
    match node:
        case Column():
            return _column(node, place)
        case Spatial():
            return _single(solutions.value(node, place))
        case Inside(keys=()):
            return _single(_json(node.column, place))
        case Inside():
            keys = Fragment("(%s::text[])", (list(node.keys),))
            return _single(_json(node.column, place) + Fragment(" #> ") + keys)
        case Constant():
            return _constant(node.value)
        case As():
            return _as(node, place)
        case Apply():
            start = shield.shielded(node, place, lambda: _applied(node, node.function.sql, place))
            if not node.function.end:
                return _single(start)
            return Piece(
                start, shield.shielded(node, place, lambda: _applied(node, node.function.end, place))
            )
        case Comparison():
            return _single(_comparison(node, place))
        case _:
            return _single(condition(node, place))


def _applied(node: Apply, template: str, place: Place) -> Fragment:
    pieces = [value(item, place) for item in node.arguments]
    return Fragment("(") + fill(template, pieces) + Fragment(")")


def fill(template: str, pieces: list[Piece]) -> Fragment:
    """Put pieces where `{0}` (or `{0e}` for the end) stands, as often as it stands there."""
    found = Fragment("")
    for index, part in enumerate(template.replace("{{}}", "\x01").split("{")):
        if index == 0:
            found += Fragment(part.replace("\x01", "{}"))
            continue
        name, _, rest = part.partition("}")
        piece = pieces[int(name.rstrip("e"))]
        found += (piece.end if name.endswith("e") else piece.start) + Fragment(rest.replace("\x01", "{}"))
    return found


def _flat(nodes: tuple[Typed, ...]) -> list[Typed]:
    found: list[Typed] = []
    for node in nodes:
        found.extend(
            _flat(node.operands) if isinstance(node, Connective) and node.operator == "and" else [node]
        )
    return found


def _all(nodes: list[Typed], place: Place) -> Fragment:
    """Conditions that must hold together; those over the same relation to many must hold for one entity."""
    found: list[Fragment] = []
    groups: dict[_Way, list[Typed]] = {}
    for node in nodes:
        if isinstance(node, Connective | Negation | Quantifier):
            found.append(condition(node, place))
        elif head := _head(node, place):
            groups.setdefault(head, []).append(node)
        else:
            found.append(solutions.condition(node, place) or value(node, place).start)
    for (origin, steps), group in groups.items():
        spot = place.start(origin)
        for step in steps[:-1]:
            spot = spot.follow(step)
        one = spot.exists(steps[-1], lambda _, group=group: _all(group, place))  # type: ignore[misc]
        if all(_asks_for_absence(node) for node in group):
            none = spot.exists(steps[-1], lambda _: fragments.TRUE, implied=False)
            one = Fragment("(") + one + Fragment(" or not ") + none + Fragment(")")
        found.append(one)
    if len(found) == 1:
        return found[0]
    return Fragment("(") + fragments.join(found, separator=" and ") + Fragment(")")


def _asks_for_absence(node: Typed) -> bool:
    """Whether a condition also holds where there is no entity at all, as `Datastreams/id eq null` does."""
    return isinstance(node, Comparison) and node.operator == "eq" and node.right.kind is Kind.NULL


_Way = tuple[str, tuple[Relation, ...]]


def _quantified(node: Quantifier, spot: Place, steps: tuple[Relation, ...], place: Place) -> Fragment:
    step, *rest = steps
    if rest and not step.many:
        return _quantified(node, spot.follow(step), tuple(rest), place)

    def build(inner: Place) -> Fragment:
        if rest:
            return _quantified(node, inner, tuple(rest), place)
        if node.body is None:
            return fragments.TRUE
        place.frame.names.bound[node.variable] = inner
        body = condition(node.body, place)
        del place.frame.names.bound[node.variable]
        return body if node.word == "any" else Fragment("(") + body + Fragment(" is not true)")

    found = spot.exists(step, build, implied=False)
    outermost = not any(item.many for item in node.steps[: -len(steps)])
    return Fragment("(not ") + found + Fragment(")") if node.word == "all" and outermost else found


def _head(node: Typed, place: Place) -> _Way | None:
    """The way to the first relation to many that is not yet bound, None when there is none."""
    match node:
        case Column():
            return _unbound(node, place)
        case Inside():
            return _unbound(node.column, place)
        case Spatial():
            return _unbound(node.column, place) if node.column else None
        case As() | Negation():
            return _head(node.operand, place)
        case Apply():
            items: tuple[Typed, ...] = node.arguments
        case Connective():
            items = node.operands
        case Comparison():
            items = (node.left, node.right)
        case _:
            return None
    return next((head for item in items if (head := _head(item, place))), None)


def _unbound(column: Column, place: Place) -> _Way | None:
    spot: Place | None = place.start(column.origin)
    for index, step in enumerate(column.steps):
        following = spot and (spot.many.get(step.name) or spot.ones.get(step.name))
        if step.many and following is None:
            return column.origin, column.steps[: index + 1]
        spot = following
    return None


def _single(sql: Fragment) -> Piece:
    return Piece(sql, sql)


def _column(node: Column, place: Place) -> Piece:
    place = place.standing(node)
    if node.property is None:
        return _single(Fragment(f"{place.alias}.id"))
    start = place.column(node.property.column)
    if node.kind is not Kind.INTERVAL:
        return _single(Fragment(start))
    end = place.column(node.property.end)
    return Piece(Fragment(start), Fragment(f"coalesce({end}, {start})"))


def _json(column: Column, place: Place) -> Fragment:
    place = place.standing(column)
    if column.property is None:
        return Fragment("null::jsonb")
    result = column.kind is Kind.RESULT
    return Fragment(place.column(column.property.end if result else column.property.column))


def _constant(constant: Value) -> Piece:
    match constant.kind:
        case Kind.NULL:
            return _single(Fragment("null"))
        case Kind.INTERVAL:
            start, end = constant.value
            return Piece(Fragment("%s::timestamptz", (start,)), Fragment("%s::timestamptz", (end,)))
        case Kind.NUMBER:
            cast = "bigint" if isinstance(constant.value, int) else "float8"
        case _:
            cast = casts.CASTS[constant.kind]
    return _single(Fragment(f"%s::{cast}", (constant.value,)))


def _as(node: As, place: Place) -> Piece:
    operand = node.operand
    if operand.kind is Kind.NULL:
        return _single(Fragment(f"null::{casts.NULLS.get(node.kind) or casts.CASTS[node.kind]}"))
    piece = value(operand, place)
    if operand.kind is Kind.RESULT and isinstance(operand, Column):
        if node.kind is Kind.NUMBER:
            return piece
        # A number keeps its place in `result`; what else there is stands in `result_json`.
        piece = _single(_json(operand, place))
        if node.kind is Kind.JSON:
            return _single(fill("coalesce({0}, to_jsonb({1}))", [piece, value(operand, place)]))
        if node.written:
            return _single(fill("coalesce({0} #>> '{{}}', ({1})::text)", [piece, value(operand, place)]))
    if node.written:
        return _single(Fragment("(") + fill(casts.WRITTEN, [piece]) + Fragment(")"))
    if operand.kind in (Kind.JSON, Kind.RESULT):
        return _single(Fragment("(") + fill(casts.OUT_OF_JSON[node.kind], [piece]) + Fragment(")"))
    if operand.kind is Kind.DATE:
        return _single(Fragment("(") + piece.start + Fragment(")::timestamptz"))
    return _single(piece.start) if node.kind is Kind.INSTANT else piece


def _comparison(node: Comparison, place: Place) -> Fragment:
    known = solutions.known(node, place)
    if known is not None:
        return known
    left = value(node.left, place)
    if node.right.kind is Kind.NULL:
        return _absence(node, left, place)
    right = value(node.right, place)
    if node.left.kind is Kind.INTERVAL:
        return fill(_SPANS[node.operator], [left, right])
    if node.left.kind is Kind.JSON:
        return Fragment("(") + fill(casts.between_json(_SIGNS[node.operator]), [left, right]) + Fragment(")")
    found = left.start + Fragment(f" {_SIGNS[node.operator]} ") + right.start
    further = bounds.implied(node)
    if further is not None:
        found += Fragment(" and ") + value(further, place).start
    return Fragment("(") + found + Fragment(")")


def _absence(node: Comparison, left: Piece, place: Place) -> Fragment:
    if isinstance(node.left, Constant):
        absent = node.left.kind is Kind.NULL
        return fragments.TRUE if absent == (node.operator == "eq") else fragments.FALSE
    if node.left.kind is Kind.RESULT and isinstance(node.left, Column):
        left = value(As(Kind.JSON, node.left), place)
    is_json = node.left.kind in (Kind.JSON, Kind.RESULT)
    start = fill("nullif({0}, 'null'::jsonb)", [left]) if is_json else left.start
    return Fragment("(") + start + Fragment(" is null)" if node.operator == "eq" else " is not null)")
