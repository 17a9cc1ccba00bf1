# SPDX-License-Identifier: EUPL-1.2
"""Who is recognised, and who may do what: role × wanted role × organisation."""

from __future__ import annotations

from tests import browsing  # isort: skip  (Django's settings before its models)

import pytest
from django.test import RequestFactory

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.ui import places
from tests import people

pytestmark = pytest.mark.anyio
assert browsing


def _request(cookie: str | None) -> object:
    request = RequestFactory().get("/arbeit")
    if cookie:
        request.COOKIES["sessionid"] = cookie
    return request


async def test_a_session_names_the_person(connection: Connection) -> None:
    """With name, address and roles; the city's administrator is one."""
    somebody = await people.person(connection, role="editor")
    found = await permissions.person(connection, _request(somebody.cookie))  # type: ignore[arg-type]
    assert found is not None
    assert (found.principal_id, found.name, found.email) == (somebody.id, somebody.name, somebody.email)
    assert found.roles == {somebody.organisation_id: "editor"}
    assert not found.administrator
    mayor = await people.person(connection, role="administrator", kind="city")
    found = await permissions.find(connection, secret=mayor.cookie)
    assert found is not None
    assert found.administrator


async def test_nobody_is_asked_to_sign_in(connection: Connection) -> None:
    """Without a session, with a wrong one, with one that ended, and when disabled."""
    somebody = await people.person(connection, role="administrator", kind="city")
    await connection.execute(
        "UPDATE identity.person SET disabled_at = now() WHERE principal_id = %s", [somebody.id]
    )
    for cookie in (None, "wrong", somebody.cookie):
        with pytest.raises(permissions.SignInNeeded):
            await permissions.require(_request(cookie), connection, role="reader")  # type: ignore[arg-type]


@pytest.mark.parametrize("has", permissions.ROLES)
@pytest.mark.parametrize("wanted", permissions.ROLES)
async def test_roles_include_the_lower_ones(connection: Connection, has: str, wanted: str) -> None:
    """In one's own organisation; in another one there is nothing to find; the city may all."""
    somebody = await people.person(connection, role=has)
    other = await people.organisation(connection)
    enough = permissions.ROLES.index(has) >= permissions.ROLES.index(wanted)  # type: ignore[arg-type]
    for organisation_id in (None, somebody.organisation_id):
        request = _request(somebody.cookie)
        if enough:
            await permissions.require(request, connection, role=wanted, organisation_id=organisation_id)  # type: ignore[arg-type]
        else:
            with pytest.raises(permissions.RoleIsMissing):
                await permissions.require(
                    request,  # type: ignore[arg-type]
                    connection,
                    role=wanted,
                    organisation_id=organisation_id,
                )
    with pytest.raises(problems.NotFound):
        await permissions.require(
            _request(somebody.cookie),  # type: ignore[arg-type]
            connection,
            role="reader",
            organisation_id=other,
        )
    city = await people.person(connection, role=has, kind="city")
    found = await permissions.find(connection, secret=city.cookie)
    assert found is not None
    assert found.may(role=wanted, organisation_id=other) == (has == "administrator")


async def test_a_dataset_asks_its_owner(connection: Connection) -> None:
    """404 for what is hidden, 403 where the role is elsewhere, and a pass with the role there."""
    from stadtkern.core import access
    from tests.core import factories

    dataset = await factories.make_dataset(connection)
    owner = await people.person(connection, role="editor")
    other = await people.person(connection, role="administrator")
    await connection.execute(
        "UPDATE core.dataset SET organisation_id = %s WHERE id = %s", [owner.organisation_id, dataset]
    )
    everything, nothing = access.Scope((), True), access.Scope((), False)

    async def ask(cookie: str, scope: access.Scope, dataset_id: int = dataset) -> permissions.Person:
        return await permissions.require_for_dataset(
            _request(cookie),  # type: ignore[arg-type]
            connection,
            scope,
            dataset_id=dataset_id,
            role="editor",
        )

    assert (await ask(owner.cookie, everything)).principal_id == owner.id
    with pytest.raises(permissions.RoleIsMissing):
        await ask(other.cookie, everything)
    for cookie, scope, number in ((owner.cookie, nothing, dataset), (owner.cookie, everything, 999_999)):
        with pytest.raises(problems.NotFound):
            await ask(cookie, scope, number)


def test_places_are_shown_to_those_who_may_enter() -> None:
    """By role, in order; an unknown role is a mistake of ours."""
    places.register("Karte", "map", "publisher", position=2)
    places.register("Messorte", "things", None, position=1)
    reader = permissions.Person(principal_id=1, name="", email="", roles={7: "reader"})
    chief = permissions.Person(principal_id=2, name="", email="", roles={7: "administrator"})
    try:
        assert [place.title for place in places.of(reader) if place.position < 3] == ["Messorte"]
        assert [place.title for place in places.of(chief) if place.position < 3] == ["Messorte", "Karte"]
        with pytest.raises(ValueError, match="no role"):
            places.register("x", "map", "king")
    finally:
        places.forget("map")
        places.forget("things")


def test_organisations_of_ones_own_are_offered_first() -> None:
    """Forms begin with the first of them; whoever administrates the city may choose any."""
    chief = permissions.Person(
        principal_id=2, name="", email="", roles={7: "administrator"}, administrator=True
    )
    assert chief.own_first([3, 5, 7, 9], number=int) == [7, 3, 5, 9]
