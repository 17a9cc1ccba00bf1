# SPDX-License-Identifier: EUPL-1.2
"""Days as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from stadtkern.ui import days


@pytest.mark.parametrize(
    "text", ["28.02.2026", "28.2.2026", "28. 2. 2026", " 28.02.2026 ", "2026-02-28", "2026-2-28"]
)
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    """The German way and that of the standard; fields of dates want the latter back."""
    assert days.read(text) == date(2026, 2, 28)
    assert days.tidy(text) == "2026-02-28"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "28.02.",
        "28.02.26",
        "31.02.2026",
        "02/28/2026",
        "20260228",
        "2026-W09-6",
        "0000-01-01",
        "٢٨.٠٢.٢٠٢٦",
    ],
)
def test_what_is_no_day_stays_as_it_was_typed(text: str) -> None:
    """No guess: a year of two digits and a month before its day can be meant in two ways."""
    assert days.read(text) is None
    assert days.tidy(text) == text
