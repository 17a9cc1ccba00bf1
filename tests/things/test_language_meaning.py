# SPDX-License-Identifier: EUPL-1.2
"""What functions and operators give is what the same words mean in Python, for random values."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stadtkern.core.access import Scope
from stadtkern.things import entities
from stadtkern.things.language import checker, compiler, parser, places
from tests.things import writing
from tests.things.factories import City, datastream, location, thing

pytestmark = pytest.mark.anyio

LETTERS = "aAbZéÄ ß%_'\\\"🌳\n"
TEXTS: dict[str, Callable[..., Any]] = {
    "substringof": lambda part, text: part in text,
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "indexof": str.find,
    "concat": operator.add,
}
SINGLE: dict[str, Callable[[str], Any]] = {"length": len, "trim": lambda text: text.strip(" ")}
NUMBERS: dict[str, Callable[[float, float], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": lambda a, b: a / b if b else None,
    "mod": lambda a, b: math.fmod(a, b) if b else None,
}
SIGNS = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge,
}  # fmt: skip


async def evaluate(connection: Any, expressions: list[str]) -> list[Any]:
    """The values of expressions without properties."""
    place = places.root(entity=entities.BY_SET["Things"], names=places.Names(Scope((), True)))
    keys = [
        checker.condition(parser.expression(f"{text} eq {text}"), entity=place.entity) for text in expressions
    ]
    pieces = [compiler.value(key.left, place).start for key in keys]  # type: ignore[union-attr]
    sql = "select " + ", ".join(piece.text for piece in pieces)
    row = await (await connection.execute(sql, [v for piece in pieces for v in piece.params])).fetchone()
    return list(row)


async def agree(connection: Any, expected: list[tuple[str, Any]]) -> None:
    """The database gives for each expression what is expected of it."""
    found = await evaluate(connection, [text for text, _ in expected])
    for (text, wanted), value in zip(expected, found, strict=True):
        if isinstance(wanted, float) and value is not None:
            assert value == pytest.approx(wanted, rel=1e-9, abs=1e-9), text
        else:
            assert value == wanted, text


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def test_texts(connection: Any) -> None:
    chance = random.Random(1)
    expected: list[tuple[str, Any]] = []
    for _ in range(60):
        text = "".join(chance.choices(LETTERS, k=chance.randint(0, 8)))
        begin = chance.randint(0, 4)
        part = chance.choice([text[begin : begin + 2], "%", "_", "", "a"])
        for name, function in TEXTS.items():
            pair = (part, text) if name == "substringof" else (text, part)
            if name == "indexof" and not part:
                continue
            expected.append((f"{name}({quoted(pair[0])},{quoted(pair[1])})", function(*pair)))
        expected += [(f"{name}({quoted(text)})", function(text)) for name, function in SINGLE.items()]
        size = chance.randint(0, 4)
        expected.append((f"substring({quoted(text)},{begin})", text[begin:]))
        expected.append((f"substring({quoted(text)},{begin},{size})", text[begin : begin + size]))
        expected.append((f"tolower({quoted(text)})", text.lower()))
        expected.append((f"toupper({quoted(text)})", text.replace("ß", "\0").upper().replace("\0", "ß")))
    await agree(connection, expected)


async def test_numbers(connection: Any) -> None:
    chance = random.Random(2)
    expected: list[tuple[str, Any]] = []
    for _ in range(60):
        a, b = (
            chance.choice([0, 1, 2.5, 7, 1e6, chance.randint(0, 99), round(chance.uniform(0, 9), 3)])
            for _ in "ab"
        )
        left = f"(-{a})" if chance.random() < 0.3 else str(a)
        value = -a if left.startswith("(") else a
        for name, function in NUMBERS.items():
            expected.append((f"({left} {name} {b})", _float(function(value, b))))
        expected += [
            (f"floor({left})", _float(math.floor(value))),
            (f"ceiling({left})", _float(math.ceil(value))),
        ]
        for sign, compare in SIGNS.items():
            expected.append((f"({left} {sign} {b})", compare(value, b)))
    await agree(connection, expected)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


async def test_times(connection: Any) -> None:
    chance = random.Random(3)
    expected: list[tuple[str, Any]] = []
    for _ in range(40):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randint(0, 2 * 10**15))
        length = timedelta(seconds=chance.randint(0, 10**7))
        text = writing.of_value(parser.values.Value(entities.Kind.INSTANT, moment))
        for name in ("year", "month", "day", "hour", "minute", "second"):
            expected.append((f"{name}({text})", float(getattr(moment, name))))
        expected.append((f"fractionalseconds({text})", moment.microsecond / 1e6))
        expected.append((f"date({text})", moment.date()))
        expected.append((f"time({text})", moment.time()))
        duration = f"duration'PT{int(length.total_seconds())}S'"
        expected.append((f"({text} add {duration})", moment + length))
        expected.append((f"({text} sub {duration})", moment - length))
        expected.append((f"(({text} add {duration}) sub {text})", length))
    await agree(connection, expected)


ABSENT = [
    ("properties/no eq null", True),
    ("properties/nothing eq null", True),
    ("properties/no ne null", False),
    ("properties/no eq 1", False),
    ("properties/no ne 1", True),
    ("not (properties/no eq 1)", True),
    ("properties/no lt 1 or properties/no ge 1", False),
    ("not (properties/no lt 1)", True),
    ("properties/no in (1,2)", False),
    ("not (properties/no in (1,2))", True),
    ("length(properties/no) eq 0", False),
    ("properties/text gt 1", False),
    ("properties/text ne 1", True),
    ("properties/number eq '7'", True),
    ("properties/number eq 7.0", True),
    ("properties/list eq properties/list", True),
    ("properties/no eq properties/other", False),
    ("concat(properties/no,'x') eq 'x'", False),
    ("properties/flag eq true and properties/flag", True),
    ("properties/text", False),
    ("1 div 0 eq null", True),
    ("null eq null", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "holds"), ABSENT)
async def test_absent_values_and_values_of_other_types(city: City, text: str, holds: bool) -> None:
    body = {"nothing": None, "text": "7", "number": 7, "list": [1], "flag": True}
    if not await city.values("Things"):
        await city.create("Things", thing(properties=body))
    assert bool(await city.values(f"Things?$filter={text}")) is holds


@pytest.mark.parametrize("sign", SIGNS)
async def test_days_and_years_are_compared_as_they_stand(city: City, sign: str) -> None:
    days = [datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC) + timedelta(hours=12 * n) for n in range(6)]
    series = [{"phenomenonTime": day.isoformat().replace("+00:00", "Z"), "result": 1} for day in days]
    if not await city.values("Observations"):
        await city.create(
            "Things", thing(Locations=[location()], Datastreams=[datastream(observations=series)])
        )
    for text, wanted in (
        ("date(phenomenonTime)", [SIGNS[sign](day.date(), date(2024, 1, 1)) for day in days]),
        ("year(phenomenonTime)", [SIGNS[sign](day.year, 2024) for day in days]),
    ):
        right = "2024-01-01" if text.startswith("date") else "2024"
        page = await city.get(f"Observations?$count=true&$filter={text} {sign} {right}")
        assert page["@iot.count"] == sum(wanted)
