# SPDX-License-Identifier: EUPL-1.2
"""Data rooms: setting them up, letting people in and out, terms; by those who look after them only."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.core import access, datasets, tokens
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import browsing, people
from tests.governance import routes

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at the pages."""
    async with browsing.pages(url=database) as client:
        yield client


@pytest.fixture
async def gate(database: str) -> AsyncIterator[access.Gate]:
    """A gate that listens."""
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as opened:
        yield opened


async def room_of(visitor: AsyncClient, connection: Connection, key: str) -> tuple[people.Somebody, int]:
    """A room set up on the page, with a dataset in it; and its steward, who is signed in."""
    steward = await people.signed_in(connection, visitor, role="steward")
    body = {
        "title": "Verkehr",
        "key": key,
        "purpose": "Planung",
        "organisation": str(steward.organisation_id),
    }
    answer = await visitor.post("/arbeit/raeume/neu", body)
    assert (answer.status_code, answer.headers["location"]) == (302, f"/arbeit/raeume/{key}")
    return steward, await datasets.save(connection, key=f"{key}-daten", room=key, about={})


async def test_a_steward_sets_up_a_room_and_lets_a_person_in(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """From the form to the predicate, and back out again at once."""
    _, dataset = await room_of(visitor, connection, "verkehr")
    guest = await people.person(connection, role="reader", kind="partner", name="Gast")
    assert not (await gate.scope(connection, guest.principal)).allows(dataset)
    body = {"kind": "person", "name": guest.email.upper(), "until": ""}
    assert (await visitor.post("/arbeit/raeume/verkehr/aufnehmen", body)).status_code == 302
    assert (await gate.scope(connection, guest.principal)).allows(dataset)
    page = (await visitor.get("/arbeit/raeume/verkehr")).content.decode()
    assert "Gast" in page
    address = page.split('href="')[
        [part.split('"')[0].endswith("entfernen") for part in page.split('href="')].index(True)
    ]
    address = address.split('"')[0]
    assert "sofort" in (await visitor.get(address)).content.decode()
    assert (await visitor.post(address)).status_code == 302
    assert not (await gate.scope(connection, guest.principal)).allows(dataset)


async def test_an_organisation_and_a_token_can_be_members(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """Whoever belongs to the organisation sees the room; so does the token, without a scope on it."""
    _, dataset = await room_of(visitor, connection, "partner")
    colleague = await people.person(connection, role="reader", kind="partner")
    name = await (await connection.execute(
        "SELECT name FROM core.principal WHERE id = %s", [colleague.organisation_id]
    )).fetchone()  # fmt: skip
    assert name is not None
    open_ = await datasets.save(connection, key="offen", room="public", about={})
    made = await tokens.create(connection, name="Leser", scopes={open_: ["read"]})
    for kind, given in (("organisation", name[0]), ("token", str(made.id))):
        body = {"kind": kind, "name": given, "until": "2100-01-01"}
        assert (await visitor.post("/arbeit/raeume/partner/aufnehmen", body)).status_code == 302
    holder = await gate.principal(authorization=f"Bearer {made.secret}")
    assert (await gate.scope(connection, colleague.principal)).allows(dataset)
    assert (await gate.scope(connection, holder)).allows(dataset)


async def test_terms_stand_before_the_data(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """Nothing is seen until they are accepted, and after each change they are accepted anew."""
    _, dataset = await room_of(visitor, connection, "bedingt")
    guest = await people.person(connection)
    await people.grant(connection, room="bedingt", principal_id=guest.id)
    steward = visitor.cookies["sessionid"].value
    for version, terms in ((1, "Nur ansehen."), (2, "Nur heimlich ansehen.")):
        visitor.cookies["sessionid"] = steward
        body = {"title": "Bedingt", "purpose": "", "terms": terms}
        assert (await visitor.post("/arbeit/raeume/bedingt/bearbeiten", body)).status_code == 302
        assert not (await gate.scope(connection, guest.principal)).allows(dataset)
        visitor.cookies["sessionid"] = guest.cookie
        assert terms in (await visitor.get("/arbeit/raeume/bedingt")).content.decode()
        assert "warten Daten" in (await visitor.get("/arbeit/raeume")).content.decode()
        late = await visitor.post("/arbeit/raeume/bedingt/zustimmen", {"version": str(version - 1)})
        assert late.status_code == 409
        answer = await visitor.post("/arbeit/raeume/bedingt/zustimmen", {"version": str(version)})
        assert answer.status_code == 302
        assert (await gate.scope(connection, guest.principal)).allows(dataset)


async def test_others_neither_see_nor_change_a_room(visitor: AsyncClient, connection: Connection) -> None:
    """404 for who does not know of it, 403 for a member; another's organisation is no way in."""
    owner, _ = await room_of(visitor, connection, "fremd")
    addresses = ("", "/bearbeiten", "/aufnehmen", "/mitglieder/1/entfernen")
    other = await people.signed_in(connection, visitor, role="administrator")
    for address in addresses:
        refused = await visitor.get(f"/arbeit/raeume/fremd{address}")
        assert refused.status_code == 404
        assert "Zu Ihrer Arbeit" in refused.content.decode()
    assert "fremd" not in (await visitor.get("/arbeit/raeume")).content.decode()
    body = {"title": "x", "key": "untergeschoben", "purpose": "", "organisation": str(owner.organisation_id)}
    assert (await visitor.post("/arbeit/raeume/neu", body)).status_code == 200
    assert (
        await (await connection.execute("SELECT FROM core.room WHERE key = 'untergeschoben'")).fetchone()
        is None
    )
    await people.grant(connection, room="fremd", principal_id=other.id)
    assert [(await visitor.get(f"/arbeit/raeume/fremd{a}")).status_code for a in addresses] == [
        200,
        403,
        403,
        403,
    ]


async def test_of_two_organisations_with_one_name_neither_is_let_in(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Somebody may have taken another's name."""
    await room_of(visitor, connection, "doppelt")
    for kind in ("department", "partner"):
        await people.organisation(connection, kind=kind, name="Doppelamt")
    body = {"kind": "organisation", "name": "doppelamt"}
    answer = await visitor.post("/arbeit/raeume/doppelt/aufnehmen", body)
    assert "Mehrere Organisationen heißen so" in answer.content.decode()


async def test_mistakes_stand_beside_the_field(visitor: AsyncClient, connection: Connection) -> None:
    """Nothing is stored, and what was typed stays."""
    steward, _ = await room_of(visitor, connection, "fehler")
    for key in ("fehler", "neu", "Groß", "a b"):
        body = {"title": "x", "key": key, "purpose": "", "organisation": str(steward.organisation_id)}
        page = (await visitor.post("/arbeit/raeume/neu", body)).content.decode()
        assert 'class="kern-error"' in page, key
    for kind, name in (("person", "niemand@x.example"), ("token", "1e9"), ("organisation", "Nirgends")):
        answer = await visitor.post("/arbeit/raeume/fehler/aufnehmen", {"kind": kind, "name": name})
        assert "ist hier niemand bekannt" in answer.content.decode()


async def test_nobody_finds_out_who_has_an_account(visitor: AsyncClient, connection: Connection) -> None:
    """Private accounts answer as none, and so does everybody for partners, but their own people."""
    private = await people.person(connection)
    colleague = await people.person(connection, role="reader", kind="department")
    for kind, found in (("department", True), ("partner", False)):
        steward = await people.signed_in(connection, visitor, role="steward", kind=kind)
        await datasets.save_room(connection, key=f"raum-{kind}", kind="restricted", title={"de": kind})
        await connection.execute(
            "UPDATE core.room SET organisation_id = %s WHERE key = %s",
            [steward.organisation_id, f"raum-{kind}"],
        )
        own = await people.person(connection, role="reader", organisation_id=steward.organisation_id)
        answers = {}
        for who, name in (("own", own.email), ("private", private.email), ("colleague", colleague.email),
                          ("nobody", "niemand@stadt.example")):  # fmt: skip
            answer = await visitor.post(
                f"/arbeit/raeume/raum-{kind}/aufnehmen", {"kind": "person", "name": name}
            )
            answers[who] = (answer.status_code, routes.plain(answer.content.decode(), {"name": name}))
        assert answers["own"][0] == 302
        assert answers["private"] == answers["nobody"]
        assert (answers["colleague"][0] == 302) == found
        assert found or answers["colleague"] == answers["nobody"]


async def test_a_large_room_is_shown_page_by_page(visitor: AsyncClient, connection: Connection) -> None:
    """However many datasets lie in it; a word finds one among them."""
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    await datasets.save_room(connection, key="gross", kind="restricted", title={"de": "Groß"})
    await connection.execute(
        "INSERT INTO core.dataset (key, room_id) SELECT 'teil-' || lpad(n::text, 3, '0'), r.id"
        " FROM generate_series(1, 120) AS n, core.room AS r WHERE r.key = 'gross'"
    )
    seen: list[str] = []
    following = ""
    for _ in range(4):
        page = (await visitor.get(f"/arbeit/raeume/gross{following}")).content.decode()
        seen += re.findall(r">(teil-\d{3})<", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        following = found[1].replace("&amp;", "&") if found else "?q=teil-077"
    assert seen[:120] == [f"teil-{number:03}" for number in range(1, 121)]
    assert seen[120:] == ["teil-077"]
    assert "So heißt kein Datensatz" in (await visitor.get("/arbeit/raeume/gross?q=nix")).content.decode()


async def test_who_looks_after_a_room_knows_what_lies_in_it_and_no_more(
    visitor: AsyncClient, connection: Connection, gate: access.Gate
) -> None:
    """Titles without being a member; no drafts of others; the data only with access, which is on record."""
    steward, dataset = await room_of(visitor, connection, "archiv")
    named = {"title": {"de": "Liegt im Archiv"}}
    await datasets.save(connection, key="archiv-daten", room="archiv", about=named)
    draft = await datasets.save(
        connection, key="archiv-entwurf", room="archiv", about={"title": {"de": "Fremder Entwurf"}}
    )
    await connection.execute("UPDATE core.dataset SET state = 'draft' WHERE id = %s", [draft])
    page = (await visitor.get("/arbeit/raeume/archiv")).content.decode()
    assert "Liegt im Archiv" in page
    assert "Sie betreuen diesen Raum und sehen, was darin liegt." in page
    assert "/daten/archiv-daten" not in page
    assert "Fremder Entwurf" not in page
    assert not (await gate.scope(connection, steward.principal)).allows(dataset)
    body = {"kind": "person", "name": steward.email, "until": ""}
    assert (await visitor.post("/arbeit/raeume/archiv/aufnehmen", body)).status_code == 302
    assert (await gate.scope(connection, steward.principal)).allows(dataset)
    entry = await connection.execute(
        "SELECT principal_id FROM core.audit WHERE action = 'grant' ORDER BY id DESC LIMIT 1"
    )
    assert await entry.fetchone() == (steward.id,)


async def test_whether_somebody_works_here_is_for_stewards_of_the_city(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Others are refused before anything is looked up, and partners find their own people only."""
    colleague = await people.person(connection, role="reader")
    await room_of(visitor, connection, "auskunft")
    body = {"kind": "person", "name": colleague.email, "until": ""}
    for role in ("reader", "editor", "steward", "administrator"):
        await people.signed_in(connection, visitor, role=role)
        answers = {
            (answer.status_code, routes.plain(answer.content.decode(), {"name": name}))
            for name in (colleague.email, "niemand@stadt.example")
            if (answer := await visitor.post("/arbeit/raeume/auskunft/aufnehmen", {**body, "name": name}))
        }
        assert len(answers) == 1, role
    await people.signed_in(connection, visitor, role="steward", kind="partner")
    organisation = await connection.execute("SELECT max(organisation_id) FROM core.membership")
    mine = (await organisation.fetchall())[0][0]
    made = {"title": "Partnerraum", "key": "partnerraum", "purpose": "x", "organisation": str(mine)}
    assert (await visitor.post("/arbeit/raeume/neu", made)).status_code == 302
    found = await visitor.post("/arbeit/raeume/partnerraum/aufnehmen", body)
    assert (found.status_code, "ist hier niemand bekannt" in found.content.decode()) == (200, True)
