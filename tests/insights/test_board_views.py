# SPDX-License-Identifier: EUPL-1.2
"""A board for a glance and the same for experts: more tiles, each place, for whom editors chose."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import AsyncClient

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.insights.boards import operations
from stadtkern.insights.cockpit.definitions import Audience, Content, Definition, Experts, Group
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio
_BIKES = Definition(
    key="raeder", form="flow", title={"de": "Räder"}, properties=(factories.BICYCLES,), wide=True
)
_SOIL = Definition(
    key="boden", form="value", title={"de": "Boden"}, properties=(factories.SOIL,), expert=True
)
_SWITCH = 'class="sk-switch"'


@pytest.fixture
async def connection(database: str, town: factories.Town) -> Any:
    """A connection that commits by itself."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        yield opened


async def _board(
    connection: Connection, title: str, *, experts: Experts, audience: Audience = "public", **more: Any
) -> str:
    content = Content(
        title={"de": title}, audience=audience, experts=experts,
        groups=(Group(key="g", tiles=(_BIKES, _SOIL)),), **more,
    )  # fmt: skip
    by = (await people.person(connection)).id
    key = await operations.add(connection, by=by, content=content)
    await operations.publish(connection, key=key, version=1)
    return f"/tafeln/{key}"


async def _text(client: AsyncClient, address: str, status: int = 200) -> str:
    answer = await client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def _rows(page: str) -> dict[str, list[str]]:
    """Cells of the places below tiles, by name, without the age below it."""
    table = page.partition("sk-details")[2].partition("</table>")[0]
    found = re.findall(r'<th scope="row" abbr="[^"]+">(.*?)<br>.*?</th>(.*?)</tr>', table, re.DOTALL)
    return {_plain(name): [_plain(cell) for cell in rest.split("</td>")[:-1]] for name, rest in found}


def _plain(marked: str) -> str:
    return re.sub(r"<[^>]+>", "", marked).strip()


async def test_experts_see_more_tiles_and_each_place(visitor: AsyncClient, connection: Connection) -> None:
    """Today, as usual and over 24 hours; the newest value of a tile on its own says the same."""
    address = await _board(connection, "Verkehr", experts="")
    glance, closer = await _text(visitor, address), await _text(visitor, f"{address}?sicht=fach")
    assert 'id="kachel-boden"' not in glance
    assert "sk-details" not in glance
    assert 'id="kachel-boden"' in closer
    rows = _rows(closer)
    assert set(rows) == {"Zählstelle Hafenstraße", "Zählstelle Neutor", "Zählstelle Promenade"}
    today, usual, day = rows["Zählstelle Promenade"]
    assert today == usual != "–"
    assert int(day.replace(".", "")) > int(today.replace(".", ""))
    alone = await _text(visitor, f"{address}/raeder?sicht=fach")
    assert _rows(alone) == rows
    assert f'hx-get="{address}/raeder?sicht=fach"' in alone
    assert "sk-details" not in await _text(visitor, f"{address}/raeder")
    await _text(visitor, f"{address}/boden", 404)
    assert "Junge Eiche" in await _text(visitor, f"{address}/boden?sicht=fach")


async def test_who_sees_the_experts_view_is_up_to_the_editors(
    visitor: AsyncClient, connection: Connection
) -> None:
    """For all others there is neither switch nor tile, by page, by fragment, on a wall."""
    address = await _board(connection, "Intern genauer", experts="internal")
    nobody = await _board(connection, "Nie genauer", experts="nobody")
    for role, sees in ((None, False), ("reader", True)):
        await people.signed_in(connection, visitor, role=role, kind="city")
        page = await _text(visitor, f"{address}?sicht=fach")
        assert (_SWITCH in page) is sees
        assert ("sk-details" in page) is sees
        assert ("Boden" in await _text(visitor, f"{address}?mode=wall&sicht=fach")) is sees
        await _text(visitor, f"{address}/boden?sicht=fach", 200 if sees else 404)
        never = await _text(visitor, f"{nobody}?sicht=fach")
        assert _SWITCH not in never
        assert 'id="kachel-boden"' not in never


async def test_a_board_may_begin_with_the_experts_view(visitor: AsyncClient, connection: Connection) -> None:
    """For those who may see it; the glance is one click away, and a view that does not exist is none."""
    address = await _board(connection, "Fachtafel", experts="", view="expert")
    assert "sk-details" in await _text(visitor, address)
    assert "sk-details" in await _text(visitor, f"{address}?sicht=%00")
    glance = await _text(visitor, f"{address}?sicht=ueberblick")
    assert "sk-details" not in glance
    assert f'<a href="{address}?sicht=ueberblick" aria-current="true">Überblick</a>' in glance
    closed = await _board(connection, "Fachtafel innen", experts="internal", view="expert")
    assert "sk-details" not in await _text(visitor, closed)


async def test_editors_choose_tiles_and_people(visitor: AsyncClient, connection: Connection) -> None:
    """A tile goes into the experts' view only and back; other words for it do not move it."""
    await _board(connection, "Wahl", experts="", audience="internal")
    await people.signed_in(connection, visitor, role="editor", kind="city")
    work = "/arbeit/tafeln/wahl"

    async def post(end: str, version: int, **given: str) -> None:
        answer = await visitor.post(f"{work}/{end}", {"version": str(version), **given})
        assert answer.status_code == 302, (end, answer.content.decode()[-3000:])

    await post("tun", 1, was="nur-fach", kachel="raeder")
    assert (await _text(visitor, work)).count("nur in der Fachsicht</span>") == 2
    await post("kacheln/raeder", 2, title_de="Fahrräder")
    assert (await _text(visitor, work)).count("nur in der Fachsicht</span>") == 2
    await post("tun", 3, was="beide", kachel="raeder")
    assert "sk-details" in await _text(visitor, f"{work}?sicht=fach")
    await post("einstellungen", 4, title_de="Wahl", audience="internal", view="overview", experts="editor")
    assert 'value="editor" selected' in await _text(visitor, f"{work}/einstellungen")
    given = {"version": "5", "title_de": "Wahl", "audience": "internal", "view": "overview",
             "experts": "administrator"}  # fmt: skip
    answer = await visitor.post(f"{work}/einstellungen", given)
    assert answer.status_code == 200
    assert "kern-error" in answer.content.decode()
    chief = await _board(connection, "Leitung genauer", experts="administrator")
    kept = f"/arbeit/{chief.strip('/')}/einstellungen"
    assert 'value="administrator" selected' in await _text(visitor, kept)
