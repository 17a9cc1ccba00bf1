# SPDX-License-Identifier: EUPL-1.2
"""The first look at a table: header row, types, signs, words, coordinates; and how deliveries differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stadtkern.ingest.imports import tables
from stadtkern.ingest.imports.formats import kinds
from stadtkern.ingest.imports.survey import columns, drift, places, survey
from tests.ingest.factories import FIXTURES, written


def looked(folder: Path, content: str | bytes) -> survey.Survey:
    """The survey of a file with this content."""
    return survey.survey(path=written(folder, content=content))


@pytest.mark.parametrize(
    ("cells", "type_", "decimal", "thousands"),
    [
        (["1", "2", ""], "integer", "", ""),
        (["1.234,5", "12,75", "3"], "number", ",", "."),
        (["1,234.5", "12.75", "3"], "number", ".", ","),
        (["0511", "0512"], "text", "", ""),
        (["ja", "nein", ""], "boolean", "", ""),
        (["01.02.2024", "31.12.2023"], "date", "", ""),
        (["2024-01-01 00:00", "2024-01-01T01:00:00Z"], "instant", "", ""),
        (["01.02.2024 13:30", ""], "instant", "", ""),
        (['{"a": 1}', "[1, 2]"], "json", "", ""),
        (["Markt", "Platz 3"], "text", "", ""),
        (["", ""], "text", "", ""),
        (["12 345", "1 234 567"], "integer", "", " "),
    ],
)
def test_types_are_guessed_from_the_cells(cells: list[str], type_: str, decimal: str, thousands: str) -> None:
    """German and English numbers, keys with a leading zero, days and instants."""
    sign = columns.sign_of([cells])
    found = columns.profile(label="x", cells=cells, sign=sign)
    assert (found.type, found.thousands) == (type_, thousands)
    if decimal:
        assert (found.decimal or sign) == decimal


def test_what_could_be_both_follows_the_rest_of_the_file() -> None:
    """`1.234` is a thousand where other numbers have a decimal comma, else a fraction."""
    sure = ["1,5", "2,75"]
    assert columns.sign_of([["1.234"], sure]) == ","
    german = columns.profile(label="x", cells=["1.234", "5.678"], sign=",")
    assert (german.type, german.thousands) == ("integer", ".")
    assert columns.profile(label="x", cells=["1.234", "5.678"], sign=".").type == "number"


def test_slashed_days_tell_by_their_numbers_which_is_the_day() -> None:
    """A 13 cannot be a month."""
    assert columns.profile(label="x", cells=["13/01/2024", "02/01/2024"], sign=".").format == "%d/%m/%Y"
    assert columns.profile(label="x", cells=["01/13/2024", "01/02/2024"], sign=".").format == "%m/%d/%Y"


def test_a_day_that_no_calendar_has_leaves_its_column_one_of_days() -> None:
    """It is named as what somebody has to explain; what hardly ever is one is text."""
    days = ["01.03.2021", "15.07.2022", "31.02.2024", "02.05.2024"]
    found = columns.profile(label="In Betrieb seit", cells=days, sign=",")
    assert (found.type, found.odd) == ("date", {"31.02.2024": 1})
    assert (
        columns.profile(label="Nummer", cells=["31.02.24", "40.13.2024", "1.1.2024"], sign=",").type == "text"
    )


def test_words_in_a_column_of_numbers_are_put_aside() -> None:
    """Known ones with their meaning, others to be explained."""
    found = columns.profile(
        label="frei", cells=["12", "13", "ges", "bes", "defekt", "-"] + ["7"] * 20, sign="."
    )
    assert found.type == "integer"
    assert (found.missing, found.codes, found.odd) == (["-", "ges"], {"bes": 0.0}, {"defekt": 1})


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("Temperatur (°C)", "°C"),
        ("NO2 [µg/m³]", "µg/m³"),
        ("Höhe in m", "m"),
        ("Name", ""),
        ("Ort (alle da)", ""),
    ],
)
def test_units_come_from_the_heading(label: str, unit: str) -> None:
    """In brackets or behind `in`."""
    assert columns.unit_of(label) == unit


def test_titles_above_the_header_are_passed_over(tmp_path: Path) -> None:
    """Also with an empty line and a remark between."""
    content = (
        "Baumkataster der Stadt;;\nStand: 01.01.2026;;\n;;\nNr;Art;Höhe (m)\n1;Linde;12,5\n2;Eiche;9,0\n"
    )
    found = looked(tmp_path, content.encode("cp1252"))
    assert found.labels == ["Nr", "Art", "Höhe (m)"]
    assert (found.file.skip, found.file.delimiter, found.file.decimal) == (3, ";", ",")
    assert found.shown[0] == ["1", "Linde", "12,5"]


def test_headers_that_are_empty_or_come_twice_get_a_name() -> None:
    """So that each column can be spoken of."""
    assert tables.labels(["a", "", "a"]) == ["a", "Spalte 2", "a (3)"]
    assert tables.names(["Höhe (m)", "2024", "id", "Höhe [m]", "!"]) == [
        "hoehe_m",
        "s_2024",
        "id_2",
        "hoehe_m_2",
        "s",
    ]


@pytest.mark.parametrize(
    ("x", "y", "srid"),
    [
        (7.62, 51.96, 4326),
        (405_000, 5_757_000, 25832),
        (32_405_000, 5_757_000, 4647),
        (3_405_000, 5_757_000, 31467),
        (2_570_000, 5_700_000, 31466),
        (848_000, 6_790_000, 3857),
        (1, 1, None),
    ],
)
def test_reference_systems_are_recognised_by_their_numbers(x: float, y: float, srid: int | None) -> None:
    """Those that German administrations use."""
    assert places.guess_srid(x=np.array([x, np.nan]), y=np.array([y, 3.0])) == srid


def test_coordinates_arrive_in_degrees() -> None:
    """Gauß-Krüger and UTM meet at the same place; zero is no place."""
    lon, lat = places.to_degrees(x=np.array([405_000.0, 0.0]), y=np.array([5_757_000.0, 0.0]), srid=25832)
    assert abs(lon[0] - 7.6175) < 0.001
    assert abs(lat[0] - 51.9556) < 0.001
    assert np.isnan(lon[1])


def test_columns_of_coordinates_are_found_and_turned_where_swapped(tmp_path: Path) -> None:
    """Named the other way round than their values say."""
    found = looked(tmp_path, "name;Rechtswert;Hochwert\na;3405000;5757000\nb;3405100;5757100\n").place
    assert found is not None
    assert (found.place.x, found.place.srid, found.swapped) == ("Rechtswert", 31467, False)
    turned = looked(tmp_path, "name,lat,lon\na,7.62,51.96\nb,7.63,51.97\n").place
    assert turned is not None
    assert (turned.place.x, turned.swapped) == ("lat", True)
    assert looked(tmp_path, "name,wert\na,7.62\n").place is None


@pytest.mark.parametrize(
    "name",
    ["bike_hourly", "bike_quarterhour", "energy", "garages", "parking_names", "parking_numbers", "stations"],
)
def test_real_files_are_looked_through(name: str) -> None:
    """Each has its time as instants, its figures as numbers, and nothing that stays unexplained."""
    found = survey.survey(path=FIXTURES / f"{name}.csv")
    types = {profile.label: profile.type for profile in found.profiles if profile.filled}
    words = [label for label, type_ in list(types.items())[2:] if type_ == "text"]
    assert words == (["8"] if name == "parking_numbers" else [])  # that one was closed all the time
    assert set(types.values()) & {"instant", "date"}
    assert not {p.label: p.odd for p in found.profiles if p.odd}


def test_a_header_alone_and_too_many_columns_are_refused(tmp_path: Path) -> None:
    """With a reason of their own."""
    with pytest.raises(kinds.RefusedFile) as refused:
        looked(tmp_path, "a,b\n")
    assert refused.value.code == "no_rows"
    with pytest.raises(kinds.RefusedFile) as refused:
        looked(tmp_path, ",".join(f"c{n}" for n in range(500)) + "\n" + ",".join("1" * 500))
    assert refused.value.code == "columns"


def test_deliveries_are_compared(tmp_path: Path) -> None:
    """Columns gone, new, of another kind, and far fewer rows; order does not matter."""
    before = drift.shape_of(looked(tmp_path, "a,b,c\n1,x,2024-01-01\n"), rows=100)
    same = drift.shape_of(looked(tmp_path, "c,a,b\n2024-01-01,1,x\n"), rows=90)
    assert drift.compare(before=before, now=same) == []
    other = drift.shape_of(looked(tmp_path, "a,c,d\nviele Worte,2024-01-01,1\n"), rows=10)
    assert [(c.code, c.column) for c in drift.compare(before=before, now=other)] == [
        ("gone", "b"), ("new", "d"), ("type", "a"), ("shrunk", ""),
    ]  # fmt: skip


def test_very_many_columns_are_looked_at_in_fewer_rows(tmp_path: Path) -> None:
    """What is held at once is bounded by cells; a column that says something further down is still found."""
    path = tmp_path / "wide.csv"
    rows = [";".join(["1"] * 398 + ["spät" if n > 2_700 else ""]) for n in range(2_800)]
    path.write_text("\n".join([";".join(f"s{n}" for n in range(399)), *rows]) + "\n", encoding="utf-8")
    found = survey.survey(path=path)
    assert found.rows_seen < 2_700
    assert not found.complete
    assert found.profiles[398].filled == 99
