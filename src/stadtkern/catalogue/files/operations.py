# SPDX-License-Identifier: EUPL-1.2
"""Adds files, replaces what they contain, brings former contents back, and removes them.

What a file contains lies on the disk before its row is written; a row without content never is.
"""

from __future__ import annotations

from typing import Any

from stadtkern.catalogue import operations, vocabularies
from stadtkern.catalogue.files import kinds
from stadtkern.catalogue.files.contents import Content
from stadtkern.catalogue.files.queries import Version
from stadtkern.catalogue.operations import Who, datasets
from stadtkern.catalogue.versions import keeping
from stadtkern.core import problems, statements, times
from stadtkern.core.database import Connection

MADE_BY = "file"


class NoSuchFile(problems.Problem):
    """The dataset has no such file.

    Look at the list of its files; one that was removed does not come back.
    """

    status = 404


class VersionIsShown(problems.Problem):
    """This version is the one that is shown.

    Bring another one back first, or remove the whole file.
    """

    status = 409


async def add(
    connection: Connection,
    *,
    by: Who,
    dataset_id: int,
    key: str,
    content: Content,
    name: str,
    note: str = "",
    **said: Any,
) -> int:
    """Add a file and the form that offers it; `said`: title, licence, attribution. Returns its number."""
    sql = statements.load("catalogue")
    async with connection.transaction():
        with keeping.as_one():
            await datasets.hold(connection, dataset_id)
            row = await (await connection.execute(sql["file_add"], {"dataset_id": dataset_id})).fetchone()
            file = int(row[0]) if row else 0
            await _keep(
                connection, by=by, dataset_id=dataset_id, file=file, version=_fresh(content, name, note)
            )
            address = f"/daten/{key}/dateien/{file}"
            form = await operations.add_distribution(
                connection, by=by, dataset_id=dataset_id, access_url=address, download_url=address,
                made_by=MADE_BY, availability="STABLE", status="COMPLETED", issued=times.now(), **said,
                **_facts(content, name),
            )  # fmt: skip
            about = {"dataset_id": dataset_id, "file": file, "distribution_id": form.id}
            await connection.execute(sql["file_offered"], about)
            await operations.change(connection, by=by, dataset_id=dataset_id, modified=times.now())
        await keeping.keep(connection, dataset_id=dataset_id, by=by.principal_id)
    return file


async def replace(
    connection: Connection,
    *,
    by: Who,
    dataset_id: int,
    file: int,
    content: Content,
    name: str,
    note: str = "",
) -> None:
    """Let a file contain something else; what it contained stays as a version. Raises NoSuchFile."""
    await _show(connection, by=by, dataset_id=dataset_id, file=file, version=_fresh(content, name, note))


async def restore(connection: Connection, *, by: Who, dataset_id: int, version: Version) -> None:
    """Bring a former content back, as a new version. Raises NoSuchFile, VersionIsShown."""
    if version.ended_at is None:
        raise VersionIsShown()
    again = {
        "content": version.content, "name": version.name, "format": version.format,
        "media_type": version.media_type, "byte_size": version.byte_size, "sha256": version.sha256,
        "note": "", "restored_from": version.number,
    }  # fmt: skip
    await _show(connection, by=by, dataset_id=dataset_id, file=version.file, version=again)


async def remove(connection: Connection, *, by: Who, dataset_id: int, file: int) -> None:
    """Remove a file with all its versions and the form that offered it. Raises NoSuchFile."""
    async with connection.transaction():
        await datasets.hold(connection, dataset_id)
        form_id = await _form(connection, dataset_id=dataset_id, file=file)
        about = {"dataset_id": dataset_id, "file": file}
        await connection.execute(statements.load("catalogue")["file_remove"], about)
        await operations.remove_distribution(connection, by=by, dataset_id=dataset_id, id=form_id)


async def forget(connection: Connection, *, dataset_id: int, version: Version) -> None:
    """Remove a former version for good. Raises VersionIsShown."""
    about = {"dataset_id": dataset_id, "file": version.file, "number": version.number}
    gone = await connection.execute(statements.load("catalogue")["file_forget"], about)
    if await gone.fetchone() is None:
        raise VersionIsShown()


async def _show(
    connection: Connection, *, by: Who, dataset_id: int, file: int, version: dict[str, Any]
) -> None:
    async with connection.transaction():
        await datasets.hold(connection, dataset_id)
        form_id = await _form(connection, dataset_id=dataset_id, file=file)
        await _keep(connection, by=by, dataset_id=dataset_id, file=file, version=version)
        with keeping.as_one():
            await operations.change_distribution(
                connection, by=by, dataset_id=dataset_id, id=form_id, format=version["format"],
                media_type=version["media_type"], byte_size=version["byte_size"],
                checksum=f"sha256:{version['sha256']}", modified=times.now(),
            )  # fmt: skip
            await operations.change(connection, by=by, dataset_id=dataset_id, modified=times.now())
        await keeping.keep(connection, dataset_id=dataset_id, by=by.principal_id)


async def _form(connection: Connection, *, dataset_id: int, file: int) -> int:
    about = {"dataset_id": dataset_id, "file": file}
    row = await (await connection.execute(statements.load("catalogue")["file_form"], about)).fetchone()
    if row is None:
        raise NoSuchFile()
    return int(row[0])


async def _keep(
    connection: Connection, *, by: Who, dataset_id: int, file: int, version: dict[str, Any]
) -> None:
    about = {"dataset_id": dataset_id, "file": file, "person_id": by.principal_id, **version}
    await connection.execute(statements.load("catalogue")["file_end"], about)
    await connection.execute(statements.load("catalogue")["file_keep"], about)


def _fresh(content: Content, name: str, note: str) -> dict[str, Any]:
    facts = _facts(content, name)
    return {
        "content": content.uuid, "name": name, "format": facts["format"], "media_type": facts["media_type"],
        "byte_size": content.size, "sha256": content.sha256, "note": note, "restored_from": None,
    }  # fmt: skip


def _facts(content: Content, name: str) -> dict[str, Any]:
    known = vocabularies.file_types().get(kinds.of(name))
    return {
        "format": known.code if known else "",
        "media_type": known.media_type if known else "application/octet-stream",
        "byte_size": content.size,
        "checksum": f"sha256:{content.sha256}",
    }
