# SPDX-License-Identifier: EUPL-1.2
"""OpenDocument sheets are measured before they are read: a kilobyte may claim to fill the memory."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from stadtkern.ingest.imports.formats import kinds, unfold


def _zipped(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "x.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _table(path: Path) -> list[list[str]]:
    unfolded = unfold.unfold(path=path, into=path.parent / "table.csv")
    with unfolded.path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _code(path: Path) -> str:
    with pytest.raises(kinds.RefusedFile) as refused:
        _table(path)
    return refused.value.code


_ONE = '<table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
_ROW = f"<table:table-row>{_ONE}{_ONE}</table:table-row>"


def _document(rows: str, *, head: str = "") -> dict[str, bytes]:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = f'<office:spreadsheet><table:table table:name="A">{rows}</table:table></office:spreadsheet>'
    content = (
        f"{head}<office:document-content {names}><office:body>{body}</office:body></office:document-content>"
    )
    return {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content.encode(),
        "META-INF/manifest.xml": b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
        b'manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type='
        b'"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
    }


@pytest.mark.parametrize(
    "far",
    [
        f'<table:table-row table:number-rows-repeated="900000000">{_ONE}</table:table-row>',
        f"<table:table-row table:number-rows-repeated='1048000'><table:table-cell/></table:table-row>{_ROW}"
        f'<table:table-row>{_ONE}<table:table-cell table:number-columns-repeated="16000"/>{_ONE}'
        "</table:table-row>",
        f'<table:table-row table:x="a>b" table:number-rows-repeated="2100000"/><table:table-row>{_ONE}'
        "</table:table-row>",
        _ROW * 2 + '<table:table-row><table:table-cell table:number-columns-repeated="30000000"'
        ' office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>',
    ],
)
def test_cells_far_out_in_an_opendocument_are_refused_before_it_is_read(tmp_path: Path, far: str) -> None:
    """Repetitions make a sheet of a kilobyte as large as the memory, wherever they stand."""
    assert _code(_zipped(tmp_path, _document(_ROW + far))) == "far_cell"


def test_an_opendocument_as_office_programs_write_it_is_read(tmp_path: Path) -> None:
    """They fill the rest of each row and of the sheet with empty cells that repeat."""
    rest = '<table:table-cell table:number-columns-repeated="16382"/>'
    end = f'<table:table-row table:number-rows-repeated="1048570">{rest}</table:table-row>'
    rows = "".join(f"<table:table-row>{_ONE}{_ONE}{rest}</table:table-row>" for _ in range(5))
    found = _table(_zipped(tmp_path, _document(rows + end)))
    assert found == [["1", "1"]] * 5


@pytest.mark.parametrize("head", ["<!DOCTYPE x>", " " * 9000 + '<!DOCTYPE x [<!ENTITY e "f">]>', "<broken"])
def test_an_opendocument_with_entities_or_mistakes_is_refused(tmp_path: Path, head: str) -> None:
    """Wherever in the document they stand."""
    assert _code(_zipped(tmp_path, _document(_ROW, head=head))) in ("entities", "broken")
