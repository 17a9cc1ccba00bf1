# SPDX-License-Identifier: EUPL-1.2
"""Bodies of data arrays that come in windows: the same groups and rows as JSON read as a whole."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import hypothesis
import msgspec
import numpy as np
import pytest
from hypothesis import strategies as st

from stadtkern.core.problems import Problem
from stadtkern.things.api.arrays import few, marks, scan
from stadtkern.things.operations import rows
from stadtkern.things.operations.rows import parts, plain
from stadtkern.things.operations.streams import Facts
from stadtkern.things.store import batch
from tests.things.scanning import scanned

FACTS = Facts(
    dataset_id=1, observation_type="OM_Measurement", components=None, location_id=None, feature_id=5
)
_TEXTS = [
    "a",
    'x"y',
    "\\",
    "[",
    "]]",
    '{"',
    '"dataArray":[',
    "é€",
    "a,b",
    '\\"',
    "]},{",
    "2024-01-01T00:00:00Z",
]
_values = st.recursive(
    st.sampled_from([*_TEXTS, None, True, 1, -2.5, 1e300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_TEXTS), inner, max_size=2),
    max_leaves=6,
)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Data arrays, their members in any order, with blanks or without."""
    groups = []
    for number in range(draw(st.integers(0, 3))):
        members: list[tuple[str, Any]] = [
            ("Datastream", {"@iot.id": number + 1}),
            ("components", ["phenomenonTime", "result"]),
            ("dataArray", draw(st.lists(_values, max_size=5))),
        ]
        groups.append(dict(draw(st.permutations(members))))
    return json.dumps(groups, indent=draw(st.sampled_from([None, 1])), ensure_ascii=draw(st.booleans()))


@hypothesis.given(text=bodies(), window=st.sampled_from([5, 40, 10_000]))
def test_any_division_into_windows_gives_the_same_rows(text: str, window: int) -> None:
    expected = [(number, row) for number, group in enumerate(json.loads(text)) for row in group["dataArray"]]
    assert scanned(text.encode(), window=window) == expected


@hypothesis.given(
    text=bodies(), place=st.floats(0, 1), sign=st.sampled_from(list('[]{},":\\ 1a')), drop=st.integers(0, 2)
)
def test_damaged_bodies_are_refused_or_mean_what_json_says(
    text: str, place: float, sign: str, drop: int
) -> None:
    """Whatever is broken, however it is divided: never another row than JSON has."""
    at = int(place * len(text))
    damaged = (text[:at] + sign + text[at + drop :]).encode()
    found = scanned(damaged, window=10_000)
    assert scanned(damaged, window=9) == found
    if found is not None:
        groups = json.loads(damaged)
        assert found == [(n, row) for n, group in enumerate(groups) for row in group["dataArray"]]


def _in_one_go(body: bytes) -> list[tuple[int, Any]] | None:
    taken = few.read(body)
    if taken is None:
        return None
    assert [group.number for group in taken.groups] == [
        group["Datastream"]["@iot.id"] for group in json.loads(body)
    ]
    found = []
    for piece in taken.pieces:
        values = json.loads(b"[" + piece.text + b"]")
        assert len(values) == piece.size
        found += [(piece.group, value) for value in values]
    return found


@hypothesis.given(
    text=bodies(), place=st.floats(0, 1), sign=st.sampled_from(list('[]{},":\\ 1a')), damage=st.booleans()
)
def test_small_bodies_taken_in_one_go_mean_the_same(text: str, place: float, sign: str, damage: bool) -> None:
    """Whole or damaged: what is taken at all is what the scanner finds."""
    at = int(place * len(text))
    body = (text[:at] + sign + text[at:] if damage else text).encode()
    found = _in_one_go(body)
    if found is not None:
        assert found == scanned(body, window=10_000)


