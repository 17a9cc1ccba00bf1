# SPDX-License-Identifier: EUPL-1.2
"""The search finds German words, their parts and forms, and shows nobody what they may not know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock

import pytest
from psycopg.types.json import Jsonb

from stadtkern.catalogue import operations
from stadtkern.catalogue.search import best, find, question, spelling
from stadtkern.catalogue.search import question as questions
from stadtkern.core import access
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection

pytestmark = pytest.mark.anyio
ALL = access.Scope((), True)
ZERO = "http://dcat-ap.de/def/licenses/dl-zero-de/2.0"


@pytest.fixture(scope="module")
async def ids(database: str) -> dict[str, int]:
    """A few datasets, by key."""
    made: dict[str, int] = {}

    async def add(title: str, about: str, keywords: tuple[str, ...], theme: str, /, **more: Any) -> None:
        dataset = await operations.create(
            connection, by=None, kind=more.pop("kind", "table"), title={"de": title}, state="published",
            description={"de": about}, keywords={"de": keywords}, themes=(theme,), **more,
        )  # fmt: skip
        await operations.add_distribution(
            connection, by=None, dataset_id=dataset.id, access_url="https://stadt.example/x.csv",
            format="CSV", licence=ZERO,
        )  # fmt: skip
        made[dataset.key] = dataset.id

    async with await core_database.connect(url=database, autocommit=True) as connection:
        ends = [datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2021)]
        span = dict(zip(("temporal_from", "temporal_until"), ends, strict=True))
        here = {"spatial": {"type": "Point", "coordinates": [7.6, 51.9]}}
        await add("Baumkataster", "Alle Straßenbäume der EU.", ("Grünfläche",), "ENVI", **here)
        await add(
            "Haushaltsplan",
            "Erträge und Aufwände für das Grün und die Straßen.",
            ("Finanzen",),
            "ECON",
            **span,
        )
        await add(
            "Schulen in der Stadt",
            "Standorte. Vor den Schulen stehen Bäume der EU.",
            ("Bildung",),
            "EDUC",
            kind="features",
        )
        await add("Geheimer Baumbestand", "Noch nicht für alle in der EU.", ("Baum",), "ENVI")
    return made


async def keys(
    connection: Connection, ids: dict[str, int], scope: access.Scope = ALL, **asked: str
) -> list[str]:
    """The keys found, in their order."""
    found = await find.search(connection, scope, question=question.read(asked))
    return [dataset.key for dataset in found.datasets]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Baum", "geheimer-baumbestand"),
        ("baumkataster", "baumkataster"),
        ("kataster", "baumkataster"),
        ("Grünflächen", "baumkataster"),
        ("gruenflaeche", "baumkataster"),
        ("Straßenbaum", "baumkataster"),
        ("haushalt", "haushaltsplan"),
        ("Haushaltspläne", "haushaltsplan"),
        ("die Schule in Stadt", "schulen-in-der-stadt"),
        ("Baumkatatser", "baumkataster"),
        ("Hauhaltsplan", "haushaltsplan"),
    ],
)
async def test_words_are_found_in_any_form(
    connection: Connection, ids: dict[str, int], text: str, first: str
) -> None:
    """Stems, umlauts, parts of words and typing errors lead to the dataset that is meant."""
    assert (await keys(connection, ids, q=text))[0] == first


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Zählstellen für Fußgängerströme", "zaehlstelle"),
        ("Zählstellen für Fußgängerströme", "FUSSGAENGERSTROEME"),
        ("Zaehlstellen fuer Fussgaenger", "Zählstelle"),
        ("Zaehlstellen fuer Fussgaenger", "Fußgänger"),
        ("Feuerwehrübungen", "Feuerwehruebung"),
    ],
)
async def test_umlauts_are_found_however_they_are_written(
    connection: Connection, ids: dict[str, int], title: str, asked: str
) -> None:
    """With dots or with an e, asked or said, in titles and in descriptions."""
    keep = "SELECT title, description FROM catalogue.dataset WHERE dataset_id = %s"
    say = "UPDATE catalogue.dataset SET title = %s, description = %s WHERE dataset_id = %s"
    before = await (await connection.execute(keep, [ids["baumkataster"]])).fetchone()
    assert before is not None
    said = (title, "Alle."), ("Bäume", f"Davon handeln auch {title} der Stadt.")
    try:
        for texts in said:
            values = [Jsonb({"de": text}) for text in texts]
            await connection.execute(say, [*values, ids["baumkataster"]])
            found = await find.search(connection, ALL, question=question.read({"q": asked}))
            assert [each.key for each in found.datasets] == ["baumkataster"]
            assert not found.roughly
    finally:
        await connection.execute(say, [*map(Jsonb, before), ids["baumkataster"]])


def test_an_e_of_its_own_is_no_umlaut() -> None:
    """Feuer is not asked as Für, nor Quelle as Qülle."""
    assert [spelling.spellings(word) for word in ("Neue", "Feuer", "Quelle", "Bauer")] == [
        ["neue"], ["feuer"], ["quelle"], ["bauer"]
    ]  # fmt: skip
    assert spelling.spellings("Gemüse") == ["gemüse", "gemuese"]


async def test_a_title_comes_before_a_description(connection: Connection, ids: dict[str, int]) -> None:
    """What is named so stands above what only mentions it."""
    assert (await keys(connection, ids, q="baum"))[-1] == "schulen-in-der-stadt"


async def test_facets_count_what_matches_and_narrow_it_down(
    connection: Connection, ids: dict[str, int]
) -> None:
    """The count beside a value is the number of datasets one gets by choosing it."""
    asked = question.read({"q": "baum"})
    found = await find.search(connection, ALL, question=asked)
    assert found.counts.total == 3
    assert dict(found.counts.facets["theme"]) == {"ENVI": 2, "EDUC": 1}
    for facet, values in found.counts.facets.items():
        for value, n in values:
            narrowed = await find.search(connection, ALL, question=asked.with_facet(facet, value))
            assert narrowed.counts.total == len(narrowed.datasets) == n


async def test_time_and_area_narrow_down(connection: Connection, ids: dict[str, int]) -> None:
    """Only what says something of the time or the place asked for."""
    assert await keys(connection, ids, von="2020-06-01", bis="2020-07-01") == ["haushaltsplan"]
    assert await keys(connection, ids, von="2022-01-01") == []
    assert await keys(connection, ids, ausschnitt="7.5,51.8,7.7,52") == ["baumkataster"]
    assert await keys(connection, ids, ausschnitt="8,51.8,9,52") == []


async def test_what_is_hidden_changes_nothing(connection: Connection, ids: dict[str, int]) -> None:
    """Hits, counts, facets and typing errors are the same as if the hidden dataset were not there."""
    hidden = access.Scope((ids["geheimer-baumbestand"],), True)
    found = await find.search(connection, hidden, question=question.read({"q": "baum"}))
    assert found.counts.total == 2
    assert dict(found.counts.facets["theme"]) == {"ENVI": 1, "EDUC": 1}
    assert await keys(connection, ids, hidden, q="Geheimer") == []
    assert await keys(connection, ids, hidden, q="Geheimmer Baumbestandt") == []
    seen = access.Scope((ids["baumkataster"],), False)
    assert await keys(connection, ids, seen) == ["baumkataster"]


async def test_counts_follow_a_change_at_once(connection: Connection, ids: dict[str, int]) -> None:
    """What was cached is forgotten when the catalogue changes, in the same transaction as the change."""
    asked = question.read({"q": "Wasserspielplatz"})
    assert (await find.search(connection, ALL, question=asked)).counts.total == 0
    made = await operations.create(
        connection, by=None, kind="table", title={"de": "Wasserspielplätze"}, key="neu"
    )
    assert (await find.search(connection, ALL, question=asked)).counts.total == 1
    await operations.change(connection, by=None, dataset_id=made.id, title={"de": "Etwas anderes"})
    assert (await find.search(connection, ALL, question=asked)).counts.total == 0


def test_an_address_says_the_question_and_back() -> None:
    """Filters live in the address; nonsense in it counts as not asked."""
    asked = question.read(
        {"q": " Baum  %_ ", "thema": "ENVI", "von": "2020-01-01", "ausschnitt": "7,51,8,52", "seite": "3"}
    )
    assert asked.query() == "q=Baum+%25_&thema=ENVI&ausschnitt=7%2C51%2C8%2C52&von=2020-01-01&seite=3"
    assert question.read({"von": "1.1.2020", "bis": "31.12.2020"}).query() == "von=2020-01-01&bis=2020-12-31"
    odd = {"seite": "²", "von": "31.02.2020", "ausschnitt": "nan,1,2,3", "sortierung": "x", "q": "\0"}
    assert question.read(odd) == question.Question()
    assert question.read({"q": "Baum baum Weg"}).words == ["baum", "weg"]


@pytest.mark.parametrize("text", ["baum", "schulen", "Grün", "straßen bäume", "in der Stadt"])
@pytest.mark.parametrize("order", ["", "neu", "titel"])
async def test_pages_together_hold_each_hit_once(
    connection: Connection, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch, text: str, order: str
) -> None:
    """Also where the first pages are weighed and those behind them are not."""
    asked = question.read({"q": text, "sortierung": order})
    whole = await find.search(connection, ALL, question=asked)
    monkeypatch.setattr(best, "FIRST", 1)
    for kept in (best._first_kept, best._newest_kept, find._pages_kept):
        kept.clear()
    pages = [
        await find.search(connection, ALL, question=asked.turned(page=page), size=1)
        for page in range(1, whole.counts.total + 1)
    ]
    found = [dataset.key for page in pages for dataset in page.datasets]
    assert len(found) == whole.counts.total
    assert sorted(found) == sorted(dataset.key for dataset in whole.datasets)


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "baum"}, {"q": "straße"}, {"q": "Stadt"}, {"q": "baum", "thema": "ENVI"}, {"q": "EU"},
        {"q": "baum EU"},
    ],
)  # fmt: skip
async def test_the_best_are_the_same_whichever_way_they_are_found(
    connection: Connection, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    """Put in order one and all, or met on the way from the newest on; what is hidden is met in neither."""
    scopes = [
        ALL,
        access.Scope((ids["geheimer-baumbestand"],), True),
        access.Scope((ids["baumkataster"],), False),
    ]
    for first in (1, 2):
        monkeypatch.setattr(best, "FIRST", first)
        for scope in scopes:
            ways = []
            for everything in (0, 10**9):  # as if walking cost nothing, or as if it never came to an end
                for kept in (best._first_kept, best._newest_kept, best._all_kept):
                    kept.clear()
                monkeypatch.setattr(best, "_all", AsyncMock(return_value=everything))
                found = await find.search(connection, scope, question=question.read(asked), size=first)
                ways.append([dataset.key for dataset in found.datasets])
                assert all(scope.allows(dataset.id) for dataset in found.datasets)
            assert ways[0] == ways[1]


def test_a_pattern_that_another_one_finds_too_is_not_looked_for() -> None:
    assert spelling.shortest(["%haltestellen%", "%halt%", "%schule%", "%halt%"]) == ["%halt%", "%schule%"]


async def test_another_value_of_a_facet_stays_in_sight(connection: Connection, ids: dict[str, int]) -> None:
    """Beside the value chosen stand the others, with what choosing them instead would give."""
    found = await find.search(connection, ALL, question=question.read({"q": "baum", "thema": "ENVI"}))
    assert found.counts.total == len(found.datasets) == 2
    assert dict(found.counts.facets["theme"]) == {"ENVI": 2, "EDUC": 1}
    assert dict(found.counts.facets["kind"]) == {"table": 2}
    nothing = await find.search(connection, ALL, question=question.read({"thema": "ENVI", "art": "link"}))
    assert (nothing.counts.total, nothing.datasets) == (0, [])
    assert dict(nothing.counts.facets["kind"]) == {"table": 2}


@pytest.mark.parametrize("text", ["CO2", "xy", "2024", "Bmu"])
async def test_short_words_and_numbers_are_not_taken_for_others(
    connection: Connection, ids: dict[str, int], text: str
) -> None:
    """Three letters are alike to too much."""
    assert await keys(connection, ids, q=text) == []


@pytest.mark.parametrize(("given", "page"), [("2", 2), ("0", 1), ("²", 1), ("-1", 1), ("", 1)])
def test_a_page_is_a_number(given: str, page: int) -> None:
    """What is none counts as not asked."""
    assert questions.read({"seite": given}).page == page


def test_a_page_of_any_length_is_the_last_one() -> None:
    """Python reads no number of thousands of digits."""
    assert questions.read({"seite": "1" * 5_000}).page == questions.read({"seite": "999999"}).page
