# SPDX-License-Identifier: EUPL-1.2
"""A clerk at the pages of imports, and the work process beside."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.catalogue.onboarding import jobs
from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from tests.catalogue.offices import Office, as_

ABOUT = {
    "title": "Bäume der Stadt",
    "description": "Wo sie stehen.",
    "licence": "http://dcat-ap.de/def/licenses/cc-zero",
    "attribution": "",
    "room": "public",
    "publish": "on",
}


@pytest.fixture(autouse=True)
def same_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages keep uploads where the work process of the test looks for them."""
    monkeypatch.setattr(core_settings, "load", lambda: settings)


@pytest.fixture
async def clerk(visitor: AsyncClient, office: Office) -> AsyncClient:
    """An editor at the pages."""
    return as_(visitor, office.editor)


Work = Callable[[], Any]


@pytest.fixture
def work(connection: Connection, settings: Settings) -> Work:
    """The work process, until nothing is left."""

    async def run() -> None:
        while await jobs.once(connection, url=settings.database_url or "", settings=settings):
            pass

    return run


def filled(page: str, action: str) -> dict[str, str]:
    """What a browser would send with the form that goes to `…/action`, untouched."""
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'/{action}"' in f)
    values: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kept = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if kept.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if "name" in kept and kept.get("type") != "file":
            bare = "on" if kept.get("type") in ("checkbox", "radio") else ""
            values[kept["name"]] = unescape(kept.get("value", bare))
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', inner)
        values[name] = unescape(
            next((v for v, chosen in options if chosen), options[0][0] if options else "")
        )
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        values[name] = unescape(inner.strip())
    values.pop("fetch", None)
    return values


async def sent(client: AsyncClient, office: Office, content: bytes, name: str = "file.csv") -> str:
    """The address of an upload."""
    upload = SimpleUploadedFile(name, content)
    answer = await client.post("/arbeit/import/neu", {"organisation": office.id, "file": upload})
    assert answer.status_code == 302, re.findall(r"kern-error.*", answer.content.decode())
    return answer["Location"]
