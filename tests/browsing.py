# SPDX-License-Identifier: EUPL-1.2
"""Asks the pages without a server: Django's asynchronous client over a module's own database."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator

os.environ.setdefault("STADTKERN_DATA", tempfile.mkdtemp(prefix="stadtkern-pages-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.web.settings")

import django
from django.test import AsyncClient
from django.test.utils import override_settings


@contextlib.asynccontextmanager
async def pages(*, url: str) -> AsyncIterator[AsyncClient]:
    """A visitor of the pages over this database."""
    django.setup(set_prefix=False)
    from stadtkern.insights import usual
    from stadtkern.ui import ground, visit

    ground._cache.clear()
    usual._cache.clear()
    with override_settings(PAGES_DATABASE_URL=url):
        await visit.DOOR.open()
        try:
            yield AsyncClient()
        finally:
            await visit.DOOR.close()
