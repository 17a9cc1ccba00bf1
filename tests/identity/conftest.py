# SPDX-License-Identifier: EUPL-1.2
"""Pages with accounts: Django's own tables in the module's database, and somebody who has one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.test.utils import override_settings

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.identity.entry import invitations
from tests import browsing, mails
from tests.mails import Box

PASSWORD = "viel Regen ohne Schirm 7"


# The real one takes its time on purpose; test_sign_in.py looks that it is the one in use.
_QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class Owner(NamedTuple):
    """Somebody with an account, who is not signed in."""

    id: int
    email: str


@pytest.fixture(scope="module")
def accounts(database: str) -> Iterator[str]:
    """The address of the module's database, with all that accounts need in it."""
    import django
    from django.db import connections

    django.setup(set_prefix=False)
    from stadtkern.web import settings as pages_settings
    from stadtkern.web import tables

    kept = dict(connections.databases["default"])
    connections.close_all()
    connections.databases["default"].update(pages_settings._database(database))
    with override_settings(PAGES_DATABASE_URL=database, PASSWORD_HASHERS=_QUICK):
        tables.migrate()
        yield database
    connections.close_all()
    connections.databases["default"].update(kept)


@pytest.fixture
async def visitor(accounts: str) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at the pages, with fresh limits of rate."""
    from django.core.cache import cache
    from django.db import connections

    cache.clear()
    async with browsing.pages(url=accounts) as client:
        try:
            yield client
        finally:
            await sync_to_async(connections.close_all)()


@pytest.fixture
async def owner(accounts: str, visitor: AsyncClient) -> Owner:
    """Somebody who came in by the first link and has signed out again."""
    return await arrive(accounts, visitor)


async def arrive(url: str, visitor: AsyncClient, *, email: str = "") -> Owner:
    """Make the account of an administrator by link, through the page; nobody is signed in afterwards."""
    async with await core_database.connect(url=url, autocommit=True) as connection:
        link = await invitations.first_administrator(connection, base_url="")
        row = await (await connection.execute("SELECT count(*) FROM identity.person")).fetchone()
        email = email or f"chefin-{row[0] if row else 0}@stadt.example"
        given = {"name": "Chefin", "email": email, "password": PASSWORD, "again": PASSWORD}
        answer = await visitor.post(link, given)
        assert (answer.status_code, answer["Location"]) == (302, "/konto"), answer.content.decode()
        visitor.cookies.clear()
        row = await (
            await connection.execute("SELECT principal_id FROM identity.person WHERE email = %s", [email])
        ).fetchone()
    assert row is not None
    return Owner(row[0], email)


async def sign_in(visitor: AsyncClient, owner: Owner, *, password: str = PASSWORD, to: str = "") -> str:
    """Sign in on the page; returns where it leads."""
    answer = await visitor.post(
        "/anmelden", {"login": owner.email, "password": password, **({"next": to} if to else {})}
    )
    return answer.headers.get("Location", "")


@pytest.fixture
async def box(connection: Connection) -> AsyncIterator[Box]:
    """A mail server that takes what comes, and an empty queue before it."""
    await connection.execute("DELETE FROM identity.mail")
    async with mails.server() as found:
        yield found
