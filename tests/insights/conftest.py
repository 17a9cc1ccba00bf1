# SPDX-License-Identifier: EUPL-1.2
"""A visitor in a small town, at a fixed time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.core import database as core_database
from stadtkern.core import times
from tests import browsing
from tests.insights import factories


@pytest.fixture(scope="module")
async def town(database: str) -> factories.Town:
    """The small town, filled once per module."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        return await factories.small_town(connection)


@pytest.fixture
async def visitor(
    town: factories.Town, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at the pages at 15:58 on a Thursday."""
    monkeypatch.setattr(times, "now", lambda: town.now)
    async with browsing.pages(url=database) as client:
        yield client
