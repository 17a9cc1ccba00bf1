# SPDX-License-Identifier: EUPL-1.2
"""Reads spreadsheets: Excel and OpenDocument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stadtkern.ingest.imports.formats import kinds

MOST_BYTES = 150 * 2**20
"""A spreadsheet is read whole; larger ones belong into CSV or Parquet."""


def parts(*, path: Path) -> list[str]:
    """Names of the sheets, in their order; empty ones too."""
    return list(_open(path).sheet_names)


def rows(*, path: Path, part: str) -> Iterator[Sequence[Any]]:
    """The rows of a sheet from its first line on, typed as the spreadsheet has them."""
    book = _open(path)
    if part not in book.sheet_names:
        raise kinds.RefusedFile("part", f"there is no sheet {part!r}", part=part)
    yield from book.get_sheet_by_name(part).to_python(skip_empty_area=False)


def _open(path: Path) -> Any:
    import python_calamine

    if path.stat().st_size > MOST_BYTES:
        raise kinds.RefusedFile("large_sheet", "the spreadsheet is larger than 150 MiB", most=MOST_BYTES)
    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, OSError) as error:
        raise kinds.RefusedFile("broken", f"the spreadsheet cannot be opened: {error}") from error
