# SPDX-License-Identifier: EUPL-1.2
"""How far the sheets of an OpenDocument reach, found out before anybody makes room for them."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

MOST_CELLS = 20_000_000
_SPARSE = 2_000_000
_SHARE = 50
_ROWS, _COLUMNS = "table:number-rows-repeated", "table:number-columns-repeated"


class TooFar(Exception):
    """A cell stands so far out that the sheet would not fit into memory."""


class NotXml(Exception):
    """The document cannot be read, or brings a DOCTYPE of its own."""


class Reach:
    """Hears the document go by in blocks; repeated rows and cells count as often as they say.

    Empty ones at the end of a row or of a sheet, which office programs write, are not counted.
    """

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._next()

    def feed(self, block: bytes, *, last: bool = False) -> None:
        """Some more of the document. Raises TooFar, NotXml."""
        try:
            self._parser.Parse(block, last)
        except expat.ExpatError as error:
            raise NotXml(str(error)) from error

    def _next(self) -> None:
        """Another sheet begins."""
        self._row = self._height = self._width = self._filled = 0
        self._times = 1
        self._column = self._right = self._in_row = 0

    def _begin(self, name: str, given: Mapping[str, str]) -> None:
        if name == "table:table":
            self._next()
        elif name == "table:table-row":
            self._times = _number(given.get(_ROWS))
            self._column = self._right = self._in_row = 0
        elif name in ("table:table-cell", "table:covered-table-cell"):
            times = _number(given.get(_COLUMNS))
            self._column += times
            if any(key.startswith("office:") for key in given):
                self._fill(times)
            self._last = times
        elif name == "text:p" and self._column > self._right:
            self._fill(self._last)

    def _fill(self, times: int) -> None:
        self._right = self._column
        self._in_row += times

    def _end(self, name: str) -> None:
        if name != "table:table-row":
            return
        self._row += self._times
        if not self._right:
            return
        self._height, self._width = self._row, max(self._width, self._right)
        self._filled += self._in_row * self._times
        cells = self._height * self._width
        if cells > MOST_CELLS or (cells > _SPARSE and cells > _SHARE * self._filled):
            raise TooFar(f"a cell stands in column {self._width}, row {self._height}")

    def _doctype(self, *_: object) -> None:
        raise NotXml("it declares a document type of its own")


def _number(text: str | None) -> int:
    """How often something is repeated; what is no number counts as once, as readers take it."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 1
