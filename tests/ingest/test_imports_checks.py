# SPDX-License-Identifier: EUPL-1.2
"""Whole tables are read as the import would: typed rows, what was wrong with them, what concerns people."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stadtkern.ingest.imports import tables, typed
from stadtkern.ingest.imports.mapping import InvalidMapping
from stadtkern.ingest.imports.survey import checks, privacy, survey
from tests.ingest.factories import written


def suggested(path: Path, **changes: Any) -> tables.Table:
    """The mapping that the survey suggests for a file."""
    found = survey.survey(path=path)
    place = found.place.place if found.place else None
    return tables.Table(file=found.file, columns=survey.columns_of(found), place=place, **changes)


def checked(folder: Path, content: str | bytes, **changes: Any) -> checks.Checked:
    """What the check of a file with this content finds."""
    path = written(folder, content=content)
    return checks.check(path=path, table=suggested(path, **changes))


def findings(found: checks.Checked) -> dict[tuple[str, str], int]:
    """(code, column) → how often."""
    return {(finding.code, finding.column): finding.n for finding in found.quality.findings}


def test_rows_come_typed(tmp_path: Path) -> None:
    """Numbers with a comma, German days, wall clocks in their zone, yes and no, geometry last."""
    content = (
        "Nr;Höhe (m);gepflanzt;gesehen;gesund;Rechtswert;Hochwert\n"
        "1;1.012,5;01.03.1998;01.07.2026 12:00;ja;405000;5757000\n2;;;;nein;;\n"
    )
    path = written(tmp_path, content=content.encode("cp1252"))
    table = suggested(path)
    assert [c.type for c in table.columns[:5]] == ["integer", "number", "date", "instant", "boolean"]
    first, second = next(typed.Rows(path=path, table=table).batches()).rows
    assert first[:5] == (1, 1012.5, date(1998, 3, 1), datetime(2026, 7, 1, 10, tzinfo=UTC), True)
    assert (
        first[7] == {"type": "Point", "coordinates": [7.6170206, 51.9547545]} or first[7]["type"] == "Point"
    )
    assert second == (2, None, None, None, False, None, None, None)


def test_what_is_wrong_is_counted_with_its_first_line(tmp_path: Path) -> None:
    """A word, an impossible day, a character that cannot be read, a row too short."""
    lines = ["n,tag,name", *(f"{i},2024-01-{i % 28 + 1:02},x" for i in range(60))]
    lines[10] = "12,2024-02-31,x"
    lines[20] = "defekt,2024-01-01,x"
    lines[30] = "7,2024-01-01"
    lines[40] = ""
    found = checked(tmp_path, "\n".join(lines) + "\n").quality
    told = {(f.code, f.column, f.line, f.example) for f in found.findings if f.weight != "hint"}
    assert told == {
        ("day", "tag", 11, "2024-02-31"),
        ("words", "n", 21, "defekt"),
        ("width", "", 31, "2 / 3"),
    }
    assert found.rows == 58
    assert found.blocked


def test_wrong_encodings_block(tmp_path: Path) -> None:
    """UTF-8 announced, Windows sent: nothing of it is stored."""
    path = written(tmp_path, content="n,ort\n" + "1,M\u00fcnster\n" * 30)
    table = suggested(path)
    path.write_bytes(path.read_bytes().replace("ü".encode(), b"\xfc"))
    found = checks.check(path=path, table=table)
    assert ("encoding", "ort") in findings(found)
    assert found.quality.blocked


def test_outliers_constants_repetitions_and_gaps_are_told(tmp_path: Path) -> None:
    """As hints: a person decides."""
    rows = [f"{i},{20 + i % 5},5," for i in range(300)]
    rows[50] = "50,99999,5,"
    rows.append(rows[7])
    found = checked(tmp_path, "nr,grad,immer,leer\n" + "\n".join(rows) + "\n")
    assert findings(found) == {
        ("empty", "leer"): 301,
        ("outlier", "grad"): 1,
        ("constant", "immer"): 301,
        ("rows_twice", ""): 1,
    }
    assert not found.quality.blocked


def test_a_key_must_tell_rows_apart(tmp_path: Path) -> None:
    """Twice the same key, or none, would overwrite silently."""
    found = checked(tmp_path, "nr,a\n1,x\n1,y\n,z\n2,w\n", key=("nr",), mode="upsert")
    assert findings(found)["key_twice", "nr"] == 1
    assert findings(found)["key_missing", "nr"] == 1
    assert found.quality.blocked


def test_broken_coordinates_are_told(tmp_path: Path) -> None:
    """Zero, outside of everything, far away, missing."""
    good = "\n".join(f"{i},7.6{i % 10},51.9{i % 10}" for i in range(40))
    found = checked(tmp_path, f"nr,lon,lat\n{good}\n41,0,0\n42,7.6,951.9\n43,2.35,48.85\n44,,\n")
    told = findings(found)
    assert told["geometry_broken", ""] == 2
    assert told["far_away", ""] == 1
    assert told["geometry_missing", ""] == 3


def test_places_with_exchanged_coordinates_are_told(tmp_path: Path) -> None:
    """Areas and lines too: they would lie in the Arabian Sea, and nobody would see why the map is empty."""
    areas = [
        f'{nr},"POLYGON(({a} {b}, {a}.1 {b}, {a}.1 {b}.1, {a} {b}))"' for nr, a, b in ((1, 7, 51), (2, 51, 7))
    ]
    content = "\n".join(
        ["nr,geometry", *areas, '3,"LINESTRING(52 8, 52.1 8.1)"', "4,POINT(2.35 48.85)", "5,"]
    )
    path = written(tmp_path, content=f"{content}\n")
    quality = (rows := typed.Rows(path=path, table=suggested(path))).quality
    assert sum(len(batch.rows) for batch in rows.batches()) == 5
    told = {finding.code: finding for finding in quality.findings}
    assert (told["place_turned"].n, told["place_turned"].line, told["place_turned"].weight) == (2, 3, "hint")
    assert told["place_turned"].example == "7.05000 / 51.05000"
    assert (told["far_away"].n, told["far_away"].line) == (1, 5)
    good = "\n".join(f"{i},7.6{i % 10},51.9{i % 10}" for i in range(40))
    points = findings(checked(tmp_path, f"nr,lon,lat\n{good}\n41,51.96,7.62\n"))
    assert (points["place_turned", ""], points.get(("far_away", ""))) == (1, None)


@pytest.mark.parametrize(
    "cell",
    [
        "POINT(nan nan)",
        "POINT(inf 51)",
        "LINESTRING(nan nan, 7 51)",
        "MULTIPOINT(nan nan, 7 51)",
        "CIRCULARSTRING(7 51, 7.1 51, 7.1 51.1)",
        "CURVEPOLYGON((7 51, 7.1 51, 7.1 51.1, 7 51))",
    ],
)
def test_a_geometry_that_cannot_be_computed_with_is_told(tmp_path: Path, cell: str) -> None:
    """Curves, and coordinates that are no numbers: the row is read, its place is named as broken."""
    good = "\n".join(f"{i},POINT(7.6{i} 51.9{i})" for i in range(1, 10))
    told = findings(checked(tmp_path, f'nr,geometry\n{good}\n10,"{cell}"\n'))
    assert (told["geometry_broken", ""], told["geometry_missing", ""]) == (1, 1)


def test_degrees_among_metres_are_named_and_left_empty(tmp_path: Path) -> None:
    """And the reverse: nobody lands in the Gulf of Guinea."""
    metres = "\n".join(f"{404_000 + i},{5_755_000 + i},{i}" for i in range(40))
    mixed = checked(tmp_path, f"x,y,n\n{metres}\n7.62,51.96,41\n")
    assert findings(mixed)["mixed_places", ""] == 1
    degrees = "\n".join(f"7.{i + 100},51.{i + 100},{i}" for i in range(40))
    other = checked(tmp_path, f"lon,lat,n\n{degrees}\n404000.5,5755000.5,41\n")
    assert findings(other)["mixed_places", ""] == 1
    assert ("far_away", "") not in findings(mixed) | findings(other)


def test_unreadable_texts_are_not_counted_as_missing_too(tmp_path: Path) -> None:
    """Each cell is told once."""
    found = checked(tmp_path, b"a,b\n" + b"\xff\xfe\x81,2\n" * 20 + b"x,3\n")
    assert findings(found).get(("missing", "a"), 0) >= 0
    assert all(n > 0 for n in findings(found).values())


def test_broken_geometries_are_mended_or_left_out(tmp_path: Path) -> None:
    """A bow tie becomes two triangles, nonsense becomes nothing."""
    bow = '"POLYGON((7 51, 8 52, 8 51, 7 52, 7 51))"'
    path = written(tmp_path, content=f"nr,geometry\n1,{bow}\n2,POINT(7 51)\n3,POINT(nonsense)\n")
    table = suggested(path)
    quality = (rows := typed.Rows(path=path, table=table)).quality
    (batch,) = list(rows.batches())
    assert [row[-1] and row[-1]["type"] for row in batch.rows] == ["MultiPolygon", "Point", None]
    assert {f.code: f.weight for f in quality.findings} == {
        "geometry_invalid": "corrected",
        "geometry_broken": "left_out",
        "geometry_missing": "hint",
    }


def test_a_column_that_is_gone_is_named(tmp_path: Path) -> None:
    """The message shows the header that the file has."""
    path = written(tmp_path, content="a,b\n1,2\n")
    table = suggested(path)
    path.write_text("a,c\n1,2\n")
    with pytest.raises(InvalidMapping, match="'b' is not in the header: a, c"):
        typed.Rows(path=path, table=table)


def test_what_looks_like_people_is_found_and_masked(tmp_path: Path) -> None:
    """By names of columns and by the form of texts, wherever in the file they stand."""
    rows = ["x;ok;0\n"] * 21_000
    rows[20_500] = "x;erika.muster@example.org;0\n"
    rows[20_501] = "x;DE89 3704 0044 0532 0130 00;0\n"
    found = checked(tmp_path, "Sachbearbeiter;Hinweis;n\n" + "".join(rows)).privacy
    assert [(f.code, f.column) for f in found] == [
        ("looks_email", "Hinweis"), ("looks_account", "Hinweis"), ("named_name", "Sachbearbeiter"),
    ]  # fmt: skip
    assert found[0].example == "er•••.••••••@•••••••.•••"


def test_small_counts_of_people_are_found(tmp_path: Path) -> None:
    """Below k in a column that counts people, and rare combinations of what can identify."""
    rows = ["48143,30-40,w,12\n"] * 20 + ["48149,80-90,d,2\n"]
    found = checked(tmp_path, "PLZ,Altersgruppe,Geschlecht,Anzahl Personen\n" + "".join(rows)).privacy
    assert {(f.code, f.column, f.n) for f in found} == {
        ("small_count", "Anzahl Personen", 1),
        ("small_group", "PLZ, Altersgruppe, Geschlecht", 1),
    }


def test_trees_and_counters_are_no_people(tmp_path: Path) -> None:
    """What counts things, and identifiers that only look like something, disturb nobody."""
    content = "Baum,Anzahl Bäume,Version,Nummer\nLinde,2,1.2.3.4.5,DE12 XXXX\n"
    assert checked(tmp_path, content * 1).privacy == []
    assert not privacy.masked("DE89 3704").count("9")


def test_repetitions_of_very_many_are_told_roughly_in_bounded_memory() -> None:
    """Exactly as long as there is room, from then on by a part of them that is chosen by chance."""
    few, many = checks.Twice(most=1_000), checks.Twice(most=1_000)
    few.add(np.array([1, 2, 1, 3, 1], np.int64))
    assert few.count() == 2
    for start in range(0, 400_000, 10_000):
        many.add(np.arange(start, start + 10_000, dtype=np.int64))
        many.add(np.arange(start, start + 1_000, dtype=np.int64))
    assert sum(map(len, many._kept)) <= 1_000
    assert 10_000 < many.count() < 90_000, "of 40,000"
