# SPDX-License-Identifier: EUPL-1.2
"""Reads the small tables published beside the data: names of stations, lists of doubtful times."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from stadtkern.ingest.imports import mapping, packed, templates

Flags = dict[str, dict[str, str]]
"""Series name → time label (or its beginning) → flag."""


class Companions:
    """The companion files that were found; those that are absent are named in `absent`."""

    def __init__(self, *, recipe: mapping.Mapping, folders: Sequence[Path]):
        self.absent: list[str] = []
        self._folders = folders
        self._lookups = {name: (spec, self._table(spec)) for name, spec in recipe.lookup.items()}
        self._flags = [(spec, self._flagged(spec)) for spec in recipe.companion]

    def look_up(self, values: Mapping[str, str]) -> dict[str, str]:
        """What the lookup tables know about a series, as `table.column` → text."""
        found: dict[str, str] = {}
        for name, (spec, table) in self._lookups.items():
            row = table.get(templates.fill(spec.by, values=values).strip())
            found.update({f"{name}.{column}": cell for column, cell in (row or {}).items()})
        return found

    def flags(self, series: str) -> list[dict[str, str]]:
        """Tables label → flag for a series; each table's labels have one length."""
        tables = [
            table[series] for spec, table in self._flags if series in table and series not in spec.ignore
        ]
        return [same for table in tables for same in _by_length(table)]

    def _table(self, spec: mapping.Lookup) -> dict[str, dict[str, str]]:
        table: dict[str, dict[str, str]] = {}
        rows = self._rows(spec.file, spec.delimiter)
        for column in reversed(spec.key):
            table.update({row[column].strip(): row for row in rows if row.get(column)})
        return table

    def _flagged(self, spec: mapping.Companion) -> Flags:
        flags: Flags = defaultdict(dict)
        for row in self._rows(spec.file, ","):
            if spec.series in row and spec.label in row:
                flags[row[spec.series]][row[spec.label]] = spec.flag
        return flags

    def _rows(self, name: str, delimiter: str) -> list[dict[str, str]]:
        for folder in self._folders:
            for path in (folder / name, folder / f"{name}.xz"):
                if path.is_file():
                    return _read(path, delimiter)
        self.absent.append(name)
        return []


def _read(path: Path, delimiter: str) -> list[dict[str, str]]:
    stream, _ = packed.open_bytes(path=path)
    with stream:
        lines = stream.read().decode("utf-8-sig").splitlines()
    rows = csv.reader(lines, delimiter=delimiter)
    header = next(rows, [])
    return [dict(zip(header, row, strict=False)) for row in rows]


def _by_length(table: dict[str, str]) -> list[dict[str, str]]:
    groups: dict[int, dict[str, str]] = defaultdict(dict)
    for label, flag in table.items():
        groups[len(label)][label] = flag
    return list(groups.values())
