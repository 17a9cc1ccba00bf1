# SPDX-License-Identifier: EUPL-1.2
"""What each child of the supervisor runs; heavy imports happen only in the process that needs them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from stadtkern.core import logs, problems, sockets
from stadtkern.core import settings as core_settings
from stadtkern.core.settings import Settings
from stadtkern.serve import meter, runner


class ErrandFailed(problems.Problem):
    """Something that must be done before the start could not be done.

    Mend what the lines above name and start again; nothing was left half done.
    """


def _tables(_: Settings) -> list[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.web.settings")
    from stadtkern.web import tables

    return tables.migrate()


def _demo(settings: Settings) -> list[str]:
    from rich.console import Console

    from stadtkern.catalogue import upkeep
    from stadtkern.city import demo
    from stadtkern.insights import demo as told

    url = settings.database_url or ""
    printed = asyncio.run(demo.prepare(url=url, settings=settings, console=Console(stderr=True)))
    asyncio.run(upkeep.once(url=url))
    asyncio.run(told.show(url=url))
    return printed


_ERRANDS: Mapping[str, Callable[[Settings], list[str]]] = {
    "tables": _tables,
    "demo": _demo,
}


def web_socket(settings: Settings) -> Path:
    """The Unix socket between front and web, in a folder that is only ours."""
    return sockets.folder(settings) / "web.sock"


# Those that serve the port; the supervisor hands its listening socket on to them.
WITH_PORT = frozenset(("data", "data-only", "web-only"))

# Large bodies are read in threads; the connections, the database's too, must not wait for those for long.
_SWITCH_SECONDS = 0.0005

# Addresses, not pages in use: libraries reserve more than they take.
_MOST_MEMORY = 6 * 2**30

# Where the cores are few, pages and folds wait rather than the acknowledgement of a reading.
_NICENESS = {"web": 10, "work": 5, "archive": 5, "imports": 8, "mail": 8}


def run(name: str, *, parent: int | None = None, listener: int | None = None) -> None:
    """Run a child by its name until it is told to stop or its parent dies, or an errand until it is done.

    `listener` is the listening socket that the parent hands on, if it has one.
    """
    settings = core_settings.load()
    logs.configure(settings, process=name)
    if name in _ERRANDS:
        print(json.dumps(_ERRANDS[name](settings)))
    else:
        os.nice(_NICENESS.get(name, 0))
        runner.run(_metered(name, settings, _MAINS[name](settings, listener)), parent=parent)


def _metered(name: str, settings: Settings, main: runner.Main) -> runner.Main:
    async def metered(stop: asyncio.Event) -> None:
        async with meter.told(folder=sockets.folder(settings), name=name.partition("-")[0]):
            await main(stop)

    return metered


def environment(settings: Settings, *, url: str) -> dict[str, str]:
    """What a child is told: the same settings, and the database that the parent has found or started."""
    return {
        **os.environ,
        "STADTKERN_DATA": str(settings.data),
        "STADTKERN_DATABASE_URL": url,
        "STADTKERN_PORT": str(settings.port),
        "STADTKERN_HOST": settings.host,
        "STADTKERN_MQTT_PORT": str(settings.mqtt_port),
    }


def errand(name: str, *, settings: Settings, url: str) -> list[str]:
    """Have a process of its own do something, so that the supervisor stays small; returns its lines."""
    command = [sys.executable, "-m", "stadtkern", "child", name]
    done = subprocess.run(command, env=environment(settings, url=url), stdout=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode != 0:
        raise ErrandFailed(f"{name} ended with code {done.returncode}; the reason stands above")
    return [str(line) for line in json.loads(done.stdout)]


def data(settings: Settings, listener: int | None, *, web: bool = True) -> runner.Main:
    """The front with the data plane; without `web` only the APIs."""

    async def main(stop: asyncio.Event) -> None:
        from stadtkern import dataplane
        from stadtkern.serve import front, health, proxy, uploads
        from stadtkern.things.api import straight

        sys.setswitchinterval(_SWITCH_SECONDS)
        url = settings.database_url or ""
        plane = dataplane.create_app(settings=settings, url=url)
        application = front.Front(
            data=plane,
            web=proxy.Proxy(socket=web_socket(settings)) if web else None,
            assets=Path(__file__).parent.parent / "web" / "assets",
            trusted=frozenset(settings.trusted_proxies),
            uploads=uploads.limit(plane=plane, settings=settings),
            watch=health.Health(plane=plane, settings=settings, folder=sockets.folder(settings)),
        )

        def closing() -> None:
            if hasattr(plane.state, "live"):  # not if it is told to stop before it has started
                plane.state.live.close()

        await runner.serve(
            application, stop=stop, host=settings.host, port=settings.port, inherited=listener,
            draining=application.drain, closing=closing,
            straight=straight.Straight(plane.state, settings=settings, closed=lambda: application.draining),
        )  # fmt: skip

    return main


def web(settings: Settings, listener: int | None, *, alone: bool = False) -> runner.Main:
    """The pages; behind the front on a Unix socket or, alone, on the port."""

    async def main(stop: asyncio.Event) -> None:
        from stadtkern.web import asgi

        if alone:
            await runner.serve(
                asgi.application, stop=stop, host=settings.host, port=settings.port, inherited=listener
            )
        else:
            await runner.serve(asgi.application, stop=stop, socket=web_socket(settings))

    return main


def work(settings: Settings, _: int | None) -> runner.Main:
    """Everything that happens by itself."""

    async def main(stop: asyncio.Event) -> None:
        from stadtkern.serve import work as loops

        await loops.run(settings=settings, url=settings.database_url or "", stop=stop)

    return main


def archive(settings: Settings, _: int | None) -> runner.Main:
    """What there is to do in the archive; ends by itself."""

    async def main(stop: asyncio.Event) -> None:
        from stadtkern.things.archive import jobs

        await jobs.run(url=settings.database_url or "", settings=settings, stop=stop)

    return main


def imports(settings: Settings, _: int | None) -> runner.Main:
    """The files that people have sent; ends by itself."""

    async def main(stop: asyncio.Event) -> None:
        import resource

        from stadtkern.catalogue.onboarding import jobs

        # Whatever a file says, it must not take the machine's memory from the database.
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        await jobs.run(url=settings.database_url or "", settings=settings, stop=stop)

    return main


def mail(settings: Settings, _: int | None) -> runner.Main:
    """The mails that are due; ends by itself."""

    async def main(stop: asyncio.Event) -> None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.web.settings")
        import django

        django.setup(set_prefix=False)
        from stadtkern.identity.mail import jobs

        await jobs.run(url=settings.database_url or "", settings=settings, stop=stop)

    return main


_MAINS: Mapping[str, Callable[[Settings, int | None], Callable[[asyncio.Event], Awaitable[None]]]] = {
    "data": data,
    "data-only": lambda settings, listener: data(settings, listener, web=False),
    "web": web,
    "web-only": lambda settings, listener: web(settings, listener, alone=True),
    "work": work,
    "archive": archive,
    "imports": imports,
    "mail": mail,
}
