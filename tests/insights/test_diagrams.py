# SPDX-License-Identifier: EUPL-1.2
"""A diagram says what it shows, in picture, words, table and files, whatever it is asked for."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio


@pytest.fixture
def growing(town: factories.Town, connection: Connection) -> factories.Town:
    """The town, with room for more series."""
    town.connection = connection
    return town


async def _page(client: AsyncClient, query: str, status: int = 200) -> str:
    answer = await client.get(f"/diagramm?{query}")
    assert answer.status_code == status, (query, answer.status_code)
    return answer.content.decode()


def _said(page: str) -> str:
    return re.findall(r"data-sentence>([^<]*)<", page)[0]


async def _rows(client: AsyncClient, query: str) -> list[list[str]]:
    answer = await client.get(f"/diagramm/werte.csv?{query}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))


async def test_totals_are_bars_and_the_sentence_says_how_much(
    visitor: AsyncClient, town: factories.Town
) -> None:
    """Totals by day; today is not full yet and would look like a fall, so it is left out."""
    query = f"reihe={town.streams['Fahrräder Promenade']}&gruppe=tag"
    page = await _page(visitor, query)
    rows = await _rows(visitor, query)
    values = [float(row[1]) for row in rows[1:]]
    total = f"{round(sum(values)):,}".replace(",", ".")
    assert f"Zusammen {total} Räder" in _said(page)
    assert 'class="bar"' in page
    assert rows[-1][0] == "2026-02-25T00:00:00+01:00"
    assert "Fahrräder je Tag, Zählstelle Promenade" in page


async def test_gaps_stay_gaps_and_are_counted(visitor: AsyncClient, town: factories.Town) -> None:
    """The hours that are missing in the data are missing in the table, and the sentence counts them."""
    query = f"reihe={town.streams['Fahrräder Neutor']}&zeitraum=woche&gruppe=stunde"
    assert re.search(r"In 50 von \d+ Stunden fehlen Werte", _said(await _page(visitor, query)))


async def test_totals_that_lack_values_are_no_falls(visitor: AsyncClient, town: factories.Town) -> None:
    """The two days with missing hours are left out of the picture, counted, and said; the table has them."""
    query = f"reihe={town.streams['Fahrräder Neutor']}&gruppe=tag"
    said = _said(await _page(visitor, query))
    assert "Summen, zu denen Werte fehlen, sind nicht gezeigt" in said
    assert re.search(r"An [34] von 3[12] Tagen fehlen Werte", said)
    rows = await _rows(visitor, query)
    assert sum(not row[1] for row in rows) in (3, 4)
    values = [float(row[1]) for row in rows[1:] if row[1]]
    assert min(values) > max(values) * 0.9


async def test_a_series_without_values_is_named_beside_those_that_have_some(
    visitor: AsyncClient, growing: factories.Town
) -> None:
    """Whichever stands first."""
    thing = await growing.thing("Zählstelle Neu", kind="bicycle_counter", point=None)
    number = await growing.stream(
        thing, name="Fahrräder Neu", observes="Fahrräder", definition=factories.BICYCLES, symbol="Räder/h",
        kind="count", rows=iter([]),
    )  # fmt: skip
    page = await _page(visitor, f"reihe={number}&reihe={growing.streams['Fahrräder Promenade']}&gruppe=tag")
    said = _said(page)
    assert said.startswith("Zählstelle Promenade: Zusammen")
    assert "Für Zählstelle Neu gibt es in diesem Zeitraum keine Werte." in said
    assert "Fahrräder je Tag: Zählstelle Neu und Zählstelle Promenade" in page


async def test_places_are_compared_on_one_axis(visitor: AsyncClient, town: factories.Town) -> None:
    """Each line has its letter and name; the sentence orders them; the table has a column for each."""
    names = ("Fahrräder Neutor", "Fahrräder Promenade", "Fahrräder Hafenstraße")
    query = "&".join(f"reihe={town.streams[name]}" for name in names) + "&gruppe=woche"
    page = await _page(visitor, query)
    said = _said(page)
    assert said.index("Hafenstraße") < said.index("Promenade") < said.index("Neutor")
    for number in (1, 2, 3):
        assert f"line series-{number}" in page
    assert {len(row) for row in await _rows(visitor, query)} == {4}


async def test_units_that_differ_do_not_share_an_axis(visitor: AsyncClient, town: factories.Town) -> None:
    """The first decides; the page names what is left out."""
    names = [name for name in town.streams if not name.startswith("Fahrräder")]
    other = town.streams[names[0]]
    page = await _page(visitor, f"reihe={town.streams['Fahrräder Neutor']}&reihe={other}")
    assert "Verschiedene Einheiten passen nicht auf eine Achse" in page
    assert "line series-2" not in page


async def test_the_year_before_is_laid_on_the_same_weekdays(
    growing: factories.Town, visitor: AsyncClient
) -> None:
    """52 weeks before; the mean of both says how much more it is."""
    thing = await growing.thing("Zählstelle Altstadt", kind="bicycle_counter", point=None)
    start = datetime(2026, 2, 2, tzinfo=UTC)

    def rows() -> factories.Rows:
        for back, level in ((52 * 7, 100.0), (0, 150.0)):
            for day in range(13 if back else 14):
                for hour in range(24):
                    yield start + timedelta(days=day - back, hours=hour), level, None

    number = await growing.stream(
        thing, name="Fahrräder Altstadt", observes="Fahrräder", definition=factories.BICYCLES,
        symbol="Räder/h", kind="count", rows=rows(),
    )  # fmt: skip
    query = f"reihe={number}&von=2026-02-03&bis=2026-02-14&gruppe=tag&vergleich=vorjahr"
    page = await _page(visitor, query)
    said = _said(page)
    assert "50\N{NO-BREAK SPACE}% mehr als im Jahr davor: im Mittel 3.600 statt 2.400 Räder" in said
    assert "für beide Jahre gibt" not in said
    longer = _said(await _page(visitor, query.replace("2026-02-14", "2026-02-15")))
    assert "im Mittel 3.600 statt 2.400 Räder. Verglichen sind die 12 Werte, die es für beide" in longer
    table = await _rows(visitor, query)
    assert table[1] == ["2026-02-03T00:00:00+01:00", "3600", "2400"]
    assert len(table) == 13


async def test_days_may_be_typed_the_german_way(visitor: AsyncClient, town: factories.Town) -> None:
    """Where a browser has no field for dates; fields that are there keep them."""
    number = town.streams["Fahrräder Promenade"]
    page = await _page(visitor, f"reihe={number}&von=1.1.2026&bis=31.01.2026")
    assert 'name="von" value="2026-01-01"' in page
    assert 'name="bis" value="2026-01-31"' in page


async def test_a_mean_has_a_band_and_totals_have_none(visitor: AsyncClient, town: factories.Town) -> None:
    """From least to greatest by itself; the middle of the hours on request; none where none is wanted."""
    soil = next(number for name, number in town.streams.items() if "Boden" in name)
    spread = await _rows(visitor, f"reihe={soil}&gruppe=tag")
    middle = await _rows(visitor, f"reihe={soil}&gruppe=tag&band=mitte")
    assert len(spread[0]) == len(middle[0]) == 4
    low, high = float(spread[2][2]), float(spread[2][3])
    assert low < float(middle[2][2]) < float(middle[2][3]) < high
    assert len((await _rows(visitor, f"reihe={soil}&gruppe=tag&band=ohne"))[0]) == 2
    counted = town.streams["Fahrräder Promenade"]
    assert "haben keinen Streubereich" in await _page(visitor, f"reihe={counted}&band=spanne")


async def test_events_are_numbered_and_told(visitor: AsyncClient, town: factories.Town) -> None:
    """Both ways of writing dates; a line without a date is named, not swallowed."""
    events = "10.02.2026+Sturm+%3Cb%3E%0A2026-02-12:+Messe%0Aohne+Datum"
    page = await _page(visitor, f"reihe={town.streams['Fahrräder Promenade']}&ereignisse={events}")
    assert "Sturm &lt;b&gt;" in page
    assert page.count('class="event-knob"') == 2
    assert "Das Ereignis „ohne Datum“ war nicht zu lesen" in page


async def test_the_picture_is_a_whole_svg_with_its_words(visitor: AsyncClient, town: factories.Town) -> None:
    """Well-formed with title, sentence and source, without style or script; sandboxed as a file."""
    answer = await visitor.get(f"/diagramm/bild.svg?reihe={town.streams['Fahrräder Promenade']}&titel=A%26B")
    root = ElementTree.fromstring(answer.content)
    text = " ".join(root.itertext())
    assert "A&B" in text
    assert "Stadt Beispiel, dl-de/by-2-0" in text
    assert b"style=" not in answer.content
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].endswith('.svg"')


@pytest.mark.parametrize(
    "query",
    [
        "zeitraum=nie&gruppe=minute&vergleich=x&band=y&seite=-1",
        "von=2026-13-01&bis=quatsch",
        "von=1800-01-01&bis=2400-01-01",
        "von=0001-01-01",
        "zeitraum=alles&gruppe=einzeln",
        "zeitraum=24h&gruppe=jahr&vergleich=jahre",
        "titel=" + "ü" * 900,
        "titel=%D9%85%D8%B1%D8%AD%D8%A8%D8%A7+%F0%9F%9A%B2%00",
        "ereignisse=" + "2026-02-10+x%0A" * 30,
        "reihe=999999999999999999999&reihe=0&reihe=-1&reihe=x",
        "daten=%00&suche=%00",
    ],
)
async def test_whatever_stands_in_the_address_gives_a_diagram(
    visitor: AsyncClient, town: factories.Town, query: str
) -> None:
    """What cannot be used is said; the picture comes all the same."""
    page = await _page(visitor, f"reihe={town.streams['Fahrräder Promenade']}&{query}")
    assert "sk-several" in page


def _ago(days: int) -> datetime:
    return factories.NOW - timedelta(days=days)


def _flat(value: float, hours: int) -> factories.Rows:
    for hour in range(hours):
        yield factories.NOW - timedelta(days=3, hours=hour), value, None


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        ("Leer", [], "noch nie einen Wert gemeldet"),
        ("Einer", [(factories.NOW - timedelta(hours=5), 7.5, None)], "einen einzigen Wert: 7,50 m"),
        ("Gleich", list(_flat(4.0, 60)), "immer gleich: 4 m je Tag."),
        ("Riesig", [(_ago(9), 1e300, None), (_ago(8), -1e300, None)], "E3"),
        ("Minus", [(factories.NOW - timedelta(days=d), -d * 1.5, None) for d in range(1, 9)], "−12 m"),
        ("Eng", [(_ago(9), 25.06, None), (_ago(8), 25.13, None)], "Am höchsten: 25,13 m"),
        ("م" * 190 + "🚲", list(_flat(1.0, 3)), "einen einzigen Wert: 1 m"),
    ],
)  # fmt: skip
async def test_odd_series_show_something_sensible(
    visitor: AsyncClient,
    growing: factories.Town,
    name: str,
    rows: list[tuple[datetime, float, None]],
    says: str,
) -> None:
    """Empty, one point, flat, huge, negative, nearly the same; 200 Arabic characters with a bicycle."""
    thing = await growing.thing(f"Pegel {name}"[:200], kind="well", point=None)
    number = await growing.stream(
        thing, name=name, observes="Pegel", definition="x:" + name[:9], symbol="m", kind="measurement",
        rows=iter(rows),
    )  # fmt: skip
    page = await _page(visitor, f"reihe={number}")
    assert says in page
    assert (await visitor.get(f"/diagramm/bild.svg?reihe={number}")).status_code == 200


async def test_a_series_that_went_silent_is_shown_to_its_end(
    visitor: AsyncClient, growing: factories.Town
) -> None:
    """And where a span without values is asked for, the last value is named."""
    thing = await growing.thing("Pegel Still", kind="well", point=None)
    rows = [(datetime(2024, 5, 1, hour, tzinfo=UTC), 2.0 + hour, None) for hour in range(20)]
    number = await growing.stream(
        thing, name="Still", observes="Pegel", definition="x:still", symbol="m", kind="measurement",
        rows=iter(rows),
    )  # fmt: skip
    assert "sk-several" in await _page(visitor, f"reihe={number}")
    page = await _page(visitor, f"reihe={number}&von=2026-01-01&bis=2026-01-31")
    assert "Der letzte Wert ist vom 1. Mai 2024" in page


async def test_what_one_may_not_see_is_as_if_it_were_not_there(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Not found, not offered, not in files; in frames not even for those who are signed in."""
    number = town.streams["Fahrräder Promenade"]
    move = "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s) WHERE id = %s"
    await connection.execute(move, ["internal", town.dataset_id])
    try:
        assert "gibt es nicht (mehr) oder es ist nicht öffentlich" in await _page(visitor, f"reihe={number}")
        assert "Promenade" not in (await _page(visitor, "suche=fahrräder")).replace('value="', "")
        for file in ("werte.csv", "bild.svg", "einbetten"):
            assert (await visitor.get(f"/diagramm/{file}?reihe={number}")).status_code == 404
        insider = await people.person(connection, role="reader")
        visitor.cookies["sessionid"] = insider.cookie
        seen = await _page(visitor, f"reihe={number}")
        assert "sk-several" in seen
        assert "/diagramm/einbetten?" not in seen
        assert (await visitor.get(f"/diagramm/einbetten?reihe={number}")).status_code == 404
    finally:
        await connection.execute(move, ["public", town.dataset_id])


async def test_others_may_frame_the_diagram(visitor: AsyncClient, town: factories.Town) -> None:
    """Without cookies and script, with its source and the way back."""
    answer = await visitor.get(f"/diagramm/einbetten?reihe={town.streams['Fahrräder Promenade']}")
    text = answer.content.decode()
    assert "frame-ancestors *" in answer["Content-Security-Policy"]
    assert "<script" not in text
    assert "Stadt Beispiel" in text
    assert "/diagramm?reihe=" in text
