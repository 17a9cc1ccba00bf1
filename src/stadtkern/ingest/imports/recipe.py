# SPDX-License-Identifier: EUPL-1.2
"""Reads a mapping from TOML and checks it before a row of data is read."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from stadtkern.ingest.imports import times
from stadtkern.ingest.imports.mapping import InvalidMapping, Json, Mapping

_INHERITED = ("clean", "status", "thing", "sensor", "property", "datastream")


def load(*, path: Path) -> Mapping:
    """Read a mapping file; raises InvalidMapping that says where."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMapping(f"{path.name} cannot be read: {error}", where=path.name) from error
    return parse(text=text, name=path.name)


def parse(*, text: str, name: str = "mapping") -> Mapping:
    """Read a mapping from TOML text; raises InvalidMapping that says where."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidMapping(f"{name} is not TOML: {error}", where=name) from error
    inherited = {key: raw.pop(key) for key in _INHERITED if key in raw}
    if isinstance(raw.get("series"), list):
        raw["series"] = [_merge(inherited, entry) for entry in raw["series"]]
    try:
        mapping = msgspec.convert(raw, Mapping)
    except msgspec.ValidationError as error:
        detail, _, place = str(error).partition(" - at ")
        raise InvalidMapping(f"{name}: {detail}", where=place.strip("`$.") or name) from error
    for problem in _check(mapping):
        raise InvalidMapping(f"{name}: {problem}", where=name)
    return mapping


def _merge(below: dict[str, Json], above: Json) -> Json:
    if not isinstance(above, dict):
        return above
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def digest(mapping: Mapping) -> str:
    """Fingerprint of what the mapping says, whatever its layout."""
    return hashlib.sha256(msgspec.json.encode(mapping, order="deterministic")).hexdigest()


def _check(mapping: Mapping) -> Iterator[str]:
    if not mapping.series:
        yield "there is no [[series]]; without one nothing would be read"
    patterns = [s.column for s in mapping.series] + [p.match for p in mapping.period]
    for pattern in [*patterns, mapping.capture.pattern if mapping.capture else ""]:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"{pattern!r} is not a regular expression: {error}"
    try:
        ZoneInfo(mapping.time.zone)
    except (KeyError, ValueError, OSError):
        yield f"{mapping.time.zone!r} is not a time zone; write for example Europe/Berlin"
    for name in [x.file for x in mapping.lookup.values()] + [c.file for c in mapping.companion]:
        if Path(name).name != name:
            yield f"{name!r} must be the name of a file beside the data, without folders"
    for text in [
        mapping.time.interval,
        *(s.interval for s in mapping.series),
        *(p.interval for p in mapping.period),
    ]:
        if times.parse_interval(text) is None:
            yield f"{text!r} is not an interval; write PT15M, PT1H, PT24H or P1D"
    for period in mapping.period:
        if any(edge is not None and edge.tzinfo is None for edge in (period.start, period.end)):
            yield "start and end of a [[period]] need an offset, e.g. 2018-01-01T00:00:00Z"
    for series in mapping.series:
        if not series.ignore and None in (series.thing, series.sensor, series.property, series.datastream):
            yield f"the series {series.column!r} needs thing, sensor, property, datastream (or ignore)"
