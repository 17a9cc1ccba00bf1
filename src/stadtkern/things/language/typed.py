# SPDX-License-Identifier: EUPL-1.2
"""The tree in which every name is resolved and every value has a kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from stadtkern.things.entities import Kind, Property, Relation
from stadtkern.things.language.functions import Function
from stadtkern.things.language.values import Value


@dataclass(frozen=True, slots=True)
class Column:
    """A property reached over relations; without a property it is the id.

    `origin` names the variable of `any()` or `all()` that the way begins at; empty: the entity asked for.
    """

    kind: Kind
    steps: tuple[Relation, ...] = ()
    property: Property | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """A value inside a JSON property."""

    column: Column
    keys: tuple[str, ...]
    kind: Kind = Kind.JSON


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of the query."""

    value: Value

    @property
    def kind(self) -> Kind:
        """The kind of the value."""
        return self.value.kind


@dataclass(frozen=True, slots=True)
class As:
    """A value taken as another kind: JSON as a number, an interval as its start; null where it is none.

    `written`: of JSON the text, also of numbers, true and false.
    """

    kind: Kind
    operand: Typed
    written: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """A function with arguments of the kinds it takes."""

    function: Function
    arguments: tuple[Typed, ...]

    @property
    def kind(self) -> Kind:
        """What the function gives."""
        return self.function.gives


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values of one kind; `null` on the right asks for absence."""

    operator: str
    left: Typed
    right: Typed
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class Connective:
    """Conditions joined by `and` or `or`."""

    operator: str
    operands: tuple[Typed, ...]
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class Negation:
    """The opposite of a condition."""

    operand: Typed
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class Quantifier:
    """Whether a condition holds for any, or for all, of the entities that a way to many leads to."""

    word: str
    origin: str
    steps: tuple[Relation, ...]
    variable: str
    body: Typed | None
    kind: Kind = Kind.BOOLEAN


@dataclass(frozen=True, slots=True)
class Spatial:
    """A geospatial function of geometries, each a column or a literal (WKT); computed outside the database.

    `entity` is the set whose geometry the column is; `pattern` the DE-9IM pattern of st_relate.
    """

    name: str
    entity: str
    operands: tuple[Column | str, ...]
    pattern: str
    kind: Kind

    @property
    def column(self) -> Column | None:
        """The geometry that differs between entities, None where all operands are literals."""
        return next((item for item in self.operands if isinstance(item, Column)), None)


Typed = Column | Inside | Constant | As | Apply | Comparison | Connective | Negation | Quantifier | Spatial


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What a geospatial condition came to: the ids of the entities that fulfil it, or of all that do not.

    `absent` says whether an entity without a geometry fulfils it.
    """

    column: Column
    ids: list[int]
    negated: bool = False
    absent: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What a geospatial function came to: a number for each id; `other` stands for all other geometries."""

    column: Column
    ids: list[int]
    numbers: list[float]
    other: float | None = None


Solution = Chosen | Measured | Constant


@dataclass(frozen=True, slots=True)
class SortKey:
    """A typed sort key; `nullable` says whether absent values must be placed."""

    expression: Typed
    descending: bool
    nullable: bool


def leaves(node: Typed) -> Iterator[Column | Constant]:
    """The properties and values that something is computed of, without those inside any() and all()."""
    match node:
        case Column() | Constant():
            yield node
        case Inside():
            yield node.column
        case As() | Negation():
            yield from leaves(node.operand)
        case Apply():
            yield from chain.from_iterable(leaves(item) for item in node.arguments)
        case Comparison():
            yield from chain(leaves(node.left), leaves(node.right))
        case Connective():
            yield from chain.from_iterable(leaves(item) for item in node.operands)
        case Spatial():
            yield from (item for item in node.operands if isinstance(item, Column))
        case Quantifier():
            return
