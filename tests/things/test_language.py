# SPDX-License-Identifier: EUPL-1.2
"""The query language: what it reads, what it refuses, and how it says so."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.core.access import Scope
from stadtkern.core.problems import Problem
from stadtkern.things import entities
from stadtkern.things.language import checker, compiler, options, parser, paths, places
from stadtkern.things.language.problems import (
    InvalidAddress,
    InvalidQuery,
    QueryTooLarge,
    UnknownName,
    WrongType,
)


def compiled(text: str, of: str = "Things") -> tuple[str, tuple[Any, ...]]:
    """The SQL of a filter, for somebody who sees everything."""
    entity = entities.BY_SET[of]
    place = places.root(entity=entity, names=places.Names(Scope((), True)))
    return compiler.condition(checker.condition(parser.expression(text), entity=entity), place)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_WORDS = [
    "name",
    "eq",
    "and",
    "or",
    "not",
    "(",
    ")",
    "'",
    "''",
    "Datastreams/",
    "Observations/result",
    "1",
    "1e999",
    ",",
]
_WORDS += [
    "2024-01-01T00:00:00Z",
    "2024-13-01",
    "12024-01-01T00:00:00Z",
    "/",
    "-",
    "null",
    "geo.distance(",
    "Datastreams/any(",
    "Locations/all(",
    "d:",
    "d/id",
    "st_within(",
    "st_relate(location,",
    "location",
    "geography'POINT(1 2)'",
    "geography'POLYGON((0 0,",
]
_WORDS += [
    "substringof(",
    "duration'P1D'",
    "duration'x'",
    "properties/a",
    "id",
    "in",
    "mul",
    "\x00",
    "\ud800",
    '"',
    "%",
    "$it",
]
snippets = st.lists(st.sampled_from(_WORDS) | texts, max_size=14).map(" ".join)


@given(snippets, st.sampled_from(sorted(entities.BY_SET)))
def test_no_filter_crashes_the_compiler(text: str, of: str) -> None:
    with suppress(Problem):
        sql, params = compiled(text, of)
        assert sql.count("%s") == len(params)


@given(
    st.lists(
        st.sampled_from(["$filter", "$expand", "$top", "=", "&", "(", ")", ";", ",", "1", "%2", "%FF"])
        | texts
    )
)
def test_no_query_string_crashes_the_reader(parts: list[str]) -> None:
    with suppress(Problem):
        options.parse("".join(parts))


@given(
    st.lists(
        st.sampled_from(["Things", "(1)", "/", "Datastreams", "$ref", "name", "(99999999999999999999)"])
        | texts
    )
)
def test_no_address_crashes_the_reader(parts: list[str]) -> None:
    with suppress(Problem):
        paths.parse("".join(parts))


@pytest.mark.parametrize(
    ("text", "problem", "says"),
    [
        ("name eq", InvalidQuery, "position 8"),
        ("name eq 'x", InvalidQuery, "no closing quote"),
        ('name eq "x"', InvalidQuery, "single quotes"),
        ("(name eq 'x'", InvalidQuery, "expected `)`"),
        ("name eq 'x' 'y'", InvalidQuery, "position 13"),
        ("nmae eq 'x'", UnknownName, "it has id, name, description"),
        ("nosuch(name)", UnknownName, "there are add"),
        ("name eq 5", WrongType, "a text cannot be compared with a number"),
        ("length(5) eq 1", WrongType, "takes (a text), not (a number)"),
        ("name", WrongType, "expected a condition"),
        ("name gt null", WrongType, "eq and ne"),
        ("Datastreams eq 1", InvalidQuery, "is a relation"),
        ("name/x eq 1", UnknownName, "nothing inside"),
        ("geo.distance(name, name) lt 1", WrongType, "takes (a geometry, a geometry)"),
        ("geo.area(name) lt 1", UnknownName, "geo.distance"),
        ("Datastreams/any(d: d/nmae eq 'x')", UnknownName, "a Datastream has no 'nmae' (position 20)"),
        ("Datastreams/any(d d/id eq 1)", InvalidQuery, "expected `:` at position 19"),
        ("Datastreams/any(1: 1 eq 1)", InvalidQuery, "expected a variable"),
        ("Datastreams/any(d: d/id eq 1", InvalidQuery, "expected `)`"),
        ("Datastreams/all()", InvalidQuery, "expected a variable"),
        ("Datastreams/any(d: d/id)", WrongType, "expected a condition at position 20"),
        ("Datastreams/any(d: d/Thing/any(t: t/id eq 1))", WrongType, "is one entity"),
        ("Datastreams/any(d: d/Observations/any(d: d/id eq 1))", InvalidQuery, "is taken"),
        ("Datastreams/any(d: d eq 1)", InvalidQuery, "is a relation"),
        ("name/any(d: d/id eq 1)", UnknownName, "a Thing has no 'name'"),
        ("d/id eq 1 or Datastreams/any(d: d/id eq 1)", UnknownName, "a Thing has no 'd'"),
        ("id eq 1e999", InvalidQuery, "too large"),
    ],
)
def test_errors_say_what_and_where(text: str, problem: type[Problem], says: str) -> None:
    with pytest.raises(problem) as caught:
        compiled(text)
    assert says in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100 + "1 eq 1" + ")" * 100,
        " and ".join(["id eq 1"] * 200),
        "id in (" + ",".join("1" for _ in range(5000)) + ")",
        "not " * 60 + "(id eq 1)",
        "-" * 60 + "1 eq 1",
        "name eq '" + "x" * 9000 + "'",
        "/".join(["Thing"] * 50) + "/id eq 1",
        "1 eq " + " add ".join(["1"] * 300),
    ],
)
def test_filter_bombs_are_refused(text: str) -> None:
    with pytest.raises(QueryTooLarge):
        parser.expression(text)


def test_values_never_become_part_of_the_statement() -> None:
    evil = "'; drop table things.thing; --"
    sql, params = compiled(f"name eq '{evil.replace(chr(39), chr(39) * 2)}' and properties/x eq '{'%s'}'")
    assert "drop" not in sql
    assert evil in params


def test_keys_inside_properties_are_bound_too() -> None:
    sql, params = compiled("properties/'a'');drop'/b eq 1")
    assert "drop" not in sql
    assert ["a');drop", "b"] in params


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(f"Datastreams/any(d{n}: d{n}/id eq 1)" for n in range(40)),
        "Datastreams/any(d: " * 40 + "1 eq 1" + ")" * 40,
        " or ".join("Datastreams/Observations/any()" for _ in range(7)),
        " or ".join(f"Datastreams/description eq '{n}'" for n in range(30)),
    ],
)
def test_filters_over_too_many_relations_are_refused(text: str) -> None:
    with pytest.raises(QueryTooLarge):
        compiled(text.replace("any(d: Datastreams", "any(d: d/Thing/Datastreams"))


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("date(time) eq 2024-02-29", datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)),
        ("year(time) eq 2024", datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
        ("year(time) le 2024", None, datetime(2025, 1, 1, tzinfo=UTC)),
        ("date(time) gt 2024-02-29", datetime(2024, 3, 1, tzinfo=UTC), None),
    ],
)
def test_days_and_years_become_spans_that_an_index_serves(
    text: str, first: datetime | None, end: datetime | None
) -> None:
    sql, params = compiled(text, "HistoricalLocations")
    assert [moment for moment in params if isinstance(moment, datetime)] == [m for m in (first, end) if m]
    assert ("t1.time >= " in sql, "t1.time < " in sql) == (first is not None, end is not None)


def test_conditions_over_one_relation_are_about_one_entity() -> None:
    sql, _ = compiled("Datastreams/name eq 'a' and Datastreams/description eq 'b'")
    assert sql.count("exists") == 1
    sql, _ = compiled("Datastreams/name eq 'a' or Datastreams/description eq 'b'")
    assert sql.count("exists") == 2


@pytest.mark.parametrize(
    "text",
    ["2024-01-01T00:00:00+02:00", "2024-01-01T00:00:00 02:00", "2023-12-31T22:00:00Z", "2023-12-31T22:00Z"],
)
def test_offsets_are_read_even_where_the_plus_sign_was_lost(text: str) -> None:
    _, params = compiled(f"time eq {text}", "HistoricalLocations")
    assert params == (datetime(2023, 12, 31, 22, tzinfo=UTC),)


def test_times_of_day_and_durations_are_values() -> None:
    _, params = compiled(
        "time(time) ge 12:30:00 and time gt now() sub duration'P1DT2H'", "HistoricalLocations"
    )
    assert params == (time(12, 30), timedelta(days=1, hours=2))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("$filter=id eq 1&$filter=id eq 2", "twice"),
        ("$top=-1", "whole number"),
        ("$top=1.5", "whole number"),
        ("$skip=99999999", "@iot.nextLink"),
        ("$count=yes", "neither true nor false"),
        ("$foo=1", "not a query option"),
        ("$expand=Datastreams($foo=1)", "not a query option"),
        ("$expand=Datastreams(", "not closed"),
        ("$expand=Datastreams)", "closing bracket too many"),
        ("$expand=a/b/c/d/e/f/g/h", "deep"),
        ("$expand=" + ",".join(f"a{n}" for n in range(40)), "expansions"),
        ("$filter=%FF", "UTF-8"),
    ],
)
def test_wrong_options_are_refused(query: str, says: str) -> None:
    with pytest.raises(Problem) as caught:
        options.parse(query)
    assert says in caught.value.detail


def test_options_nest() -> None:
    read = options.parse(
        "$expand=Datastreams($filter=name eq 'a;b)(';$expand=Observations($top=1)),Locations/Things"
    )
    first, second = read.expand
    assert first.options.expand[0].options.top == 1
    assert [second.name, second.options.expand[0].name] == ["Locations", "Things"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "Nothing",
        "Things(1)/Nothing",
        "Things('a')",
        "Things(1",
        "Things/Datastreams",
        "Things(1)/name/$ref",
        "Observations(1)/Datastream(2)",
        "Things/$value",
        "Things(99999999999999999999)",
        "Things(1)/$count",
    ],
)
def test_addresses_that_lead_nowhere(path: str) -> None:
    with pytest.raises(InvalidAddress):
        paths.parse(path)
