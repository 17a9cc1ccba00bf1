# SPDX-License-Identifier: EUPL-1.2
"""Our own MQTT door, and something to write to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import mqtt
from tests.ingest import mqtt_clients


@pytest.fixture(scope="module")
async def things(client: Any, token: str) -> dict[str, int]:
    """A Thing with two Datastreams."""
    return await mqtt_clients.make_things(client, token)


@pytest.fixture(scope="module")
async def door(settings: Settings) -> AsyncIterator[mqtt.Mqtt]:
    """The door, open."""
    async with mqtt_clients.service(settings) as made:
        yield made
