# SPDX-License-Identifier: EUPL-1.2
"""Reads of what can be followed and of what a browser follows; always as everybody may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.catalogue import queries as catalogue
from stadtkern.core import access, statements
from stadtkern.core.fragments import Fragment
from stadtkern.identity.push.operations import Kind
from stadtkern.insights import streams
from stadtkern.ui import formats
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1
# In the address → what is meant.
NAMES: Mapping[str, Kind] = {"datensatz": "dataset", "messort": "thing", "messreihe": "stream"}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be followed, by number, and by the name it has in addresses.

    `value`, `symbol`: the newest of a series; `silent`: of a thing.
    """

    kind: Kind
    id: int
    name: str
    title: str
    url: str
    value: float | None = None
    symbol: str = ""
    silent: bool = False

    def passes(self, *, bound: float, above: bool) -> bool:
        """Whether the newest value is beyond a bound already."""
        return self.value is not None and (self.value > bound if above else self.value < bound)


class Follow(msgspec.Struct, frozen=True):
    """One thing that a browser follows, in words."""

    id: int
    title: str
    says: str
    url: str


async def as_everybody(visit: Visit) -> Visit:
    """The same visit with the eyes of somebody who is not signed in."""
    scope = await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)
    return msgspec.structs.replace(visit, scope=scope)


async def target(visit: Visit, *, kind: Kind, name: str) -> Target | None:
    """What is meant by a kind with a number or key; None where there is none for everybody."""
    seen = await as_everybody(visit)
    if kind == "dataset":
        return await _dataset(seen, key=name) if name else None
    if not (name.isascii() and name.isdecimal() and len(name) < 20 and int(name) <= _LARGEST_ID):
        return None
    return await (_thing if kind == "thing" else _stream)(seen, int(name))


async def _dataset(seen: Visit, *, key: str) -> Target | None:
    found = await catalogue.one(seen.connection, seen.scope, key=key)
    if found is None:
        return None
    title = formats.words(found.title) or found.key
    return Target(
        kind="dataset", id=found.id, name=found.key, title=title, url=reverse("dataset", args=[found.key])
    )


async def _thing(seen: Visit, id: int) -> Target | None:
    found = await streams.site(seen, thing_id=id)
    if found is None:
        return None
    series = await streams.of_site(seen, thing_id=id)
    moved = [(each.at, each.late_after) for each in series if each.at is not None]
    newest = max((at for at, _ in moved), default=None)
    silent = newest is not None and seen.now - newest > min(late for _, late in moved)
    return Target(
        kind="thing", id=id, name=str(id), title=found[0].name, url=reverse("thing", args=[id]), silent=silent
    )


async def _stream(seen: Visit, id: int) -> Target | None:
    found = await streams.one(seen, datastream_id=id)
    if found is None or found.multi or not _is_number(found.result):
        return None
    title = f"{found.site.name}: {found.short_name}" if found.short_name != found.site.name else found.name
    return Target(
        kind="stream",
        id=id,
        name=str(id),
        title=title,
        url=reverse("datastream", args=[id]),
        value=float(found.result),
        symbol=found.symbol,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


async def of(visit: Visit, *, browser_id: int) -> list[Follow]:
    """What a browser follows; what is not there for everybody any more is said to be gone."""
    scope = (await as_everybody(visit)).scope
    parts = statements.load("web")["follows_of"].split("/* conditions */")
    columns = ("d.dataset_id", "dt.dataset_id", "t.dataset_id", "c.id", "k.dataset_id")
    query = Fragment(parts[0])
    for column, part in zip(columns, parts[1:], strict=True):
        query += scope.on(column) + Fragment(part)
    text, params = query
    rows = await (await visit.connection.execute(text, (*params, browser_id))).fetchall()
    return [_follow(row) for row in rows]


def _follow(row: Any) -> Follow:
    number, kind, bound, above, stream_id, stream, owner, symbol, thing_id, thing, key, title = row
    if kind == "stream" and stream_id is not None and owner is not None:
        said = f"{formats.number(bound)} {symbol}".strip()
        says = (
            gettext("sobald der Wert über %(bound)s liegt")
            if above
            else gettext("sobald der Wert unter %(bound)s liegt")
        )
        address = reverse("datastream", args=[stream_id])
        short = stream.removesuffix(owner).rstrip(" ,–-") or stream
        return Follow(number, f"{owner}: {short}", says % {"bound": said}, address)
    if kind == "thing" and thing_id is not None:
        says = gettext("wenn keine Messwerte mehr kommen und wenn wieder welche da sind")
        return Follow(number, thing, says, reverse("thing", args=[thing_id]))
    if kind == "dataset" and key is not None and title is not None:
        says = gettext("wenn sich die Daten ändern, höchstens einmal am Tag")
        return Follow(number, formats.words(title) or key, says, reverse("dataset", args=[key]))
    return Follow(number, gettext("Das gibt es nicht mehr."), "", "")
