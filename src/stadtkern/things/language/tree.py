# SPDX-License-Identifier: EUPL-1.2
"""The tree that a query is read into, before anything is known of its types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stadtkern.things.language.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the query."""

    value: Value
    at: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """Names separated by slashes: relations, then a property, then keys inside it."""

    names: tuple[str, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; arithmetic (add, sub, mul, div, mod, neg) is a call too."""

    name: str
    arguments: tuple[Expression, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values and one of eq, ne, gt, ge, lt, le."""

    operator: str
    left: Expression
    right: Expression
    at: int = 0


@dataclass(frozen=True, slots=True)
class Among:
    """Whether a value is one of several."""

    subject: Expression
    options: tuple[Expression, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Logic:
    """Several conditions joined by `and` or by `or`."""

    operator: str
    operands: tuple[Expression, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    operand: Expression
    at: int = 0


@dataclass(frozen=True, slots=True)
class Lambda:
    """`path/any(v: condition)` or `path/all(v: condition)`; `any()` alone asks for existence."""

    word: str
    path: Path
    variable: str
    body: Expression | None
    at: int = 0


Expression = Literal | Path | Call | Compare | Among | Logic | Not | Lambda


def calls(node: Expression | None) -> Iterator[str]:
    """The names of all functions in an expression."""
    below: tuple[Expression | None, ...] = ()
    match node:
        case Call():
            yield node.name
            below = node.arguments
        case Compare():
            below = (node.left, node.right)
        case Among():
            below = (node.subject, *node.options)
        case Logic():
            below = node.operands
        case Not():
            below = (node.operand,)
        case Lambda():
            below = (node.body,)
    for item in below:
        yield from calls(item)


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Expand:
    """A relation to be shown in full, with options of its own."""

    name: str
    options: Options
    at: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """The query options of one level; `given` keeps their text for links to the next page."""

    select: tuple[str, ...] | None = None
    expand: tuple[Expand, ...] = ()
    filter: Expression | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    token: str | None = None
    distinct: bool = False
    given: Mapping[str, str] = field(default_factory=dict)
