# SPDX-License-Identifier: EUPL-1.2
"""What goes wrong only with hidden values never goes wrong for those who may not see them.

All is asked of a public city, then a hidden Datastream with extreme values is hung into it, and all is asked
again: overflow, casts and the like over the hidden rows must not be told by an error, a count or a page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from stadtkern.core import access, datasets, tokens
from stadtkern.core import database as core_database
from stadtkern.core.access import Scope
from stadtkern.things import entities
from stadtkern.things.language import options as query_options
from stadtkern.things.queries import level
from tests.things import judging, twins
from tests.things.factories import City, datastream, restricted

pytestmark = pytest.mark.anyio

_FAR_AWAY = 7_123_456_701
_HIDDEN_TIME = "2028-10-01T00:00:00Z"
_LONG = "duration'P106742486D'"
# Each goes wrong with what is hidden, and with nothing public: `{w}` is the way to a Datastream.
OF_DATASTREAMS = {
    "product": "{w}id mul 1e299 gt 3",
    "sum": "({w}id mul 1e298) add ({w}id mul 1e298) mul 2e1 lt 0",
    "quotient": "{w}id div 1e-299 gt 3",
    "rest": "({w}id mul 1e299) mod 7 eq 1",
    "rounded": "round({w}id mul 1e299) gt 1",
    "cast of a position": "substring({w}name,{w}id) eq 'x'",
    "cast of a length": "substring({w}name,0,{w}id) eq 'x'",
    "negative length": "substring({w}name,0,length({w}name) sub 3) eq 'x'",
    "inside of text": "length(concat({w}name,substring({w}name,{w}id))) gt 900",
    "JSON": "{w}properties/n mul 1e100 gt 3",
    "JSON, of a negation": "not ({w}properties/n mul 1e100 lt 3)",
    "absence": "{w}id mul 1e299 eq null",
    "inside of a list": "({w}id mul 1e299) in {w}properties/list",
    "duration": "duration'PT1S' mul ({w}id mul 1e9) gt duration'P1D'",
}
OF_OBSERVATIONS = {
    "product": "result mul 1e10 gt 0",
    "quotient": "result div 1e-10 gt 0",
    "rounded": "round(result mul 1.7) gt 0",
    "duration": "duration'P1D' mul result gt duration'P1D'",
    "quotient of durations": "phenomenonTime sub duration'PT1S' div (1 div result) lt now()",
    "later": f"phenomenonTime add {_LONG} gt now()",
    "day of later": f"date(phenomenonTime add {_LONG}) gt 2024-01-01",
    "parameter": "parameters/n mul 1e100 gt 0",
    "over the datastream": "Datastream/id mul 1e299 gt 0",
    "over the feature": "FeatureOfInterest/id mul result mul 1e10 gt 0",
}
# Values of nothing but constants: that they are computed at all tells of a row.
CONSTANT = {
    "long ago": f"now() sub {_LONG} sub duration'P1D' lt now()",
    "now": f"now() add {_LONG} add {_LONG} gt now()",
    "sum": "2024-01-01T00:00:00Z add duration'P200000000D' gt now()",
}
_HD = "{w}name eq 'HD'"


def _filters() -> Iterator[tuple[str, str]]:
    """Sets and filters, each of which fails for somebody who sees what is hidden."""
    for number, text in enumerate([*OF_DATASTREAMS.values(), *CONSTANT.values()]):
        plain = text.format(w="")
        yield "Datastreams", plain
        yield "Datastreams", f"startswith(name,'HD') and {plain}"
        yield "Datastreams", f"{_HD.format(w='')} and ({plain} or description eq 'z')"
        yield "Datastreams", f"not (name ne 'HD' or not ({plain}))"
        inner = f"{_HD.format(w='d/')} and {text.format(w='d/')}"
        root = ("Sensors", "Things", "ObservedProperties")[number % 3]
        yield root, f"Datastreams/any(d: {inner})"
        yield root, f"name eq 'z' or Datastreams/all(d: d/name ne 'HD' or not ({text.format(w='d/')}))"
        if "{w}" in text:
            yield root, f"Datastreams/name eq 'HD' and {text.format(w='Datastreams/')}"
        yield "Observations", f"Datastream/name eq 'HD' and {text.format(w='Datastream/')}"
    for text in [*OF_OBSERVATIONS.values(), *CONSTANT.values()]:
        yield "Observations", f"phenomenonTime eq {_HIDDEN_TIME} and {text}"
        yield "Observations", f"result gt 1e200 and ({text} or id eq 1)"
    for root in ("Datastreams", "Things", "FeaturesOfInterest"):
        way = "Datastreams/Observations" if root == "Things" else "Observations"
        yield root, f"{way}/result gt 1e200 and {way}/result mul 1e10 gt 0"
        yield root, f"{way}/any(o: o/result gt 1e200 and o/result mul 1e10 gt 0)"
        yield root, f"id eq 0 or {way}/any(o: o/result gt 1e200 and round(o/result mul 1.7) gt 0)"


ORDERS = (
    ("Datastreams", "id mul 1e299"),
    ("Datastreams", "substring(name,0,length(name) sub 3) desc"),
    ("Observations", "result mul 1e10"),
    ("Observations", "Datastream/id mul 1e299 desc"),
    ("Observations", "Datastream/id,Datastream/id mul 1e299,result mul 1e10"),
)
_NEAR = "geo.distance({w}observedArea,geography'POINT(7.6 51.9)')"
# What only joins a hidden row to a visible one, or is a condition of another kind; no failure need follow.
FURTHER = (
    ("Observations", "result gt 1e200 and FeatureOfInterest/id mul 1e307 gt 0"),
    ("Observations", "result gt 1e200 and FeatureOfInterest/any(f: f/id mul 1e307 gt 0)"),
    (
        "FeaturesOfInterest",
        "Observations/any(o: o/result gt 1e200 and o/FeatureOfInterest/id mul 1e308 gt 0)",
    ),
    ("Datastreams", f"{_NEAR.format(w='')} mul 1e308 mul id gt 0"),
    ("Datastreams", "(geo.length(observedArea) add id) mul 1e299 gt 0"),
    ("Things", f"Datastreams/any(d: {_NEAR.format(w='d/')} mul 1e308 mul d/id gt 0)"),
    ("Datastreams", "properties/huge gt 3"),
    ("Datastreams", "name eq 'HD' and properties/huge lt 3"),
    ("Datastreams", "(Thing/Datastreams/any(d: d/id mul 1e299 gt 0)) in properties/list"),
    ("Things", "Datastreams/any(d: Datastreams/any(e: e/id mul d/id mul 1e290 gt 0))"),
)
Answers = dict[str, tuple[int, bytes]]


def _doors(ids: dict[str, int]) -> Iterator[str]:
    for root, text in [*_filters(), *FURTHER]:
        yield f"{root}?$count=true&$top=2&$filter={quote(text)}"
    for root, text in [*list(_filters())[::6], *FURTHER]:
        yield f"{root}/$count?$filter={quote(text)}"
    for text in OF_OBSERVATIONS.values():
        asked = quote(f"result gt 1e200 and {text}")
        for above in (f"FeaturesOfInterest({ids['FeatureOfInterest']})", f"Datastreams({ids['Datastream']})"):
            yield f"{above}/Observations?$count=true&$filter={asked}"
            yield f"{above}?$expand=Observations($count=true;$filter={asked})"
        yield f"Datastreams({ids['Datastream']})/Observations?$aggregate=P1D(mean)&$filter={asked}"
        yield f"Observations?$resultFormat=CSV&$select=id,result&$filter={asked}"
    for text in OF_DATASTREAMS.values():
        asked = quote(f"name eq 'HD' and {text.format(w='')}")
        yield f"Things({ids['Thing']})/Datastreams?$count=true&$filter={asked}"
        yield f"Things({ids['Thing']})?$expand=Datastreams($count=true;$filter={asked})"


async def _ask(asker: City, doors: list[str]) -> Answers:
    found: Answers = {}
    for door in doors:
        answer = judging.check(await asker.send("GET", door))
        found[door] = answer.status_code, answer.content
    return found


async def _token(asker: City, root: str, order: str) -> str:
    page = await asker.get(f"{root}?$top=1&$orderby={quote(order)}")
    return str(parse_qs(urlsplit(page["@iot.nextLink"]).query)["$skiptoken"][0])


async def _ordered(asker: City) -> list[str]:
    """Pages behind a place, in orders that are computed."""
    found: list[str] = []
    for root, order in ORDERS:
        token = await _token(asker, root, order)
        some = "name eq 'HD'" if root == "Datastreams" else "result gt 1e200"
        for text in ("id gt 0", some, f"not ({some})"):
            tail = f"$filter={quote(text)}&$orderby={quote(order)}"
            found += [f"{root}?$count=true&{tail}", f"{root}?$top=1&{tail}&$skiptoken={token}"]
    return found


async def _hide(secret: City, ids: dict[str, int]) -> None:
    """A Datastream of extreme values at what is public."""
    links: Any = {name: {"@iot.id": ids[name]} for name in ("Thing", "Sensor", "ObservedProperty")}
    feature = {"FeatureOfInterest": {"@iot.id": ids["FeatureOfInterest"]}, "parameters": {"n": 1e300}}
    observations = [{"phenomenonTime": _HIDDEN_TIME, "result": 1.7e308} | feature]
    body = datastream(name="HD", properties={"n": 1e300, "list": [1], "huge": 4711}, **links)
    content = json.dumps(body | {"Observations": observations}).replace("4711", "1e400")
    answer = await secret.send("POST", "Datastreams", content=content.encode())
    if answer.status_code == 400:
        answer = await secret.send("POST", "Datastreams", json=body | {"Observations": observations})
    assert answer.status_code == 201, answer.text


async def _many_datasets(database: str) -> None:
    """So many that the condition of access is dearer than arithmetic, which would then be computed first."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        for number in range(30):
            for room in ("other", "public"):
                about = {"title": {"de": "-"}}
                await datasets.save(connection, key=f"{room}-{number}", room=room, about=about)


