# SPDX-License-Identifier: EUPL-1.2
"""What the words of the command line do, apart from reading the words."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from stadtkern.core import database, datasets, migrations, times, tokens
from stadtkern.core.settings import Settings
from stadtkern.serve import mqtt, port, processes
from stadtkern.serve.supervisor import CHILDREN, Supervisor
from stadtkern.web import brought

_READY_SECONDS = 120.0


def migrate(*, settings: Settings, url: str) -> list[str]:
    """Run the SQL migrations, then Django's; returns what was applied."""
    done = asyncio.run(migrations.migrate(url=url))
    if not brought.up_to_date(url=url, settings=settings):
        done += processes.errand("tables", settings=settings, url=url)
        brought.note(url=url, settings=settings)
    return done


def distribute(*, url: str) -> list[str]:
    """Spread the observations over a Citus cluster; returns the tables. Raises NoCitus."""
    from stadtkern.things.store import distribution

    return asyncio.run(distribution.distribute(url=url))


def serve(*, settings: Settings, console: Console, demo: bool, only: str | None) -> None:
    """Run the supervisor in the foreground."""
    listener = None if only == "work" else port.listen(settings)
    if only not in ("data", "web"):
        settings = mqtt.settle(settings, console=console)
    names = CHILDREN if only is None else (only if only == "work" else f"{only}-only",)
    printed: list[str] = []

    def prepare(url: str) -> None:
        with console.status("Datenbank wird auf den neuesten Stand gebracht …"):
            migrate(settings=settings, url=url)
        if demo:
            printed.extend(processes.errand("demo", settings=settings, url=url))
        if only in (None, "web"):
            printed.extend(asyncio.run(_first_link(url=url, settings=settings)))

    def ready(_: str) -> None:
        if only in ("work", "web") or not _answers(settings, apart=only == "data"):
            return
        console.print(f"\n[bold green]Stadtkern läuft:[/] {settings.base_url}", highlight=False)
        for line in printed:
            console.print(line, highlight=False, soft_wrap=True)
        if only is None and settings.mqtt_endpoints:
            console.print("MQTT: " + " · ".join(dict.fromkeys(settings.mqtt_endpoints)), highlight=False)
        console.print("Beenden mit Strg+C.\n", highlight=False)

    console.print("Stadtkern startet …")
    Supervisor(settings, names=names, listener=listener).run(prepare=prepare, ready=ready)
    console.print("Beendet. Die Daten liegen in " + str(settings.data), highlight=False)


def _answers(settings: Settings, *, apart: bool) -> bool:
    """Wait until the first page comes; of a data plane that runs apart, until it is healthy."""
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        connection = http.client.HTTPConnection(settings.host, settings.port, timeout=5)
        try:
            if _status(connection, "/health") == 200 and (apart or _status(connection, "/") < 500):
                return True
        except (OSError, http.client.HTTPException):
            pass  # it is still starting; asked again below
        finally:
            connection.close()
        time.sleep(0.1)
    return False


def _status(connection: http.client.HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


async def _first_link(*, url: str, settings: Settings) -> list[str]:
    """The lines with the link for the first administrator, as long as there is none."""
    from stadtkern.identity.entry import invitations

    async with await database.connect(url=url, autocommit=True) as connection:
        if await invitations.has_administrator(connection):
            return []
        link = await invitations.first_administrator(connection, base_url=settings.base_url)
    return [f"Noch verwaltet niemand diese Stadt. Einmaliger Link, 24 Stunden gültig:\n  {link}"]


async def administrator_link(*, url: str, settings: Settings) -> str:
    """A link that lets one administrator in, once."""
    from stadtkern.identity.entry import invitations

    async with await database.connect(url=url, autocommit=True) as connection:
        return await invitations.first_administrator(connection, base_url=settings.base_url)


async def create_token(
    *,
    url: str,
    datasets: Sequence[str],
    verbs: Sequence[str],
    name: str,
    days: int | None,
    datastreams: Sequence[int] = (),
) -> str:
    """Make a token for datasets given by key, or for datastreams of them; the first is where new Things go.

    Raises UnknownDataset, StreamElsewhere.
    """
    from stadtkern.things.operations import streams

    async with await database.connect(url=url, autocommit=True) as connection:
        ids = [(await _dataset(connection, key)).id for key in datasets]
        single = await streams.by_dataset(connection, ids=datastreams, datasets=ids)
        made = await tokens.create(
            connection,
            name=name,
            scopes=dict.fromkeys(ids, verbs),
            streams=single,
            default_dataset_id=ids[0] if ids and not single else None,
            expires_at=None if days is None else times.now() + timedelta(days=days),
        )
    return made.secret


async def _dataset(connection: database.Connection, key: str) -> datasets.Dataset:
    return await datasets.find(connection, key=key)


async def list_tokens(*, url: str) -> None:
    """Print a table of tokens."""
    table = Table("no.", "name", "made", "valid until", "ended", "last used", "rights")
    async with await database.connect(url=url, autocommit=True) as connection:
        for row in await tokens.everything(connection):
            table.add_row(*("–" if value is None else _shown(value) for value in row))
    Console().print(table)


def _shown(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value)[:19]


async def revoke_token(*, url: str, number: int) -> bool:
    """End a token; False where it was not valid."""
    async with await database.connect(url=url, autocommit=True) as connection:
        return await tokens.revoke(connection, token_id=number)


async def create_dataset(*, url: str, key: str, room: str, about: Mapping[str, Any]) -> None:
    """Make or rename a dataset."""
    async with await database.connect(url=url, autocommit=True) as connection:
        await datasets.save(connection, key=key, room=room, about=about)


async def list_datasets(*, url: str) -> None:
    """Print a table of datasets."""
    table = Table("key", "title", "licence", "room", "kept for")
    async with await database.connect(url=url, autocommit=True) as connection:
        for found in await datasets.everything(connection):
            title = found.about.get("title", {})
            table.add_row(
                found.key, str(title.get("de", "")), str(found.about.get("licence", "")), str(found.room_id),
                "–" if found.retention is None else f"{found.retention.days} days, then {found.keep}",
            )  # fmt: skip
    Console().print(table)
