# SPDX-License-Identifier: EUPL-1.2
"""Observations to take away: CSV while it is read, and the line that fetches the same from the API."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from stadtkern.core import statements, times
from stadtkern.insights.streams import Stream
from stadtkern.ui import visit as visits
from stadtkern.ui.spans import Span

_CHUNK = 2_000
_SPELLED: dict[int, str] = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}
_HEAD = ("phenomenonTime", "phenomenonTimeEnd", "result", "unit", "resultQuality")


async def lines(*, stream: Stream, span: Span) -> AsyncIterator[bytes]:
    """The file in pieces; comma-separated, decimal point, times in UTC (RFC 4180, ISO 8601)."""
    yield _lines([_HEAD])
    values = {"id": stream.id, "start": span.start, "until": span.end}
    async with visits.DOOR.pool.connection() as connection, connection.cursor(name="download") as cursor:
        await cursor.execute(statements.load("insights")["observations_to_carry_away"], values)
        while rows := await cursor.fetchmany(_CHUNK):
            yield _lines([_row(row, str(stream.unit.get("symbol") or "")) for row in rows])


def _row(row: tuple[Any, ...], symbol: str) -> tuple[str, ...]:
    start, end, result, document, quality = row
    shown = result if document is None else document
    if isinstance(shown, float) and shown.is_integer() and abs(shown) < 1e15:
        shown = int(shown)
    return (
        times.format_instant(start),
        times.format_instant(end) if end else "",
        shown if isinstance(shown, str) else msgspec.json.encode(shown).decode(),
        symbol,
        "" if quality is None else msgspec.json.encode(quality).decode(),
    )


def _lines(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def file_name(stream: Stream, *, span: Span) -> str:
    """A name that says what and when, in letters every system takes."""
    plain = stream.name.lower().translate(_SPELLED)
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    return f"{words or 'messreihe'}_{span.start:%Y-%m-%d}_{span.end:%Y-%m-%d}.csv"


def command(address: str, *, span: Span) -> str:
    """A `curl` for the observations of the span, as JSON from the SensorThings API."""
    start, end = (
        times.format_instant(span.start.replace(microsecond=0)),
        times.format_instant(span.end.replace(microsecond=0)),
    )
    query = f"$filter=phenomenonTime ge {start} and phenomenonTime lt {end}"
    parts = [
        f"curl --get '{address}/Observations'",
        f"--data-urlencode '{query}'",
        "--data-urlencode '$orderby=phenomenonTime'",
    ]
    return " \\\n  ".join(parts)
