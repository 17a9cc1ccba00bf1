# SPDX-License-Identifier: EUPL-1.2
"""Editors arrange tiles in the browser, step by step; visitors see what is published and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.insights.boards import operations, queries
from stadtkern.insights.cockpit import definitions
from stadtkern.insights.cockpit.definitions import Content, Definition, Group
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio
WORK = "/arbeit/tafeln"
_ENDS = ("", "/tun", "/einstellungen", "/thema", "/quelle", "/kacheln/neu", "/kacheln/radverkehr",
         "/versionen", "/versionen/1")  # fmt: skip


@pytest.fixture
async def connection(database: str, town: factories.Town) -> Any:
    """A connection that commits by itself."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        yield opened


async def _text(client: AsyncClient, address: str, status: int = 200) -> str:
    answer = await client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


async def _board(connection: Connection, *tiles: Definition, title: str, audience: Any = "public") -> str:
    """A published board with one theme; returns its address."""
    by = (await people.person(connection)).id
    group = Group(key="thema", title={"de": "Thema"}, tiles=tiles)
    content = Content(title={"de": title}, audience=audience, groups=(group,))
    key = await operations.add(connection, by=by, content=content)
    await operations.publish(connection, key=key, version=1)
    return f"/tafeln/{key}"


async def _newest(connection: Connection, key: str) -> int:
    return (await queries.draft(connection, key=key)).newest


async def _do(client: AsyncClient, connection: Connection, key: str, was: str, **more: str) -> int:
    given = {"was": was, "version": str(await _newest(connection, key)), **more}
    return int((await client.post(f"{WORK}/{key}/tun", given)).status_code)


async def _order(connection: Connection, key: str) -> list[list[str]]:
    content = (await queries.draft(connection, key=key)).content
    return [[tile.key for tile in group.tiles] for group in content.groups]


