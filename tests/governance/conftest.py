# SPDX-License-Identifier: EUPL-1.2
"""What the tests of rooms share."""

from __future__ import annotations

import httpx
import pytest

from tests.things.factories import City


@pytest.fixture(scope="module")
async def city(client: httpx.AsyncClient, token: str) -> City:
    """The SensorThings API for the holder of a token with all verbs on public data."""
    return City(client, token)
