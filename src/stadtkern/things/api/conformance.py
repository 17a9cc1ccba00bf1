# SPDX-License-Identifier: EUPL-1.2
"""What the service offers and which requirements of 18-088 it meets (clause 9.2.3.1)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stadtkern.things import entities
from stadtkern.things.api import answers
from stadtkern.things.api.call import Call

ROOT = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
# Only what passes `make conformance` stands here (tests/conformance compares): a class by its URI, one of a
# single requirement by that. `datamodel`, the beginning of nine of them, is what clients look for.
REQUIREMENTS = (
    "datamodel",
    "datamodel/entity-control-information",
    "datamodel/thing",
    "datamodel/location",
    "datamodel/historical-location",
    "datamodel/datastream",
    "datamodel/sensor",
    "datamodel/observed-property",
    "datamodel/observation",
    "datamodel/feature-of-interest",
    "resource-path/resource-path-to-entities",
    "request-data",
    "create-update-delete",
    "batch-request/batch-request",
    "multi-datastream",
    "data-array/data-array",
)
# What others have defined and we serve as they say.
EXTENSIONS = ("https://fraunhoferiosb.github.io/FROST-Server/extensions/JsonBatchRequest.html",)
# Offered where MQTT is on; each names its address.
MQTT = ("create-observations-via-mqtt/observations-creation", "receive-updates-via-mqtt/receive-updates")


async def landing(call: Call) -> Response:
    """The root document: all entity sets, and what may be relied on."""
    value = [{"name": e.set, "url": f"{call.service}/{e.set}"} for e in entities.ENTITIES]
    settings: dict[str, Any] = {"conformance": [*(ROOT + name for name in REQUIREMENTS), *EXTENSIONS]}
    for name, endpoint in zip(MQTT, call.state.settings.mqtt_endpoints or (), strict=False):
        settings["conformance"].append(ROOT + name)
        settings[ROOT + name] = {"endpoints": [endpoint]}
    return answers.document({"value": value, "serverSettings": settings})
