# SPDX-License-Identifier: EUPL-1.2
"""People describe and publish datasets in the browser, without JavaScript, and see what it brings."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.catalogue import operations, queries
from stadtkern.catalogue.editor import values
from stadtkern.core import access, times
from stadtkern.core.database import Connection
from tests import people
from tests.catalogue.offices import Office, as_

pytestmark = pytest.mark.anyio
ALL = access.Scope((), True)
BY = "http://dcat-ap.de/def/licenses/dl-by-de/2.0"


async def a_draft(connection: Connection, office: Office, **more: Any) -> str:
    """The key of a new draft of this office."""
    title = {"de": "Baumkataster"}
    made = await operations.create(
        connection, by=None, kind="files", title=title, organisation_id=office.id, **more
    )
    return made.key


def fields(page: str) -> dict[str, Any]:
    """What a browser without JavaScript would send from the first form that has a title."""
    form = next(text for text in page.split("<form")[1:] if 'name="title_de"' in text).partition("</form>")[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or name[1] == "csrfmiddlewaretoken":
            continue
        if 'type="checkbox"' not in tag:
            found[name[1]] = html.unescape(value[1]) if value else ""
        elif " checked" in tag and value:
            found.setdefault(name[1], []).append(html.unescape(value[1]))
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text.removeprefix("\n"))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = html.unescape(chosen[1]) if chosen else ""
    return found


async def test_a_clerk_makes_describes_and_publishes_a_dataset(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """From nothing to a published dataset, with plain forms only."""
    made = await as_(visitor, office.publisher).post(
        "/arbeit/daten/neu",
        {"title": "Spielplätze", "kind": "files", "organisation": str(office.id), "room": "public"},
    )
    assert (made.status_code, made["Location"]) == (302, "/arbeit/daten/spielplaetze")
    page = (await visitor.get(made["Location"])).content.decode()
    assert "mindestens eine Form der Daten" in page
    assert "+30: Schlagwort ergänzen" in page
    said = fields(page) | {
        "description_de": "Alle Spielplätze.", "keywords_de": "Kinder, Freizeit ,Kinder", "themes": ["SOCI"],
        "temporal_from": "2024-03-01", "temporal_until": "2024-03-31", "contact_email": "amt@stadt.example",
    }  # fmt: skip
    saved = await visitor.post(made["Location"], said)
    assert saved.status_code == 302
    added = await visitor.post(f"{made['Location']}/formen/neu", {
        "title_de": "Liste", "access_url": "https://stadt.example/s.csv", "direct": "on", "format": "CSV",
        "licence": BY, "attribution": "Stadt Beispiel",
    })  # fmt: skip
    assert added.status_code == 302
    await visitor.post(f"{made['Location']}/stand", {"stand": "published"})
    found = await queries.one(connection, ALL, key="spielplaetze")
    assert found is not None
    assert (found.state, found.keywords["de"], found.themes) == (
        "published",
        ("Kinder", "Freizeit"),
        ("SOCI",),
    )
    assert found.temporal_until is not None
    assert found.temporal_until.isoformat() == "2024-03-31T22:00:00+00:00"
    form = found.distributions[0]
    assert form.access_url == form.download_url
    assert form.media_type == "text/csv"
    visitor.cookies.clear()
    assert (await visitor.get("/daten/spielplaetze")).status_code == 200


async def test_saving_what_stands_there_changes_nothing(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """Opening and saving keeps every field, those too that the form does not show."""
    key = await a_draft(
        connection, office, description={"de": "Eins.\n\nZwei.", "fr": "Un."}, keywords={"de": ("a", "b")},
        spatial={"type": "Point", "coordinates": [7.6, 51.9]}, temporal_from=times.now(),
        temporal_until=times.now(),
        themes=("ENVI",), hvd_categories=("c_ac64a52d",), musterdatensaetze=("bau/brunnen", "energie/solar"),
        contact={"name": "Amt", "email": "a@b.example"}, documentation=("https://stadt.example/x",),
        frequency="DAILY", language=("DEU", "ENG"), extra={"x": 1}, provenance={"de": "Gezählt."},
    )  # fmt: skip
    before = await queries.one(connection, ALL, key=key)
    page = (await as_(visitor, office.editor).get(f"/arbeit/daten/{key}")).content.decode()
    assert (await visitor.post(f"/arbeit/daten/{key}", fields(page))).status_code == 302
    after = await queries.one(connection, ALL, key=key)
    assert before is not None
    assert after is not None
    for name in type(before).__struct_fields__:
        if name != "changed_at":
            assert getattr(after, name) == getattr(before, name), name


async def test_points_move_while_somebody_types(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """The server counts what stands in the fields, wrong ones too, and stores nothing."""
    key = await a_draft(connection, office)
    as_(visitor, office.editor)
    address = f"/arbeit/daten/{key}/punkte"
    bare = (await visitor.post(address, {"title_de": "x"})).json()
    more = (await visitor.post(address, {"title_de": "x", "keywords_de": "Baum", "themes": ["ENVI"]})).json()
    assert more["points"] - bare["points"] == 60
    assert bare["fields"]["keywords_de"] == "+30: Schlagwort ergänzen"
    assert more["fields"]["keywords_de"] == ""
    odd = await visitor.post(
        address,
        {
            "title_de": "",
            "modified": "31.02.2024",
            "temporal_until": "9999-12-31",
            "themes": ["NIX"],
            "place": "?",
        },
    )
    assert odd.status_code == 200
    stored = await queries.one(connection, ALL, key=key)
    assert stored is not None
    assert stored.keywords == {}
    assert (await visitor.get(address)).status_code == 405


async def test_wrong_fields_are_named_and_nothing_is_stored(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """The mistake stands beside its field, and what was typed stays."""
    key = await a_draft(connection, office)
    page = (await as_(visitor, office.editor).get(f"/arbeit/daten/{key}")).content.decode()
    wrong = {
        "title_de": "",
        "municipality_key": "123",
        "temporal_from": "2024-02-01",
        "temporal_until": "2024-01-01",
    }
    answer = await visitor.post(f"/arbeit/daten/{key}", fields(page) | wrong | {"keywords_de": "bleibt"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "acht Ziffern" in text
    assert "Das Ende liegt vor dem Anfang." in text
    assert 'value="bleibt"' in text
    stored = await queries.one(connection, ALL, key=key)
    assert stored is not None
    assert stored.name == "Baumkataster"


async def test_nobody_overwrites_what_they_have_not_seen(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """Two people who edit at once: the second is told."""
    key = await a_draft(connection, office)
    page = (await as_(visitor, office.editor).get(f"/arbeit/daten/{key}")).content.decode()
    assert (
        await visitor.post(f"/arbeit/daten/{key}", fields(page) | {"title_de": "Eins"})
    ).status_code == 302
    second = await visitor.post(f"/arbeit/daten/{key}", fields(page) | {"title_de": "Zwei"})
    assert second.status_code == 422
    assert "Inzwischen hat jemand anderes" in second.content.decode()


@pytest.mark.parametrize("way", ["", "/punkte", "/stand", "/formen/neu", "/formen/1", "/formen/1/entfernen"])
async def test_others_may_not_edit(
    connection: Connection, office: Office, visitor: AsyncClient, way: str
) -> None:
    """A draft of another office does not exist; a published dataset is not theirs to change."""
    draft = await a_draft(connection, office)
    public = await a_draft(connection, office, state="published")
    post = {"title_de": "Fremd", "stand": "withdrawn"}
    assert (await visitor.post(f"/arbeit/daten/{public}{way}", post)).status_code in (302, 401)
    as_(visitor, office.other)
    assert (await visitor.post(f"/arbeit/daten/{draft}{way}", post)).status_code == 404
    assert (await visitor.post(f"/arbeit/daten/{public}{way}", post)).status_code in (403, 404)
    stored = await queries.one(connection, ALL, key=public)
    assert stored is not None
    assert (stored.name, stored.state) == ("Baumkataster", "published")


async def test_only_what_is_published_is_asked_back_about(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """Whoever follows an old address to withdraw a draft comes to the draft."""
    draft = await a_draft(connection, office)
    public = await a_draft(connection, office, state="published")
    as_(visitor, office.publisher)
    answer = await visitor.get(f"/arbeit/daten/{draft}/stand?stand=withdrawn")
    assert (answer.status_code, answer["location"]) == (302, f"/arbeit/daten/{draft}")
    page = (await visitor.get(f"/arbeit/daten/{public}/stand?stand=withdrawn")).content.decode()
    assert "Diesen Datensatz zurückziehen?" in page
    assert f'<a href="/arbeit/daten/{public}">Baumkataster</a>' in page


async def test_an_editor_may_not_publish(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """Publishing needs its own role."""
    key = await a_draft(connection, office)
    answer = await as_(visitor, office.editor).post(f"/arbeit/daten/{key}/stand", {"stand": "published"})
    assert answer.status_code == 403


async def test_the_start_page_says_what_needs_work(
    connection: Connection, office: Office, visitor: AsyncClient
) -> None:
    """Drafts and gaps of one's own office first, nothing of others."""
    key = await a_draft(connection, office)
    page = (await as_(visitor, office.editor).get("/arbeit")).content.decode()
    assert f"/arbeit/daten/{key}" in page
    assert "noch nicht veröffentlicht" in page
    assert f"/arbeit/daten/{key}" not in (await as_(visitor, office.other).get("/arbeit")).content.decode()
    nobody = await people.person(connection)
    assert "noch keine Rolle" in (await as_(visitor, nobody).get("/arbeit")).content.decode()


def test_a_direct_download_stands_in_both_addresses() -> None:
    """DCAT-AP.de, convention 39; what is no download has one address only."""
    said = {
        "title_de": "", "access_url": "https://a.example/x", "direct": False, "format": "", "licence": BY,
        "attribution": "", "rights": "", "byte_size": None,
    }  # fmt: skip
    assert values.form_fields(said, stored=None)["download_url"] == ""
    assert values.form_fields(said | {"direct": True}, stored=None)["download_url"] == "https://a.example/x"