@dataclass(frozen=True)
class World:
    """Who asks, who sees everything, what there is to ask, and what was answered when nothing was hidden."""

    askers: dict[str, City]
    everything: City
    before: Answers


@pytest.fixture(scope="module")
async def world(city: City, database: str, dataset: int) -> World:
    """A public city that was asked everything before a Datastream was hidden in it."""
    for name in ("public", "further public"):
        await twins.build(city, name=name)
    ids = await twins.first_ids(city)
    # With an empty room already: who does not see everything is told other estimates.
    other = City(city.client, await restricted(database, key="other"))
    secret = await restricted(database, key="secret", also={dataset: ("create",)})
    await _many_datasets(database)
    doors = list(dict.fromkeys([*_doors(ids), *await _ordered(city)]))
    before = await _ask(city.anonymous(), doors)
    async with await core_database.connect(url=database, autocommit=True) as connection:
        for table in ("datastream", "thing", "sensor"):
            await connection.execute(f"alter table things.{table} alter id restart with {_FAR_AWAY}".encode())
        hidden = (await datasets.find(connection, key="secret")).id
        scopes = {dataset: access.VERBS, hidden: access.VERBS}
        made = await tokens.create(connection, name="all", scopes=scopes, default_dataset_id=hidden)
    await _hide(City(city.client, secret), ids)
    everything = City(city.client, made.secret)
    return World({"anonymous": city.anonymous(), "another room": other}, everything, before)


