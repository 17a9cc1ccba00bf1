# SPDX-License-Identifier: EUPL-1.2
"""The words `mqtt …` of the command line: a broker in front is set up and learns passwords."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stadtkern.core import access, database, logs, postgres, problems, tokens
from stadtkern.core import settings as core_settings

app = typer.Typer(help="MQTT: set up a broker in front.", no_args_is_help=True)
console = Console(stderr=True)

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder (STADTKERN_DATA).")]


class NotThisToken(problems.Problem):
    """This is not the secret of that token, or the token is not valid.

    `stadtkern token list` shows the numbers; a lost secret cannot be found again, so make a new token.
    """

    status = 422


@app.command("conf")
def conf(
    folder: Annotated[str, typer.Option(help="Where Mosquitto keeps its data.")] = "/var/lib/mosquitto",
    publish: Annotated[int, typer.Option(help="Port on which devices publish.")] = 1883,
    follow: Annotated[int, typer.Option(help="Port on which updates are subscribed to.")] = 1884,
) -> None:
    """Print a mosquitto.conf with which Mosquitto works as the broker in front."""
    from stadtkern.ingest.doors import configuration

    print(configuration.mosquitto(core_settings.load(), folder=folder, ports=(publish, follow)), end="")


@app.command("admit")
def admit(
    number: Annotated[int, typer.Argument(help="Number from `token list`; its secret is read from stdin.")],
    data: DataOption = None,
) -> None:
    """Let a broker in front know a token that was made while the broker was not there."""
    settings = core_settings.load(data=None if data is None else str(data))
    logs.configure(settings, process="cli")
    console.print("Token:")
    secret = sys.stdin.readline().strip()
    with postgres.available(settings) as url:
        asyncio.run(_admit(url=url, number=number, secret=secret))
    console.print(f"The broker is told; the user name there is token-{number}.")


async def _admit(*, url: str, number: int, secret: str) -> None:
    pool = database.pool(url=url)
    async with pool, access.Gate(pool=pool) as gate, pool.connection() as connection:
        try:
            principal = await gate.principal(authorization=f"Bearer {secret}")
        except access.Unauthorised as error:
            raise NotThisToken() from error
        if principal.token_id != number:
            raise NotThisToken()
        await tokens.hand_over(connection, token_id=number, secret=secret)
