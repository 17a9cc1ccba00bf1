# SPDX-License-Identifier: EUPL-1.2
"""Several datasets in one step: looked at before, done as a whole, taken back after, by those who may."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations, queries
from stadtkern.catalogue.entities import Dataset
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from tests import browsing, people

pytestmark = pytest.mark.anyio
_CC_BY = "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
_ZERO = "http://dcat-ap.de/def/licenses/dl-zero-de/2.0"
_CHANGE = "/arbeit/datensaetze/aendern"


class Shop(NamedTuple):
    """A department with somebody who publishes and somebody who edits, and the keys of its datasets."""

    id: int
    publisher: people.Somebody
    editor: people.Somebody
    ready: list[str]
    bare: str


@pytest.fixture(scope="module")
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at the pages."""
    async with browsing.pages(url=database) as client:
        yield client


@pytest.fixture
async def shop(connection: Connection) -> Shop:
    """Three drafts that could be published and one that lacks everything."""
    office = await people.organisation(connection)
    publisher = await people.person(connection, role="publisher", organisation_id=office)
    editor = await people.person(connection, role="editor", organisation_id=office)
    keys = []
    for name in ("Ahorn", "Birke", "Zeder"):
        made = await operations.create(
            connection, by=None, organisation_id=office, kind="table", title={"de": f"{name} {office}"},
            description={"de": "Bäume."},
        )  # fmt: skip
        await operations.add_distribution(
            connection, by=None, dataset_id=made.id, access_url="/x.csv", licence=_ZERO
        )
        keys.append(made.key)
    bare = await operations.create(
        connection, by=None, organisation_id=office, kind="table", title={"de": f"Nackt {office}"}
    )
    return Shop(office, publisher, editor, keys, bare.key)


async def record(connection: Connection, key: str) -> Dataset:
    """A dataset as it stands in the catalogue."""
    found = await queries.one(connection, Scope((), True), key=key)
    assert found is not None
    return found


async def looked_at(visitor: AsyncClient, keys: list[str], *, under: str = "", **said: str) -> dict[str, Any]:
    """The fields of the preview's form; `under`: the language's part of the address."""
    answer = await visitor.post(under + _CHANGE, {"datensatz": keys, **said})
    page = answer.content.decode()
    assert answer.status_code == 200, page
    main = page.partition("<main")[2]
    fields: dict[str, Any] = {"datensatz": []}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', main):
        if name == "datensatz":
            fields[name].append(value)
        elif name != "csrfmiddlewaretoken":
            fields[name] = value
    return fields


async def done(visitor: AsyncClient, keys: list[str], **said: str) -> str:
    """The address of the step that was taken after the preview."""
    answer = await visitor.post(_CHANGE, await looked_at(visitor, keys, **said))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["location"])


async def test_what_is_ready_is_published_together_and_taken_back(
    visitor: AsyncClient, connection: Connection, shop: Shop
) -> None:
    """The preview changes nothing and says what is in the way; undo brings back state and day."""
    visitor.cookies["sessionid"] = shop.publisher.cookie
    keys = [*shop.ready, shop.bare]
    preview = (await visitor.post(_CHANGE, {"datensatz": keys, "act": "publish"})).content.decode()
    assert "3 Datensätze ändern sich" in preview
    assert "1 Datensatz bleibt, wie er ist" in preview
    assert "mindestens eine Form der Daten" in preview
    assert (await record(connection, shop.ready[0])).state == "draft"
    step = await done(visitor, keys, act="publish")
    assert [(await record(connection, key)).state for key in keys] == ["published"] * 3 + ["draft"]
    assert "3 Datensätze sind geändert." in (await visitor.get(step)).content.decode()
    assert (await visitor.post(f"{step}/rueckgaengig")).status_code == 302
    back = [await record(connection, key) for key in keys]
    assert {(each.state, each.issued) for each in back} == {("draft", None)}
    assert (await visitor.post(f"{step}/rueckgaengig")).status_code == 409


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"act": "theme", "theme": "ENVI"}, "themes", ("ENVI",)),
        ({"act": "move", "room": "internal"}, "room", "internal"),
        ({"act": "licence", "licence": _CC_BY, "attribution": "Amt"}, "licence", (_CC_BY, "Amt")),
        ({"act": "withdraw"}, "state", "withdrawn"),
    ],
)
async def test_each_kind_of_step_is_taken_and_taken_back(
    visitor: AsyncClient, connection: Connection, shop: Shop, said: dict[str, str], field: str, value: Any
) -> None:
    """What was before is there again, to the letter."""

    async def stand() -> list[Any]:
        found = [await record(connection, key) for key in shop.ready]
        if field == "room":
            return [each.room.key for each in found]
        if field == "licence":
            return [(form.licence, form.attribution) for each in found for form in each.distributions]
        return [getattr(each, field) for each in found]

    visitor.cookies["sessionid"] = shop.publisher.cookie
    before = await stand()
    step = await done(visitor, shop.ready, **said)
    assert await stand() == [value] * 3
    assert (await visitor.post(f"{step}/rueckgaengig")).status_code == 302
    assert await stand() == before


