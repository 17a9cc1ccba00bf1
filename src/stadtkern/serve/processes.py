# SPDX-License-Identifier: EUPL-1.2
"""What each child of the supervisor runs; heavy imports happen only in the process that needs them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from stadtkern.core import logs
from stadtkern.core import settings as core_settings
from stadtkern.core.settings import Settings
from stadtkern.serve import runner


def web_socket(settings: Settings) -> Path:
    """The Unix socket between front and web, in a folder that is only ours."""
    from stadtkern.core import postgres

    folder = postgres.Embedded(settings).socket_folder.with_name("web")
    if folder.parent == Path("/tmp"):  # noqa: S108  (data folder with a very long path)
        folder = postgres.Embedded(settings).socket_folder.with_suffix(".web")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder / "web.sock"


def run(name: str) -> None:
    """Run one child by its name until it is told to stop."""
    settings = core_settings.load()
    logs.configure(settings, process=name)
    runner.run(_MAINS[name](settings))


def data(settings: Settings, *, web: bool = True) -> runner.Main:
    """The front with the data plane; without `web` only the APIs."""

    async def main(stop: asyncio.Event) -> None:
        from stadtkern import dataplane
        from stadtkern.serve import front, proxy

        url = settings.database_url or ""
        application = front.Front(
            data=dataplane.create_app(settings=settings, url=url),
            web=proxy.Proxy(socket=web_socket(settings)) if web else None,
            assets=Path(__file__).parent.parent / "web" / "assets",
            trusted=frozenset(settings.trusted_proxies),
        )
        await runner.serve(application, stop=stop, host=settings.host, port=settings.port)

    return main


def web(settings: Settings, *, alone: bool = False) -> runner.Main:
    """The pages; behind the front on a Unix socket or, alone, on the port."""

    async def main(stop: asyncio.Event) -> None:
        from stadtkern.web import asgi

        if alone:
            await runner.serve(asgi.application, stop=stop, host=settings.host, port=settings.port)
        else:
            await runner.serve(asgi.application, stop=stop, socket=web_socket(settings))

    return main


def work(settings: Settings) -> runner.Main:
    """Everything that happens by itself."""

    async def main(stop: asyncio.Event) -> None:
        from stadtkern.serve import work as loops

        await loops.run(settings=settings, url=settings.database_url or "", stop=stop)

    return main


_MAINS: Mapping[str, Callable[[Settings], Callable[[asyncio.Event], Awaitable[None]]]] = {
    "data": data,
    "data-only": lambda settings: data(settings, web=False),
    "web": web,
    "web-only": lambda settings: web(settings, alone=True),
    "work": work,
}
