# SPDX-License-Identifier: EUPL-1.2
"""What became of a file: values taken, corrected and refused, with line numbers and reasons."""

from __future__ import annotations

from typing import Literal

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

NOTES_KEPT = 1_000
_NOTES_PER_CODE = 200

CORRECTIONS = {
    "code": "text read as a number, as the mapping says",
    "dst_fold_kept": "both passes of the doubled autumn hour kept apart",
    "dst_fold": "one row for the doubled autumn hour; flagged",
    "duplicate": "the same time again; the later row counts",
    "extra_cells": "empty cells beyond the last column",
    "counter_reset": "counter began again; flagged",
    "flagged": "marked as doubtful by status, list or mapping",
}


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something about one line, worth telling."""

    line: int
    kind: Literal["refused", "corrected"]
    code: str
    reason: str
    column: str = ""
    cell: str = ""
    """What stands in the file, for those who explain it in other words."""


class Stream(msgspec.Struct, kw_only=True):
    """What one series brought."""

    name: str
    datastream_id: int | None = None
    values: int = 0
    missing: int = 0
    refused: int = 0


class Report(msgspec.Struct, kw_only=True):
    """The whole story of an import. Counts are of values (cells), except `rows`."""

    file: str
    mapping: str = ""
    state: Literal["running", "done", "unchanged", "failed"] = "running"
    encoding: str = ""
    delimiter: str = ""
    rows: int = 0
    taken: int = 0
    stored: int = 0
    """Of those taken: new or different from what was stored before."""
    missing: int = 0
    corrected: dict[str, int] = {}
    refused: dict[str, int] = {}
    streams: list[Stream] = []
    ignored: dict[str, str] = {}
    """Columns that were not read, and why."""
    absent: list[str] = []
    """Companion files of the mapping that were not found."""
    notes: list[Note] = []
    notes_dropped: int = 0
    resumed_at: int = 0
    """Row at which an interrupted import went on."""
    seconds: float = 0.0

    def refuse(
        self, *, line: int, code: str, reason: str, column: str = "", cell: str = "", count: int = 1
    ) -> None:
        """Count something refused and keep the reason."""
        self.refused[code] = self.refused.get(code, 0) + count
        self._keep(Note(line=line, kind="refused", code=code, reason=reason, column=column, cell=cell[:80]))

    def correct(
        self, *, code: str, line: int = 0, reason: str = "", column: str = "", count: int = 1
    ) -> None:
        """Count something corrected; kept as a note where a line is given."""
        self.corrected[code] = self.corrected.get(code, 0) + count
        if line:
            note = reason or CORRECTIONS.get(code, code)
            self._keep(Note(line=line, kind="corrected", code=code, reason=note, column=column))

    def _keep(self, note: Note) -> None:
        alike = self.refused[note.code] if note.kind == "refused" else self.corrected[note.code]
        if len(self.notes) >= NOTES_KEPT or alike > _NOTES_PER_CODE:
            self.notes_dropped += 1
            return
        self.notes.append(note)


def to_json(report: Report) -> bytes:
    """The report for machines."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def from_json(text: bytes | str) -> Report:
    """Read a report back."""
    return msgspec.json.decode(text, type=Report)


def render(report: Report, *, notes: int = 20) -> RenderableType:
    """The report for people at a terminal."""
    counts = Table.grid(padding=(0, 2))
    counts.add_column(justify="right")
    rate = f" in {report.seconds:.1f} s" if report.seconds else ""
    counts.add_row(f"{report.rows:,}", f"rows read{rate}")
    counts.add_row(f"{report.taken:,}", f"values taken ({report.stored:,} new or changed)")
    counts.add_row(f"{report.missing:,}", "cells without a reading")
    for code, count in sorted(report.corrected.items()):
        counts.add_row(f"{count:,}", f"corrected: {CORRECTIONS.get(code, code)}")
    for code, count in sorted(report.refused.items()):
        counts.add_row(f"{count:,}", Text(f"refused: {code}", style="red"))
    parts: list[RenderableType] = [Text(_headline(report), style="bold"), counts]
    parts += [Text(f"not read: column {name!r} – {why}") for name, why in report.ignored.items()]
    parts += [Text(f"companion file not found: {name}") for name in report.absent]
    parts += [
        Text(f"line {note.line}{f', {note.column}' if note.column else ''}: {note.kind}, {note.reason}")
        for note in report.notes[:notes]
    ]
    rest = (
        len(report.notes) - notes + report.notes_dropped
        if len(report.notes) > notes
        else report.notes_dropped
    )
    if rest > 0:
        parts.append(Text(f"… and {rest:,} more; --report FILE.json has up to {NOTES_KEPT:,} of them"))
    return Group(*parts)


def _headline(report: Report) -> str:
    if report.state == "unchanged":
        return f"{report.file}: already imported with this mapping; nothing changed"
    resumed = f", resumed at row {report.resumed_at:,}" if report.resumed_at else ""
    return f"{report.file}: {report.state}{resumed}"
