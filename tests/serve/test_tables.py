# SPDX-License-Identifier: EUPL-1.2
"""Django's tables are made once; a second start does not load Django for it."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import psycopg
import pytest

from stadtkern.core.settings import Settings
from stadtkern.serve import commands, processes
from stadtkern.web import brought


def test_a_second_start_finds_the_tables_made(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another set of apps has them looked after again."""
    commands.migrate(settings=settings, url=database)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM web.identity_user").fetchone() == (0,)

    def never(name: str, **_: object) -> list[str]:
        raise AssertionError(name)

    monkeypatch.setattr(processes, "errand", never)
    assert commands.migrate(settings=settings, url=database) == []
    other = msgspec.structs.replace(settings, oidc_issuer="https://sso.stadt.example", oidc_client_id="x")
    assert not brought.up_to_date(url=database, settings=other)


def test_pages_load_what_is_large_only_when_it_is_needed() -> None:
    """Cryptography, passkeys and the client of a provider cost memory in every installation."""
    asks = (
        "import os, sys, tempfile; os.environ['STADTKERN_DATA'] = tempfile.mkdtemp()\n"
        "from stadtkern.web import asgi\n"
        "from django.urls import get_resolver, reverse\n"
        "reverse('account_login'), get_resolver().url_patterns\n"
        "print([n for n in ('requests', 'cryptography', 'fido2', 'qrcode', 'allauth.socialaccount')"
        " if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", asks], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
