# SPDX-License-Identifier: EUPL-1.2
"""Rows of a table in which no cell is quoted, split all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

Row = list[str]

_LONGEST = 100_000
# While a text is split, nothing else runs; the connection to the database must be fed meanwhile.
_BREATH = 5_000


class Flat(Sequence[Row]):
    """Rows of one width, kept as their cells one after the other: a column is a slice."""

    def __init__(self, cells: list[str], width: int):
        self._cells = cells
        self.width = width

    def __len__(self) -> int:
        return len(self._cells) // self.width

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """A row, or some of them."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        begin = index % len(self) * self.width
        return self._cells[begin : begin + self.width]

    def column(self, number: int) -> list[str]:
        """All cells of a column."""
        return self._cells[number :: self.width]


def read(lines: Sequence[str], *, delimiter: str, width: int) -> Flat | None:
    """The rows of whole lines; None where a cell is quoted, a row has another width or a line is odd."""
    cells: list[str] = []
    for begin in range(0, len(lines), _BREATH):
        some = lines[begin : begin + _BREATH]
        if max(map(len, some)) > _LONGEST:
            return None
        text = "".join(some).removesuffix("\n")
        if "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        if '"' in text or "\r" in text or not _even(text, len(some), delimiter, width):
            return None
        cells += text.replace("\n", delimiter).split(delimiter)
    return Flat(cells, width) if cells else None


def _even(text: str, size: int, delimiter: str, width: int) -> bool:
    """Whether so many lines have so many cells each."""
    signs = np.frombuffer(f"{text}\n".encode(errors="surrogatepass"), np.uint8)
    between = signs == ord(delimiter)
    ends = signs[between | (signs == ord("\n"))] == ord("\n")
    if len(ends) != size * width or (width == 1 and (not text or "\n\n" in f"\n{text}\n")):
        return False
    table = ends.reshape(size, width)
    return bool(table[:, -1].all() and not table[:, :-1].any())
