# SPDX-License-Identifier: EUPL-1.2
"""Pages by key: the order of rows, the place a page ended at, and the condition for what comes after it."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.things.entities import EntityType, Kind
from stadtkern.things.language import casts, compiler
from stadtkern.things.language.places import Place
from stadtkern.things.language.typed import Column, SortKey
from stadtkern.things.queries.problems import ForeignToken

_CASTS = {**casts.CASTS, Kind.NUMBER: "float8", Kind.JSON: "jsonb"}
_KEY_CASTS = {"phenomenon_time": "timestamptz", "slot": "smallint"}


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key in SQL. Absent values come first ascending, last descending (18-088, clause 9.3.3.2).

    `about` tells computed keys apart where their SQL differs with what the asker may see.
    """

    sql: Fragment
    descending: bool
    nullable: bool
    cast: str
    about: str = ""

    def order(self) -> Fragment:
        """Its part of ORDER BY."""
        words = " desc" if self.descending else ""
        if self.nullable:
            words += " nulls last" if self.descending else " nulls first"
        return self.sql + Fragment(words)


def keys(
    entity: EntityType, place: Place, *, sort: Sequence[SortKey], fixed: Sequence[str] = ()
) -> list[Key]:
    """The sort keys asked for, then as many of the primary key as make the order total.

    `fixed` names key columns that are the same for all rows.
    """
    found: list[Key] = []
    for item in sort:
        sql = compiler.value(item.expression, place).start
        about = "" if isinstance(item.expression, Column) else repr(item.expression)
        found.append(Key(sql, item.descending, item.nullable, _CASTS[item.expression.kind], about))
    present = {key.sql.text for key in found}
    descending = found[-1].descending if found else False
    for column in entity.key:
        text = f"{place.alias}.{column}"
        if column not in fixed and text not in present:
            found.append(Key(Fragment(text), descending, False, _KEY_CASTS.get(column, "bigint")))
    return found


def order_by(found: Sequence[Key]) -> Fragment:
    """The ORDER BY clause."""
    return Fragment(" order by ") + fragments.join((key.order() for key in found), separator=", ")


def after(found: Sequence[Key], values: Sequence[str | None]) -> Fragment:
    """The condition for rows behind those values; in a form that an index can serve where there is one."""
    uniform = len({key.descending for key in found}) == 1 and not any(key.nullable for key in found)
    if uniform:
        left = fragments.join((key.sql for key in found), separator=", ")
        right = fragments.join(
            (_bound(key, value) for key, value in zip(found, values, strict=True)), separator=", "
        )
        sign = "<" if found[0].descending else ">"
        return Fragment("(") + left + Fragment(f") {sign} (") + right + Fragment(")")
    condition = Fragment("false")
    for key, value in reversed(list(zip(found, values, strict=True))):
        condition = _behind(key, value, condition)
    return condition


def _behind(key: Key, value: str | None, rest: Fragment) -> Fragment:
    tied = Fragment("(") + key.sql
    if value is None:
        tied += Fragment(" is null and ") + rest + Fragment(")")
        return (
            tied
            if key.descending
            else Fragment("(") + key.sql + Fragment(" is not null or ") + tied + Fragment(")")
        )
    bound = _bound(key, value)
    sign = "<" if key.descending else ">"
    tied += Fragment(" = ") + bound + Fragment(" and ") + rest + Fragment(")")
    found = Fragment("(") + key.sql + Fragment(f" {sign} ") + bound + Fragment(" or ") + tied
    if key.nullable and key.descending:
        found += Fragment(" or ") + key.sql + Fragment(" is null")
    return found + Fragment(")")


def _bound(key: Key, value: str | None) -> Fragment:
    return Fragment(f"%s::{key.cast}", (value,))


def token_writer(found: Sequence[Key]) -> Callable[[Sequence[str | None]], str]:
    """A function that makes an opaque text for the place a page ended at."""
    mark = _mark(found)

    def write(values: Sequence[str | None]) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode([mark, *values])).decode().rstrip("=")

    return write


def write_token(found: Sequence[Key], values: Sequence[str | None]) -> str:
    """An opaque text for the place one page ended at."""
    return token_writer(found)(values)


def read_token(found: Sequence[Key], token: str) -> list[str | None]:
    """The values of a token. Raises ForeignToken when it was made for another order."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        mark, *values = msgspec.json.decode(raw, type=list[int | str | None])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise ForeignToken("it cannot be read", where="$skiptoken") from error
    texts = [value for value in values if value is None or isinstance(value, str)]
    absent = any(value is None and not key.nullable for key, value in zip(found, texts, strict=False))
    fits = mark == _mark(found) and len(texts) == len(values) == len(found)
    if not fits or absent or any("\x00" in text for text in texts if text):
        raise ForeignToken("it was made for another query", where="$skiptoken")
    return texts


def _mark(found: Sequence[Key]) -> int:
    """A number that differs between orders; aliases are counted the same way in every request."""
    text = "|".join(f"{key.about or key.sql.text}{key.descending}" for key in found)
    return zlib.crc32(text.encode())
