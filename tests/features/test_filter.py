# SPDX-License-Identifier: EUPL-1.2
"""CQL2 (21-065r2) means here what it means in the standard, as text and as JSON, and nothing breaks it."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import httpx
import pytest

from stadtkern.core import database as core_database
from stadtkern.features import cql, grammar, queries
from stadtkern.features.api import items
from stadtkern.features.entities import Collection, Column
from tests.features.factories import EVERYTHING, collection, trees

pytestmark = pytest.mark.anyio

AREA = "POLYGON((7.5995 51.8995, 7.6045 51.8995, 7.6045 51.9005, 7.5995 51.9005, 7.5995 51.8995))"


@pytest.fixture(scope="module")
async def known(database: str) -> Collection:
    """A hundred trees, and one without a place."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        return await collection(opened, key="baeume", rows=[*trees(99), [*trees(1, first=100)[0][:-1], None]])


@pytest.fixture(scope="module")
async def forest(database: str) -> Collection:
    """So many trees that no machine has counted them within a millisecond."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        return await collection(opened, key="wald", rows=trees(3_000))


async def count(connection: Any, known: Collection, text: str, **more: Any) -> int | None:
    """How many trees fulfil a filter."""
    return await queries.count(connection, EVERYTHING, collection=known, filter=cql.read(text, **more))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Art = 'Linde'", 20),
        ('"Höhe" > 28', 6),
        ('"Höhe" IS NULL', 10),
        ('"Höhe" IS NOT NULL', 90),
        ("Art <> 'Linde'", 80),
        ("Art LIKE '%i%e'", 80),
        ("Art LIKE 'e%'", 0),
        ("CASEI(Art) LIKE CASEI('E%')", 20),
        ("CASEI(Art) = CASEI('linde')", 20),
        ("ACCENTI(Art) = ACCENTI('Ol-Weide')", 20),
        ("Art IN ('Linde', 'Eiche')", 40),
        ("Art NOT IN ('Linde', 'Eiche')", 60),
        ("Nummer BETWEEN 10 AND 19", 10),
        ("Nummer NOT BETWEEN 10 AND 19", 90),
        ("NOT (Art = 'Linde' OR Nummer > 50)", 40),
        ("Denkmal", 50),
        ("Denkmal = false AND Nummer <= 10", 5),
        ("true", 100),
        ("Nummer * 2 + 1 = 21", 1),
        ("Nummer % 10 = 0", 10),
        ("Nummer div 10 = 9", 10),
        ("Nummer / 0 = 1", 0),
        ("Nummer ^ 2 = 81", 1),
        ("Nummer = id", 100),
        ('"Höhe" > Nummer', 27),
        ("gepflanzt = DATE('2001-02-01')", 2),
        ("gepflegt > TIMESTAMP('2020-01-28T00:00:00Z')", 3),
        ("gepflegt < DATE('2020-01-02')", 3),
        ("T_AFTER(gepflegt, DATE('2020-01-27'))", 3),
        ("T_BEFORE(gepflegt, TIMESTAMP('2020-01-02T00:00:00Z'))", 3),
        ("T_DURING(gepflegt, INTERVAL('2020-01-02', '2020-01-03'))", 8),
        ("T_INTERSECTS(gepflegt, INTERVAL('..', '2020-01-01'))", 3),
        ("T_EQUALS(gepflanzt, DATE('2001-02-01'))", 2),
        ("T_DISJOINT(gepflanzt, DATE('2001-02-01'))", 98),
        ("T_INTERSECTS(INTERVAL(gepflanzt, gepflegt), INTERVAL('2001-01-01', '2001-12-31'))", 10),
        (f"S_INTERSECTS(geometry, {AREA})", 4),
        (f"S_INTERSECTS({AREA}, geometry)", 4),
        (f"S_WITHIN(geometry, {AREA})", 4),
        (f"S_CONTAINS({AREA}, geometry)", 4),
        (f"S_DISJOINT(geometry, {AREA})", 95),
        (f"NOT S_INTERSECTS(geometry, {AREA})", 95),
        ("S_INTERSECTS(geometry, BBOX(7.5995, 51.8995, 7.6045, 51.9005))", 4),
        ("S_EQUALS(geometry, POINT(7.601 51.9))", 1),
        ("S_TOUCHES(geometry, POLYGON((7.601 51.9, 7.7 51.9, 7.7 52, 7.601 51.9)))", 99),
        ("S_CROSSES(geometry, LINESTRING(7 51, 8 52))", 0),
        ("S_OVERLAPS(geometry, MULTIPOINT((7.601 51.9), (7.602 51.9)))", 0),
        (f"S_INTERSECTS(geometry, {AREA}) AND Art = 'Eiche'", 1),
        ("geometry IS NULL", 1),
    ],
)
async def test_a_filter_finds(connection: Any, known: Collection, text: str, number: int) -> None:
    """The same as text, and as the JSON that it means."""
    assert await count(connection, known, text) == number
    as_json = json.dumps(grammar.read(text))
    assert await count(connection, known, as_json, language="cql2-json") == number


def plain(node: Any) -> Any:
    """The JSON form without what makes no difference: capitals of operators, whole numbers with a point."""
    if isinstance(node, dict):
        return {key: value.lower() if key == "op" else plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    return float(node) if isinstance(node, int) and not isinstance(node, bool) else node


@pytest.mark.parametrize(
    "text",
    [
        "a = 1 AND b = 2 OR NOT c = 3 AND (d = 4 OR e = 5)", "a + 2 * 3 - 4 / b > 5 ^ 2", "-a > 3",
        "a = -1.5e3",
        "name = 'O''Brien'", '"Höhe in m" >= 0.5', "a NOT IN ('x', 'y')", "NOT a BETWEEN 1 AND 2",
        "a is not null and B LIKE casei('x%')", "S_INTERSECTS(geometry, POINT(7 51))",
        "S_WITHIN(geometry, POLYGON((0 0,1 0,1 1,0 0),(0.1 0.1,0.2 0.1,0.2 0.2,0.1 0.1)))",
        "S_INTERSECTS(geometry, MULTIPOINT(1 2, 3 4))", "S_CROSSES(geometry, LINESTRING(-1 -2, 3 4))",
        "S_INTERSECTS(geometry, MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5))))",
        "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 2 2)))",
        "S_INTERSECTS(geometry, BBOX(1, 2, 3, 4))", "T_AFTER(t, TIMESTAMP('2020-01-01T00:00:00Z'))",
        "T_DURING(t, INTERVAL('2020-01-01', '..'))",
        "T_MEETS(INTERVAL(a, b), INTERVAL(DATE('2020-01-01'), '..'))",
        "flag", "true", "a <> b", "a div 2 = 1 and a % 2 = 0", "((a)) = ((1))",
    ],
)  # fmt: skip
def test_the_text_is_read_as_another_parser_reads_it(text: str) -> None:
    """The JSON form is that of the package `cql2`."""
    import cql2

    assert plain(grammar.read(text)) == plain(cql2.parse_text(text).to_json())


@pytest.mark.parametrize(
    "text",
    [
        *("(" * k + "a=1" for k in (10, 39, 3000)), "a=" + "-" * 7900 + "1", "a=" + "- " * 3900 + "1",
        "(" * 18 + "a=1 AND" + ")" * 18, "(a=1 and (b=2 or " * 10 + "c]" + "))" * 10, "NOT " * 1900 + "a",
        "a=" + "(" * 18 + "1 1" + ")" * 18, "not (" * 18 + "]" + ")" * 18, "(-" * 3900, "casei(" * 1300,
        "'" * 7999, '"' * 7999, "'" + "\\'" * 3900, "'" + "\\''" * 2600, "'" + "''\\" * 2600, "1" * 7999,
        "S_INTERSECTS(geometry," + "POLYGON(" * 900, "POLYGON(" + "(" * 7000, "a in (" * 1300, " " * 7999,
        "GEOMETRYCOLLECTION(" * 400, "a=1 and " * 900, "a.b:c" * 1500, "1e" * 3900, "POINT(" + "1 " * 3900,
    ],
)  # fmt: skip
def test_no_text_takes_long_to_read(text: str) -> None:
    """Whatever it is: the work grows with its length, not with what could be meant by it."""
    seconds = []
    for _ in range(2):  # the processor may be slow for a moment, not twice
        began = time.process_time()
        with contextlib.suppress(cql.InvalidFilter, cql.UnknownFunction):
            cql.read(text)
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "", "Art =", "Art = 5", "Art", "Unbekannt = 1", "Art = 'x", "\"Höhe\" > 'a'", "gepflanzt = 'gestern'",
        "gepflanzt = DATE('gestern')", "S_INTERSECTS(Art, POINT(1 2))", "S_INTERSECTS(geometry, geometry)",
        "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", "S_INTERSECTS(geometry, POINT(nan 1))",
        "avg(Nummer) > 1", "A_CONTAINS(Art, ('a'))", "Art LIKE Art", "Art LIKE 'x\\'",
        "geometry = POINT(1 2)",
        "mehr = 'x'", "Denkmal > true", "T_AFTER(Art, DATE('2020-01-01'))", "Nummer = NULL", "5",
        "(" * 41 + "Denkmal" + ")" * 41, "(" * 4000 + "Denkmal" + ")" * 3900, "NOT " * 900 + "Denkmal",
        " OR ".join(["Nummer = 1"] * 400), "x" * 9000, "Art = '\0'", "S_INTERSECTS(geometry, BBOX(1, 2, 3))",
        "S_WITHIN(geometry, BBOX(170, 1, -170, 2))", "Nummer + Art = 2", "Art IN ()",
    ],
)  # fmt: skip
async def test_what_is_no_filter_is_refused(client: httpx.AsyncClient, known: Collection, text: str) -> None:
    """400 with what is wrong; also what is nested so deeply that it would break the parser."""
    answer = await client.get("/ogc/collections/baeume/items", params={"filter": text})
    assert answer.status_code == 400, answer.text
    assert answer.json()["remedy"]


@pytest.mark.parametrize(
    "value",
    [
        "{", "[]", "5", "null", '"Art"', "{}", '{"op": "="}', '{"op": 5, "args": []}',
        '{"op": "=", "args": [1]}',
        '{"op": "and", "args": [true]}', '{"op": "in", "args": [{"property": "Art"}, "x"]}',
        '{"op": "=", "args": [{"property": 1}, 1]}',
        '{"op": "s_intersects", "args": [{"property": "geometry"}, 5]}',
        '{"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": "x"}]}',
        '{"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": []}]}',
        '{"op": "t_after", "args": [{"property": "gepflegt"}, {"interval": ["2020"]}]}',
        '{"op": "like", "args": [{"property": "Art"}, {"op": "casei", "args": []}]}',
        '{"op": "not", "args": [' * 100 + "true" + "]}" * 100,
        '{"op": "=", "args": [{"property": "Nummer"}, {"date": 5}]}',
        '{"op": "=", "args": [{"property": "Art"}, "\\ud800"]}',
    ],
)  # fmt: skip
async def test_what_is_no_json_filter_is_refused(
    client: httpx.AsyncClient, known: Collection, value: str
) -> None:
    """The JSON form is not believed either."""
    parameters = {"filter": value, "filter-lang": "cql2-json"}
    answer = await client.get("/ogc/collections/baeume/items", params=parameters)
    assert answer.status_code == 400, answer.text


async def test_values_are_bound(connection: Any, known: Collection) -> None:
    """A text that would end its quotes is a text."""
    evil = "'; drop table features.collection; --"
    assert await count(connection, known, f"Art = '{evil.replace(chr(39), chr(39) * 2)}'") == 0
    assert await count(connection, known, "Art = '%s'") == 0
    assert await count(connection, known, "Art LIKE '100%'") == 0


async def test_large_numbers_keep_their_digits_in_json(connection: Any) -> None:
    """An integer beyond what a float holds exactly is still found."""
    number = 2**62 + 1
    table = await collection(
        connection, rows=[[number], [number - 1]], columns=[Column(name="n", type="integer")], geometry=None
    )
    text = json.dumps({"op": "=", "args": [{"property": "n"}, number]})
    assert await count(connection, table, text, language="cql2-json") == 1


async def test_polygons_are_compared_themselves_not_their_boxes(connection: Any) -> None:
    """A triangle whose box meets a rectangle, but not itself, is not found."""
    triangle = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]]}
    square = {"type": "Polygon", "coordinates": [[[5, 5], [6, 5], [6, 6], [5, 6], [5, 5]]]}
    table = await collection(
        connection, rows=[["t", triangle], ["s", square]], columns=[Column(name="k", type="text")],
        geometry="Polygon",
    )  # fmt: skip
    for bounds, number in (
        ((0.9, 0.9, 2, 2), 0),
        ((0.4, 0.4, 2, 2), 1),
        ((-1, -1, 9, 9), 2),
        ((8, 8, 9, 9), 0),
    ):
        assert await queries.count(connection, EVERYTHING, collection=table, bbox=bounds) == number
        box = "S_INTERSECTS(geometry, BBOX({},{},{},{}))".format(*bounds)
        assert await count(connection, table, box) == number


async def test_nobody_waits_for_a_count(
    client: httpx.AsyncClient, forest: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where counting takes too long, the page comes without `numberMatched`."""
    monkeypatch.setattr(items, "COUNTING_MILLISECONDS", 1)
    product = " AND ".join(["ACCENTI(Art) <> 'x'"] * 100)
    answer = await client.get("/ogc/collections/wald/items", params={"filter": product})
    assert answer.status_code == 200
    assert len(answer.json()["features"]) == 10
    assert "numberMatched" not in answer.json()


async def test_a_query_without_end_is_stopped(
    app: Any, client: httpx.AsyncClient, forest: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement ends after the time that the settings give, and the answer says what to do."""
    import msgspec

    short = msgspec.structs.replace(app.state.settings, statement_timeout=1)
    monkeypatch.setattr(app.state, "settings", short)
    product = " AND ".join(["ACCENTI(Art) <> 'x'"] * 100)
    answer = await client.get("/ogc/collections/wald/items", params={"filter": product, "limit": "10000"})
    assert answer.status_code == 422
    assert "stopped" in answer.json()["detail"]
