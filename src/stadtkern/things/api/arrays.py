# SPDX-License-Identifier: EUPL-1.2
"""The data array extension (18-088, clause 14): many observations in one request; good rows are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from stadtkern.core import problems
from stadtkern.core.access import Principal, Unauthorised
from stadtkern.things import readings
from stadtkern.things.api import answers
from stadtkern.things.api.call import Call
from stadtkern.things.operations import create, observations, payload
from stadtkern.things.operations.problems import InvalidJson, InvalidValue, MissingProperty, UnknownProperty
from stadtkern.things.operations.streams import Facts

CHUNK = 5_000
_COMPONENTS = frozenset(
    {
        "phenomenonTime",
        "result",
        "resultTime",
        "validTime",
        "resultQuality",
        "parameters",
        "FeatureOfInterest/id",
    }
)


class Group(msgspec.Struct, forbid_unknown_fields=True):
    """The rows for one datastream."""

    components: list[str]
    data: list[msgspec.Raw] = msgspec.field(name="dataArray")
    datastream: dict[str, Any] | None = msgspec.field(name="Datastream", default=None)
    multi_datastream: dict[str, Any] | None = msgspec.field(name="MultiDatastream", default=None)
    count: int | None = msgspec.field(name="dataArray@iot.count", default=None)


_decode = msgspec.json.Decoder(list[Group]).decode
_decode_row = msgspec.json.Decoder(list[Any]).decode


async def take(call: Call) -> Response:
    """Store rows; answers with one address or error per row, in order."""
    principal = await call.principal()
    if principal.token_id is None:
        raise Unauthorised
    body = await call.body(limit=call.state.settings.bulk_body_limit)
    try:
        groups = _decode(body)
    except msgspec.MsgspecError as error:
        raise InvalidJson(str(error), where="body") from error
    except RecursionError as error:
        raise InvalidJson("nested too deeply", where="body") from error
    del body
    shown: list[str] = []
    for index, group in enumerate(groups):
        shown.extend(await _group(call, principal, group, where=f"[{index}]"))
        group.data.clear()
    return answers.document(shown, status=201)


async def _group(call: Call, principal: Principal, group: Group, *, where: str) -> list[str]:
    _check(group, where=where)
    number = create.reference(group.datastream or group.multi_datastream)
    if number is None:
        raise MissingProperty('a Datastream is referred to: {"@iot.id": 1}', where=where + ".Datastream")
    facts = await call.state.streams.find(number)
    if facts is None:
        return [_error(readings.UnknownDatastream(f"no Datastream with the id {number}"))] * len(group.data)
    try:
        await call.state.gate.require(principal, dataset_id=facts.dataset_id, verb="create")
    except problems.Problem as problem:
        return [_error(problem)] * len(group.data)
    shown: list[str] = []
    for begin in range(0, len(group.data), CHUNK):
        rows = group.data[begin : begin + CHUNK]
        shown.extend(await _chunk(call, number, facts, group.components, rows))
    return shown


def _check(group: Group, *, where: str) -> None:
    unknown = next((name for name in group.components if name not in _COMPONENTS), None)
    if unknown is not None:
        known = ", ".join(sorted(_COMPONENTS))
        raise UnknownProperty(
            f"no component {unknown[:60]!r}; there are {known}", where=where + ".components"
        )
    if "result" not in group.components or len(set(group.components)) < len(group.components):
        raise InvalidValue("each component once, and `result` among them", where=where + ".components")
    if group.count is not None and group.count != len(group.data):
        raise InvalidValue(
            f"{group.count} rows are announced, {len(group.data)} came", where=where + ".dataArray@iot.count"
        )


async def _chunk(
    call: Call, number: int, facts: Facts, components: Sequence[str], rows: Sequence[msgspec.Raw]
) -> list[str]:
    shown: list[str] = [""] * len(rows)
    good: list[readings.Reading] = []
    places: list[int] = []
    for place, raw in enumerate(rows):
        try:
            good.append(_reading(raw, number, facts, components))
            places.append(place)
        except problems.Problem as problem:
            shown[place] = _error(problem)
    stored = await call.state.sink.put(good) if good else []
    prefix = f"{call.service}/Observations("
    for place, item in zip(places, stored, strict=True):
        shown[place] = _error(item) if isinstance(item, problems.Problem) else f"{prefix}{item.id})"
    return shown


def _reading(raw: msgspec.Raw, number: int, facts: Facts, components: Sequence[str]) -> readings.Reading:
    try:
        values = _decode_row(raw)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidValue(f"a row is a list of values: {error}") from error
    if len(values) != len(components):
        raise InvalidValue(f"the row has {len(values)} values, there are {len(components)} components")
    row: Mapping[str, Any] = dict(zip(components, values, strict=True))
    if any(isinstance(value, str | list | dict) for value in values):
        payload.check(values)
    feature_id = facts.feature_id
    if row.get("FeatureOfInterest/id", feature_id) != feature_id:
        raise InvalidValue("only the Datastream's own feature is taken here", where="FeatureOfInterest/id")
    return observations.reading(row, datastream_id=number, facts=facts, feature_id=feature_id)


def _error(problem: problems.Problem) -> str:
    where = f" ({problem.where})" if problem.where else ""
    return f"error: {problem.title}: {problem}{where}"
