# SPDX-License-Identifier: EUPL-1.2
"""Few readings are laid out as lists: what the database is told is what it is told of columns."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from stadtkern.things.store import append, batch, few, prepared
from tests.things.histories import NOON, reading


@pytest.mark.parametrize("seed", range(20))
def test_few_rows_are_laid_out_like_a_batch_of_them(seed: int) -> None:
    """The parameters of the statement are the same to the byte, whatever the order, hours and features."""
    chance = random.Random(seed)
    once, featured = seed % 5 == 0, seed % 4 != 0
    items = [
        reading(
            1 + at * 7 % 41 if once else chance.randint(1, 5),
            NOON + timedelta(minutes=chance.randint(-600, 600), microseconds=at),
            chance.choice((1, 2.5, -(2**53), 1e300)),
            feature_id=chance.choice((7, 8, 9) if once else (None, 7, 8, 9)) if featured else None,
        )
        for at in range(chance.randint(1, 40))
    ]
    ready = append.laid_out(prepared.prepare(batch.of_readings(items)))
    laid = few.lay_out(items)
    assert laid is not None
    assert ready.laid is not None
    assert {key: getattr(value, "content", None) for key, value in laid.params.items()} == {
        key: getattr(value, "content", None) for key, value in ready.laid.items()
    }
    assert [type(value) for value in laid.params.values()] == [type(value) for value in ready.laid.values()]
    assert list(laid.streams) == ready.rows.datastream_id.tolist()
    assert {laid.key} == ready.leaf_keys
    assert set(ready.id_bits.tolist()) == {laid.id_bits}
