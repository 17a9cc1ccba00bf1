# SPDX-License-Identifier: EUPL-1.2
"""Invents plausible values for probes that do not exist: pure functions of time, the same at every start."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Settings = Mapping[str, Any]
Value = float | bool

_DAY = 86_400.0
_YEAR = 365.2425 * _DAY
_RAINY_DAYS = 0.38
_MEMORY_DAYS = 45


@lru_cache(maxsize=65_536)
def _dice(*parts: int) -> float:
    """A number in [0, 1) that depends on the parts only."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64


def _wander(seed: int, t: float, step: float) -> float:
    """A smooth walk between -1 and 1 that turns about every `step` seconds."""
    place, share = divmod(t / step, 1.0)
    ease = share * share * (3 - 2 * share)
    here, there = _dice(seed, int(place)), _dice(seed, int(place) + 1)
    return 2 * (here + (there - here) * ease) - 1


def _rain(day: int) -> float:
    """Millimetres of rain on a day since 1970, the same for all probes."""
    return 0.0 if _dice(7, day) > _RAINY_DAYS else 1.0 + 14.0 * _dice(8, day) ** 2


def _number(settings: Settings, name: str) -> float:
    return float(settings.get(name, 0.0))


def air_temperature(seed: int, t: float, settings: Settings) -> float:
    """Degrees Celsius: the year, the day, the weather of the week, the place."""
    year = -9.0 * math.cos(2 * math.pi * (t / _YEAR - 20 / 365))
    day = -3.2 * math.cos(2 * math.pi * ((t - 3 * 3600) / _DAY))
    weather = 4.0 * _wander(1, t, 3 * _DAY) + 0.8 * _wander(seed, t, 2400)
    return round(10.5 + year + day + weather + 0.15 * _wander(seed, t, 40) + _number(settings, "offset"), 2)


def humidity(seed: int, t: float, settings: Settings) -> float:
    """Relative humidity in per cent, falling by day."""
    day = 11 * math.cos(2 * math.pi * ((t - 3 * 3600) / _DAY))
    value = 74 + day - 10 * _wander(1, t, 3 * _DAY) + 3 * _wander(seed, t, 1500) + _wander(seed, t, 60)
    return round(min(100.0, max(20.0, value + _number(settings, "offset"))), 1)


def soil_moisture(seed: int, t: float, settings: Settings) -> float:
    """Volumetric water content in per cent: rain arrives late and faint below, roots drink in summer."""
    depth = _number(settings, "depth_cm")
    lag, memory = depth / 30 * 0.4 * _DAY, (4 + depth / 8) * _DAY
    today = int(t // _DAY)
    wet = 0.0
    for day in range(today - _MEMORY_DAYS, today + 1):
        age = t - lag - (day + 0.5) * _DAY
        if age > 0:
            wet += _rain(day) * math.exp(-age / memory)
    thirst = 4.0 * max(0.0, -math.cos(2 * math.pi * (t / _YEAR - 20 / 365))) + _number(settings, "dry")
    gain = 0.34 / (1 + depth / 60)
    value = 16 + depth / 12 + gain * wet - thirst + 0.12 * _wander(seed, t, 90)
    return round(min(46.0, max(4.0, value)), 2)


def groundwater(seed: int, t: float, settings: Settings) -> float:
    """Metres above sea level: slow through the year, a little after rain."""
    year = 0.45 * math.cos(2 * math.pi * (t / _YEAR - 60 / 365))
    slow = 0.12 * _wander(seed, t, 20 * _DAY) + 0.003 * _wander(seed, t, 120)
    return round(_number(settings, "level") + year + slow, 3)


def bay(seed: int, t: float, _settings: Settings) -> bool:
    """Whether a parking bay is occupied; it changes at most once per stay of 7 to 37 minutes."""
    stay = 420 + 1800 * _dice(seed, 0)
    place = int((t + _dice(seed, 1) * stay) // stay)
    hour = (t / 3600 + 1) % 24
    demand = 0.25 + 0.5 * max(0.0, math.sin(math.pi * (hour - 6) / 15)) if 6 < hour < 21 else 0.12
    return _dice(seed, 2, place) < demand


KINDS: Mapping[str, Callable[[int, float, Settings], Value]] = {
    "air_temperature": air_temperature,
    "humidity": humidity,
    "soil_moisture": soil_moisture,
    "groundwater": groundwater,
    "bay": bay,
}
