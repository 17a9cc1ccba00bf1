# SPDX-License-Identifier: EUPL-1.2
"""A value against what is usual at this hour, in one wording for tiles and pages."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.insights import usual
from stadtkern.ui import formats

# A difference below this share of a usual day's range goes for none; of a count, below the other.
_SAME = 0.1
_SAME_SHARE = 0.05


def value(value: float, expected: usual.Hours, *, hour: int, number: Callable[[float], str]) -> SafeString:
    """`1,2 °C mehr als sonst um diese Zeit`; empty where nothing usual is known of the local hour.

    `number` writes a value with its unit.
    """
    if hour not in expected:
        return SafeString()
    means = [found.mean for found in expected.values()]
    difference = value - expected[hour].mean
    span = (max(means) - min(means)) or abs(expected[hour].mean) * _SAME
    if abs(difference) <= span * _SAME or not difference:
        return _words("", more=False)
    return _words(number(abs(difference)), more=difference > 0)


def total(total: float, expected: usual.Hours, *, hour: int) -> SafeString:
    """`12 % mehr als sonst um diese Zeit` for what was counted within the hour; empty as above."""
    if hour not in expected or expected[hour].total <= 0:
        return SafeString()
    share = total / expected[hour].total - 1
    return _words("" if abs(share) < _SAME_SHARE else formats.percent(abs(share)), more=share > 0)


def _words(size: str, *, more: bool) -> SafeString:
    if not size:
        return format_html("<strong>{}</strong>", gettext("wie sonst um diese Zeit"))
    apart = gettext("%(size)s mehr") if more else gettext("%(size)s weniger")
    than = gettext("als sonst um diese Zeit")
    return format_html('<strong class="sk-differs">{}</strong> {}', apart % {"size": size}, than)
