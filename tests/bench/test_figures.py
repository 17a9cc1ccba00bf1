# SPDX-License-Identifier: EUPL-1.2
"""A figure says whether its goal is reached, by its value or by its ratio to the reference."""

from __future__ import annotations

from typing import Any

import pytest

from bench.figures import Figure, quantile, table


def _figure(**given: Any) -> Figure:
    return Figure(
        **({"name": "x", "value": 8.0, "unit": "ms", "reference": 4.0, "reference_is": "y"} | given)
    )


@pytest.mark.parametrize(
    ("given", "met"),
    [
        ({}, None),
        ({"goal": 10}, True),
        ({"goal": 8}, False),
        ({"goal": 8, "goal_is": "at least"}, True),
        ({"goal": 9, "goal_is": "at least"}, False),
        ({"goal": 1.5, "goal_is": "at least", "of_reference": True}, True),
        ({"goal": 2.5, "goal_is": "at least", "of_reference": True}, False),
    ],
)
def test_a_goal_is_reached_or_missed(given: dict[str, Any], met: bool | None) -> None:
    """Below means below; at least includes the goal itself; a ratio is judged by the ratio."""
    assert _figure(**given).met is met


def test_the_table_has_a_row_for_each_figure_and_marks_what_was_missed() -> None:
    """With goal, reference and ratio beside the value."""
    rows = table([_figure(goal=10), _figure(goal=5)]).splitlines()
    assert rows[2] == "| x | 8 ms | < 10 ms | yes | 4 ms: y | 2.00 |"
    assert "**no**" in rows[3]


def test_a_quantile_is_one_of_the_values() -> None:
    """The smallest value below which the share lies; the largest for all of them."""
    assert quantile([3.0, 1.0, 2.0, 4.0], 0.5) == 3.0
    assert quantile([3.0, 1.0], 1.0) == 3.0
