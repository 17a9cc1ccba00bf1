# SPDX-License-Identifier: EUPL-1.2
"""Makes files, mappings and what an import would store of them, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from stadtkern.ingest.imports import mapping, recipe, report, run, stream
from stadtkern.things.store import batch

FIXTURES = Path(__file__).parent / "fixtures"
MAPPINGS = Path(__file__).parents[2] / "src/stadtkern/city/demo/mappings"

LONG = """
dataset = "probe"
room = "public"
[time]
column = "time"
{time}
[clean]
{clean}
[thing]
key = "{{0}}"
name = "{{0}}"
[sensor]
key = "sensor"
name = "Sensor"
[property]
key = "property"
name = "Property"
[datastream]
key = "{{0}}"
name = "{{0}}"
[[series]]
column = "value.*"
{series}
"""

Value = tuple[str, str | None, Any, Any]


def simple(*, time: str = "", clean: str = "", series: str = "", top: str = "") -> mapping.Mapping:
    """A mapping for files with the columns `time` and `value…`."""
    return recipe.parse(text=top + LONG.format(time=time, clean=clean, series=series))


def demo(name: str) -> mapping.Mapping:
    """A mapping that comes with the demo."""
    return recipe.load(path=MAPPINGS / f"{name}.toml")


def written(folder: Path, *, content: str | bytes, name: str = "file.csv") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def taken(path: Path, recipe_: mapping.Mapping) -> tuple[report.Report, dict[str, list[Value]]]:
    """The report, and per series (start, end, result, quality) in the order of the file."""
    story = report.Report(file=path.name)
    source = stream.Source(
        path=path, recipe=recipe_, folders=[path.parent], report=story, accepted=run.ACCEPTED
    )
    values: dict[str, list[Value]] = {}
    for part in source.parts():
        for lanes, rows in part.pieces:
            for place in range(len(rows)):
                name = lanes[rows.datastream_id[place]].stream.name
                values.setdefault(name, []).append(_value(rows, place))
    return story, values


def _value(rows: batch.Batch, place: int) -> Value:
    document = rows.result_json[place] if rows.result_json is not None else None
    quality = rows.result_quality[place] if rows.result_quality is not None else None
    end = None if rows.end is None else _text(rows.end[place])
    result = float(rows.result[place]) if document is None else msgspec.json.decode(document)
    return _text(rows.time[place]), end, result, msgspec.json.decode(quality) if quality else None


def _text(micros: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))
    return moment.strftime("%Y-%m-%dT%H:%MZ")
