# SPDX-License-Identifier: EUPL-1.2
"""Somebody at the pages; importing `browsing` first tells Django where its settings are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from tests import browsing


@pytest.fixture
async def pages(database: str) -> AsyncIterator[AsyncClient]:
    """Not signed in yet."""
    async with browsing.pages(url=database) as client:
        yield client
