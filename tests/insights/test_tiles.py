# SPDX-License-Identifier: EUPL-1.2
"""Each kind of tile says its value, against what, how fresh and from where; many cost no more reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.template.loader import render_to_string
from psycopg.types.json import Jsonb

from stadtkern.core import access, database, times
from stadtkern.insights import usual
from stadtkern.insights.cockpit import board
from stadtkern.insights.cockpit.definitions import Content, Definition, Form, Group
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.things.store import hours
from stadtkern.ui.visit import City, Visit
from tests import browsing
from tests.insights import factories

pytestmark = pytest.mark.anyio
_PROPERTY: dict[Form, str] = {
    "flow": factories.BICYCLES, "ranking": factories.BICYCLES, "places": factories.BICYCLES,
    "value": factories.PARKING, "free": factories.PARKING, "bays": factories.PARKING,
    "low": factories.SOIL, "gauge": factories.SOIL, "level": factories.WATER,
}  # fmt: skip


@pytest.fixture
async def visit(town: factories.Town, database: str) -> AsyncIterator[Visit]:
    """Somebody who may see everything, on a Thursday afternoon."""
    async with browsing.pages(url=database), await _connect(database) as connection:
        scope = access.Scope(ids=(), negated=True)
        yield Visit(connection=connection, scope=scope, city=City(), now=town.now)


async def _connect(url: str) -> database.Connection:
    return await database.connect(url=url, autocommit=True)


def _tile(form: Form, **more: Any) -> Definition:
    if form in _PROPERTY and "streams" not in more:
        more.setdefault("properties", (_PROPERTY[form],))
    return Definition(key=more.pop("key", form), form=form, title={"de": form}, **more)


def _content(*tiles: Definition) -> Content:
    return Content(title={"de": "T"}, groups=(Group(key="g", tiles=tiles),))


async def _made(visit: Visit, *tiles: Definition) -> dict[str, Tile]:
    groups = await board.groups(visit, key="t", content=_content(*tiles))
    return {tile.key: tile for group in groups for tile in group.tiles}


async def test_a_value_is_told_against_the_usual_at_this_hour(visit: Visit, town: factories.Town) -> None:
    """The mean of two car parks moves by itself; its line is that of a day."""
    ids = (town.streams["Freie Plätze Arkaden"], town.streams["Freie Plätze Theater"])
    made = (await _made(visit, _tile("value", streams=ids)))["value"]
    assert (made.unit, made.live and made.live.mode) == ("Plätze", "mean")
    assert "Mittel aus 2 Orten" in made.says
    assert "wie sonst um diese Zeit" in made.says
    assert 'class="line"' in made.picture


async def test_a_bar_says_on_which_side_of_the_limit_a_value_lies(visit: Visit, town: factories.Town) -> None:
    """Good above or below, as the editors said; values beyond the ends fill or empty the bar."""
    dry = (town.streams["Bodenfeuchte Junge Eiche"],)
    about: dict[str, Any] = {"streams": dry, "low": 0.0, "high": 40.0, "threshold": 18.0}
    made = await _made(
        visit,
        _tile("gauge", key="trocken", above=True, **about),
        _tile("gauge", key="gut", **about),
        _tile("gauge", key="voll", streams=dry, low=-5.0, high=1.0),
    )
    assert (made["trocken"].badge, made["trocken"].badge_kind) == (
        "unter der Grenze von 18 Vol.-%",
        "warning",
    )
    assert made["gut"].badge_kind == "good"
    assert made["voll"].badge == ""
    assert 'width="100.0%"' in made["voll"].picture


async def test_values_in_other_units_are_not_put_together(visit: Visit, town: factories.Town) -> None:
    """When the unit of a series changes, it leaves means and orders, and the tile says so; texts are cut."""
    ids = tuple(town.streams[f"Freie Plätze {name}"] for name in ("Arkaden", "Theater"))
    change = "UPDATE things.datastream SET unit = %s WHERE id = %s"
    units = (Jsonb({"name": "Prozent", "symbol": "%", "definition": ""}), Jsonb({"symbol": "x" * 200}))
    before = "SELECT unit FROM things.datastream WHERE id = %s"
    old = await (await visit.connection.execute(before, [ids[1]])).fetchone()
    assert old is not None
    about: dict[str, Any] = {"streams": ids, "low": 0.0, "high": 900.0, "threshold": 1000.0}
    try:
        for unit, said in zip(units, ("%", "x" * 19 + "…"), strict=True):
            await visit.connection.execute(change, [unit, ids[1]])
            made = await _made(
                visit, *(_tile(form, **about) for form in ("value", "gauge", "ranking", "low"))
            )
            assert {f"1 Ort misst anders: {said}."} == {tile.note for tile in made.values()}
            assert "Mittel" not in made["value"].says
            assert made["value"].unit == "Plätze"
            assert len(made["ranking"].rows) == 1
            alone = (await _made(visit, _tile("value", streams=ids[1:])))["value"]
            assert (alone.unit, alone.note) == (said, "")
    finally:
        await visit.connection.execute(change, [Jsonb(old[0]), ids[1]])


async def test_a_ranking_begins_at_the_end_that_was_asked_for(visit: Visit) -> None:
    """Counts are those of today; as many places as were asked for."""
    made = await _made(visit, _tile("ranking", key="viel", above=True, most=2), _tile("ranking", key="wenig"))
    names = [row.name for row in made["viel"].rows]
    assert names == ["Zählstelle Hafenstraße", "Zählstelle Promenade"]
    assert made["wenig"].rows[0].name == "Zählstelle Neutor"


async def test_days_are_counted_in_the_citys_calendar(visit: Visit, town: factories.Town) -> None:
    """Before, on the day, and afterwards."""
    today = town.now.astimezone(City().zone).date()
    made = await _made(
        visit,
        *(
            _tile("countdown", key=f"d{n}", until=(today + timedelta(days=n - 2)).isoformat())
            for n in (0, 2, 3)
        ),
    )
    assert [(made[key].figure, made[key].behind) for key in ("d0", "d2", "d3")] == [
        ("2 Tage", "vorbei"), ("heute", ""), ("1 Tag", ""),
    ]  # fmt: skip


async def test_a_dead_stream_looks_dead_in_every_kind_of_tile(
    visit: Visit, town: factories.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten days of silence: no figure of then as one of now, and since when."""
    later = town.now + timedelta(days=10)
    monkeypatch.setattr(times, "now", lambda: later)
    old = Visit(connection=visit.connection, scope=visit.scope, city=visit.city, now=later)
    made = await _made(old, *(_tile(form, low=0.0, high=1.0, threshold=1.0) for form in _PROPERTY))
    assert set(made) == set(_PROPERTY)
    assert (made["flow"].figure, made["flow"].says) == ("–", "An keinem Ort gezählt.")
    assert made["level"].figure == "–"
    for tile in made.values():
        assert tile.late_after is not None, tile.key
        assert tile.at is not None, tile.key
        assert later - tile.at > tile.late_after, tile.key
    for key in ("value", "gauge", "free", "bays", "low"):
        assert made[key].figure == "–", key


