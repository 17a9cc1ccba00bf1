# SPDX-License-Identifier: EUPL-1.2
"""Archived observations that a question reaches over relations, or on pages of many Datastreams."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from stadtkern.core import datasets, tokens
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.things import entities
from stadtkern.things.language import parser
from stadtkern.things.queries import reach, ways
from stadtkern.things.queries.ways import EVER, Span
from tests.things.archives import archived, contents, empty_cache, filled, parts, working
from tests.things.factories import City
from tests.things.test_archive_reading import owner, walked

pytestmark = pytest.mark.anyio

_MAY = "2026-05-01T00:00:00Z"
_OBSERVED = "Observations/phenomenonTime"
_FEBRUARY = "o/phenomenonTime ge 2026-02-01T00:00:00Z and o/phenomenonTime lt 2026-02-11T00:00:00Z"


def instant(text: str) -> datetime:
    """The same as Python has it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


@pytest.mark.parametrize(
    ("collection", "filter_", "expected"),
    [
        ("Datastreams", "name eq 'x' and Sensor/name eq 'y'", []),
        ("Datastreams", "Observations/result gt 3", [EVER]),
        ("Datastreams", f"Observations/any(o: o/phenomenonTime ge {_MAY} and o/id gt 3)", [instant(_MAY)]),
        ("Datastreams", f"Observations/all(o: o/phenomenonTime ge {_MAY})", [EVER]),
        ("Datastreams", f"not Observations/any(o: o/phenomenonTime gt {_MAY})", [instant(_MAY)]),
        ("Datastreams", f"{_OBSERVED} ge {_MAY} and Observations/result gt 3", [instant(_MAY)]),
        ("Datastreams", f"{_OBSERVED} ge {_MAY} or Observations/id gt 3", [instant(_MAY), EVER]),
        ("Things", "Datastreams/any(d: d/Observations/any(o: o/result gt 3))", [EVER]),
        ("Things", f"Datastreams/any(d: d/Observations/phenomenonTime gt {_MAY})", [instant(_MAY)]),
        ("Things", "Datastreams/Observations/result add 1 gt 3", [EVER]),
        ("FeaturesOfInterest", "Observations/Datastream/name eq 'x'", [EVER]),
        ("FeaturesOfInterest", "Observations/Datastream/any(d: d/id eq 1)", [EVER]),
        ("Observations", "result gt 3 and Datastream/name eq 'x'", []),
        ("Observations", "Datastream/Observations/any(o: o/result gt 3)", [EVER]),
    ],
)  # fmt: skip
def test_what_a_filter_looks_at(collection: str, filter_: str, expected: list[datetime | Span]) -> None:
    """The spans of the observations that are asked about, as narrow as the filter says for all of them."""
    node = parser.expression(filter_)
    wanted = [each if isinstance(each, Span) else Span(each) for each in expected]
    assert ways.spans(node, entities.BY_SET[collection]) == wanted


def questions(stream: int, other: int) -> list[str]:
    """Ways over relations to what is archived, and pages of many Datastreams."""
    ids = f"Datastream/id eq {stream} or Datastream/id eq {other}"
    mine = f"(id eq {stream} or id eq {other})"
    return [
        f"Datastreams?$filter={mine} and Observations/any(o: o/result lt 0.2 and {_FEBRUARY})&$count=true",
        f"Datastreams?$filter={mine} and not Observations/any(o: o/result eq -1.5)",
        f"Datastreams?$filter={mine} and Observations/all(o: o/result gt -2)",
        f"Datastreams?$filter={mine} and Observations/FeatureOfInterest/id eq 9002",
        f"Things?$filter=Datastreams/any(d: d/id eq {stream} and d/Observations/any(o: {_FEBRUARY}))",
        f"Datastreams({stream})/Thing/Datastreams?$filter=Observations/any(o: {_FEBRUARY})",
        f"Datastreams({stream})?$expand=Thing($expand=Datastreams($filter=Observations/any(o: {_FEBRUARY})))",
        f"Observations?$filter={ids}&$orderby=phenomenonTime desc&$top=300",
        f"Observations?$filter={ids}&$orderby=phenomenonTime&$top=150",
        "FeaturesOfInterest?$filter=id eq 9001&$expand=Observations($top=40;$orderby=phenomenonTime)",
        "FeaturesOfInterest(9001)/Observations?$orderby=phenomenonTime desc&$top=50",
        "FeaturesOfInterest(9002)/Observations?$top=90&$count=true",
        "Observations?$orderby=phenomenonTime desc&$top=400&$select=id",
        "Observations?$top=500&$select=id",
        f"Observations?$filter={ids}&$top=70&$select=id",
        f"Observations?$filter=Datastream/id eq {other} and result lt 0.3&$top=40&$select=id",
        f"Observations?$filter=({ids}) and result lt 0.3&$count=true&$top=0",
        "Observations?$filter=result lt 0.3&$count=true&$top=0",
    ]


