# SPDX-License-Identifier: EUPL-1.2
"""Checks that hold for every entity type: properties with their types, relations in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

from conformance.service import Entity, Service, at, ids

# What an absent optional property may look like.
ABSENT = ("absent", None)


def has(entity: Entity, **types: type | tuple[type, ...]) -> None:
    """Every named property is there and has its JSON type."""
    for name, kind in types.items():
        assert name in entity, f"{name} is missing in {entity}"
        value = entity[name]
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        assert fits, f"{name} is {value!r}, which is no {kind}"


def says(entity: Entity, body: Mapping[str, object]) -> None:
    """Every value that was sent comes back as it was (links aside)."""
    for name, value in body.items():
        if name[0].islower():
            assert entity.get(name) == value, f"{name} was sent as {value!r} and is {entity.get(name)!r}"


def lacks(entity: Entity, *names: str) -> None:
    """Optional properties that nobody gave are absent or null."""
    for name in names:
        assert entity.get(name, "absent") in ABSENT, f"{name} should have no value: {entity[name]!r}"


def needs(sta: Service, path: str, body: Entity, *names: str) -> None:
    """Without any one of its mandatory properties the entity is refused; nothing of it is stored."""
    for name in names:
        less = {key: value for key, value in body.items() if key != name}
        answer = sta.post(path, less)
        sta.refuses(answer)
    if "name" in body:
        left = sta.members(path, filter=f"name eq '{body['name']}'")
        assert not left, f"a refused entity was stored: {left}"


def leads(sta: Service, entity: Entity, relation: str, expected: list[Entity] | Entity) -> None:
    """The navigation link is announced and leads to exactly the expected entities."""
    key = f"{relation}@iot.navigationLink"
    assert isinstance(entity.get(key), str), f"{key} is missing in {entity}"
    found = urljoin(sta.base + "/", entity[key])
    if isinstance(expected, dict):
        other = sta.get(found)
        assert other.get("@iot.id") == expected["@iot.id"], f"{relation} leads to {other}"
        return
    assert sorted(map(str, ids(sta.members(found)))) == sorted(map(str, ids(expected))), (
        f"{relation} is different"
    )


def expands(sta: Service, path: str, entity: Entity, relation: str, expected: list[Entity] | Entity) -> None:
    """$expand puts exactly the expected entities inline."""
    found = sta.get(at(path, entity), expand=relation)[relation]
    if isinstance(expected, dict):
        assert found["@iot.id"] == expected["@iot.id"], f"{relation} is {found}"
    else:
        assert sorted(map(str, ids(found))) == sorted(map(str, ids(expected))), f"{relation} is {found}"
