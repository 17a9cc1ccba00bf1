# SPDX-License-Identifier: EUPL-1.2
"""Change single Observations, their Datastream and their FeatureOfInterest included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stadtkern.core.problems import NotFound
from stadtkern.things import entities
from stadtkern.things.operations import create, observations, streams
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import InvalidValue, UnknownReference
from stadtkern.things.store import amend

_STREAMS = ("Datastream", "MultiDatastream")


async def permit(change: Change, number: int, datastream_id: int) -> streams.Facts:
    """The Datastream's facts, if the principal may change its Observations; it is held against others."""
    facts = await streams.facts(change.connection, datastream_id=datastream_id)
    if facts is None:
        raise NotFound(f"no Observation with the id {number}")
    change.require(facts.dataset_id, "update", datastream_id=datastream_id)
    await amend.hold(change.connection, datastream_id=datastream_id)
    return facts


async def correct(
    change: Change, number: int, datastream_id: int, payload: Mapping[str, Any], *, whole: bool
) -> None:
    """Change an Observation. Raises NotFound, Forbidden, InvalidValue, UnknownReference and more."""
    facts = await permit(change, number, datastream_id)
    changes: dict[str, Any] = {}
    other = _other_stream(payload, datastream_id)
    if other is not None:
        change.require(facts.dataset_id, "delete", datastream_id=datastream_id)
        facts = await _move(change, number, other, payload)
        changes["datastream_id"] = other
    changes |= _changes(payload, facts, whole=whole)
    if "FeatureOfInterest" in payload:
        feature = create.reference(payload["FeatureOfInterest"]) or 0
        await change.refer(entities.BY_NAME["FeatureOfInterest"], feature, where="FeatureOfInterest")
        changes["feature_id"] = feature
    if changes:
        changes = await _admitted(change, number, changes)
        await amend.update(change.connection, observation_id=number, changes=changes)
        change.touch(entities.OBSERVATION, number)


async def _admitted(change: Change, number: int, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes as the rules of the store and the policies let them pass."""
    row = await amend.find(change.connection, observation_id=number)
    if row is None:
        raise NotFound(f"no Observation with the id {number}")
    before = amend.as_reading(row)
    wanted = msgspec.structs.replace(before, **changes)
    passed = observations.admitted(wanted, settings=change.settings, moved="phenomenon_time" in changes)
    differing = (name for name in wanted.__struct_fields__ if getattr(passed, name) != getattr(wanted, name))
    return changes | {name: getattr(passed, name) for name in differing}


def _other_stream(payload: Mapping[str, Any], datastream_id: int) -> int | None:
    """The Datastream that the Observation moves to."""
    named = {name: create.reference(payload[name]) for name in _STREAMS if name in payload}
    if len(named) > 1:
        raise InvalidValue("either a Datastream or a MultiDatastream belongs here", where="Datastream")
    return next((number for number in named.values() if number != datastream_id), None)


async def _move(change: Change, number: int, other: int, payload: Mapping[str, Any]) -> streams.Facts:
    """What must hold when an Observation goes to another Datastream; returns that one's facts."""
    name = next(name for name in _STREAMS if name in payload)
    await change.refer(entities.BY_NAME[name], other, where=name)
    found = await streams.facts(change.connection, datastream_id=other)
    if found is None:
        raise UnknownReference(f"no {name} with the id {other}", where=name)
    change.require(found.dataset_id, "create", datastream_id=other)
    row = await amend.find(change.connection, observation_id=number)
    if row is not None and "result" not in payload:
        observations.check_result(amend.as_reading(row).result, facts=found, where=name)
    return found


def _changes(payload: Mapping[str, Any], facts: streams.Facts, *, whole: bool) -> dict[str, Any]:
    """What changes, in the words of a reading. Of a partial payload only what it names."""
    if payload.get("phenomenonTime", "") is None:
        raise InvalidValue("phenomenonTime must not be null", where="phenomenonTime")
    reading = observations.reading(
        payload if whole or "result" in payload else {**payload, "result": None},
        datastream_id=0,
        facts=facts._replace(unplaced=""),
        feature_id=None,
    )
    changes: dict[str, Any] = {}
    for property_name, names in _MEMBERS.items():
        if property_name in payload or (whole and property_name != "phenomenonTime"):
            changes |= {name: getattr(reading, name) for name in names}
    return changes


_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "phenomenonTime": ("phenomenon_time", "phenomenon_end"),
    "result": ("result",),
    "resultTime": ("result_time",),
    "validTime": ("valid_time",),
    "resultQuality": ("result_quality",),
    "parameters": ("parameters",),
}
