# SPDX-License-Identifier: EUPL-1.2
"""What a table is taken for: time series, whose places are told apart, or a list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stadtkern.ingest.imports import compose, tables
from stadtkern.ingest.imports.survey import columns, series, story, survey
from tests.ingest.factories import FIXTURES, written


@pytest.mark.parametrize(
    ("name", "time", "by", "likely"),
    [
        ("bike_quarterhour", "datetime_local", "station_id", True),
        ("hourly_incomplete", "hour_local", "station_id", True),
        ("flagged_quarters_per_day", "day", "station_id", True),
        ("bike_hourly", "hour_local", "", True),
        ("energy", "datetime", "", True),
        ("parking_names", "datetime_local", "", True),
        ("stations", "first_record", "", False),
        ("garages", "capacity_last_published", "", False),
    ],
)
def test_real_files_are_taken_for_what_they_are(name: str, time: str, by: str, likely: bool) -> None:
    """A number of a station is no value, and a day that is one fact among others makes no series."""
    found = survey.survey(path=FIXTURES / f"{name}.csv").pattern
    assert found is not None
    assert (found.time, found.by, found.likely) == (time, by, likely)


def _checked(path: Path, *, by: str) -> story.Quality:
    seen = survey.survey(path=path)
    assert seen.pattern is not None
    table = tables.Table(file=seen.file, columns=survey.columns_of(seen))
    asked = compose.Series(time=seen.pattern.time, by=by)
    return series.check(
        path=path, recipe=compose.mapping_of(table=table, series=asked, dataset="x", title="x")
    )


def test_places_that_are_not_told_apart_block(tmp_path: Path) -> None:
    """However far apart in the file they stand: values would overwrite each other silently."""
    rows = [
        f"2024-01-{n // 1440 + 1:02} {n // 60 % 24:02}:{n % 60:02},{place},{n % 90}"
        for place in ("Nord", "Süd")
        for n in range(30_000)
    ]
    path = written(tmp_path, content="zeit,station,rad\n" + "\n".join(rows) + "\n")
    blocked = _checked(path, by="")
    assert {(f.code, f.n) for f in blocked.of("blocks")} == {("time_twice", 30_000)}
    apart = _checked(path, by="station")
    assert not apart.blocked
    assert apart.values == 60_000


def test_a_trace_of_repeated_times_is_left_out(tmp_path: Path) -> None:
    """It is told as what it is: values that are dropped."""
    rows = [f"2024-01-{n // 24 + 1:02} {n % 24:02}:00,{n % 7}" for n in range(700)]
    path = written(tmp_path, content="zeit,rad\n" + "\n".join([*rows, rows[5]]) + "\n")
    found = _checked(path, by="")
    assert [(f.code, f.n) for f in found.of("left_out")] == [("duplicate", 1)]
    assert not found.blocked


def test_levels_that_jump_are_found_wherever_they_jump() -> None:
    """Also between seasons; a season alone is no jump."""
    dice = np.random.default_rng(1)
    season = 100 + 60 * np.sin(np.arange(20_000) / 1400)
    values = season * dice.uniform(0.8, 1.2, 20_000)
    assert series.level_jump(values) is None
    values[7_321:] /= 25
    before, after = series.level_jump(values) or (0.0, 1.0)
    assert before / after > 10
    assert series.level_jump(values[:150]) is None


def test_zeros_far_from_all_values_are_noticed() -> None:
    """They often mean that nothing was measured; where small values are usual they mean zero."""
    values = np.concatenate([np.full(100, 50.0) + np.arange(100), np.zeros(5)])
    assert series.zeros(values) == 5
    assert series.zeros(np.concatenate([values, [0.5]])) == 0
    assert series.zeros(np.concatenate([np.zeros(90), np.full(10, 7.0)])) == 0


@pytest.mark.parametrize(
    ("label", "title"),
    [("Temperatur (°C)", "Temperatur"), ("NO2 in µg/m³", "NO2"), ("Höhe [m]", "Höhe"), ("Nr", "Nr")],
)
def test_units_leave_the_title(label: str, title: str) -> None:
    """They have a field of their own."""
    assert columns.title_of(label) == title


def test_a_column_with_nothing_but_signs_for_nothing_is_empty(tmp_path: Path) -> None:
    """As the columns beside it would be."""
    path = written(tmp_path, content="zeit,a,b\n" + "2024-01-01 00:00,1,-\n" * 5)
    assert survey.survey(path=path).profiles[2].missing == ["-"]


def test_a_column_that_begins_with_nothing_is_looked_at_further_down(tmp_path: Path) -> None:
    """A station that came later is none the less one of numbers; its words are those of the others."""
    rows = [
        f"2024-01-01 00:00,{'bes' if n == 5 else n % 50},{n % 9 if n > 21_000 else 'ges'}"
        for n in range(22_000)
    ]
    found = survey.survey(path=written(tmp_path, content="zeit,a,b\n" + "\n".join(rows) + "\n"))
    assert [(p.type, p.codes, p.missing) for p in found.profiles[1:]] == [
        ("integer", {"bes": 0.0}, ["ges"])
    ] * 2
