# SPDX-License-Identifier: EUPL-1.2
"""What people without an account tell the city, ask it and take along: by keyboard, and without scripts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, expect

from stadtkern.catalogue import upkeep
from tests.journeys.conftest import Letters, Walk
from tests.journeys.hands import WAYS, Hand, visitor


def wish_for_data(hand: Hand) -> None:
    """From the list of wishes to one's own."""
    hand.follow("Daten wünschen")
    hand.write("Welche Daten wünschen Sie sich?", "Wo stehen Bänke?")
    hand.write("Was genau brauchen Sie?", "Die Lage jeder Bank im Park.")
    hand.follow("Absenden")
    expect(hand.page.get_by_text("Danke, Ihre Anfrage ist da.")).to_be_visible()


def report_a_fault(hand: Hand) -> None:
    """The form knows the place one comes from."""
    hand.follow("Fehler melden")
    expect(hand.page.get_by_label("Um welchen Ort geht es?")).to_have_value(re.compile("Neutor"))
    hand.write("Was stimmt nicht?", "Die Zahl steht seit Tagen still.")
    hand.follow("Absenden")
    expect(hand.page.get_by_text("Danke, Ihre Meldung ist angekommen.")).to_be_visible()


def miss_a_word(hand: Hand) -> None:
    """From the glossary, where it is not, to those who add it."""
    hand.follow("Fehlendes Wort melden")
    hand.write("Welches Wort fehlt?", "Regenrückhaltebecken und Zisterne")
    hand.follow("Absenden")
    expect(hand.page.get_by_text("Danke, Ihr Hinweis ist angekommen.")).to_be_visible()


def say_that_it_helped(hand: Hand) -> None:
    """One press at the end of a page, and a word on why."""
    hand.follow("Ja, die Seite hat geholfen")
    hand.write("Möchten Sie etwas dazu sagen?", "Ja: Der Wert von heute war da.")
    hand.follow("Antwort absenden")
    expect(hand.page.get_by_role("heading", name="Danke für Ihre Antwort")).to_be_visible()


def look_nearby(hand: Hand) -> None:
    """By a name instead of where the device is."""
    hand.write("oder Name eines Messorts", "Neutor")
    hand.follow("Zeigen")
    expect(hand.page.get_by_role("heading", name="Rund um Zählstelle Neutor")).to_be_visible()


def read_in_english(hand: Hand) -> None:
    """The language changes, the page stays."""
    hand.follow("English")
    expect(hand.page.locator("html")).to_have_attribute("lang", "en")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Zählstelle Neutor")


def take_a_chart_along(hand: Hand) -> None:
    """Its values, as a file."""
    with hand.page.expect_download() as begun:
        hand.take("Werte (CSV)")
    assert begun.value.suggested_filename.endswith(".csv")


TASKS: Mapping[str, tuple[str, Callable[[Hand], None]]] = {
    "wish for data": ("/daten/anfragen", wish_for_data),
    "report a fault": ("THING", report_a_fault),
    "miss a word": ("/glossar", miss_a_word),
    "say that it helped": ("THING", say_that_it_helped),
    "look nearby": ("/naehe", look_nearby),
    "read in English": ("THING", read_in_english),
    "take a chart along": ("/diagramm?reihe=STREAM", take_a_chart_along),
}


@pytest.fixture(scope="module", params=WAYS)
def reader(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Hand]:
    """Somebody whom the city does not know, for all tasks of a way."""
    with visitor(browser, request.param) as made:
        yield made


@pytest.mark.parametrize("task", TASKS)
def test_a_reader_does_it_by_keyboard_and_without_scripts(reader: Hand, walk: Walk, task: str) -> None:
    """No account, no pointer, no script."""
    start, steps = TASKS[task]
    thing, stream = walk.things["Zählstelle Neutor"], walk.streams["Fahrräder Neutor"]
    path = start.replace("THING", f"/dinge/{thing}").replace("STREAM", str(stream))
    reader.page.goto(walk.address + path)
    steps(reader)


def test_a_dataset_is_followed_by_mail(reader: Hand, walk: Walk, letters: Letters) -> None:
    """Asked for at the dataset, confirmed by the link in a mail, and ended again; without an account."""
    with ThreadPoolExecutor(1) as aside:  # the work process does so once a minute
        aside.submit(asyncio.run, upkeep.once(url=walk.database_url)).result()
    reader.page.goto(walk.address + "/daten/kleine-stadt")
    address = f"leser-{type(reader).__name__.lower()}@buerger.example"
    reader.follow("Bei Änderungen E-Mail bekommen")
    reader.write("E-Mail-Adresse", address)
    reader.follow("Abonnieren")
    expect(reader.page.get_by_role("heading", name="Sehen Sie in Ihr Postfach")).to_be_visible()
    link = re.search(r"/daten/\S+", letters.of(address))
    assert link is not None
    reader.page.goto(walk.address + link[0])
    reader.follow("Abonnieren")
    expect(reader.page.get_by_text("Danke, das Abonnement ist bestätigt.")).to_be_visible()
    expect(reader.page.get_by_role("link", name="Kleine Stadt")).to_be_visible()
    reader.follow("Alles beenden und Adresse löschen")
    expect(reader.page.get_by_text("Ihre Adresse ist hier nicht gespeichert.")).to_be_visible()