def test_the_usual_body_is_taken_in_one_go() -> None:
    """Not so with a name twice, an escape, an unknown member or component, or a MultiDatastream."""
    usual = (
        '[{"Datastream":{"@iot.id":7},"components":["phenomenonTime","result"],'
        '"dataArray":[["2024-01-01T00:00:00Z",1]]}]'
    )
    assert _in_one_go(usual.encode()) == [(0, ["2024-01-01T00:00:00Z", 1])]
    others = [
        usual.replace('"components"', '"components":["result"],"components"'),
        usual.replace("phenomenonTime", "phenomenon\\u0054ime"),
        usual.replace('"components"', '"more":1,"components"'),
        usual.replace("phenomenonTime", "time"),
        usual.replace('"result"', '"result","result"'),
        usual.replace('"Datastream"', '"MultiDatastream"'),
        usual.replace(":7", ":-7"),
        usual.replace(":7", ':"7"'),
        usual.replace('[["2024-01-01T00:00:00Z",1]]', "7"),
        usual[1:-1],
        usual[:-1],
    ]
    assert not any(few.read(body.encode()) for body in others)


@hypothesis.given(text=st.text(alphabet='a"\\[]{}', max_size=40))
def test_brackets_inside_texts_are_none(text: str) -> None:
    body = json.dumps([text, [text], {text: text}]).encode()
    found = marks.find(body, depth=0)
    assert [chr(sign) for sign in found.sign.tolist()] == list("[[]{}]")
    assert found.depth.tolist() == [1, 2, 1, 2, 1, 0]


def _read(text: str, *, order: list[str] | None = None) -> rows.Read:
    body = text.encode()
    size = len(msgspec.json.decode(b"[" + body + b"]"))
    components = order or ["phenomenonTime", "result"]
    return rows.read([rows.Part(text=body, size=size, datastream_id=7, components=components, facts=FACTS)])


_SPELLINGS = [
    "2024-02-29T23:59:59Z",
    "2024-02-29T23:59:59.5Z",
    "2024-02-29T23:59:59.123456Z",
    "2024-02-29T23:59:59.1234567Z",
    r"2024-02-29T23:59:59.1234567\u005a",
    r"2024-02-29T23:59:5\u0039.9999999\u002b01:00",
    "2024-02-29T23:59:59+01:30",
    "1999-12-31t00:00:00.250-09:00",
    "2023-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:00:60Z",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01 00:00:00Z",
    "2024-01-0 1T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2024-01-01T00:00:00",
    "٢٠٢٤-01-01T00:00:00Z",
]
_RESULTS = [
    "1",
    "-0.5",
    "1e3",
    "9007199254740993",
    "null",
    "true",
    '"1"',
    "[1]",
    "1,2",
    "0.30000000000000004",
]


