# SPDX-License-Identifier: EUPL-1.2
"""A million rows in the shapes they arrive in: CSV file with mapping, data arrays, tuples for COPY."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg

from bench.installation import DATASET

Row = tuple[int, datetime, float]

_MAPPING = """
dataset = "{dataset}"
[time]
column = "time"
format = "iso"
[thing]
key = "{key}-{{0}}"
name = "Thing {{0}}"
[sensor]
key = "{key}"
name = "Probe"
[property]
key = "{key}"
name = "Level"
[datastream]
key = "{key}-{{0}}"
name = "Level {{0}}"
[datastream.unit]
name = "metre"
symbol = "m"
[[series]]
column = "value"
by = "stream"
"""

_PLAIN = """
DROP TABLE IF EXISTS public.plain;
CREATE TABLE public.plain (
    datastream_id bigint, phenomenon_time timestamptz, slot smallint, id bigint, result float8,
    PRIMARY KEY (datastream_id, phenomenon_time, slot))
"""


def rows(*, ids: Sequence[int], n: int, year: int = 2024) -> list[Row]:
    """Minutes since a year began, one stream after the other at each minute."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    width = len(ids)
    return [(ids[k % width], start + timedelta(minutes=k // width), k % 997 / 10) for k in range(n)]


def csv(*, folder: Path, name: str, content: Sequence[Row]) -> tuple[Path, Path]:
    """The rows as a long file `stream;time;value` and its mapping."""
    file, mapping = folder / f"{name}.csv", folder / f"{name}.toml"
    with file.open("w", encoding="utf-8") as out:
        out.write("stream;time;value\n")
        out.writelines(f"{stream};{time:%Y-%m-%dT%H:%M:%SZ};{value}\n" for stream, time, value in content)
    mapping.write_text(_MAPPING.format(dataset=DATASET, key=name), encoding="utf-8")
    return file, mapping


def data_arrays(*, content: Sequence[Row], at_once: int) -> Iterator[bytes]:
    """Bodies for CreateObservations (SensorThings 1.1, clause 13.2), so many rows in each."""
    for at in range(0, len(content), at_once):
        streams: dict[int, list[tuple[str, float]]] = {}
        for stream, time, value in content[at : at + at_once]:
            streams.setdefault(stream, []).append((f"{time:%Y-%m-%dT%H:%M:%SZ}", value))
        yield msgspec.json.encode(
            [
                {
                    "Datastream": {"@iot.id": stream},
                    "components": ["phenomenonTime", "result"],
                    "dataArray": values,
                }
                for stream, values in streams.items()
            ]
        )


def copy_plain(connection: psycopg.Connection[tuple[int, ...]], *, content: Sequence[Row]) -> None:
    """The reference: binary COPY of the same rows into a fixed table with only the primary key."""
    connection.execute(_PLAIN)
    statement = "COPY public.plain FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["int8", "timestamptz", "int2", "int8", "float8"])
        for number, (stream, time, value) in enumerate(content):
            copy.write_row((stream, time, 0, number, value))
