# SPDX-License-Identifier: EUPL-1.2
"""A clerk who uploads files to a dataset, and anybody who takes them away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.catalogue.files import contents
from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from tests.catalogue.offices import Office

BY = "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8
NAME = 'Plan "Nord" ä😀.pdf'


@pytest.fixture(autouse=True)
def same_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages keep files in the folder of the test."""
    monkeypatch.setattr(core_settings, "load", lambda: settings)


async def a_dataset(connection: Connection, office: Office, **more: Any) -> str:
    """The key of a dataset of files, published unless said otherwise."""
    given = {"kind": "files", "title": {"de": "Bebauungsplan"}, "state": "published", **more}
    made = await operations.create(
        connection, by=None, organisation_id=office.id, description={"de": "x"}, **given
    )
    return made.key


async def upload(client: AsyncClient, key: str, content: bytes = PDF, name: str = NAME, **more: str) -> Any:
    """What the form of a new file answers."""
    said = {"title": "Plan", "licence": BY, "attribution": "Stadt Beispiel", "rights": "", **more}
    return await client.post(
        f"/arbeit/daten/{key}/dateien/neu", {**said, "file": SimpleUploadedFile(name, content)}
    )


async def replaced(client: AsyncClient, key: str, content: bytes, name: str = "neu.pdf") -> Any:
    """What the form of a new version answers."""
    given = {"file": SimpleUploadedFile(name, content), "note": "Maßstab berichtigt"}
    return await client.post(f"/arbeit/daten/{key}/dateien/1/neu", given)


async def got(client: AsyncClient, path: str, **headers: str) -> tuple[Any, bytes]:
    """An answer with all of its pieces."""
    answer = await client.get(path, headers=headers)
    if answer.streaming:
        return answer, b"".join([piece async for piece in answer.streaming_content])
    return answer, answer.content


def stored(settings: Settings) -> set[Path]:
    """The contents on the disk."""
    return {path for path in contents.root(settings).rglob("*") if path.is_file()}
