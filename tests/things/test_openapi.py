# SPDX-License-Identifier: EUPL-1.2
"""The description of the service is true: of what may be sent, and of what comes back."""

from __future__ import annotations

from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from stadtkern.core import settings as core_settings
from stadtkern.things import entities
from stadtkern.things.api import openapi, schemas
from tests.things import judging, twins
from tests.things.factories import STA, City, datastream, location, sensor, thing

pytestmark = pytest.mark.anyio
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_DOCUMENT = openapi.document(settings=core_settings.load(environment={}), service=f"http://testserver{STA}")
_SCHEMA = schemathesis.openapi.from_dict(_DOCUMENT)
_OPERATIONS = [result.ok() for result in _SCHEMA.get_all_operations()]


@pytest.fixture(scope="module")
async def tree(city: City) -> int:
    """One entity of each type, so that small ids find something."""
    return await twins.build(city, name="tree")


async def test_the_description_is_served_and_names_the_limits(city: City) -> None:
    document = await city.anonymous().get(openapi.PATH)
    assert document["openapi"] == "3.1.0"
    assert document["info"]["x-limits"]["bodyBytes"] == 1_048_576
    assert document["servers"][0]["url"].endswith(STA)
    assert document["paths"].keys() == _DOCUMENT["paths"].keys()


def test_the_description_is_valid_and_covers_every_entity_type() -> None:
    _SCHEMA.validate()
    for entity in entities.ENTITIES:
        assert {"get", "post", "delete"} == _DOCUMENT["paths"][f"/{entity.set}"].keys()
        assert {"get", "patch", "put", "delete"} < _DOCUMENT["paths"][f"/{entity.set}({{id}})"].keys()
        for relation in entity.relations:
            assert f"/{entity.set}({{id}})/{relation.name}" in _DOCUMENT["paths"]


def test_links_and_preferences_are_described() -> None:
    """Every way to read, make and end a link stands there, and what Prefer does."""
    taken = {
        path: item.keys() - {"parameters"} for path, item in _DOCUMENT["paths"].items() if "$ref" in path
    }
    assert taken["/Things/$ref"] == taken["/Things({id})/$ref"] == {"get"}
    assert taken["/Datastreams({id})/Sensor/$ref"] == {"get", "put"}
    assert taken["/Things({id})/Locations/$ref"] == {"get", "post", "delete"}
    assert taken["/Things({id})/Locations({other})/$ref"] == {"delete"}
    assert taken["/MultiDatastreams({id})/ObservedProperties({other})/$ref"] == {"delete"}
    assert "/ObservedProperties({id})/MultiDatastreams({other})/$ref" not in taken
    for path, method in (("/Things", "post"), ("/Things({id})", "patch"), ("/Observations({id})", "put")):
        operation = _DOCUMENT["paths"][path][method]
        assert [each["name"] for each in operation["parameters"]] == ["Prefer"]
        (answer,) = (each for code, each in operation["responses"].items() if code != "default")
        assert "Preference-Applied" in answer["headers"]


async def test_links_are_read_and_changed_as_described(city: City) -> None:
    """The answers to `$ref` and to Prefer have the shape that the description gives them."""
    tree = await city.create("Things", thing(Locations=[location()]))
    schemas_of = {"components": _DOCUMENT["components"]}
    place = await city.create("Locations", location(name="other"))
    sent = await city.send("POST", f"Things({tree})/Locations/$ref", json={"@iot.id": place})
    assert sent.status_code == 204
    for path, name in ((f"Things({tree})/Locations/$ref?$count=true", "Page"), (f"Things({tree})/$ref", "")):
        answer = await city.get(path)
        schema = {"$ref": f"#/components/schemas/EntityReference{name}"} | schemas_of
        jsonschema_rs.Draft202012Validator(schema).validate(answer)
    ended = await city.send("DELETE", f"Things({tree})/Locations({place})/$ref")
    assert ended.status_code == 204
    headers = {"Prefer": "return=representation", "Authorization": f"Bearer {city.token}"}
    address = f"{STA}/Things({tree})"
    shown = await city.client.patch(address, json={"name": "tree"}, headers=headers)
    assert shown.headers["preference-applied"] == "return=representation"
    schema = {"$ref": "#/components/schemas/Thing"} | schemas_of
    jsonschema_rs.Draft202012Validator(schema).validate(shown.json())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("Thing", thing(Locations=[location()], Datastreams=[datastream()], properties=None)),
        ("Datastream", datastream(Thing={"@iot.id": 1})),
        ("MultiDatastream", twins.multi(Thing={"@iot.id": 1})),
        (
            "Observation",
            {"result": 1, "Datastream": {"@iot.id": 1}, "phenomenonTime": "2024-05-01T00:00:00Z"},
        ),
        ("HistoricalLocation", {"time": "2024-05-01T00:00:00Z", "Thing": {"@iot.id": 1}}),
        ("Sensor", sensor()),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
async def test_bodies_that_are_taken_conform_to_the_description(
    city: City, tree: int, name: str, body: dict[str, Any]
) -> None:
    schema = schemas.alone(entities.BY_NAME[name]) | {"components": _DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(schema).validate(body)
    await city.create(entities.BY_NAME[name].set, body)


def _cases(mode: GenerationMode) -> st.SearchStrategy[schemathesis.Case]:
    return st.sampled_from(_OPERATIONS).flatmap(lambda one: one.as_strategy(generation_mode=mode))


_bounded = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


async def _ask(city: City, database: str, case: schemathesis.Case) -> None:
    request = case.as_transport_kwargs(base_url=f"http://testserver{STA}")
    headers = {**(request.pop("headers", None) or {}), "Authorization": f"Bearer {city.token}"}
    request.pop("cookies", None)
    if isinstance(request.get("data"), str | bytes):
        request["content"] = request.pop("data")
    before = await judging.rows(database)
    try:
        answer = judging.check(await city.client.request(headers=headers, **request))
    except httpx.InvalidURL:  # too long for the client; test_openapi_transport.py sends such addresses
        return
    case.validate_response(answer, checks=_CHECKS)
    if answer.status_code >= 400:
        assert await judging.rows(database) == before


@_bounded
@given(case=_cases(GenerationMode.POSITIVE))
async def test_what_conforms_is_answered_as_described(
    city: City, tree: int, database: str, case: schemathesis.Case
) -> None:
    await _ask(city, database, case)


@_bounded
@given(case=_cases(GenerationMode.NEGATIVE))
async def test_what_does_not_conform_is_answered_as_described(
    city: City, tree: int, database: str, case: schemathesis.Case
) -> None:
    await _ask(city, database, case)
