# SPDX-License-Identifier: EUPL-1.2
"""What the tests of connections share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.serve.connecting import Served


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A server that runs."""
    found = Served()
    yield found
    while found.doorman.taken:
        await found.doorman.answer()
    await found.end()
