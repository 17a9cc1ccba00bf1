# SPDX-License-Identifier: EUPL-1.2
"""A store that a test holds up, and waiting for what comes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from stadtkern.ingest.writer.writer import Writer
from tests.ingest import mqtt_clients


class Held:
    """A store that has begun with readings and does not come to its end before it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.seen: list[float] = []
        self.may = asyncio.Event()
        put = Writer.put

        async def putting(writer: Writer, items: Any) -> Any:
            self.seen += [item.result for item in items]
            await self.may.wait()
            return await put(writer, items)

        monkeypatch.setattr(Writer, "put", putting)


async def until(condition: Callable[[], Any], *, what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + mqtt_clients.PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        await asyncio.sleep(0)