async def test_errors_do_not_tell_of_hidden_rows(world: World) -> None:
    for asker in world.askers.values():
        now = await _ask(asker, list(world.before)[:: 1 if asker is world.askers["anonymous"] else 4])
        assert {door: now[door] for door in now if now[door] != world.before[door]} == {}


async def test_the_expressions_do_fail_where_the_rows_are_seen(world: World) -> None:
    """Else the comparison above would prove nothing."""
    kept = [f"{root}?$count=true&$top=2&$filter={quote(text)}" for root, text in _filters()]
    now = await _ask(world.everything, kept)
    harmless = [door for door in kept if now[door][0] != 400]
    assert sum(world.before[door][0] == 200 for door in kept) > len(kept) * 0.7
    assert len(harmless) < len(kept) / 10, harmless


async def test_pages_of_computed_orders_fit_whoever_asks(world: World) -> None:
    """The place a page ended at is the same for those who see everything and those who do not."""
    city, order = world.askers["anonymous"], "length(name) mul 2"
    token = await _token(world.everything, "Datastreams", order)
    assert await city.get(f"Datastreams?$top=1&$orderby={quote(order)}&$skiptoken={token}")
    answer = await city.send("GET", f"Datastreams?$orderby={quote('length(name) mul 3')}&$skiptoken={token}")
    assert answer.status_code == 400


PLAIN = (
    "phenomenonTime ge now() sub duration'P1D' and resultTime lt 2024-01-01T00:00:00Z add duration'PT1H'",
    "date(phenomenonTime) eq 2024-05-01 and year(resultTime) ge 2024",
    "id gt -1 and result gt 3 and Datastream/id eq 3 and before(phenomenonTime,now())",
    "startswith(Datastream/name,'a') and length(Datastream/name) gt 2 and floor(result) eq 3",
)


@pytest.mark.parametrize("text", PLAIN)
def test_what_cannot_fail_stays_plain_for_indexes(text: str) -> None:
    options = query_options.parse(f"$filter={quote(text)}&$orderby=phenomenonTime desc")
    found = level.prepare(scope=Scope((1,), False), entity=entities.OBSERVATION, options=options)
    assert not any("case" in condition.text for condition in found.conditions)


@pytest.mark.parametrize(
    ("scope", "shielded"), [(Scope((), True), False), (Scope((5,), True), True), (Scope((1,), False), True)]
)
def test_who_sees_everything_needs_no_shield(scope: Scope, shielded: bool) -> None:
    options = query_options.parse("$filter=" + quote("result mul 2 gt 5 and FeatureOfInterest/id div 2 gt 1"))
    found = level.prepare(scope=scope, entity=entities.OBSERVATION, options=options)
    assert ("(case when" in found.conditions[-1].text) == shielded
