# SPDX-License-Identifier: EUPL-1.2
"""Charts tell the truth: gaps stay gaps, axes carry round numbers, names are there for screen readers."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stadtkern.ui import charts, maps
from stadtkern.ui.charts import scales, several, sheet

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 2, 26, tzinfo=UTC)


def _curve(*pieces: list[float], **more: object) -> charts.Curve:
    hours = iter(range(1000))
    marks = []
    for piece in pieces:
        marks.append([charts.Mark(START + timedelta(hours=next(hours)), value) for value in piece])
        next(hours)
    values = {"start": START, "end": START + timedelta(days=1), "zone": BERLIN, "pieces": marks, **more}
    return charts.Curve(**values)  # type: ignore[arg-type]


def test_a_gap_breaks_the_line() -> None:
    """Two pieces are two paths; nothing is drawn across what was not measured."""
    drawn = charts.draw(_curve([1, 2, 3], [4, 5]))
    assert len(re.findall(r'class="line"', drawn)) == 2


def test_a_value_alone_is_seen() -> None:
    """Between gaps, or as the only one there is: a dot, since a line of one point is none."""
    drawn = charts.draw(_curve([1, 2, 3], [4], [5]))
    assert len(re.findall(r'class="line"', drawn)) == 1
    assert len(re.findall(r'<circle class="dot"', drawn)) == 2


def test_gaps_are_shaded() -> None:
    """A gap is visible as such, not only as absence."""
    gap = (START + timedelta(hours=3), START + timedelta(hours=9))
    assert 'class="gap"' in charts.draw(_curve([1, 2, 3], gaps=[gap]))


def test_bars_do_not_hide_what_is_usual() -> None:
    """Its line comes after them, with an edge that sets it off; among lines it stays behind."""
    usual = [[charts.Mark(START + timedelta(hours=hour), 2.0) for hour in range(3)]]
    bars = charts.draw(_curve([1, 2, 3], usual=usual, form="bars"))
    assert bars.index('class="bar"') < bars.index('class="usual-edge"') < bars.index('class="usual"')
    lines = charts.draw(_curve([1, 2, 3], usual=usual))
    assert lines.index('class="usual"') < lines.index('class="line"')
    assert "usual-edge" not in lines


def test_title_and_description_are_read_aloud() -> None:
    """The picture is named by its title and description, and is well-formed."""
    drawn = charts.draw(_curve([1, 2], title="Räder & mehr", description="Niedrigster Wert 1", name="c"))
    root = ElementTree.fromstring(drawn)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "c-title c-desc"
    assert root.find("title").text == "Räder & mehr"  # type: ignore[union-attr]


def test_nothing_is_styled_inline() -> None:
    """The content security policy forbids inline styles."""
    assert " style=" not in charts.draw(_curve([1, 2], form="bars"))
    assert " style=" not in charts.spark([1, None, 2], title="x") + charts.share(0.4, title="x", usual=0.5)


def test_sparkline_leaves_gaps() -> None:
    """None is a gap, not a zero."""
    assert len(re.findall("<path", charts.spark([1, 2, None, 3, 4], title="x"))) == 2


@given(st.lists(st.floats(-1e9, 1e9), max_size=20), st.booleans())
@example([5e-324, 0.0], True)
@example([1e9, math.nextafter(1e9, 0)], False)
def test_the_axis_holds_every_value(values: list[float], from_zero: bool) -> None:
    """Whatever is measured fits between the ends of the axis, with a handful of ticks."""
    found = scales.value_range(values, from_zero=from_zero)
    assert found.low < found.high
    tolerance = (found.high - found.low) * 1e-6
    assert all(found.low - tolerance <= value <= found.high + tolerance for value in values)
    assert 2 <= len(found.ticks) <= 8


@pytest.mark.parametrize("days", [1, 7, 31, 365, 3650])
def test_time_ticks_are_few_and_inside(days: int) -> None:
    """From a day to ten years: between three and ten ticks, all within the span."""
    end = START + timedelta(days=days)
    ticks = scales.time_ticks(START, end, zone=BERLIN)
    assert 3 <= len(ticks) <= 12
    assert all(START <= tick.at <= end for tick in ticks)


@pytest.mark.parametrize("days", [7, 10, 15, 20, 31, 45, 60, 90, 200, 268, 365, 800])
@pytest.mark.parametrize(
    "first", [datetime(2026, 2, 28, tzinfo=BERLIN), datetime(2025, 9, 14, tzinfo=BERLIN)]
)
def test_on_a_phone_no_moment_runs_into_the_next(days: int, first: datetime) -> None:
    """Also where the first one is written with its year; more than one is left to find one's way by."""
    span = timedelta(days=days)
    shown = [tick for tick in scales.time_ticks(first, first + span, zone=BERLIN) if not tick.wide]
    middles = [(tick.at - first) / span * 235 for tick in shown]
    widths = [len(tick.label) * 6.5 for tick in shown]
    starts = [
        max(0.0, middle - width / 2) if middle < 235 * 0.04 else middle - width / 2
        for middle, width in zip(middles, widths, strict=True)
    ]
    assert len(shown) > 1
    assert all(
        end + width <= start
        for end, width, start in zip(starts[:-1], widths[:-1], starts[1:-1], strict=False)
    )


def test_a_day_of_25_hours_keeps_its_ticks_at_full_local_hours() -> None:
    """In the autumn night the clock runs back; ticks follow the local clock."""
    start = datetime(2026, 10, 25, tzinfo=BERLIN)
    ticks = scales.time_ticks(start, start + timedelta(days=1), zone=BERLIN)
    assert all(tick.at.astimezone(BERLIN).minute == 0 for tick in ticks)


def test_circles_grow_with_the_root_of_the_value_and_silence_is_drawn_apart() -> None:
    """The area is the value; a place without values has a dashed edge of its own."""
    spots = [
        maps.Spot(lon=7.6, lat=51.9, label="viel", value=400.0),
        maps.Spot(lon=7.7, lat=51.95, label="wenig", value=100.0),
        maps.Spot(lon=7.65, lat=51.92, label="stumm"),
    ]
    drawn = maps.draw(land=[], spots=spots, title="Karte", name="m")
    radii = [float(r) for r in re.findall(r' r="([\d.]+)"', drawn)]
    assert radii[0] == pytest.approx(2 * radii[1])
    assert drawn.count("place--silent") == 1


def test_a_range_of_the_largest_numbers_there_are_is_finite() -> None:
    """From the least to the greatest double the axis still has ends and steps."""
    for values in ([-1.7e308, 1.7e308], [1.7e308], [-1.7e308]):
        found = scales.value_range(values, from_zero=False)
        assert math.isfinite(found.high - found.low)
        assert len(found.ticks) > 2


@pytest.mark.parametrize("n", [1, 2])
def test_a_line_alone_has_the_citys_colour(n: int) -> None:
    """On the page and in the picture to take along; several lines have colours that all eyes tell apart."""
    marks = [charts.Mark(START + timedelta(hours=h), float(h)) for h in range(4)]
    lines = [several.Line(label=str(number), pieces=[marks]) for number in range(n)]
    chart = several.Chart(start=START, end=START + timedelta(hours=4), zone=BERLIN, lines=lines)
    assert ("sk-several--one" in several.draw(chart)) == (n == 1)
    picture = sheet.draw(sheet.Sheet(chart=chart, sub="", sentence="", source="", colour="#123456"))
    assert ("#123456" in picture) == (n == 1)
