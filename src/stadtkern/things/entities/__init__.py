# SPDX-License-Identifier: EUPL-1.2
"""The entity types of SensorThings as descriptors: what everything else here is driven by."""

from stadtkern.things.entities.kinds import EntityType, Kind, Link, Property, Relation
from stadtkern.things.entities.registry import BY_NAME, BY_SET, ENTITIES, OBSERVATION, target

__all__ = [
    "BY_NAME",
    "BY_SET",
    "ENTITIES",
    "OBSERVATION",
    "EntityType",
    "Kind",
    "Link",
    "Property",
    "Relation",
    "target",
]
