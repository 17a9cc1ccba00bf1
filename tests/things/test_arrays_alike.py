# SPDX-License-Identifier: EUPL-1.2
"""Bodies of data arrays whose groups are spelled alike: cut by their text, they mean the same."""

from __future__ import annotations

import json
from datetime import datetime

import hypothesis
import numpy as np
from hypothesis import strategies as st

from stadtkern.things.api.arrays import alike
from stadtkern.things.operations import rows
from stadtkern.things.operations.streams import Together
from stadtkern.things.store import batch
from tests.things.scanning import scanned


@st.composite
def alikes(draw: st.DrawFn) -> str:
    """Groups spelled alike, mostly of plain rows, sometimes with what only looks like a row or a head."""
    strange = ['"],["', '],"x":[', '"]},{"', '[["2024-01-01T00:00:00Z",1]]', "5", "null", '"]}]"']
    head = '{"Datastream":{"@iot.id":NUMBER},"components":["phenomenonTime","result"],"dataArray":['
    groups = []
    for number in range(1, draw(st.integers(2, 5))):
        rows = [f'["2024-01-01T00:00:0{n}Z",{number}]' for n in range(draw(st.integers(1, 3)))]
        if not draw(st.integers(0, 5)):
            rows.insert(draw(st.integers(0, 2)), draw(st.sampled_from(strange)))
        joint = draw(st.sampled_from([",", ",", ", "]))
        groups.append(head.replace("NUMBER", str(number)) + joint.join(rows) + "]}")
    return "[" + draw(st.sampled_from([",", ", ", ",\n"])).join(groups) + "]"


@hypothesis.given(
    text=alikes(), place=st.floats(0, 1), sign=st.sampled_from(list('[]{},":\\ 1\x01')), damage=st.booleans()
)
def test_bodies_cut_by_their_text_mean_the_same(text: str, place: float, sign: str, damage: bool) -> None:
    """Whole or damaged: what is cut and then read at once is what the scanner finds."""
    at = int(place * len(text))
    body = (text[:at] + sign + text[at:] if damage else text).encode()
    taken = alike.cut(body)
    if taken is None:
        return
    facts = Together(frozenset({1}), np.full(len(taken.numbers), 5), particular=False)
    found = rows.whole(
        texts=taken.texts, sizes=taken.sizes, numbers=taken.numbers, facts=facts, components=taken.components
    )
    if found is not None and found.rows is not None:
        expected = scanned(body, window=10_000)
        assert expected is not None
        groups = json.loads(body)
        assert found.rows.datastream_id.tolist() == [
            groups[at]["Datastream"]["@iot.id"] for at, _ in expected
        ]
        assert found.rows.result.tolist() == [row[1] for _, row in expected]
        assert [batch.instant(time) for time in found.rows.time] == [
            datetime.fromisoformat(row[0]) for _, row in expected
        ]


def test_what_is_spelled_alike_is_cut() -> None:
    """With blanks as Python writes them, too; not so with another order, an escape or a member more."""
    group = {"Datastream": {"@iot.id": 7}, "components": ["result"], "dataArray": [[1], [2]]}
    for text in (
        json.dumps([group] * 3),
        json.dumps([group] * 3, separators=(",", ":")),
        json.dumps([group]),
    ):
        taken = alike.cut(text.encode())
        assert taken is not None
        assert taken.numbers == (7,) * text.count("iot.id")
        assert set(taken.sizes) == {2}
    usual = json.dumps([group, group])
    others = [
        json.dumps([group, dict(reversed(group.items()))]),
        json.dumps([group, {**group, "dataArray@iot.count": 2}]),
        json.dumps([group, {**group, "components": ["result", "phenomenonTime"]}]),
        json.dumps([group, {**group, "dataArray": [[{"Datastream": {"@iot.id": 7}}]]}]),
        json.dumps([group, {**group, "dataArray": []}]),
        usual.replace("result", "\\u0072esult"),
        usual.replace(": 7", ": 0"),
        usual.replace(": 7", f": {2**63}"),
        usual.replace(": 7", ": 07"),
        usual.replace('["result"]', "[1]"),
        usual[:-1],
    ]
    assert not any(alike.cut(body.encode()) for body in others)


def test_what_is_nested_deeply_is_not_cut() -> None:
    """Which is told where rows are looked at one by one."""
    rows = "[" * 100_000 + "]" * 100_000
    head = '{"Datastream":{"@iot.id":7},"components":["phenomenonTime","result"],"dataArray":['
    assert alike.cut(f"[{head}{rows}]}}]".encode()) is None
