# SPDX-License-Identifier: EUPL-1.2
"""What the tests of things share."""

from __future__ import annotations

import httpx
import pytest

from tests.things.factories import City


@pytest.fixture(scope="module")
async def city(client: httpx.AsyncClient, token: str) -> City:
    """The service for the holder of a token with all verbs."""
    return City(client, token)
