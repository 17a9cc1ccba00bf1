# SPDX-License-Identifier: EUPL-1.2
"""Nobody sees anything of a restricted room, by whatever question."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from starlette.applications import Starlette

from stadtkern.core import access, datasets, tokens
from stadtkern.core import database as core_database
from stadtkern.core.access import Scope
from stadtkern.things import access as visibility
from stadtkern.things import entities
from stadtkern.things.language import checker, compiler, parser, places
from tests.things.factories import City, datastream, hourly, location, restricted, sensor, thing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def secret(city: City, database: str, dataset: int) -> City:
    """A public tree, and a secret one; a secret series also hangs at the public tree and shares its place."""
    holder = City(city.client, await restricted(database, key="secret", also={dataset: ("create",)}))
    public = await city.create(
        "Things",
        thing(
            name="public",
            Locations=[location(name="square")],
            Datastreams=[datastream(observations=hourly(1, 2))],
        ),
    )
    await holder.create(
        "Things",
        thing(
            name="hidden",
            properties={"code": "swordfish"},
            Locations=[location(name="bunker")],
            Datastreams=[datastream(name="hidden stream", observations=hourly(666, 667))],
        ),
    )
    await holder.create(
        "Datastreams",
        datastream(
            name="hidden at public",
            observations=hourly(777),
            Thing={"@iot.id": public},
            Sensor=sensor(name="spy"),
        ),
    )
    return holder


async def test_the_holder_of_the_token_sees_everything(secret: City) -> None:
    assert sorted(await secret.names("Things")) == ["hidden", "public"]
    assert await secret.get("Observations?$count=true&$top=0") == {"@iot.count": 5, "value": []}


@pytest.mark.parametrize("entity", entities.ENTITIES, ids=lambda e: e.set)
async def test_collections_and_their_counts_are_the_same_as_without_the_room(
    city: City, secret: City, entity: entities.EntityType
) -> None:
    for somebody in (city, city.anonymous()):
        found = await somebody.get(f"{entity.set}?$count=true")
        everything = await secret.get(f"{entity.set}?$count=true")
        assert found["@iot.count"] == len(found["value"])
        if entity.name != "MultiDatastream":
            assert len(found["value"]) < len(everything["value"])


async def test_ids_of_hidden_entities_answer_as_if_they_did_not_exist(city: City, secret: City) -> None:
    for entity in entities.ENTITIES:
        seen = {item["@iot.id"] for item in await city.values(entity.set)}
        for item in await secret.values(entity.set):
            if item["@iot.id"] in seen:
                continue
            hidden = await city.send("GET", f"{entity.set}({item['@iot.id']})")
            missing = await city.send("GET", f"{entity.set}(999999)")
            assert hidden.status_code == missing.status_code == 404
            for relation in entity.relations:
                below = await city.send("GET", f"{entity.set}({item['@iot.id']})/{relation.name}")
                assert below.status_code == 404
            for method, body in (("PATCH", {}), ("DELETE", None)):
                changed = await city.send(method, f"{entity.set}({item['@iot.id']})", json=body)
                assert changed.status_code == 404


@pytest.mark.parametrize(
    "question",
    [
        "Things?$filter=Datastreams/name eq 'hidden at public'",
        "Things?$filter=Datastreams/Observations/result gt 600",
        "Things?$filter=not (Datastreams/Observations/result lt 600) and name ne 'public'",
        "Things?$filter=Datastreams/Sensor/name eq 'spy'",
        "Things?$filter=Datastreams/any(d: d/name eq 'hidden at public')",
        "Things?$filter=Datastreams/any(d: d/Observations/any(o: o/result gt 600))",
        "Things?$filter=not Datastreams/all(d: d/Observations/all(o: o/result lt 600))",
        "Things?$filter=Datastreams/Observations/any(o: o/Datastream/Sensor/name eq 'spy')",
        "Sensors?$filter=name ne 'probe' and Datastreams/any()",
        "Things?$filter=properties/code eq 'swordfish'",
        "Locations?$filter=Things/name eq 'hidden'",
        "Sensors?$filter=Datastreams/Thing/name eq 'hidden'",
        "Observations?$filter=result gt 600",
        "Observations?$filter=Datastream/name eq 'hidden stream'",
        "Datastreams?$filter=Observations/result eq 777",
        "FeaturesOfInterest?$filter=Observations/result gt 600",
        "ObservedProperties?$filter=Datastreams/name eq 'hidden stream'",
        "HistoricalLocations?$filter=Thing/name eq 'hidden'",
    ],
)
async def test_filters_over_relations_are_no_oracle(city: City, secret: City, question: str) -> None:
    path, _, text = question.partition("?$filter=")
    address = f"{path}?$count=true&$filter={quote(text)}"
    assert await city.get(address) == {"@iot.count": 0, "value": []}
    assert (await secret.get(address))["@iot.count"] > 0


async def test_expansions_and_their_counts_leave_out_what_is_hidden(city: City, secret: City) -> None:
    expand = "$expand=Datastreams($count=true;$expand=Sensor,Observations($count=true)),Locations"
    (public,) = await city.values(f"Things?{expand}")
    assert public["Datastreams@iot.count"] == 1
    assert [stream["name"] for stream in public["Datastreams"]] == ["air"]
    everything = {item["name"]: item for item in await secret.values(f"Things?{expand}")}
    assert everything["public"]["Datastreams@iot.count"] == 2


async def test_sorting_by_a_hidden_value_shows_nothing_of_it(city: City, secret: City) -> None:
    assert await city.names("Datastreams?$orderby=Sensor/name") == ["air"]
    found = await city.values("Observations?$orderby=Datastream/Thing/properties/code desc,result desc")
    assert [item["result"] for item in found] == [2, 1]
    assert len(await secret.values("Observations")) == 5


async def test_a_hidden_entity_cannot_be_referred_to(city: City, secret: City) -> None:
    (spy,) = await secret.values("Sensors?$filter=name eq 'spy'")
    body = datastream(Thing={"@iot.id": 1}, Sensor={"@iot.id": spy["@iot.id"]})
    hidden = await city.refused("POST", "Datastreams", json=body)
    missing = await city.refused("POST", "Datastreams", json=body | {"Sensor": {"@iot.id": 999999}})
    assert hidden["detail"].replace(str(spy["@iot.id"]), "N") == missing["detail"].replace("999999", "N")


async def test_observations_for_a_hidden_datastream_answer_as_for_a_missing_one(
    city: City, secret: City
) -> None:
    (stream,) = await secret.values("Datastreams?$filter=name eq 'hidden stream'")
    answers = []
    for number in (stream["@iot.id"], 999999):
        body = {"result": 1, "Datastream": {"@iot.id": number}}
        found = await city.refused("POST", "Observations", json=body)
        answers.append({key: str(value).replace(str(number), "N") for key, value in found.items()})
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "404"


@pytest.mark.parametrize("scope", [Scope((7,), True), Scope((7,), False)])
def test_every_alias_of_a_statement_carries_the_predicate(scope: Scope) -> None:
    """An observation's predicate is that of its datastream, which takes an alias of its own."""
    text = "Datastreams/Observations/FeatureOfInterest/name eq 'x' and Datastreams/Sensor/name eq 'y'"
    entity = entities.BY_NAME["Thing"]
    place = places.root(entity=entity, names=places.Names(scope))
    sql = compiler.condition(checker.condition(parser.expression(text), entity=entity), place).text
    for alias in ("t2", "t3"):
        assert f"{alias}.dataset_id" in sql
    assert "datastream_id in (" in sql or "datastream_id not in (" in sql
    assert sql.count("dataset_id") == 4
    own = visibility.visible(scope=scope, entity=entity, alias="t1")
    assert own.params == ([7],)