async def test_what_is_not_there_takes_nothing_else_with_it(visit: Visit) -> None:
    """A deleted series and a property that nobody measures: their tiles are left out, the others stand."""
    made = await _made(
        visit,
        _tile("value", streams=(987_654_321,)),
        _tile("level", key="x", properties=("nix",)),
        _tile("low"),
    )
    assert set(made) == {"low"}


async def test_what_somebody_may_not_see_feeds_no_tile(visit: Visit, town: factories.Town) -> None:
    """Not by its number, not by what it observes."""
    blind = Visit(
        connection=visit.connection, scope=access.Scope(ids=(), negated=False), city=visit.city, now=visit.now
    )
    single = tuple(town.streams.values())
    assert (
        await _made(blind, *(_tile(form) for form in _PROPERTY), _tile("value", key="y", streams=single))
        == {}
    )


async def test_more_tiles_ask_no_more_questions(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """What sixty tiles need is read in as many statements as what nine need."""
    asked: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def counted(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(query))
        return await execute(self, query, *more, **named)

    nine = [_tile(form, low=0.0, high=1.0) for form in _PROPERTY]
    many = [_tile(form, key=f"{form}{n}", low=0.0, high=1.0) for form in _PROPERTY for n in range(6)]
    await _made(visit, *nine)  # what is usual is kept for a while
    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)
    assert len(await _made(visit, *nine)) == 9
    few, asked[:] = len(asked), []
    assert len(await _made(visit, *many)) == 54
    assert len(asked) == few <= 6


