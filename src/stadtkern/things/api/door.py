# SPDX-License-Identifier: EUPL-1.2
"""The door for single observations: as little as possible between a request and the writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from stadtkern.core import jsons, problems
from stadtkern.core.access import Principal
from stadtkern.things import entities, readings
from stadtkern.things.api import answers, methods
from stadtkern.things.api.call import Call
from stadtkern.things.language import paths
from stadtkern.things.language.paths import Resource
from stadtkern.things.operations import create, observations, payload
from stadtkern.things.operations.problems import InvalidValue, MissingProperty, UnknownReference
from stadtkern.things.operations.streams import Facts

_SMALL, _FLAT = 2_000, 5
_decode = msgspec.json.Decoder().decode


def suits(resource: Resource) -> bool:
    """Whether an address is that of the Observations of one Datastream."""
    steps = resource.steps
    return (
        resource.last.entity is entities.OBSERVATION
        and len(steps) == 2
        and steps[0].entity.name == "Datastream"
    )


async def take(call: Call, *, datastream_id: int | None) -> Response:
    """Store one observation and answer when it is on disk."""
    found = await read(call, datastream_id=datastream_id)
    if not isinstance(found, readings.Reading):
        return await _deep(call, found, datastream_id)
    stored = (await call.state.sink.put((found,)))[0]
    if isinstance(stored, problems.Problem):
        raise stored
    if call.header(b"prefer") is not None:
        from stadtkern.things.api import write

        return await write.made(call, entity=entities.OBSERVATION, number=stored.id)
    return answers.created(call.service.encode(), collection=b"Observations", number=stored.id)


async def read(call: Call, *, datastream_id: int | None) -> readings.Reading | dict[str, Any]:
    """The reading in a body, if its sender may add it; the body where more than that is to be made of it."""
    principal = await call.writer()
    methods.body_kind(call)
    body = decode(await call.body(limit=call.state.settings.body_limit))
    observations.check_keys(body)
    stream = datastream(body, datastream_id)
    feature = body.get("FeatureOfInterest")
    feature_id = None if feature is None else create.reference(feature)
    if stream is None or (feature is not None and feature_id is None):
        return body
    multi, named = "MultiDatastream" in body, feature_id is not None
    facts = await permitted(call, principal, stream, multi=multi, named=named)
    if feature_id is not None and feature_id != facts.feature_id:
        await _refer(call, principal, feature_id)
    return observations.reading(
        body,
        datastream_id=stream,
        facts=facts,
        feature_id=facts.feature_id if feature is None else feature_id,
        arrived=call.arrived,
    )


async def _refer(call: Call, principal: Principal, feature_id: int) -> None:
    state = call.state
    if not await state.streams.may_refer(gate=state.gate, principal=principal, feature_id=feature_id):
        raise UnknownReference(f"no FeatureOfInterest with the id {feature_id}", where="FeatureOfInterest")


async def permitted(
    call: Call, principal: Principal, datastream_id: int, *, multi: bool, named: bool = False
) -> Facts:
    """The (Multi)Datastream's facts, if the principal may add to it. Raises UnknownDatastream, Forbidden.

    `named`: the observation names its feature.
    """
    facts: Facts | None = await call.state.streams.find(datastream_id, named=named)
    if facts is not None and multi and facts.components is None:
        facts = None
    if facts is not None:
        try:
            await call.state.gate.require(
                principal, dataset_id=facts.dataset_id, verb="create", datastream_id=datastream_id
            )
        except problems.NotFound:
            facts = None
    if facts is None:
        name = "MultiDatastream" if multi else "Datastream"
        raise readings.UnknownDatastream(f"no {name} with the id {datastream_id}", where=name)
    return facts


def decode(body: bytes) -> dict[str, Any]:
    """Read a body; a small one, in which no key can stand twice, without the full check."""
    value: Any = None
    if len(body) <= _SMALL and b"\\" not in body:
        value = _quickly(body)
    if not isinstance(value, dict):
        value = payload.decode(body)
    if not isinstance(value, dict):
        raise InvalidValue("an Observation is a JSON object", where="body")
    return value


def _quickly(body: bytes) -> Any:
    """The value of a text without escapes; None where a key may stand twice, or something is wrong."""
    try:
        value = _decode(body)
        return value if body.count(b'"') == 2 * _texts(value, _FLAT) else None
    except jsons.UNREADABLE:
        return None


def _texts(value: Any, levels: int) -> int:
    """How many keys and texts a value has: a key that stands twice is there once only.

    Raises RecursionError where it has more levels.
    """
    kind = type(value)
    if kind is str:
        return 1
    if kind is not dict and kind is not list:
        return 0
    if not levels:
        raise RecursionError
    inner = value if kind is list else value.values()
    return (len(value) if kind is dict else 0) + sum([_texts(each, levels - 1) for each in inner])


def datastream(body: Mapping[str, Any], given: int | None) -> int | None:
    """The datastream that is referred to, None where a new one is sent along."""
    if "Datastream" in body and "MultiDatastream" in body:
        raise InvalidValue("either a Datastream or a MultiDatastream belongs here", where="Datastream")
    value = body.get("Datastream", body.get("MultiDatastream"))
    if value is None:
        if given is None:
            raise MissingProperty('an Observation needs a Datastream: {"@iot.id": 1}', where="Datastream")
        return given
    number = create.reference(value)
    if given is not None and number != given:
        raise InvalidValue(
            f"the address says Datastream {given}, the body something else", where="Datastream"
        )
    return number


async def _deep(call: Call, body: dict[str, Any], datastream_id: int | None) -> Response:
    from stadtkern.things.api import write

    payload.check(body)
    path = "Observations" if datastream_id is None else f"Datastreams({datastream_id})/Observations"
    return await write.deep(call, paths.parse(path), body)