async def test_a_token_without_the_verb_is_told_so(city: City, database: str, secret: City) -> None:
    reader = City(city.client, await restricted(database, key="only-read", verbs=("read",)))
    for method, path, body in (("POST", "Things", thing()), ("POST", "Observations", {"result": 1})):
        answer = await reader.send(method, path, json=body)
        assert answer.status_code in (400, 403)
    assert access.Forbidden.status == 403
    anonymous = await city.anonymous().send("POST", "Things", json=thing())
    assert anonymous.status_code == 401


async def test_a_feature_that_one_may_not_see_any_more_cannot_be_referred_to(
    app: Starlette, connection: core_database.Connection
) -> None:
    """What was allowed a moment ago is kept, but only until rights change."""
    await datasets.save_room(connection, key="shut", kind="restricted", title={})
    inner = await datasets.save(connection, key="shut", room="shut", about={})
    made = await tokens.create(connection, name="shut", scopes={inner: ["read"]})
    cursor = await connection.execute(
        "INSERT INTO things.feature_of_interest (dataset_id, name, description, encoding_type, feature)"
        " VALUES (%s, 'f', 'f', 'text/plain', '{}') RETURNING id",
        [inner],
    )
    row = await cursor.fetchone()
    assert row is not None
    state = app.state

    async def may() -> bool:
        principal = access.Principal(kind="token", token_id=made.id)
        found: bool = await state.streams.may_refer(gate=state.gate, principal=principal, feature_id=row[0])
        return found

    assert await may()
    assert await may()
    epoch = state.gate.epoch
    await connection.execute("DELETE FROM core.token_scope WHERE token_id = %s", [made.id])
    async with asyncio.timeout(60):
        while state.gate.epoch == epoch:
            await connection.execute("SELECT 1")
    assert not await may()