async def test_hours_are_read_only_where_a_tile_shows_them(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars of newest values need none, places the last few; only what looks at a day reads days."""
    read: list[int] = []
    kept = hours._kept

    async def counted(*asked: Any) -> list[hours.Row]:
        rows = await kept(*asked)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(hours, "_kept", counted)
    await _made(visit, _tile("gauge", low=0.0, high=1.0), _tile("low"))
    assert read == []
    await _made(visit, _tile("places"))
    (few,) = read
    assert 0 < few <= 3 * 5
    await _made(visit, _tile("places"), _tile("flow"))
    assert len(read) == 2
    assert read[1] > 3 * 24


@pytest.mark.parametrize(
    ("zone", "day", "first", "local"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", [0, 1, *range(3, 24)]),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", [0, 1, 2, *range(2, 24)]),
        ("Asia/Kolkata", date(2026, 2, 26), "2026-02-25T19:00", list(range(24))),
    ],
)
def test_the_hours_of_a_day_are_those_that_begin_in_it(
    zone: str, day: date, first: str, local: list[int]
) -> None:
    """When clocks change a day has 23 or 25; where time is half an hour off, whole hours of UTC count."""
    found = list(usual._hours_of(day, ZoneInfo(zone)))
    assert found[0] == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert [hour.astimezone(ZoneInfo(zone)).hour for hour in found] == local


def test_tiles_fill_their_rows() -> None:
    """Wide ones in pairs or with small ones beside them, whatever their number; no row is left ragged."""
    patterns = "w wn wnn wnnn wnnnn ww wwn wwnnnn nnnw nnnnn wnnwn nn n wwwnn"
    for pattern in patterns.split():
        tiles = board._spread([Tile(key=str(n), title="", wide=c == "w") for n, c in enumerate(pattern)])
        row = 0
        for tile in tiles:
            row += tile.columns
            assert row <= 12, pattern
            row %= 12
        assert row == 0, pattern


async def test_places_that_are_all_closed_do_not_look_broken(visit: Visit, town: factories.Town) -> None:
    """The tile says what it means and since when, once; what has no meaning is silence."""
    ids = [town.streams["Freie Plätze Arkaden"], town.streams["Freie Plätze Theater"]]
    async with visit.connection.transaction(force_rollback=True):
        await visit.connection.execute(
            "UPDATE things.datastream_state SET last_time = %s, last_end = NULL"
            " WHERE datastream_id = ANY (%s)",
            (town.now - timedelta(hours=8), ids),
        )
        silent = (await _made(visit, _tile("free", streams=tuple(ids))))["free"]
        await visit.connection.execute(
            """UPDATE things.datastream SET properties = '{"silence": {"de": "geschlossen"}}'
            WHERE id = ANY (%s)""",
            (ids,),
        )
        closed = (await _made(visit, _tile("free", streams=tuple(ids))))["free"]
    shown = [
        render_to_string(
            "insights/cockpit/tile.html", {"tile": tile, "zone": visit.city.zone, "now": visit.now}
        )
        for tile in (silent, closed)
    ]
    assert "Seit 07:58 Uhr keine Messwerte" in shown[0]
    assert "keine Messwerte" not in shown[1]
    assert "geschlossen seit 07:58 Uhr" in shown[1]
    assert "An allen 2 Orten: geschlossen." in shown[1]
    assert closed.figure == "–"
