# SPDX-License-Identifier: EUPL-1.2
"""Takes the cells of an Excel sheet out in a process of its own, bounded in memory and time.

`python -m stadtkern.catalogue.inventory.cells` takes a workbook, gives JSON. The library makes room for every
cell up to the last one, wherever in the file that stands: what is too much ends this process and no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import sys
import zipfile
from datetime import date, datetime
from typing import Any

import msgspec

from stadtkern.core import problems

LARGEST = 5 * 1024 * 1024
MOST_LINES = 5_000
MOST_COLUMNS = 60
_UNPACKED = 60 * 1024 * 1024
_SECONDS = 20
_MEMORY = 1_000_000_000
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,4})(\d{1,9})["']""")
_atatime = asyncio.Semaphore(2)

Rows = list[list[str | float | None]]


class SheetIsUnreadable(problems.Problem):
    """This file cannot be read as an Excel workbook.

    Save it as `.xlsx` without a password, with at most 5,000 lines and 5 MB, and send it again.
    """

    status = 422


async def read(data: bytes) -> Rows:
    """The cells of a workbook's first sheet, days as `2026-12-31`. Raises SheetIsUnreadable."""
    if len(data) > LARGEST or not data.startswith(b"PK"):
        raise SheetIsUnreadable()
    async with _atatime:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "stadtkern.catalogue.inventory.cells",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(2 * _SECONDS):
                written, _ = await child.communicate(data)
        except TimeoutError as error:
            raise SheetIsUnreadable() from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    if child.returncode != 0:
        raise SheetIsUnreadable()
    return msgspec.json.decode(written, type=Rows)


def take_out(data: bytes) -> Rows:
    """The same in this process; only for a bounded one. Raises SheetIsUnreadable, or ends the process."""
    import python_calamine

    _examine(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=MOST_LINES + 11)
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise SheetIsUnreadable() from error
    return [[_plain(cell) for cell in row[:MOST_COLUMNS]] for row in rows]


def _plain(cell: Any) -> str | float | None:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell)


def _examine(data: bytes) -> None:
    """Refuse what is no `.xlsx`, unpacks to too much, or has a cell far out in whichever part."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = {part.filename for part in packed.infolist()}
            if not {"[Content_Types].xml", "xl/workbook.xml"} <= names or {"mimetype", "content.xml"} & names:
                raise SheetIsUnreadable()
            room = _UNPACKED
            for part in packed.infolist():
                with packed.open(part) as opened:
                    content = opened.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise SheetIsUnreadable()
                _look_at_places(content)
    except SheetIsUnreadable:
        raise
    except Exception as error:
        raise SheetIsUnreadable() from error


def _look_at_places(content: bytes) -> None:
    for letters, digits in _PLACE.findall(content):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        if column > MOST_COLUMNS or (letters and int(digits) > MOST_LINES + 10):
            raise SheetIsUnreadable()


def _confine() -> None:
    with contextlib.suppress(ImportError):  # only Unix bounds a process so
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Read from standard input, write to standard output; 1 for what is no workbook."""
    _confine()
    try:
        rows = take_out(sys.stdin.buffer.read(LARGEST + 1))
    except (SheetIsUnreadable, MemoryError):
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
