# SPDX-License-Identifier: EUPL-1.2
"""The parser of the query language reads whatever tree is written as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stadtkern.things.entities import Kind
from stadtkern.things.language import parser, tree
from stadtkern.things.language.values import Value
from tests.things import writing


def bare(node: Any) -> Any:
    """A tree without positions."""
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if isinstance(node, Value) or not hasattr(node, "__dataclass_fields__"):
        return node
    return replace(node, **{"at": 0}, **{
        name: bare(getattr(node, name)) for name in node.__dataclass_fields__ if name != "at"
    })  # fmt: skip


instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
literals = st.one_of(
    st.integers(0, 2**63 - 1).map(lambda n: Value(Kind.NUMBER, n)),
    st.floats(0, 1e300, allow_subnormal=False).map(lambda x: Value(Kind.NUMBER, x)),
    texts.map(lambda text: Value(Kind.TEXT, text)),
    st.sampled_from([Value(Kind.NULL, None), Value(Kind.BOOLEAN, True), Value(Kind.BOOLEAN, False)]),
    instants.map(lambda moment: Value(Kind.INSTANT, moment)),
    st.tuples(instants, instants).map(lambda pair: Value(Kind.INTERVAL, tuple(sorted(pair)))),
    st.dates(date(1900, 1, 1)).map(lambda day: Value(Kind.DATE, day)),
    st.times().map(lambda clock: Value(Kind.TIME, clock)),
    st.timedeltas(timedelta(0), timedelta(days=9999)).map(lambda length: Value(Kind.DURATION, length)),
).map(tree.Literal)
names = st.from_regex(r"[A-Za-z_äöü][A-Za-z0-9_äöü]{0,8}", fullmatch=True).filter(
    lambda name: (
        name not in {"not", "null", "true", "false", "any", "all", "duration", "geography", "geometry"}
    )
)
variables = names.filter(str.isidentifier)
some_paths = st.lists(names, min_size=1, max_size=4).map(lambda found: tree.Path(tuple(found)))


def _larger(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
    operators = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Compare, operators, inner, inner),
        st.builds(tree.Logic, st.sampled_from(["and", "or"]), several),
        st.builds(tree.Not, inner),
        st.builds(tree.Among, inner, several),
        st.builds(
            lambda a, b, name: tree.Call(name, (a, b)), inner, inner, st.sampled_from(["add", "mul", "mod"])
        ),
        st.builds(lambda a: tree.Call("neg", (a,)), inner),
        st.builds(tree.Call, names, several),
        st.builds(tree.Lambda, st.sampled_from(["any", "all"]), some_paths, variables, inner),
        st.builds(lambda path: tree.Lambda("any", path, "", None), some_paths),
    )


@given(st.recursive(literals | some_paths, _larger, max_leaves=12))
def test_what_is_written_reads_back_as_the_same_tree(node: tree.Expression) -> None:
    assert bare(parser.expression(writing.of_tree(node))) == bare(node)