async def test_a_tile_is_made_in_three_steps_and_published(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Kind, data, words; nobody sees it before; then everybody does."""
    await people.signed_in(connection, visitor, role="publisher", kind="city")
    answer = await visitor.post(
        f"{WORK}/neu", {"title_de": "Bäume & Boden", "audience": "public", "view": "overview"}
    )
    assert answer["Location"] == f"{WORK}/baeume-boden"
    new = f"{WORK}/baeume-boden/kacheln/neu"
    assert "Balken zwischen Grenzen" in await _text(visitor, new)
    chosen = (await visitor.get(f"{new}?art=gauge&thema="))["Location"]
    found = await _text(visitor, f"{chosen}&q=bodenfeuchte")
    assert f'value="{factories.SOIL}"' in found
    number = re.findall(r'name="reihe" value="(\d+)"', found)[0]
    words = f"{new}?art=gauge&reihe={number}"
    assert 'value="Bodenfeuchte"' in await _text(visitor, words)
    given = {
        "title_de": "Wie nass?",
        "low": "0",
        "high": "40",
        "threshold": "17,5",
        "above": "1",
        "version": "1",
    }
    assert (
        "Das Ende muss größer sein" in (await visitor.post(words, {**given, "high": "-1"})).content.decode()
    )
    assert (await visitor.post(words, given)).status_code == 302
    assert "Wie nass?" in await _text(visitor, f"{WORK}/baeume-boden?getan=1")
    await _text(visitor, "/tafeln/baeume-boden", 404)
    assert await _do(visitor, connection, "baeume-boden", "veroeffentlichen") == 302
    visitor.cookies.clear()
    page = await _text(visitor, "/tafeln/baeume-boden")
    assert "Wie nass?" in page
    assert "unter der Grenze von 17,5 Vol.-%" in page or "über der Grenze von 17,5 Vol.-%" in page
    assert 'href="/tafeln/baeume-boden"' in await _text(visitor, "/")


async def test_forms_of_a_board_keep_what_was_written_when_somebody_was_faster(
    visitor: AsyncClient, connection: Connection
) -> None:
    """A tile, a theme, the settings: saving once more holds, and takes nothing of what the other did."""
    await people.signed_in(connection, visitor, role="editor", kind="city")
    settings = {"audience": "internal", "view": "overview"}
    made = await visitor.post(f"{WORK}/neu", {"title_de": "Foyer", **settings})
    front = str(made["Location"])
    tile = {"body_de": "Heute zu."}
    assert await visitor.post(f"{front}/kacheln/neu?art=text", {"title_de": "Erste", **tile, "version": "1"})
    forms = {
        f"{front}/thema": {"title_de": "Wasser"},
        f"{front}/kacheln/neu?art=text": {"title_de": "Hinweis", **tile},
        f"{front}/kacheln/erste": {"title_de": "Zuerst", **tile},
        f"{front}/einstellungen": {"title_de": "Foyer heute", **settings},
    }
    for address, given in forms.items():
        stale = str(await _newest(connection, "foyer"))
        assert await _do(visitor, connection, "foyer", "breit", kachel="erste") == 302
        assert await _do(visitor, connection, "foyer", "schmal", kachel="erste") == 302
        answer = await visitor.post(address, {**given, "version": stale})
        page = answer.content.decode()
        assert (answer.status_code, given["title_de"] in page) == (409, True), address
        assert "steht noch hier" in page
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version is not None
        saved = await visitor.post(address, {**given, "version": version[1]})
        assert saved.status_code == 302, saved.content.decode()
    board = await _text(visitor, front)
    assert all(given["title_de"] in board for given in forms.values())


async def test_each_change_can_be_undone_and_each_version_brought_back(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Back step by step; a stale page changes nothing; published stays what it was."""
    await people.signed_in(connection, visitor, role="editor", kind="city")
    before = await _order(connection, "stadt-jetzt")
    names = before[0]
    assert await _do(visitor, connection, "stadt-jetzt", "runter", kachel=names[0]) == 302
    assert await _do(visitor, connection, "stadt-jetzt", "kachel-weg", kachel=names[3]) == 302
    changed = [[names[1], names[0], names[2], *names[4:]]]
    assert await _order(connection, "stadt-jetzt") == changed
    stale = {"was": "kachel-weg", "kachel": names[0], "version": "1"}
    answer = await visitor.post(f"{WORK}/stadt-jetzt/tun", stale)
    assert answer["Location"] == f"{WORK}/stadt-jetzt?ueberholt=1"
    assert "Diese Tafel hat sich inzwischen geändert." in await _text(visitor, str(answer["Location"]))
    for step in ({**stale, "was": "rueckgaengig"}, {**stale, "was": "breit", "kachel": names[3]}):
        assert "ueberholt" in (await visitor.post(f"{WORK}/stadt-jetzt/tun", step))["Location"]
    again = await visitor.post(f"{WORK}/stadt-jetzt/versionen/3", {"version": "1"})
    assert "ueberholt" in again["Location"]
    assert await _order(connection, "stadt-jetzt") == changed
    assert await _do(visitor, connection, "stadt-jetzt", "rueckgaengig") == 302
    assert await _order(connection, "stadt-jetzt") == [[names[1], *names[:1], *names[2:]]]
    assert await _do(visitor, connection, "stadt-jetzt", "rueckgaengig") == 302
    assert await _order(connection, "stadt-jetzt") == before
    assert await _do(visitor, connection, "stadt-jetzt", "rueckgaengig") == 409
    listed = await _text(visitor, f"{WORK}/stadt-jetzt/versionen")
    assert "Kachel entfernt" in listed
    version = str(await _newest(connection, "stadt-jetzt"))
    answer = await visitor.post(f"{WORK}/stadt-jetzt/versionen/3", {"version": version})
    assert answer.status_code == 302
    assert await _order(connection, "stadt-jetzt") == changed
    assert await _do(visitor, connection, "stadt-jetzt", "veroeffentlichen") == 403
    assert f'id="kachel-{names[3]}"' in await _text(visitor, "/")


async def test_who_sees_a_board_is_up_to_its_audience(visitor: AsyncClient, connection: Connection) -> None:
    """For all others it does not exist, neither as page nor as tile nor as tab, nor at work."""
    note = Definition(key="notiz", form="text", title={"de": "Notiz"}, body={"de": "Nur für uns."})
    inside = await _board(connection, note, title="Drinnen", audience="internal")
    chief = await _board(connection, note, title="Leitung", audience="administrator")
    for role, kind, sees in ((None, "city", 0), ("administrator", "partner", 0), ("reader", "department", 1),
                             ("publisher", "city", 1), ("administrator", "city", 2)):  # fmt: skip
        await people.signed_in(connection, visitor, role=role, kind=kind)
        front = await _text(visitor, "/")
        for place, address in enumerate((inside, chief)):
            assert (f'href="{address}"' in front) is (sees > place), (role, kind, address)
            for asked in (address, f"{address}/notiz", f"{address}?mode=wall", f"{address}?mode=kiosk"):
                await _text(visitor, asked, 200 if sees > place else 404)
    await people.signed_in(connection, visitor, role="editor", kind="city")
    assert "Leitung" not in await _text(visitor, WORK)
    await _text(visitor, f"{WORK}/leitung", 404)
    assert (await visitor.post(f"{WORK}/leitung/tun", {"was": "entfernen"})).status_code == 404


@pytest.mark.parametrize(("role", "kind"), [(None, "city"), ("reader", "city"), ("administrator", "partner")])
async def test_only_the_citys_editors_arrange(
    visitor: AsyncClient, connection: Connection, role: str | None, kind: str
) -> None:
    """By GET and by POST, everybody else is refused."""
    await people.signed_in(connection, visitor, role=role, kind=kind)
    version = await _newest(connection, "stadt-jetzt")
    ends = ("", "/neu", *(f"/stadt-jetzt{end}" for end in _ENDS))
    for end in ends:
        await _text(visitor, WORK + end, 403)
        answer = await visitor.post(
            WORK + end, {"was": "kachel-weg", "kachel": "radverkehr", "title_de": "x"}
        )
        assert answer.status_code == 403, end
    assert await _newest(connection, "stadt-jetzt") == version


async def test_a_board_is_removed_and_brought_back_but_never_the_front_page(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Its address is gone and comes back as it was."""
    note = Definition(key="notiz", form="text", title={"de": "Notiz"}, body={"de": "Hallo."})
    address = await _board(connection, note, title="Fest")
    await people.signed_in(connection, visitor, role="publisher", kind="city")
    gone = await visitor.post(f"{WORK}/fest/kacheln/weg", {"title_de": "x", "version": "1"})
    assert gone.status_code == 410
    assert f'href="{WORK}/fest"' in gone.content.decode()
    assert await _do(visitor, connection, "fest", "entfernen") == 302
    await _text(visitor, address, 404)
    for page in ("", "/kacheln/notiz", "/einstellungen"):
        said = await _text(visitor, f"{WORK}/fest{page}", 410)
        assert f'href="{WORK}"><span class="kern-label">Zu den Tafeln' in said
    assert await _do(visitor, connection, "fest", "breit", kachel="notiz") == 410
    assert "Zurückholen" in await _text(visitor, WORK)
    for _ in range(2):  # twice, as by a double click
        assert await _do(visitor, connection, "fest", "zurueckholen") == 302
    assert "Hallo." in await _text(visitor, address)
    assert await _do(visitor, connection, "stadt-jetzt", "entfernen") == 409
    hidden = {"title_de": "x", "audience": "internal", "view": "expert",
              "version": str(await _newest(connection, "stadt-jetzt"))}  # fmt: skip
    answer = await visitor.post(f"{WORK}/stadt-jetzt/einstellungen", hidden)
    assert "Die Startseite braucht ihre Tafel" in answer.content.decode()
    await _text(visitor, "/")


async def test_what_everybody_sees_editors_neither_take_away_nor_bring_back(
    visitor: AsyncClient, connection: Connection
) -> None:
    """Nor by making it internal first; those who publish do all of it."""
    note = Definition(key="notiz", form="text", title={"de": "Notiz"}, body={"de": "Für alle."})
    address = await _board(connection, note, title="Markt")
    await people.signed_in(connection, visitor, role="editor", kind="city")
    assert 'value="entfernen"' not in await _text(visitor, f"{WORK}/markt/einstellungen")
    assert await _do(visitor, connection, "markt", "entfernen") == 403
    inside = {"title_de": "Markt", "audience": "internal", "view": "expert", "version": "1"}
    assert (await visitor.post(f"{WORK}/markt/einstellungen", inside)).status_code == 302
    assert await _do(visitor, connection, "markt", "veroeffentlichen") == 403
    visitor.cookies.clear()
    assert "Für alle." in await _text(visitor, address)
    await operations.take_away(connection, key="markt")
    await people.signed_in(connection, visitor, role="editor", kind="city")
    assert f'action="{WORK}/markt/tun"' not in await _text(visitor, WORK)
    assert await _do(visitor, connection, "markt", "zurueckholen") == 403
    await _text(visitor, address, 404)


async def test_dragging_sends_the_whole_order(visitor: AsyncClient, connection: Connection) -> None:
    """Across themes; names that are not on the board and tiles that are not named do no harm."""
    await people.signed_in(connection, visitor, role="editor", kind="city")
    note = Definition(key="a", form="text", title={"de": "A"}, body={"de": "…"})
    other = Definition(key="b", form="text", title={"de": "B"}, body={"de": "…"})
    await _board(connection, note, other, title="Ziehen")
    version = str(await _newest(connection, "ziehen"))
    added = await visitor.post(f"{WORK}/ziehen/thema", {"title_de": "Neues Thema", "version": version})
    assert added.status_code == 302
    order = "neues-thema:b neues-thema:fremd nix:a"
    assert await _do(visitor, connection, "ziehen", "ordnen", ordnung=order) == 302
    assert await _order(connection, "ziehen") == [["a"], ["b"]]
    assert await _do(visitor, connection, "ziehen", "hoch", kachel="b") == 302
    assert await _order(connection, "ziehen") == [["a", "b"], []]
    assert await _do(visitor, connection, "ziehen", "thema-weg", thema="thema") == 302
    assert await _order(connection, "ziehen") == [[]]


def test_links_of_tiles_lead_nowhere_dangerous() -> None:
    """A script or another site without encryption is refused beside its field."""
    from stadtkern.insights.boards import forms

    bad = ("javascript:alert(1)", "//boese.example", "/\\boese.example", "http://x.example")
    for link, good in [*((link, False) for link in bad), ("https://x.example/a", True), ("/daten", True)]:
        form = forms.TileForm({"title_de": "T", "body_de": "B", "link": link}, kind="text")
        assert form.is_valid() is good, link
        assert good or "link" in form.errors


def test_numbers_are_taken_as_people_write_them() -> None:
    """Comma or point, thousands, a real minus; what is no number is refused."""
    from stadtkern.insights.boards import forms

    for text, number in (("17,5", 17.5), ("1.234,5", 1234.5), ("−3", -3.0), ("2.5", 2.5),
                         ("nan", None), ("inf", None), ("1e99", None), ("zwölf", None)):  # fmt: skip
        form = forms.TileForm({"title_de": "T", "threshold": text}, kind="low")
        assert form.is_valid() is (number is not None), text
        assert number is None or form.cleaned_data["threshold"] == number


def test_what_is_stored_is_what_was_said() -> None:
    """All fields of a tile come back from the database's form."""
    tile = Definition(key="k", form="gauge", title={"de": "ä 🌳 مرحبا"}, streams=(1, 2), low=-1.5, high=0.0,
                      threshold=-1.0, above=True, wide=True, most=3, digits=2, types=("tree",))  # fmt: skip
    content = Content(title={"de": "T"}, groups=(Group(key="g", tiles=(tile,)),))
    assert definitions.content(definitions.stored(content)) == content
