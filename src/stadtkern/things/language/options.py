# SPDX-License-Identifier: EUPL-1.2
"""Read the query options of a request, and those nested in `$expand`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote_plus, unquote_plus

from stadtkern.things.language import parser
from stadtkern.things.language.problems import (
    InvalidQuery,
    QueryTooLarge,
    UnknownName,
    UnsupportedQuery,
)
from stadtkern.things.language.tree import Expand, Options

MAX_QUERY = 16_000
MAX_EXPANDS = 24
MAX_EXPAND_DEPTH = 6
MAX_SKIP = 100_000
_NAMES = (
    "$select",
    "$expand",
    "$filter",
    "$orderby",
    "$top",
    "$skip",
    "$count",
    "$resultFormat",
    "$aggregate",
    "$downsample",
    "$skiptoken",
)
# OData has more, which SensorThings does not take over (18-088, clause 9.3.1).
_OF_ODATA = ("$apply", "$compute", "$deltatoken", "$format", "$index", "$levels", "$schemaversion", "$search")
# Names may be written in any case, as some clients do (`$orderBy`).
_WRITTEN = {name.lower(): name for name in (*_NAMES, *_OF_ODATA)}
_NAME = re.compile(r"[@$\w][\w.@/-]*")
# An extension of FROST-Server: each combination of values once.
_DISTINCT = "distinct:"


def parse(query: str) -> Options:
    """Read a query string as it stands in the address. Raises the problems of this package."""
    if len(query) > MAX_QUERY:
        raise QueryTooLarge(f"the query has {len(query)} characters; at most {MAX_QUERY} are taken")
    given: dict[str, str] = {}
    for part in query.split("&"):
        name, equals, text = part.partition("=")
        name = _decode(name)
        if not equals:  # some clients encode the whole query, its equals sign too
            name, _, whole = name.partition("=")
            text = quote_plus(whole)
        if not name.startswith("$"):
            continue
        name = _WRITTEN.get(name.lower(), name)
        if name in given:
            raise InvalidQuery("the option stands twice; once is enough", where=name)
        given[name] = _decode(text)
    options = _options(given, where="", depth=0)
    if sum(1 for _ in _expands(options)) > MAX_EXPANDS:
        raise QueryTooLarge(f"more than {MAX_EXPANDS} expansions", where="$expand")
    return options


def _decode(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidQuery("the address is not valid UTF-8; encode it with percent signs") from error


def _expands(options: Options) -> Iterator[Expand]:
    for item in options.expand:
        yield item
        yield from _expands(item.options)


def _options(given: Mapping[str, str], *, where: str, depth: int) -> Options:
    unknown = next((name for name in given if name not in _NAMES), None)
    if unknown in _OF_ODATA:
        raise UnsupportedQuery(f"{unknown} is not offered; there are {', '.join(_NAMES[:-1])}", where=where)
    if unknown is not None:
        raise UnknownName(
            f"{unknown[:40]!r} is not a query option; known: {', '.join(_NAMES[:-1])}", where=where
        )
    options = Options(given=given)
    if "$select" in given:
        text = given["$select"].removeprefix(_DISTINCT)
        distinct = len(text) < len(given["$select"])
        options = replace(options, select=_select(text, where=where + "$select"), distinct=distinct)
    if "$expand" in given:
        options = replace(options, expand=_expand(given["$expand"], where=where + "$expand", depth=depth))
    if "$filter" in given:
        options = replace(options, filter=parser.expression(given["$filter"], where=where + "$filter"))
    if "$orderby" in given:
        options = replace(options, order=parser.orders(given["$orderby"], where=where + "$orderby"))
    if "$top" in given:
        options = replace(options, top=_whole(given["$top"], where=where + "$top"))
    if "$skip" in given:
        options = replace(options, skip=_skip(given["$skip"], where=where + "$skip"))
    if "$count" in given:
        options = replace(options, count=_flag(given["$count"], where=where + "$count"))
    return replace(options, token=given.get("$skiptoken"))


def _select(text: str, *, where: str) -> tuple[str, ...] | None:
    names = tuple(part.strip() for part in text.split(","))
    wrong = next((name for name in names if name != "*" and not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise InvalidQuery(f"{wrong[:40]!r} is not a name; write names separated by commas", where=where)
    return None if "*" in names else names


def _whole(text: str, *, where: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise InvalidQuery(f"{text[:40]!r} is not a whole number from 0 up", where=where)
    return int(text)


def _skip(text: str, *, where: str) -> int:
    number = _whole(text, where=where)
    if number > MAX_SKIP:
        raise QueryTooLarge(
            f"at most {MAX_SKIP} rows can be skipped; follow @iot.nextLink to go further", where=where
        )
    return number


def _flag(text: str, *, where: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidQuery(f"{text[:40]!r} is neither true nor false", where=where)
    return text == "true"


def _expand(text: str, *, where: str, depth: int) -> tuple[Expand, ...]:
    if depth >= MAX_EXPAND_DEPTH:
        raise QueryTooLarge(f"expanded more than {MAX_EXPAND_DEPTH} deep", where=where)
    found: dict[str, list[Expand]] = {}
    for number, (at, part) in enumerate(split(text, ",", where=where)):
        if number >= MAX_EXPANDS:
            raise QueryTooLarge(f"more than {MAX_EXPANDS} expansions", where=where)
        item = _expansion(part.strip(), at=at, where=where, depth=depth)
        found.setdefault(item.name, []).append(item)
    return tuple(_merged(items, where=where, depth=depth) for items in found.values())


def _expansion(text: str, *, at: int, where: str, depth: int) -> Expand:
    head, bracket, rest = text.partition("(")
    name, slash, below = head.strip().partition("/")
    if not _NAME.fullmatch(name) or (bracket and not rest.endswith(")")):
        raise InvalidQuery(f"cannot read {text[:60]!r} at position {at}", where=where)
    inner = f"{where}/{name}: "
    if slash:
        if depth + 1 >= MAX_EXPAND_DEPTH:
            raise QueryTooLarge(f"expanded more than {MAX_EXPAND_DEPTH} deep", where=where)
        nested = _expansion(below + bracket + rest, at=at + len(name) + 1, where=inner, depth=depth + 1)
        return Expand(name, Options(expand=(nested,), given={"$expand": below + bracket + rest}), at)
    given: dict[str, str] = {}
    for _, part in split(rest[:-1], ";", where=inner) if bracket else ():
        option, equals, value = part.strip().partition("=")
        option = _WRITTEN.get(option.lower(), option)
        if not equals or option in given:
            raise InvalidQuery(f"expected one `$option=value` each, found {part[:40]!r}", where=inner)
        given[option] = value
    return Expand(name, _options(given, where=inner, depth=depth + 1), at)


def _merged(items: Sequence[Expand], *, where: str, depth: int) -> Expand:
    """`A($top=1),A/B,A/C` expands A once, with both below it, which is read once more, not each time."""
    first = items[0]
    if len(items) == 1:
        return first
    given: dict[str, str] = dict(first.options.given)
    below = [given["$expand"]] if "$expand" in given else []
    for item in items[1:]:
        theirs = item.options.given
        if (given.keys() & theirs.keys()) - {"$expand"} or "$expand" not in given.keys() | theirs.keys():
            raise InvalidQuery(f"{first.name!r} is expanded twice (position {item.at})", where=where)
        below += [theirs["$expand"]] if "$expand" in theirs else []
        given |= {**theirs, "$expand": ""}
    given["$expand"] = ",".join(below)
    return Expand(first.name, _options(given, where=f"{where}/{first.name}: ", depth=depth + 1), first.at)


def split(text: str, mark: str, *, where: str) -> Iterator[tuple[int, str]]:
    """Cut at a mark that stands outside of brackets and quotes; yields (position from 1, piece)."""
    depth, quoted, begin = 0, False, 0
    for position, sign in enumerate(text):
        if sign == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        elif sign == mark and depth == 0:
            yield begin + 1, text[begin:position]
            begin = position + 1
        if depth < 0:
            raise InvalidQuery(f"a closing bracket too many at position {position + 1}", where=where)
    if depth or quoted:
        raise InvalidQuery("a quote or bracket is not closed", where=where)
    yield begin + 1, text[begin:]
