# SPDX-License-Identifier: EUPL-1.2
"""The words `token …` and `dataset …` of the command line."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stadtkern.core import datasets, logs, postgres
from stadtkern.core import settings as core_settings

token_app = typer.Typer(help="Tokens for machines that write or read protected data.", no_args_is_help=True)
dataset_app = typer.Typer(help="Datasets and the rooms they lie in.", no_args_is_help=True)
console = Console(stderr=True)

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder (STADTKERN_DATA).")]


def _database(data: Path | None) -> AbstractContextManager[str]:
    """The database of an installation; what is logged goes to stderr, since stdout is what was asked for."""
    settings = core_settings.load(data=None if data is None else str(data))
    logs.configure(settings, process="cli")
    return postgres.available(settings)


@token_app.command("create")
def token_create(
    dataset: Annotated[list[str], typer.Option(help="Key of a dataset; may be repeated.")],
    verb: Annotated[list[str], typer.Option(help="read, create, update, delete, entities; may be repeated.")],
    name: Annotated[str, typer.Option(help="What the token is for.")] = "token",
    datastream: Annotated[
        list[int] | None, typer.Option(help="Only this datastream and its observations; may be repeated.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="Valid for so many days.")] = None,
    data: DataOption = None,
) -> None:
    """Make a token. It is shown once and kept only as a hash."""
    from stadtkern.serve import commands

    with _database(data) as url:
        secret = asyncio.run(
            commands.create_token(
                url=url, datasets=dataset, verbs=verb, name=name, days=days, datastreams=datastream or ()
            )
        )
    console.print("This is shown only now:")
    print(secret)


@token_app.command("list")
def token_list(data: DataOption = None) -> None:
    """List tokens, without their secrets."""
    from stadtkern.serve import commands

    with _database(data) as url:
        asyncio.run(commands.list_tokens(url=url))


@token_app.command("revoke")
def token_revoke(
    number: Annotated[int, typer.Argument(help="Number from `token list`.")], data: DataOption = None
) -> None:
    """End a token at once."""
    from stadtkern.serve import commands

    with _database(data) as url:
        console.print(
            "ended" if asyncio.run(commands.revoke_token(url=url, number=number)) else "was not valid"
        )


@dataset_app.command("create")
def dataset_create(
    key: Annotated[str, typer.Argument(help="Short name, e.g. `tree-moisture`.")],
    title: Annotated[str, typer.Option(help="Title (German).")],
    room: Annotated[str, typer.Option(help="Room: public, internal, or one of your own.")] = "internal",
    licence: Annotated[str, typer.Option(help="Licence, e.g. dl-de/by-2-0.")] = "",
    data: DataOption = None,
) -> None:
    """Make a dataset, or change its title and licence."""
    from stadtkern.serve import commands

    about = {"title": {"de": title}, **({"licence": licence} if licence else {})}
    with _database(data) as url:
        asyncio.run(commands.create_dataset(url=url, key=key, room=room, about=about))


@dataset_app.command("retention")
def dataset_retention(
    key: Annotated[str, typer.Argument(help="Key of the dataset.")],
    days: Annotated[int | None, typer.Option(min=1, help="Remove observations that are older.")] = None,
    keep: Annotated[str, typer.Option(help="What stays of them: `rollups` or `nothing`.")] = "rollups",
    forever: Annotated[bool, typer.Option("--forever", help="Keep observations without limit.")] = False,
    data: DataOption = None,
) -> None:
    """Say how long the observations of a dataset are kept. What is removed does not come back."""
    if (days is None) != forever:
        raise typer.BadParameter("give either --days or --forever")
    if keep not in ("rollups", "nothing"):
        raise typer.BadParameter("--keep takes `rollups` or `nothing`")
    from stadtkern.serve import keeping

    with _database(data) as url:
        kept: datasets.Keep = "nothing" if keep == "nothing" else "rollups"
        console.print(asyncio.run(keeping.keep_dataset(url=url, key=key, days=days, keep=kept)))


@dataset_app.command("archive")
def dataset_archive(
    key: Annotated[str, typer.Argument(help="Key of the dataset.")],
    after: Annotated[int | None, typer.Option(min=1, help="Months go into files after so many days.")] = None,
    never: Annotated[bool, typer.Option("--never", help="Put no more months into files.")] = False,
    data: DataOption = None,
) -> None:
    """Say when months of a dataset go into Parquet files; they are served from there as before."""
    if (after is None) != never:
        raise typer.BadParameter("give either --after or --never")
    from stadtkern.serve import keeping

    with _database(data) as url:
        console.print(asyncio.run(keeping.archive_dataset(url=url, key=key, days=after)))


@dataset_app.command("list")
def dataset_list(data: DataOption = None) -> None:
    """List datasets."""
    from stadtkern.serve import commands

    with _database(data) as url:
        asyncio.run(commands.list_datasets(url=url))
