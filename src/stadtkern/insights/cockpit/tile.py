# SPDX-License-Identifier: EUPL-1.2
"""What every tile of the cockpit has to say, whatever it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.urls import reverse
from django.utils.safestring import SafeString

from stadtkern.core import times
from stadtkern.insights.streams import Stream


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """How a figure moves by itself: the values it is made of, and how they are put together.

    `sum`: the newest values together. `mean`: their mean. `add`: what comes is added to `total`.
    """

    values: Mapping[str, tuple[str, float | None]]
    mode: str = "sum"
    total: float = 0.0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a ranking."""

    name: str
    url: str
    value: str
    bar: SafeString


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A line: the newest value or what today counted, what is usual, the span or sum of 24 hours.

    `unit` stands behind the value and is never broken.
    """

    name: str
    url: str
    value: str
    unit: str = ""
    usual: str
    day: str
    at: datetime | None
    late_after: timedelta


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The places of a tile. `counts`: values are counts; `more`: how many places are not among them."""

    places: Sequence[Place]
    more: int
    counts: bool

    @property
    def usual(self) -> bool:
        """Whether something usual is known of any of them."""
        return any(place.usual for place in self.places)

    @property
    def day(self) -> bool:
        """Whether the last 24 hours of any of them are known."""
        return any(place.day for place in self.places)


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A tile ready to be shown. `url`: where there is more; `plain`: its words need no data behind them.

    `resting`: what it means that none of its series reports, such as closed.
    `reread`: where a tile that stands on no board is read again.
    """

    key: str
    title: str
    board: str = "stadt-jetzt"
    figure: str = ""
    unit: str = ""
    behind: str = ""
    digits: int = 0
    says: SafeString | str = ""
    badge: str = ""
    badge_kind: str = "warning"
    picture: SafeString | str = ""
    below: tuple[str, str] | tuple[()] = ()
    rows: Sequence[Row] = ()
    body: str = ""
    curve_keys: Sequence[str] = ()
    live: Live | None = None
    at: datetime | None = None
    late_after: timedelta | None = None
    datasets: Sequence[Mapping[str, Any]] = ()
    url: str = ""
    link: str = ""
    note: str = ""
    resting: str = ""
    streams: Sequence[int] = ()
    wide: bool = False
    columns: int = 3
    large: bool = False
    plain: bool = False
    expert: bool = False
    details: Details | None = None
    reread: str = ""


def remembered(streams: Sequence[Stream]) -> dict[str, tuple[str, float | None]]:
    """The newest value of each stream, for the page to go on from."""
    return {
        str(s.id): (
            times.format_instant(s.last_time) if s.last_time else "",
            float(s.result) if isinstance(s.result, int | float) and not isinstance(s.result, bool) else None,
        )
        for s in streams
    }


def newest(streams: Sequence[Stream]) -> datetime | None:
    """When the newest value of any of the streams came."""
    return max((s.at for s in streams if s.at), default=None)


def late_after(streams: Sequence[Stream]) -> timedelta | None:
    """After how long the tile stops looking live."""
    return max((s.late_after for s in streams), default=None)


def abouts(streams: Sequence[Stream]) -> list[Mapping[str, Any]]:
    """What the owners of the data say, once per dataset."""
    return list({s.dataset.id: s.dataset.about for s in streams}.values())


def numeric(stream: Stream) -> float | None:
    """The newest value as a number."""
    result = stream.result
    return float(result) if isinstance(result, int | float) else None


def address(streams: Sequence[Stream]) -> str:
    """Where there is more about a tile: the page of its series, of its thing, or of its kind of things."""
    if len(streams) == 1:
        return reverse("datastream", args=[streams[0].id])
    if len({s.site.id for s in streams}) == 1:
        return reverse("thing", args=[streams[0].site.id])
    kinds = {s.what.key for s in streams}
    return f"{reverse('things')}?art={kinds.pop()}" if len(kinds) == 1 else ""
