# SPDX-License-Identifier: EUPL-1.2
"""The first look at a table: layout, header row, columns, coordinates, and a few rows to show."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from stadtkern.ingest.imports import mapping, reader, tables
from stadtkern.ingest.imports.cells import Cells
from stadtkern.ingest.imports.formats import kinds, unfold
from stadtkern.ingest.imports.survey import columns, pattern, places
from stadtkern.ingest.imports.survey.columns import Profile

_ROWS = 20_000
_CELLS = 1_000_000
_LEAST = 1_000
_SHOWN = 12
_BLOCKS = 50
_HEADER_WITHIN = 30
_VALUE = re.compile(r"[\d.,:+\-/ TZ%]*\d[\d.,:+\-/ TZ%]*")


class Survey(msgspec.Struct, kw_only=True):
    """What a file seems to hold."""

    file: mapping.File
    labels: list[str]
    profiles: list[Profile]
    place: places.Found | None = None
    pattern: pattern.Pattern | None = None
    """How it would be read as time series."""
    shown: list[list[str]] = []
    rows_seen: int = 0
    complete: bool = False
    """Whether the whole file was looked at."""


def survey(*, path: Path, file: mapping.File | None = None, srid: int | None = None) -> Survey:
    """Look at the first rows. `file` fixes what is known of the layout; None has the header row guessed too.

    Raises UnusableFile, RefusedFile.
    """
    fixed = file or mapping.File(skip=_skip(path))
    with reader.Table(path=path, file=fixed) as table:
        if len(table.header) > unfold.MOST_COLUMNS:
            most, n = unfold.MOST_COLUMNS, len(table.header)
            raise kinds.RefusedFile("columns", f"{n} columns", n=n, most=most)
        at_once = max(_LEAST, min(_ROWS, _CELLS // max(1, len(table.header))))
        blocks = table.blocks(rows=at_once)
        block = next(blocks, None)
        labels, layout = tables.labels(table.header), table.layout
        rows = _even(block.rows if block else [], len(labels))
        if not rows:
            raise kinds.RefusedFile("no_rows", "there is a header but no row")
        cells = [[row[i] for row in rows] for i in range(len(labels))]
        deeper = _further(cells, islice(blocks, _BLOCKS * _ROWS // at_once))
    sign = columns.sign_of(cells) if file is None else file.decimal
    profiles = [
        columns.profile(label=name, cells=deeper.get(place, column), sign=sign)
        for place, (name, column) in enumerate(zip(labels, cells, strict=True))
    ]
    columns.share_words(profiles)
    known = msgspec.structs.replace(fixed, encoding=layout.encoding, delimiter=layout.delimiter, decimal=sign)
    return Survey(
        file=known,
        labels=labels,
        profiles=profiles,
        place=places.find(profiles=profiles, srid=srid, values=_numbers(profiles, cells, known)),
        pattern=pattern.find(profiles=profiles, cells=cells),
        shown=[[cell[:120] for cell in row] for row in rows[:_SHOWN]],
        rows_seen=len(rows),
        complete=len(rows) < at_once,
    )


def _further(cells: Sequence[Sequence[str]], blocks: Iterator[reader.Block]) -> dict[int, list[str]]:
    """Cells from further down of columns that begin with nothing, as of a station that came later."""
    silent = {place for place, column in enumerate(cells) if _says_nothing(column)}
    found: dict[int, list[str]] = {}
    for block in blocks:
        if not silent:
            break
        rows = _even(block.rows, len(cells))
        for place in sorted(silent):
            column = [row[place] for row in rows]
            if not _says_nothing(column):
                found[place] = column
                silent.discard(place)
    return found


def _says_nothing(column: Sequence[str]) -> bool:
    return all(not text or text.lower() in columns.NONE for text in map(str.strip, set(column)))


def _even(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Rows of the header's width; what is short or long is not looked at."""
    return [list(row[:width]) for row in rows if len(row) >= width and any(cell.strip() for cell in row)]


def _numbers(
    profiles: Sequence[Profile], cells: Sequence[Sequence[str]], file: mapping.File
) -> list[places.Numbers | None]:
    found: list[places.Numbers | None] = []
    for profile, column in zip(profiles, cells, strict=True):
        if profile.type not in ("number", "integer"):
            found.append(None)
            continue
        found.append(Cells(clean=mapping.Clean(), file=written(profile, file)).numbers(column))
    return found


def written(profile: Profile, file: mapping.File) -> mapping.File:
    """How the numbers of a column are written."""
    return msgspec.structs.replace(
        file, decimal=profile.decimal or file.decimal, thousands=profile.thousands or ""
    )


def _skip(path: Path) -> int:
    """How many lines stand before the header: titles, remarks, blank lines."""
    with reader.Table(path=path, file=mapping.File()) as table:
        layout = table.layout
    with path.open(encoding=layout.encoding, errors="replace", newline="") as file:
        lines = [line for _ in range(_HEADER_WITHIN) if (line := file.readline())]
    rows = list(csv.reader(lines, delimiter=layout.delimiter)) if "".join(lines).count('"') % 2 == 0 else []
    if len(rows) != len(lines):
        return 0  # cells of several lines: the first line is taken as header
    width = max(map(_filled, rows), default=0)
    for number, row in enumerate(rows):
        telling = [cell.strip() for cell in row if cell.strip()]
        if len(telling) >= max(1, 0.8 * width) and not any(map(_VALUE.fullmatch, telling)):
            return number
    return 0


def _filled(line: Sequence[str]) -> int:
    return sum(1 for cell in line if cell.strip())


def columns_of(found: Survey) -> list[tables.Column]:
    """The columns of a table as the survey suggests them."""
    names = tables.names(found.labels)
    left_out = {found.place.place.geometry} if found.place else set()
    return [
        tables.Column(
            source=profile.label,
            name=name,
            title=columns.title_of(profile.label),
            type=profile.type,
            unit=profile.unit,
            clean=clean_of(profile),
            decimal=profile.decimal,
            thousands=profile.thousands or "",
            format=profile.format,
        )
        for profile, name in zip(found.profiles, names, strict=True)
        if profile.label not in left_out
    ]


def clean_of(profile: Profile) -> mapping.Clean:
    """The cleaning of a column as its cells suggest it."""
    kinds_: dict[str, str] = {"integer": "integer", "number": "number", "boolean": "boolean"}
    type_ = kinds_.get(profile.type, "text")
    return msgspec.convert({"type": type_, "missing": profile.missing, "codes": profile.codes}, mapping.Clean)
