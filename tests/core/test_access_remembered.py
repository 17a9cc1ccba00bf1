# SPDX-License-Identifier: EUPL-1.2
"""What a token of a person may do is remembered, and forgotten with every change of rights."""

from __future__ import annotations

import pytest

from stadtkern.core import access, database, tokens
from stadtkern.core import database as core_database
from tests import people
from tests.core import factories
from tests.things import histories

pytestmark = pytest.mark.anyio


async def _of_an_editor(
    connection: database.Connection, *verbs: str
) -> tuple[people.Somebody, int, access.Principal]:
    """An editor, a published dataset inside that is theirs to edit, and their token for it."""
    owner = await people.person(connection, role="editor")
    inside = await factories.make_dataset(connection, room="internal")
    published = "UPDATE core.dataset SET state = 'published', organisation_id = %s WHERE id = %s"
    await connection.execute(published, [owner.organisation_id, inside])
    made = await tokens.create(connection, name="own", scopes={inside: verbs}, person_id=owner.id)
    return owner, inside, access.Principal(kind="token", token_id=made.id)


async def test_a_token_of_a_person_is_known_until_rights_change(
    database: str, connection: database.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again it costs no statement; what the person loses, it loses with the notice of that."""
    owner, inside, holder = await _of_an_editor(connection, "create")
    asked = 0
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as gate:
        borrow = pool.connection

        def counted() -> object:
            nonlocal asked
            asked += 1
            return borrow()

        monkeypatch.setattr(pool, "connection", counted)

        async def known() -> bool:
            before = asked
            assert (await gate.rights(holder)).datasets == {inside: {"create"}}
            return asked == before

        await histories.until(known)
        assert await known()
        await connection.execute("DELETE FROM core.membership WHERE person_id = %s", [owner.id])

        async def lost() -> bool:
            return not (await gate.rights(holder)).datasets

        await histories.until(lost)


async def test_rights_that_change_while_they_are_read_are_not_kept(
    database: str, connection: database.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a token lost between the look at its rights and that at its person's is lost for good."""
    _, inside, holder = await _of_an_editor(connection, "create", "update")
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as gate:
        load = gate._load_rights

        async def settled() -> bool:
            await gate.rights(holder)
            return holder.token_id in gate._behalf

        await histories.until(settled)
        gate._forget()

        async def overtaken(token_id: int) -> object:
            found = await load(token_id)
            before = gate.epoch
            fewer = "UPDATE core.token_scope SET verbs = '{create}' WHERE token_id = %s"
            await connection.execute(fewer, [token_id])

            async def noticed() -> bool:
                return gate.epoch != before

            await histories.until(noticed)
            return found

        with monkeypatch.context() as patched:
            patched.setattr(gate, "_load_rights", overtaken)
            await gate.rights(holder)
        assert (await gate.rights(holder)).datasets == {inside: {"create"}}