async def test_a_step_is_named_in_the_language_of_who_looks(visitor: AsyncClient, shop: Shop) -> None:
    """A theme that was chosen on an English page is called by its German name on a German one."""
    visitor.cookies["sessionid"] = shop.publisher.cookie
    fields = await looked_at(visitor, shop.ready, under="/en", act="theme", theme="ENVI")
    step = str((await visitor.post(f"/en{_CHANGE}", fields))["location"]).removeprefix("/en")
    assert "<h1>Ein Thema ergänzen: Umwelt</h1>" in (await visitor.get(step)).content.decode()
    assert "<h1>Add a theme: Environment</h1>" in (await visitor.get(f"/en{step}")).content.decode()
    assert "Ein Thema ergänzen: Umwelt</a>" in (await visitor.get("/arbeit/datensaetze")).content.decode()


async def test_undo_leaves_what_others_changed(
    visitor: AsyncClient, connection: Connection, shop: Shop
) -> None:
    """And says of how many."""
    visitor.cookies["sessionid"] = shop.publisher.cookie
    step = await done(visitor, shop.ready, act="theme", theme="ENVI")
    other = await record(connection, shop.ready[1])
    await operations.change(connection, by=None, dataset_id=other.id, themes=("ENVI", "TRAN"))
    answer = await visitor.post(f"{step}/rueckgaengig")
    assert answer["location"].endswith("?blieb=1")
    assert "1 Datensatz blieb" in (await visitor.get(answer["location"])).content.decode()
    themes = [(await record(connection, key)).themes for key in shop.ready]
    assert themes == [(), ("ENVI", "TRAN"), ()]


async def test_what_changed_since_the_preview_is_shown_again(
    visitor: AsyncClient, connection: Connection, shop: Shop
) -> None:
    """Nothing is done that was not seen, and none of it where one of them cannot be."""
    visitor.cookies["sessionid"] = shop.publisher.cookie
    fields = await looked_at(visitor, shop.ready, act="publish")
    first = await record(connection, shop.ready[0])
    await operations.publish(connection, by=None, dataset_id=first.id)
    answer = await visitor.post(_CHANGE, fields)
    assert answer.status_code == 409
    assert "Inzwischen hat sich etwas geändert" in answer.content.decode()
    assert (await record(connection, shop.ready[1])).state == "draft"


async def test_only_own_datasets_and_only_in_ones_role(
    visitor: AsyncClient, connection: Connection, shop: Shop
) -> None:
    """Editors cannot publish; others' datasets are as if they were not there; steps are one's own."""
    visitor.cookies["sessionid"] = shop.editor.cookie
    preview = (await visitor.post(_CHANGE, {"datensatz": shop.ready, "act": "publish"})).content.decode()
    assert preview.count("Dafür fehlt Ihnen die Rolle.") == 3
    assert 'name="sicher"' in preview
    forced = {"datensatz": shop.ready, "act": "publish", "sicher": "ja", "gesehen": "x"}
    assert (await visitor.post(_CHANGE, forced)).status_code == 200
    assert (await record(connection, shop.ready[0])).state == "draft"
    step = await done(visitor, shop.ready, act="theme", theme="ENVI")
    await people.signed_in(connection, visitor, role="publisher")
    assert (await visitor.get(step)).status_code == 404
    assert (await visitor.post(f"{step}/rueckgaengig")).status_code == 404
    refused = await visitor.post(_CHANGE, {"datensatz": shop.ready, "act": "theme", "theme": "TRAN"})
    assert refused.status_code == 422
    assert shop.ready[0] not in (await visitor.get("/arbeit/datensaetze")).content.decode()
    await people.signed_in(connection, visitor, role="reader")
    assert (await visitor.get("/arbeit/datensaetze")).status_code == 403


async def test_lists_are_narrowed_and_ticked(visitor: AsyncClient, shop: Shop) -> None:
    """By words, state and what is missing; all of a page with one link; nonsense is no fault."""
    visitor.cookies["sessionid"] = shop.editor.cookie

    async def shown(query: str) -> list[str]:
        page = (await visitor.get(f"/arbeit/datensaetze?{query}")).content.decode()
        return sorted(re.findall(r'name="datensatz" value="([^"]+)"', page))

    assert await shown("fehlt=forms") == [shop.bare]
    assert await shown("q=BIRKE") == [shop.ready[1]]
    assert await shown("stand=published") == []
    assert await shown("stand=x&raum=y&fehlt=z&seite=%FF&q=%00") == sorted([*shop.ready, shop.bare])
    page = (await visitor.get("/arbeit/datensaetze?alle=1")).content.decode()
    assert page.count(" checked>") == 4
    empty = await visitor.post(_CHANGE, {"act": "theme", "theme": "ENVI"})
    assert (empty.status_code, "Kreuzen Sie oben" in empty.content.decode()) == (422, True)
    chosen = await visitor.post(_CHANGE, {"datensatz": shop.ready[:1], "act": "theme"})
    assert (chosen.status_code, chosen.content.decode().count(" checked>")) == (422, 2)


async def test_a_key_that_is_none_is_left_out(visitor: AsyncClient, shop: Shop) -> None:
    """As keys of others are."""
    visitor.cookies["sessionid"] = shop.publisher.cookie
    answer = await visitor.post(_CHANGE, {"act": "publish", "datensatz": ["a\0b", shop.ready[0]]})
    assert (answer.status_code, shop.ready[0] in answer.content.decode()) == (200, True)
