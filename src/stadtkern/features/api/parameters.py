# SPDX-License-Identifier: EUPL-1.2
"""The parameters of a selection, checked and made into a filter; unknown ones are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from stadtkern.core import problems, times
from stadtkern.features import cql, literals, references, tree
from stadtkern.features.sources import Described, Source

DEFAULT_LIMIT = 10
MOST_LIMIT = 10_000
SELECTING = ("bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs")
ITEMS = (*SELECTING, "limit", "after", "crs", "f")


class UnknownParameter(problems.Problem):
    """The request has a parameter that is not known here.

    The API description lists what there is; names of properties are written exactly as in the queryables.
    """


class InvalidParameter(problems.Problem):
    """A parameter of the request has no usable value.

    The API description says what it takes.
    """


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A selection: its filter, how many at a time, from where on, in which reference system."""

    filter: tree.Filter | None
    limit: int | None
    after: int | None
    crs: str


def known(given: Iterable[str], names: Iterable[str]) -> None:
    """Refuse other parameters than these. Raises UnknownParameter."""
    if unknown := sorted(set(given) - set(names)):
        raise UnknownParameter(f"{unknown[0][:80]!r}", where=unknown[0][:80])


def selection(given: Mapping[str, str], source: Source, *, others: tuple[str, ...] = ()) -> Asked:
    """What a request for features asks for.

    Raises UnknownParameter, InvalidParameter, UnknownReference, InvalidGeometry, InvalidFilter and others.
    """
    properties = {c.name: c for c in source.columns if c.type != "json" and c.name not in (*ITEMS, *others)}
    known(given, (*ITEMS, *others, *properties))
    crs = references.find(given["crs"], where="crs") if "crs" in given else references.CRS84
    parts: list[tree.Filter | None] = [_bbox(given), _datetime(given, source), _filter(given)]
    parts += [_property(properties[name], given[name]) for name in given if name in properties]
    return Asked(
        filter=tree.every(parts),
        limit=_number(given, "limit", least=1),
        after=_number(given, "after", least=0),
        crs=crs,
    )


def moment_of(source: Source) -> Described | None:
    """The property that `datetime` is about: the first instant, else the first date."""
    for kind in ("instant", "date"):
        if (found := next((c for c in source.columns if c.type == kind), None)) is not None:
            return found
    return None


def _number(given: Mapping[str, str], name: str, *, least: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
        raise InvalidParameter(f"{text[:40]!r} is no number from {least} on", where=name)
    return int(text)


def _bbox(given: Mapping[str, str]) -> tree.Filter | None:
    crs = references.find(given.get("bbox-crs", references.CRS84), where="bbox-crs")
    text = given.get("bbox")
    if text is None:
        return None
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InvalidParameter(f"{text[:80]!r} is not made of numbers", where="bbox") from error
    found = literals.boxed("s_intersects", literals.bounds(values, where="bbox"), crs=crs, where="bbox")
    return _or_absent(found)


def _or_absent(found: tree.Filter) -> tree.Filter:
    """Features without a geometry belong to every box (17-069r4, /req/core/fc-bbox-response)."""
    if isinstance(found, tree.Both):
        return tree.Both(found.operator, tuple(_or_absent(part) for part in found.parts))
    if isinstance(found, tree.Spatial):
        return tree.Spatial(found.operator, found.geometry, box=found.box, absent=True)
    return found


def _datetime(given: Mapping[str, str], source: Source) -> tree.Filter | None:
    """Features whose time meets the one that is given; those without a time belong to it too."""
    text = given.get("datetime")
    if text is None:
        return None
    start, slash, end = text.partition("/")
    first = _moment(start, open_end=bool(slash))
    last = _moment(end, open_end=True) if slash else first
    if slash and start in ("", "..") and end in ("", ".."):
        raise InvalidParameter("an interval has a beginning or an end", where="datetime")
    column = moment_of(source)
    if column is None:
        return None
    here = tree.Property(column.name)
    span: tree.Operand | tree.Span = tree.Span(first, last)
    if not slash and first is not None:
        span = first
    return tree.Both("or", (tree.Temporal("t_intersects", here, span), tree.Absent(here)))


def _moment(text: str, *, open_end: bool) -> tree.Operand | None:
    if open_end and text in ("", ".."):
        return None
    try:
        if len(text) == 10:
            return tree.Literally("date", date.fromisoformat(text))
        return tree.Literally("instant", times.parse_instant(text.replace(" ", "+")))
    except (ValueError, times.InvalidInstant) as error:
        raise InvalidParameter(f"{text[:60]!r} is no date or instant (RFC 3339)", where="datetime") from error


def _filter(given: Mapping[str, str]) -> tree.Filter | None:
    language = given.get("filter-lang", "cql2-text")
    crs = references.find(given.get("filter-crs", references.CRS84), where="filter-crs")
    if language not in cql.LANGUAGES:
        raise InvalidParameter(
            f"{language[:40]!r} is none of {', '.join(cql.LANGUAGES)}", where="filter-lang"
        )
    text = given.get("filter")
    if text is None:
        return None
    return cql.read(text, language="cql2-json" if language == "cql2-json" else "cql2-text", crs=crs)


def _property(column: Described, text: str) -> tree.Filter:
    value = tree.literal(column.type, text)
    if value is None:
        raise InvalidParameter(f"{text[:60]!r} is no {column.type}", where=column.name)
    return tree.Compare("=", tree.Property(column.name), value)
