# SPDX-License-Identifier: EUPL-1.2
"""Numbers, dates and ages read as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from stadtkern.ui import formats

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.5, 1, "1.234,5"),
        (71535, None, "71.535"),
        (-0.4, 1, "−0,4"),
        (-0.04, 1, "0,0"),
        (0.123, None, "0,12"),
        (12.34, None, "12,3"),
        (123.4, None, "123"),
        (None, None, "–"),
        (float("nan"), None, "–"),
    ],
)
def test_numbers_have_german_signs_and_as_many_digits_as_they_deserve(
    value: float | None, digits: int | None, text: str
) -> None:
    """Decimal comma, dots between thousands, a true minus."""
    assert formats.number(value, digits=digits) == text


def test_a_moment_names_day_and_local_time() -> None:
    """The city's zone counts, not UTC."""
    assert formats.moment(NOW, zone=BERLIN) == "20. November 2026, 14:05 Uhr"
    with translation.override("en"):
        assert formats.moment(NOW, zone=BERLIN) == "20 November 2026, 14:05"


def test_what_ends_at_midnight_ends_with_the_day_before() -> None:
    """Whoever has access until the end of March loses it as April begins; an hour that was chosen is told."""
    midnight = datetime(2027, 3, 31, 22, tzinfo=UTC)
    assert formats.end(midnight, zone=BERLIN) == "31.03.2027"
    assert formats.end(NOW, zone=BERLIN) == "20.11.2026, 14:05"
    with translation.override("en"):
        assert formats.end(midnight, zone=BERLIN) == "31/03/2027"


def test_sizes_are_told_in_the_words_of_the_page() -> None:
    """Bytes have a plural in English."""
    assert [formats.size(n) for n in (1, 5, 1500)] == ["1 Byte", "5 Byte", "1,5 KB"]
    with translation.override("en"):
        assert [formats.size(n) for n in (1, 5, 1500)] == ["1 byte", "5 bytes", "1.5 KB"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "gerade eben"), (40, "vor 40 Sekunden"), (180, "vor 3 Minuten"), (7200, "vor 2 Stunden")],
)
def test_ages_are_told_in_words(seconds: int, text: str) -> None:
    """`vor 3 Minuten`, not `00:03:00`."""
    assert formats.age(NOW - timedelta(seconds=seconds), now=NOW) == text


def test_today_needs_no_date() -> None:
    """Within the day the clock is enough; before, the day is named."""
    assert formats.moment_or_clock(NOW - timedelta(hours=1), zone=BERLIN, now=NOW) == "13:05 Uhr"
    assert formats.moment_or_clock(NOW - timedelta(days=1), zone=BERLIN, now=NOW).startswith("19. November")


def test_per_cent_keeps_its_space_in_german_only() -> None:
    """A space that does not break, as DIN 5008 asks."""
    assert formats.percent(0.204) == "20\N{NO-BREAK SPACE}%"
    with translation.override("en"):
        assert formats.percent(0.204) == "20%"


def test_words_fall_back_to_german() -> None:
    """Content that has no English text yet is shown in German rather than not at all."""
    with translation.override("en"):
        assert formats.words({"de": "Baum", "en": "Tree"}) == "Tree"
        assert formats.words({"de": "Baum"}) == "Baum"
    assert formats.words("Linde") == "Linde"
    assert formats.words(None) == ""


def test_weekday_and_day() -> None:
    """The header of the front page."""
    assert formats.day(date(2026, 2, 26), weekday=True) == "Donnerstag, 26. Februar 2026"


@pytest.mark.parametrize(
    ("value", "text"), [(1e300, "1E300"), (-1.25e21, "−1,25E21"), (9.99e14, "999.000.000.000.000")]
)
def test_huge_numbers_are_written_with_their_power(value: float, text: str) -> None:
    """No reading is too large for a page."""
    assert formats.number(value, digits=0) == text


def test_the_same_instant_is_another_day_elsewhere() -> None:
    """What was written before is not taken for a day that only has the same instant."""
    instant = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert formats.day(instant) == "20. November 2026"
    assert formats.day(instant.astimezone(ZoneInfo("Europe/Berlin"))) == "21. November 2026"


def test_numbers_keep_their_shortest_digits() -> None:
    """No digits of the binary form behind those that were meant, with groups and signs of the language."""
    assert formats.number(99_999_999_999_999.9, digits=15) == "99.999.999.999.999,900000000000000"
    assert formats.number(-0.001, digits=1) == "0,0"
    with translation.override("en"):
        assert formats.number(-1234567.25, digits=2) == "−1,234,567.25"


@pytest.mark.parametrize(
    ("most", "text"),
    [
        (
            100,
            "Wo fahren Räder? Am Neutor, z. B. sonntags. Echte Werte aus Münster, um 41 Wochen verschoben.",
        ),
        (90, "Wo fahren Räder? Am Neutor, z. B. sonntags."),
        (40, "Wo fahren Räder?"),
        (12, "Wo fahren …"),
    ],
)
def test_an_excerpt_ends_where_a_sentence_or_a_word_ends(most: int, text: str) -> None:
    """Never in the middle of a thought where a whole one fits; abbreviations end no sentence."""
    whole = "Wo fahren Räder? Am Neutor, z. B. sonntags.\n Echte Werte aus Münster, um 41 Wochen verschoben."
    assert formats.excerpt({"de": whole}, most) == text


def test_an_excerpt_of_one_endless_word_is_its_beginning() -> None:
    """Names of 200 letters, and languages that write without spaces."""
    assert formats.excerpt("x" * 200, 12) == "xxxxxxxxxxx …"


def test_quotation_marks_are_those_of_the_language() -> None:
    """Low and high in German, both high in English."""
    assert formats.quoted("Rad") == "„Rad“"
    with translation.override("en"):
        assert formats.quoted("Rad") == "“Rad”"
