# SPDX-License-Identifier: EUPL-1.2
"""What the readers found, in the words of the pages: nothing of theirs stands there in English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.utils import translation

from stadtkern.catalogue.onboarding import words
from stadtkern.catalogue.onboarding.entities import Trouble
from stadtkern.ingest.imports import compose, mapping, tables
from stadtkern.ingest.imports.survey import series
from stadtkern.ingest.imports.survey.story import Finding
from tests import browsing  # noqa: F401 - tells Django where its settings are


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    """The words as the pages of this city say them."""
    django.setup(set_prefix=False)
    with translation.override("de"):
        yield


@pytest.mark.parametrize(
    ("code", "example", "shown"),
    [
        ("width", "2 / 3", "2 statt 3 Felder"),
        ("gaps", "26 h", "26 Stunden"),
        ("gaps", "8760 h", "365 Tage"),
        ("reset", "12000.5 → 3", "12.000,5 → 3"),
        ("jump", "1e+06 → 0.5", "1.000.000 → 0,5"),
        ("far_away", "51.95000 / 0.10000", "51,95000 / 0,10000"),
        ("constant", "51.96", "51,96"),
        ("outlier", "-1e+09", "−1.000.000.000"),
        ("geometry_broken", "51.9 / north", "51.9 / north"),
        ("value", "1.234", "1.234"),
        ("time", "O'Brien", "O'Brien"),
    ],
)
def test_examples_are_shown_as_people_write_them(code: str, example: str, shown: str) -> None:
    """Figures of ours in German; what stands in the file as it stands there."""
    assert words.finding(Finding(code=code, example=example))["example"] == shown


def test_what_cannot_be_read_is_shown_without_the_readers_words(tmp_path: Path) -> None:
    """Cells with quotation marks too: what is shown is the cell and nothing else."""
    path = tmp_path / "file.csv"
    odd = [
        "it's broken,1",
        "2024-03-31 02:30,1",
        "1950-01-01 00:00,1",
        "2024-01-09 00:00,12 o'clock",
        "x,1,2,3",
    ]
    rows = [f"2024-01-{1 + n // 24:02} {n % 24:02}:00,{n}" for n in range(48)]
    path.write_text("\n".join(["zeit,grad", *rows, *odd]) + "\n", encoding="utf-8")
    columns = [
        tables.Column(source="zeit", name="zeit", type="instant"),
        tables.Column(source="grad", name="grad", type="number", clean=mapping.Clean(type="number")),
    ]
    recipe = compose.mapping_of(
        table=tables.Table(columns=columns), series=compose.Series(time="zeit"), dataset="x", title="X"
    )
    found = series.check(path=path, recipe=recipe).findings
    shown = {f.code: words.finding(f)["example"] for f in found if f.weight != "hint"}
    assert shown == {
        "time": "it's broken",
        "gap": "2024-03-31 02:30",
        "range": "1950-01-01 00:00",
        "value": "12 o'clock",
        "width": "4 statt 2 Felder",
    }


def test_the_place_in_a_broken_document_is_named() -> None:
    """By its byte, without the parser's sentence."""
    why = "JSON is malformed: trailing characters (byte 1204)"
    said = words.trouble(Trouble(code="json", facts={"why": why}))
    assert said == "Die Datei ist kein gültiges JSON (Byte 1.204)."
