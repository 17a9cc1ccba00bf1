# SPDX-License-Identifier: EUPL-1.2
"""Whatever comes as JSON from outside is read, or ends with one of the named errors."""

from __future__ import annotations

import contextlib

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from stadtkern.core import jsons


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
        (b'{"a":', "truncated"),
        (b'"\xff"', "utf-8"),
        ('"\ud800"', "surrogates"),
    ],
    ids=["deep", "cut off", "bytes", "half a sign"],
)
def test_what_is_wrong_is_said(text: bytes | str, why: str) -> None:
    """Too deep, cut off, with broken letters."""
    with pytest.raises(jsons.UNREADABLE) as caught:
        msgspec.json.decode(text)
    assert why in jsons.why(caught.value)


@hypothesis.given(
    text=st.one_of(st.binary(max_size=40), st.text(alphabet='[]{}",:\\u00e9\ud800 1e', max_size=40))
)
def test_nothing_else_is_raised(text: bytes | str) -> None:
    """By whatever bytes or signs."""
    with contextlib.suppress(*jsons.UNREADABLE):
        msgspec.json.decode(text)
