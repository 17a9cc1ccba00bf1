# SPDX-License-Identifier: EUPL-1.2
"""Notices that mails are due, without loading what writes and sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from stadtkern.core import statements, watching

CHANNEL = "identity_mail"
_EVERY_SECONDS = 30.0


async def watch(*, url: str, stop: asyncio.Event, begin: Callable[[], Awaitable[None]]) -> None:
    """Call `begin`, which returns when it is done, whenever a mail is due; until told to stop."""
    await watching.watch(
        url=url,
        stop=stop,
        channel=CHANNEL,
        question=statements.load("identity")["mail_waits"],
        every=_EVERY_SECONDS,
        begin=begin,
    )
