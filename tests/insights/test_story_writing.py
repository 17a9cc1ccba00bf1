# SPDX-License-Identifier: EUPL-1.2
"""Writing stories when things go wrong: twice the same, after somebody else, too long, with no title yet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from stadtkern.insights.stories import operations, queries
from tests import people
from tests.insights import factories
from tests.insights import test_stories as stories

pytestmark = pytest.mark.anyio
NEW = f"{stories.WORK}/neu"


@pytest.fixture(autouse=True)
async def clean(connection: Connection) -> AsyncIterator[None]:
    """No story of another test."""
    await connection.execute("DELETE FROM insights.story")
    yield
    await connection.execute("DELETE FROM insights.story")


async def test_after_somebody_else_one_saves_again_knowingly(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Both texts end as versions; nobody has to copy theirs anywhere."""
    await people.signed_in(connection, visitor, role="editor")
    number = await stories._begun(visitor, stories._words("eins"))
    address = f"{stories.WORK}/{number}"
    await visitor.post(address, stories._form(stories._words("zwei"), base="1"))
    refused = await visitor.post(address, stories._form(stories._words("meins"), base="1"))
    assert f'href="{address}/versionen/2"' in refused.content.decode()
    again = await visitor.post(address, stories._form(stories._words("meins"), base="2"))
    assert again.status_code == 302
    said = [each.told.blocks[0].text["de"] for each in await queries.versions(connection, id=number)]
    assert said == ["meins", "zwei", "eins"]
    # Who goes back and saves what is there already is not told of anybody.
    assert (await visitor.post(address, stories._form(stories._words("meins"), base="1"))).status_code == 302


async def test_the_same_story_is_begun_once(visitor: AsyncClient, connection: Connection) -> None:
    """Twice the button, or back and once more; something else, or somebody else, begins another."""
    await people.signed_in(connection, visitor, role="editor")
    first = await stories._begun(visitor, stories._words("eins"))
    assert await stories._begun(visitor, stories._words("eins")) == first
    second = await stories._begun(visitor, stories._words("zwei"))
    assert second != first
    told = (await queries.versions(connection, id=first))[0].told
    other = await people.person(connection)
    third = await operations.begin(connection, by=other.id, told=told)
    assert third not in (first, second)
    await operations.append(connection, by=other.id, id=third, block=told.blocks[0], note="")
    assert await operations.begin(connection, by=other.id, told=told) != third


async def test_a_tile_begins_with_the_name_of_what_it_shows(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Who has written a title keeps it."""
    await people.signed_in(connection, visitor, role="editor")
    take = f"take-0:reihe={town.streams['Fahrräder Promenade']}"
    taken = await visitor.post(NEW, stories._form({"kind": "tile", "tile": "value"}, do=take))
    assert 'value="Fahrräder"' in taken.content.decode()
    own = {"kind": "tile", "tile": "value", "title_de": "Am Ring"}
    page = (await visitor.post(NEW, stories._form(own, do=take))).content.decode()
    assert 'value="Am Ring"' in page
    assert 'value="Fahrräder"' not in page


async def test_texts_that_are_too_long_say_how_long(visitor: AsyncClient, connection: Connection) -> None:
    """With what there is room for, in words that people use."""
    await people.signed_in(connection, visitor, role="editor")
    answer = await visitor.post(NEW, stories._form(stories._words("x"), title_de="ä" * 10_000))
    assert answer.status_code == 422
    assert "Das ist zu lang: 10000 Zeichen, höchstens 150 haben Platz." in answer.content.decode()


async def test_only_who_may_remove_is_offered_it(visitor: AsyncClient, connection: Connection) -> None:
    """And whoever brings a version back reads that it worked."""
    await people.signed_in(connection, visitor, role="editor")
    number = await stories._begun(visitor, stories._words("eins"))
    address = f"{stories.WORK}/{number}"
    assert f"{address}/entfernen" not in await stories._text(visitor, address)
    await visitor.post(address, stories._form(stories._words("zwei"), base="1"))
    back = await visitor.post(f"{address}/versionen", {"number": "1"})
    assert "als Version 3 obenan" in await stories._text(visitor, str(back["Location"]))
    await people.signed_in(connection, visitor, role="publisher")
    assert f"{address}/entfernen" in await stories._text(visitor, address)


async def test_a_reviewer_finds_the_version_that_was_asked_for(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Also when it has been written on since."""
    await people.signed_in(connection, visitor, role="editor")
    number = await stories._begun(visitor, stories._words("eins"))
    address = f"{stories.WORK}/{number}"
    await visitor.post(f"{address}/freigabe", {"do": "ask", "number": "1"})
    await visitor.post(address, stories._form(stories._words("zwei"), base="1"))
    assert f'href="{address}/freigabe?nummer=1"' in await stories._text(visitor, f"{address}/freigabe")


async def test_who_writes_on_a_removed_story_loses_nothing(
    visitor: AsyncClient, connection: Connection
) -> None:
    """It is said, whatever button was pressed; saved, the text begins a story of its own."""
    await people.signed_in(connection, visitor, role="editor")
    number = await stories._begun(visitor, stories._words("eins"))
    address = f"{stories.WORK}/{number}"
    await operations.remove(connection, id=number)
    for do in ("save", "show", "add-text"):
        told = await visitor.post(address, stories._form(stories._words("lang überlegt"), do=do, base="1"))
        page = told.content.decode()
        assert told.status_code == 410
        assert "inzwischen entfernt worden" in page
        assert "lang überlegt" in page
        assert f'action="{NEW}"' in page
        assert page.count("<legend") == (2 if do == "add-text" else 1)
    again = await stories._begun(visitor, stories._words("lang überlegt"))
    assert (await queries.versions(connection, id=again))[0].told.blocks[0].text["de"] == "lang überlegt"
    assert (await visitor.get(address)).status_code == 404


async def test_one_of_several_series_is_taken_out_by_a_button(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Of values, charts and tiles, also one that is gone; what stands alone leaves with its part."""
    await people.signed_in(connection, visitor, role="editor")
    stream = town.streams["Fahrräder Promenade"]
    for part in ({"kind": "values"}, {"kind": "diagram"}, {"kind": "tile", "tile": "value"}):
        both = {**part, "source": f"reihe={stream}&reihe=99999"}
        page = (await visitor.post(NEW, stories._form(both, do="find-0"))).content.decode()
        assert f'value="drop-0:reihe={stream}"' in page
        assert "Messreihe 99999: Es gibt sie nicht mehr" in page
        left = (await visitor.post(NEW, stories._form(both, do="drop-0:reihe=99999"))).content.decode()
        assert "drop-0" not in left
        assert f">reihe={stream}</textarea>" in left.replace("\n", "").replace("\r", "")
    two = {"kind": "tile", "tile": "value", "source": f"messgroesse=a&messgroesse=b&reihe={stream}"}
    taken = (await visitor.post(NEW, stories._form(two, do="drop-0:messgroesse=a"))).content.decode()
    assert f"messgroesse=b&amp;reihe={stream}<" in taken
