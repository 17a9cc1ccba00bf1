# SPDX-License-Identifier: EUPL-1.2
"""Our own MQTT door, and something to write to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import mqtt
from stadtkern.things.topics import watch
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


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes longer for topics that are cheap; those that are dear would take hours."""
    monkeypatch.setattr(watch, "PARTICULAR_SECONDS", 2.0)
    monkeypatch.setattr(watch, "TOGETHER_SECONDS", 30.0)