async def test_nobody_notices_over_relations_and_on_further_pages(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, database: str
) -> None:
    """The answers are the same before and after the months went into files."""
    number, (stream, other) = await filled(connection, "ways", every=29)
    city = await owner(connection, client, number)

    async def answer(path: str) -> object:
        single = path.startswith(f"Datastreams({stream})?") or path.endswith("$top=0")
        return await city.get(path) if single else await walked(city, path)

    expected = {each: await answer(each) for each in questions(stream, other)}
    await archived(connection, settings)
    async with working(database, settings):
        for each in questions(stream, other):
            await empty_cache(connection, settings)
            assert "away" in (await parts(connection, [stream])).values()
            assert await answer(each) == expected[each], each


async def test_only_what_the_other_conditions_leave_is_brought_back(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, database: str
) -> None:
    """A question about one Datastream leaves the months of the others, and other spans, in their files."""
    number, (stream, other) = await filled(connection, "narrow", every=60)
    city = await owner(connection, client, number)
    await archived(connection, settings)
    await empty_cache(connection, settings)

    async def old() -> dict[tuple[int, str], str]:
        """Without the months that the worker puts away meanwhile, by the clock of today."""
        found = await parts(connection, [stream, other])
        return {key: state for key, state in found.items() if key[1] <= "2026-03"}

    async with working(database, settings):
        assert await city.values(f"Datastreams?$filter=id eq {stream} and Observations/any(o: {_FEBRUARY})")
        found = await old()
        assert [key for key, state in found.items() if state == "here"] == [(stream, "2026-02")]
        recent = f"Observations/any(o: o/phenomenonTime ge {_MAY})"
        assert (
            len(await city.values(f"Datastreams?$filter={recent} and (id eq {stream} or id eq {other})")) == 2
        )
        await city.values(
            f"Observations?$filter=Datastream/id eq {stream}&$orderby=phenomenonTime desc&$top=3"
        )
        assert await old() == found


async def test_a_token_for_one_datastream_reaches_no_other_month(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, database: str
) -> None:
    """In a closed room nothing of the neighbours comes back on its account, nor are they counted."""
    number, (stream, other) = await filled(connection, "single", every=60)
    await datasets.save_room(connection, key="one-room", kind="restricted", title={"de": "x"})
    statement = (
        "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'one-room') WHERE id = %s"
    )
    await connection.execute(statement, [number])
    made = await tokens.create(connection, name="one", scopes={number: ["read"]}, streams={number: [stream]})
    city = City(client, made.secret)
    foreign = (await contents(connection, [other]))[0][2]
    own = (await contents(connection, [stream]))[0][2]
    await archived(connection, settings)
    await empty_cache(connection, settings)
    async with working(database, settings):
        assert await city.values(f"Datastreams?$filter=Observations/any(o: {_FEBRUARY})")
        assert await city.values(
            "Observations?$filter=phenomenonTime ge 2026-01-01T00:00:00Z and result ne 7"
        )
        assert (await city.send("GET", f"Observations({foreign})")).status_code == 404
        assert (await city.get(f"Observations({own})"))["@iot.id"] == own
        found = await parts(connection, [other])
    assert {state for (_, text), state in found.items() if text <= "2026-03"} == {"away"}


async def test_too_much_at_once_is_refused_with_a_way_out(
    connection: Connection,
    settings: Settings,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is brought back then, and the remedy names the bound that helps."""
    number, streams = await filled(connection, "large", every=90)
    city = await owner(connection, client, number)
    await archived(connection, settings)
    await empty_cache(connection, settings)
    monkeypatch.setattr(reach, "MOST_ROWS", 10)
    for path in (
        "Datastreams?$filter=Observations/any(o: o/result gt 0.5)",
        "Observations?$orderby=phenomenonTime",
        "Observations?$filter=result eq 4711&$orderby=phenomenonTime desc",
        "Observations?$filter=result eq 4711&$count=true&$top=0",
        "Observations/$count?$filter=result eq 4711",
    ):
        refused = await city.refused("GET", path)
        assert refused["code"] == 422
        assert "shorter span of phenomenonTime" in refused["message"]
    assert set((await parts(connection, streams)).values()) == {"away"}


async def test_a_made_up_token_is_refused_where_months_are_away(
    connection: Connection, database: str, settings: Settings, client: httpx.AsyncClient
) -> None:
    """Its values are read before the database sees them."""
    number, _ = await filled(connection, "forged", every=90)
    city = await owner(connection, client, number)
    async with working(database, settings):  # months of other tests are away
        link = (await city.get("Observations?$top=1"))["@iot.nextLink"]
    await archived(connection, settings)
    token = str(parse_qs(urlsplit(link).query)["$skiptoken"][0])
    mark, _, *rest = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for wrong in ("abc", "NaN", "9" * 30, "1" * 5_000, "-1", ""):
        made = base64.urlsafe_b64encode(json.dumps([mark, wrong, *rest]).encode()).decode().rstrip("=")
        answer = await city.send("GET", f"Observations?$top=1&$skiptoken={made}")
        assert (answer.status_code, answer.json()["where"]) == (400, "$skiptoken"), wrong
