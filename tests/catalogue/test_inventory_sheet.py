# SPDX-License-Identifier: EUPL-1.2
"""The inventory goes out to Excel and comes back line by line, all of it or nothing."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.catalogue.inventory import cells as cells_of
from stadtkern.core.database import Connection
from tests.catalogue.offices import Office, as_, cells, recorded

pytestmark = pytest.mark.anyio


def workbook(rows: Sequence[Sequence[Any]]) -> SimpleUploadedFile:
    """A workbook to send."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    written = io.BytesIO()
    book.save(written)
    return SimpleUploadedFile("inventar.xlsx", written.getvalue())


async def sent(client: AsyncClient, office: Office, file: SimpleUploadedFile) -> str:
    """The page after a spreadsheet was sent."""
    about = {"organisation": str(office.id), "file": file}
    answer = await as_(client, office.editor).post("/arbeit/inventar/einlesen", about)
    assert answer.status_code == 200
    return answer.content.decode()


async def count(connection: Connection, office: Office) -> int:
    """How many entries the office has."""
    asked = "SELECT count(*) FROM catalogue.inventory WHERE organisation_id = %s"
    row = await (await connection.execute(asked, [office.id])).fetchone()
    return row[0] if row else 0


async def test_the_template_comes_back_filled_in(
    visitor: AsyncClient, office: Office, connection: Connection
) -> None:
    """Words and dates as people write them; then the list goes out, is changed, and comes in again."""
    head = cells((await as_(visitor, office.editor).get("/arbeit/inventar/vorlage.xlsx")).content)[0]
    lines = [
        [None, None, "Bäume", "Alle", "Grünflächen", None, "GIS", "Shape", "jährlich", "Satzung", "keine",
         "ja, ganz", None, "gering", "Abfallentsorgung - Abfallkalender", "31.12.2030"],
        [None, None, "Zweite", None, None, None, None, None, None, None, "",
         "NEIN", "Geschützt", "high", "", ""],
    ]  # fmt: skip
    book = workbook([head, *lines])
    assert "Neu: 2" in await sent(visitor, office, book)
    out = cells((await visitor.get("/arbeit/inventar/liste.xlsx")).content)
    assert out[0] == head
    trees = next(row for row in out if row[2] == "Bäume")
    assert trees[14] == "Abfallentsorgung – Abfallkalender"
    assert f"{trees[15]:%d.%m.%Y}" == "31.12.2030"
    trees[6] = "Neues GIS"
    assert "geändert: 1" in await sent(visitor, office, workbook(out))
    assert "seit dem Herunterladen geändert" in await sent(visitor, office, workbook([head, trees]))
    assert await count(connection, office) == 2


async def test_what_looks_like_a_formula_stays_text(visitor: AsyncClient, office: Office) -> None:
    """In the sheet that others open."""
    await recorded(visitor, office, title="=HYPERLINK(1)", system="@SUM(1)")
    out = openpyxl.load_workbook(io.BytesIO((await visitor.get("/arbeit/inventar/liste.xlsx")).content))
    found = {cell.value: (cell.data_type, cell.quotePrefix) for cell in out.worksheets[0][2]}
    assert found["=HYPERLINK(1)"] == found["@SUM(1)"] == ("s", True)


async def test_each_wrong_line_is_named_and_none_is_stored(
    visitor: AsyncClient, office: Office, connection: Connection
) -> None:
    """Line as Excel counts it, column by its name, remedy in words."""
    await recorded(visitor, office, title="Schon da")
    page = await sent(
        visitor,
        office,
        workbook([
            ["Titel", "Personenbezogene Daten", "Geplant bis", "Musterdatensatz", "Nr."],
            ["Gut", "keine", "", "", ""],
            ["Falsch", "vielleicht", "31.02.2027", "Gibt es nicht", ""],
            ["", "keine", "", "", ""],
            ["gut", "", "", "", ""],
            ["SCHON DA", "", "", "", ""],
            ["Fremd", "", "", "", 999999],
        ]),
    )  # fmt: skip
    for words in ("vielleicht", "31.02.2027", "steht nicht im Musterdatenkatalog", "Der Titel fehlt",
                  "Denselben Titel hat schon Zeile 2", "hat schon der Eintrag Nr.",
                  "dieser Nummer"):  # fmt: skip
        assert words in page
    assert re.findall(r'<td class="number"[^>]*>(\d+)</td>', page) == ["3", "3", "3", "4", "5", "6", "7"]
    assert await count(connection, office) == 1


def _far_away() -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    book.active.cell(1_048_576, 16_384, "x")  # type: ignore[union-attr]
    written = io.BytesIO()
    book.save(written)
    return SimpleUploadedFile("weit.xlsx", written.getvalue())


def _moved(data: bytes, *, name: str, target: str) -> bytes:
    """The workbook with its sheet in a part of another name."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part).replace(b"worksheets/sheet1.xml", target.encode())
            new.writestr(name if part == "xl/worksheets/sheet1.xml" else part, content)
    return written.getvalue()


async def test_a_bomb_ends_no_process_but_its_own() -> None:
    """Wherever in the file the far cell stands, and also past the look at it."""
    far = _far_away().read()
    elsewhere = _moved(far, name="xl/other/cells.dat", target="other/cells.dat")
    for data in (far, elsewhere):
        with pytest.raises(cells_of.SheetIsUnreadable):
            cells_of._examine(data)
        with pytest.raises(cells_of.SheetIsUnreadable):
            await cells_of.read(data)
    past = "import sys; from stadtkern.catalogue.inventory import cells;"
    past += "cells._examine = lambda data: None; sys.exit(cells.main())"
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", past], input=elsewhere, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert not done.stdout


@pytest.mark.parametrize("names", [("mimetype", "content.xml"), ("xl/workbook.bin", "[Content_Types].xml")])
async def test_other_formats_are_refused_unread(names: tuple[str, str]) -> None:
    """OpenDocument repeats cells by number, and binary workbooks name no places."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    with pytest.raises(cells_of.SheetIsUnreadable):
        await cells_of.read(written.getvalue())


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.xlsx", b"<html>no workbook</html>"),
        SimpleUploadedFile("b.xlsx", b"PK\x03\x04broken"),
        _far_away(),
    ],
    ids=["html", "broken", "one cell far away"],
)
async def test_what_is_no_workbook_is_refused(
    visitor: AsyncClient, office: Office, connection: Connection, file: SimpleUploadedFile
) -> None:
    """With a sentence that helps, and without making room for seventeen billion cells."""
    file.seek(0)
    assert "lässt sich nicht als Excel-Mappe lesen" in await sent(visitor, office, file)
    assert await count(connection, office) == 0
