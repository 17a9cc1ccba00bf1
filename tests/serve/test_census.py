# SPDX-License-Identifier: EUPL-1.2
"""Two databases are the same where nobody could tell them apart."""

from __future__ import annotations

from stadtkern.serve.backup import census


def test_differences_are_named() -> None:
    """Missing tables, missing rows, other rows, numbers that would be given again."""
    was = census.Census({"a": census.Table(1, "5"), "b": census.Table(2, "6")}, {"s": 7})
    now = census.Census({"b": census.Table(2, "7"), "c": census.Table(0, "0")}, {"s": 6})
    assert census.differences(expected=was, found=now) == [
        "a is missing", "b has other content", "c is too much", "s counts from 6 instead of 7",
    ]  # fmt: skip
    assert census.differences(expected=was, found=was) == []