@hypothesis.given(
    times=st.lists(st.sampled_from(_SPELLINGS), min_size=1, max_size=4),
    results=st.lists(st.sampled_from(_RESULTS), min_size=4, max_size=4),
    comma=st.sampled_from([",", ", ", " ,\n"]),
    first=st.booleans(),
    many=st.booleans(),
)
def test_rows_read_at_once_are_as_if_read_one_by_one(
    times: list[str], results: list[str], comma: str, first: bool, many: bool
) -> None:
    """Beside a row that can only be read alone, the same rows give the same columns and problems.

    Few rows are decoded, many looked at as characters: here both ways have the same few.
    """
    pairs = [(f'"{time}"', result) for time, result in zip(times, results, strict=False)]
    lines = ["[" + comma.join(pair if first else reversed(pair)) + "]" for pair in pairs]
    order = ["phenomenonTime", "result"] if first else ["result", "phenomenonTime"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_MANY", 0 if many else sys.maxsize)
        together = _read(comma.join(lines), order=order)
    alone = [_read(line + ",5", order=order) for line in lines]
    for place, single in enumerate(alone):
        assert (place in together.problems) == (0 in single.problems)
        if place in together.problems or together.rows is None or single.rows is None:
            continue
        at = int(np.flatnonzero(together.places == place)[0])
        for name in ("time", "result", "datastream_id", "feature_id"):
            pair = getattr(together.rows, name)[at], getattr(single.rows, name)[0]
            assert pair[0] == pair[1] or np.isnan(pair).all()


@hypothesis.given(
    times=st.lists(st.sampled_from(_SPELLINGS), min_size=4, max_size=8),
    results=st.lists(st.sampled_from(_RESULTS), min_size=4, max_size=4),
    features=st.lists(
        st.sampled_from(["3", "null", "5", "0", "x", "9223372036854775808"]), min_size=4, max_size=4
    ),
)
def test_rows_with_more_than_time_and_number_too(
    times: list[str], results: list[str], features: list[str]
) -> None:
    order = ["result", "resultTime", "phenomenonTime", "FeatureOfInterest/id"]
    lines = [
        f'[{result},"{taken}","{time}",{feature.replace("x", chr(34) * 2)}]'
        for result, taken, time, feature in zip(results, times, reversed(times), features, strict=False)
    ]
    together = _read(",".join(lines), order=order)
    for place, line in enumerate(lines):
        single = _read(line + ",5", order=order)
        assert (place in together.problems) == (0 in single.problems)
        if place in together.problems or together.rows is None or single.rows is None:
            continue
        at = int(np.flatnonzero(together.places == place)[0])
        for name in ("time", "result_time", "feature_id"):
            assert getattr(together.rows, name)[at] == getattr(single.rows, name)[0]


def test_what_is_finer_than_a_microsecond_is_left_away_everywhere() -> None:
    """Else the same reading would be stored twice, once from an array and once alone."""
    line = '["2024-01-01T00:00:00.1234567Z","2024-01-01T00:00:00.9999999Z",1]'
    found = _read(line, order=["phenomenonTime", "resultTime", "result"]).rows
    assert found is not None
    assert found.result_time is not None
    assert (found.time[0] % 10**6, found.result_time[0] % 10**6) == (123456, 999999)


@pytest.mark.parametrize("many", [0, 2])
def test_so_it_is_where_signs_are_escaped(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """Which JSON allows anywhere in a text."""
    monkeypatch.setattr(parts, "_MANY", many)
    found = _read(r'["2024-01-01T00:00:00.9999999\u005a",1]').rows
    assert found is not None
    assert found.time.tolist() == [batch.microseconds(datetime(2024, 1, 1, 0, 0, 0, 999999, UTC))]


def test_a_row_that_is_too_large_is_refused() -> None:
    """Nothing that cannot be divided is kept without limit."""
    head = '[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[["'
    scanner = scan.Scanner()
    scanner.feed(head.encode())
    with pytest.raises(Problem) as caught:
        for _ in range(20):
            scanner.feed(b"x" * 100_000)
    assert caught.value.status == 413


@pytest.mark.parametrize("body", [b'{"value":[', b"nonsense [", b"]", b"[]]"])
def test_what_is_no_list_is_refused_without_waiting_for_its_end(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        scan.Scanner().feed(body)
    assert caught.value.status == 400


@pytest.mark.parametrize("many", [0, 2, 3])
def test_plain_rows_are_read_as_columns(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """As characters only where they are many."""
    seen: list[int] = []
    read = plain.read

    def noted(text: bytes, *, size: int, time_first: bool) -> Any:
        seen.append(size)
        return read(text, size=size, time_first=time_first)

    monkeypatch.setattr(plain, "read", noted)
    monkeypatch.setattr(parts, "_MANY", many)
    found = _read('["2024-01-01T00:00:00Z",1],["2024-01-01T00:00:01Z",2.5]')
    assert seen == ([] if many > 2 else [2])
    assert found.rows is not None
    assert found.rows.time.tolist() == [
        batch.microseconds(batch.instant(1704067200 * 10**6)) + n * 10**6 for n in (0, 1)
    ]
    assert found.rows.result.tolist() == [1, 2.5]
    assert found.rows.feature_id is not None
    assert found.rows.feature_id.tolist() == [5, 5]
