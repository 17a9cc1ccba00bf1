# SPDX-License-Identifier: EUPL-1.2
"""The dirt of real files, one trap after the other, on trimmed pieces of them."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.factories import FIXTURES, Value, demo, taken, written


def _at(values: list[Value], start: str) -> Value:
    (found,) = [value for value in values if value[0] == start]
    return found


def test_bicycles_by_the_hour() -> None:
    """Spring has 23 hours, autumn 25 of which two are one row; lists of doubtful hours become quality."""
    story, values = taken(FIXTURES / "bike_hourly.csv", demo("bike_hourly"))
    wolbeck = values["100020113"]
    assert not story.refused
    assert _at(wolbeck, "2025-03-30T00:00Z") == ("2025-03-30T00:00Z", "2025-03-30T01:00Z", 142, None)
    assert _at(wolbeck, "2025-03-30T01:00Z")[2] == 109, "03:00 follows 01:00 without a gap"
    fold = {"status": "doubtful", "flags": ["dst_fold_sum"]}
    assert _at(wolbeck, "2025-10-26T00:00Z") == ("2025-10-26T00:00Z", "2025-10-26T02:00Z", 52, fold)
    assert _at(wolbeck, "2025-10-26T02:00Z")[2] == 20
    corrected = {"status": "doubtful", "flags": ["corrected_by_operator"]}
    assert _at(wolbeck, "2023-07-31T10:00Z")[3] == corrected
    assert story.corrected["dst_fold"] == 1


def test_stations_begin_at_different_dates() -> None:
    """Empty cells before the first day are no readings, not zeros."""
    story, values = taken(FIXTURES / "bike_hourly.csv", demo("bike_hourly"))
    assert not [start for start, *_ in values["300037405"] if start.startswith("2023")]
    assert next(s for s in story.streams if s.name == "300037405").missing == 24


def test_a_station_that_reports_by_the_hour_is_not_called_incomplete() -> None:
    """The companion list counts one quarter of four for 300037932; the mapping knows better."""
    _, values = taken(FIXTURES / "bike_hourly.csv", demo("bike_hourly"))
    assert _at(values["300037932"], "2025-03-30T00:00Z")[3] is None


def test_bicycles_by_the_quarter_hour() -> None:
    """In a long file every quarter of the doubled hour is flagged for each station."""
    story, values = taken(FIXTURES / "bike_quarterhour.csv", demo("bike_quarterhour"))
    assert set(values) == {"100031297", "100034983", "300037405"}
    quarter = _at(values["100031297"], "2025-10-26T00:15Z")
    assert quarter[1:] == ("2025-10-26T00:30Z", 61, {"status": "doubtful", "flags": ["dst_fold_sum"]})
    assert story.corrected["dst_fold"] == 12


def test_raw_files_name_their_station_in_the_header() -> None:
    """Total and channels become streams of one Thing; a status other than 0 becomes quality."""
    story, values = taken(FIXTURES / "300037932_2025-03.csv", demo("bike_raw"))
    assert set(values) == {"300037932", "300037932/353413849", "300037932/353413850"}
    assert not story.ignored
    night = _at(values["300037932"], "2025-03-13T22:00Z")
    assert night[1] == "2025-03-13T22:15Z"
    assert night[3] == {"status": "doubtful", "code": "4", "meaning": "korrigiert oder zweifelhaft"}
    assert _at(values["300037932"], "2025-03-13T23:00Z")[1] == "2025-03-14T00:00Z", (
        "by the hour since the 14th"
    )


def test_raw_files_change_their_channels_from_month_to_month() -> None:
    """Empty channels make no streams; headers spelled anew mean the same channel."""
    march, spring = taken(FIXTURES / "300037926_2025-03.csv", demo("bike_raw"))
    _, autumn = taken(FIXTURES / "300037926_2025-10.csv", demo("bike_raw"))
    assert set(spring) == set(autumn) == {"300037926", "300037926/353413831", "300037926/353413832"}
    assert len(march.streams) == 17
    assert march.missing == 14 * march.rows


def test_car_parks_with_names_in_the_header() -> None:
    """A column without a heading is left out and said so; a garage begins in the middle."""
    story, values = taken(FIXTURES / "parking_names.csv", demo("parking"))
    assert story.ignored == {"(column 18)": "it has no heading"}
    assert {start[:10] for start, *_ in values["PH Coesfelder Kreuz"]} == {"2022-12-07"}
    assert _at(values["PH Theater"], "2022-10-30T00:00Z")[3]["flags"] == ["dst_fold_unknown"]


def test_car_parks_with_numbers_in_the_header_and_words_in_the_cells() -> None:
    """`ges` and the empty cell are no readings, `bes` is none free; both headers mean the same garages."""
    story, values = taken(FIXTURES / "parking_numbers.csv", demo("parking"))
    named, _ = taken(FIXTURES / "parking_names.csv", demo("parking"))
    assert {s.name for s in named.streams} < {s.name for s in story.streams}
    assert story.corrected["code"] > 0
    assert not story.refused
    assert all(result >= 0 for rows in values.values() for _, _, result, _ in rows)


def test_an_outage_is_a_gap() -> None:
    """Nothing is invented between 15 May and 10 July 2025."""
    _, values = taken(FIXTURES / "parking_numbers.csv", demo("parking"))
    days = {start[:7] for start, *_ in values["PH Theater"]}
    assert "2025-05" in days
    assert "2025-06" not in days


def test_energy_is_in_utc_and_its_unit_uncertain_until_the_meter_fell() -> None:
    """Six gas meters are flagged until their own date; electricity at zero is no reading."""
    story, values = taken(FIXTURES / "energy.csv", demo("energy"))
    assert not story.refused
    assert [start for start, *_ in values["b0_el"] if start.startswith("2019-03-31")][
        1
    ] == "2019-03-31T01:00Z"
    uncertain = {"status": "doubtful", "flags": ["unit_uncertain"]}
    assert _at(values["b0_gas"], "2018-01-01T05:00Z")[3] == uncertain
    assert _at(values["b0_gas"], "2018-01-19T05:00Z")[3] is None
    assert _at(values["b40_gas"], "2018-01-19T05:00Z")[3] == uncertain
    assert _at(values["b2_gas"], "2018-01-01T05:00Z")[3] is None
    assert not [value for value in values["b101_gas"] if value[3]], (
        "this one does not depend on weather, nor fall"
    )
    assert "b104_el" in {s.name for s in story.streams}


def test_electricity_of_zero_is_no_reading_but_gas_of_zero_is_one(tmp_path: Path) -> None:
    """The file does not tell a silent gas meter from one that stands still."""
    path = written(tmp_path, content="datetime,b1_el,b1_gas,temp_c\n2018-12-25 01:00:00,0.0,0.0,0.0\n")
    _, values = taken(path, demo("energy"))
    assert set(values) == {"b1_gas", "temp_c"}


AIR = """\ufeff"Station code";Date;"Particulate matter (PM₁₀) Daily average (hourly floating) in µg/m³";\
"Ozone (O₃) One hour average in µg/m³";"Nitrogen dioxide (NO₂) One hour average in µg/m³";\
"Particulate matter (PM₂,₅) Daily average (hourly floating) in µg/m³";"Air quality index"
XX001;"'2022-01-01 01:00'";13;46;8;-;"very good"
XX001;"'2022-01-01 24:00'";14;-;9;-;"good"
XX001;"'2022-03-27 02:00'";15;0.9;7;-;"good"
XX001;"'2022-03-27 04:00'";15;31;7;-;"poor"
XX001;"'2022-05-24 13:00'";-;-;-;-;;
XX001;"'2022-10-30 02:00'";20;21;22;-;"good"
XX001;"'2022-10-30 03:00'";21;22;23;-;"good"
XX001;"'2022-10-30 03:00'";22;23;24;-;"good"
XX001;"'2022-10-30 04:00'";23;24;25;-;"moderate"
"""


def test_air_quality(tmp_path: Path) -> None:
    """Byte order mark, quotes in quotes, `-`, 24:00, hours named by their end, both passes of autumn."""
    story, values = taken(written(tmp_path, content=AIR), demo("air"))
    ozone = values["XX001/O3"]
    assert [(start, end, result) for start, end, result, _ in ozone] == [
        ("2021-12-31T23:00Z", "2022-01-01T00:00Z", 46),
        ("2022-03-27T00:00Z", "2022-03-27T01:00Z", 0.9),
        ("2022-03-27T01:00Z", "2022-03-27T02:00Z", 31),
        ("2022-10-29T23:00Z", "2022-10-30T00:00Z", 21),
        ("2022-10-30T02:00Z", "2022-10-30T03:00Z", 24),
        ("2022-10-30T00:00Z", "2022-10-30T01:00Z", 22),
        ("2022-10-30T01:00Z", "2022-10-30T02:00Z", 23),
    ]
    assert all(quality is None for *_, quality in ozone)
    dust = values["XX001/PM10"][0]
    assert dust[:2] == ("2021-12-31T00:00Z", "2022-01-01T00:00Z"), "a floating mean of 24 hours"
    assert values["XX001/Index"][0][2] == "sehr gut"
    assert "XX001/PM2.5" not in values
    assert story.corrected == {"dst_fold_kept": 2, "extra_cells": 1}
    assert not story.refused
