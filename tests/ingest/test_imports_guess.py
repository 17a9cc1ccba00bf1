# SPDX-License-Identifier: EUPL-1.2
"""Mappings guessed from a file: valid, close to the truth, and honest about what is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from stadtkern.ingest.imports import guess, mapping, reader, recipe
from tests.ingest.factories import FIXTURES, taken, written


@pytest.mark.parametrize("name", ["bike_hourly", "bike_quarterhour", "parking_numbers", "energy"])
def test_a_guessed_mapping_reads_the_file(name: str) -> None:
    """What is guessed is a valid mapping that takes almost everything."""
    path = FIXTURES / f"{name}.csv"
    story, values = taken(path, recipe.parse(text=guess.mapping_for(path=path)))
    assert story.taken > 0
    assert sum(story.refused.values()) <= 0.01 * story.taken
    assert len(values) >= 3


def test_the_guess_knows_codes_zones_and_ends() -> None:
    """`bes` is zero, `ges` is none; a file that has the hour that spring leaves out is in UTC."""
    parking = guess.mapping_for(path=FIXTURES / "parking_numbers.csv")
    assert 'missing = ["ges"]' in parking
    assert 'codes = { "bes" = 0 }' in parking
    assert 'zone = "Europe/Berlin"' in parking
    assert 'zone = "UTC"' in guess.mapping_for(path=FIXTURES / "energy.csv")


def test_what_looks_like_no_table_of_times_is_not_guessed(tmp_path: Path) -> None:
    """Without a time there is no reading, without rows nothing to guess from."""
    with pytest.raises(mapping.InvalidMapping, match="looks like a time"):
        guess.mapping_for(path=written(tmp_path, content="a,b\nx,1\ny,2\n"))
    with pytest.raises(reader.UnusableFile, match="no rows"):
        guess.mapping_for(path=written(tmp_path, content="time,value\n"))


def test_german_files_with_quotes_in_their_names(tmp_path: Path) -> None:
    """Semicolons, decimal commas, a header that TOML and expressions could stumble over."""
    content = "Datum;\"Wert 'a' (\\d+) [m³]\";Güte\n01.07.2025 14:00;1,5;1\n01.07.2025 15:00;2,5;1\n"
    path = written(tmp_path, content=content)
    text = guess.mapping_for(path=path)
    story, values = taken(path, recipe.parse(text=text))
    assert [result for each in values.values() for *_, result, _ in each] == [1.5, 2.5]
    assert 'symbol = "m³"' in text
    assert not story.refused
