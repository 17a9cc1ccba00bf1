# SPDX-License-Identifier: EUPL-1.2
"""The work process: everything that happens by itself, one task per loop, restarted when one falls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from stadtkern.core import outbox, waiting
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

_GRACE_SECONDS = 1.5
# MQTT acknowledges what is being stored (`ingest.doors.stopping`), says goodbye and lets its writer end.
_LONGER_SECONDS = {"mqtt": 4.5}

Loop = Callable[[asyncio.Event], Awaitable[None]]


async def run(*, settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Run the folds, the disposal, the relay, MQTT and the demo's feed until told to stop."""
    from stadtkern.catalogue.usage import gathering

    subscriptions = outbox.Subscriptions()
    gathering.hear(subscriptions)
    loops = _loops(settings=settings, url=url, subscriptions=subscriptions)
    async with asyncio.TaskGroup() as group:
        for name, loop in loops.items():
            group.create_task(_kept_running(name, loop, stop), name=name)


def _loops(*, settings: Settings, url: str, subscriptions: outbox.Subscriptions) -> dict[str, Loop]:
    from stadtkern.catalogue import upkeep
    from stadtkern.catalogue.harvest import jobs as harvesting
    from stadtkern.city.demo import replay
    from stadtkern.city.ratings import operations as ratings
    from stadtkern.core import audit
    from stadtkern.features import upkeep as sweeping
    from stadtkern.serve import archivist
    from stadtkern.things.store import disposal, fold, ranges, retention

    loops: dict[str, Loop] = {
        "fold": lambda stop: fold.run(url=url, stop=stop),
        "archive": lambda stop: archivist.run(url=url, settings=settings, stop=stop),
        "imports": lambda stop: archivist.run_imports(url=url, settings=settings, stop=stop),
        "disposal": lambda stop: disposal.run(url=url, stop=stop),
        "ranges": lambda stop: ranges.run(url=url, stop=stop),
        "ratings": lambda stop: ratings.keep(url=url, stop=stop),
        "log": lambda stop: audit.keep(url=url, stop=stop),
        "retention": lambda stop: retention.run(url=url, stop=stop),
        "catalogue": lambda stop: upkeep.run(settings=settings, url=url, stop=stop),
        "features": lambda stop: sweeping.run(url=url, settings=settings, stop=stop),
        "relay": lambda stop: outbox.relay(url=url, stop=stop, subscriptions=subscriptions),
        "replay": lambda stop: replay.run(url=url, settings=settings, stop=stop),
        "harvest": lambda stop: harvesting.run(url=url, settings=settings, stop=stop),
    }
    if settings.push:
        from stadtkern.web.following import jobs as following

        loops["following"] = lambda stop: following.run(url=url, settings=settings, stop=stop)
    if settings.mail_url:
        from stadtkern.catalogue import notices
        from stadtkern.catalogue.subscriptions import jobs as telling

        notices.hear(subscriptions)
        loops["letters"] = lambda stop: telling.run(url=url, settings=settings, stop=stop)
        loops["mail"] = lambda stop: archivist.run_mail(url=url, settings=settings, stop=stop)
    if settings.mqtt_open:
        from stadtkern.ingest.doors import mqtt

        broker = mqtt.Mqtt(settings=settings, url=url)
        broker.hear(subscriptions)
        loops["mqtt"] = broker.run
    return loops


async def _until_told(loop: Loop, stop: asyncio.Event, *, grace: float) -> None:
    """Run a loop; when told to stop, give it a moment (seconds), then end it where it waits."""
    work = asyncio.ensure_future(loop(stop))
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await asyncio.wait({work}, timeout=grace)
        if work.done():
            await work
    finally:
        told.cancel()
        work.cancel()
        await asyncio.gather(told, work, return_exceptions=True)


async def _kept_running(name: str, loop: Loop, stop: asyncio.Event) -> None:
    pause = 0.5
    while not stop.is_set():
        try:
            await _until_told(loop, stop, grace=_LONGER_SECONDS.get(name, _GRACE_SECONDS))
            return
        except Exception as error:
            log.exception("a loop fell; it is started again", loop=name, error=repr(error))
            await waiting.pause(stop, seconds=pause)
            pause = min(60.0, pause * 2)
