# SPDX-License-Identifier: EUPL-1.2
"""Somebody at the pages, and a department for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from tests import browsing
from tests.catalogue import offices


@pytest.fixture
async def office(connection: Connection) -> offices.Office:
    """A fresh department for each test."""
    return await offices.an_office(connection)


@pytest.fixture
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody at the pages, not signed in yet."""
    async with browsing.pages(url=database) as client:
        yield client
