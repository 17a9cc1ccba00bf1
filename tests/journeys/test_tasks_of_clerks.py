# SPDX-License-Identifier: EUPL-1.2
"""What people in the administration do for others: by keyboard alone, and without scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from stadtkern.core import database, datasets
from tests import people
from tests.journeys.conftest import Walk
from tests.journeys.hands import WAYS, Hand, visitor, wait_for_work

FILE = b"Nr;Baumart\n1;Eiche\n2;Linde\n"
_ASKED = "INSERT INTO catalogue.request (title, body, secret_hash, ticket_hash) VALUES (%s, %s, %s, %s)"


def answer_a_request(hand: Hand) -> None:
    """Read, let others see it, and answer in public."""
    wish = f"Wo stehen Linden ({type(hand).__name__})?"
    hand.follow(wish)
    hand.tick("Veröffentlichen")
    hand.follow("Entscheidung speichern")
    expect(hand.page.get_by_text("Gespeichert.")).to_be_visible()
    hand.choose("Wie weit?", "geplant")
    hand.write("Antwort", "Im Mai zählen wir sie.")
    hand.follow("Antwort veröffentlichen")
    expect(hand.page.get_by_text("Gespeichert.")).to_be_visible()
    hand.follow("Öffentliche Seite ansehen")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text(wish)
    expect(hand.page.get_by_text("Im Mai zählen wir sie.")).to_be_visible()


def publish_a_file(hand: Hand) -> None:
    """From a table on one's disk to a page for everybody; the dialogue that picks it is the system's."""
    name = f"baeume-{type(hand).__name__.lower()}"
    hand.page.set_input_files("#id_file", {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": FILE})
    hand.follow("Ansehen")
    wait_for_work(hand)
    expect(hand.page.get_by_role("heading", name="So haben wir die Datei verstanden")).to_be_visible(
        timeout=120_000
    )
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text(name)
    hand.follow("Passt so, weiter")
    wait_for_work(hand)
    expect(hand.page.get_by_text("2 Zeilen mit")).to_be_visible(timeout=120_000)
    hand.write("Was kann man daraus lernen?", "Welche Bäume wo stehen.")
    hand.choose("Lizenz", "Datenlizenz Deutschland – Zero")
    hand.choose("Wer darf die Daten sehen?", "Öffentlich")
    hand.tick("Gleich veröffentlichen")
    hand.follow("Datensatz anlegen und Daten speichern")
    wait_for_work(hand)
    expect(hand.page.get_by_text("Er ist veröffentlicht.")).to_be_visible(timeout=120_000)
    hand.follow("Datensatz ansehen")
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text(name)


def conclude_an_agreement(hand: Hand) -> None:
    """A draft about a dataset of a closed room, read once more and put in force."""
    year = datetime.now(UTC).year
    hand.follow("Becken")
    hand.write("Titel", "Becken für die Forschung")
    hand.tick("Institut für Wasser")
    hand.tick("Rückhaltebecken")
    hand.write("Wozu sie genutzt werden", "Modelle von Starkregen.")
    # Day or month first, as the browser has it.
    hand.write("Erster Tag", f"0101{year + 1}")
    hand.write("Letzter Tag", f"1212{year + 2}")
    hand.follow("Entwurf speichern")
    expect(hand.page.get_by_text("Entwurf", exact=True)).to_be_visible()
    hand.follow("In Kraft setzen")
    expect(hand.page.get_by_role("heading", name="Vereinbarung in Kraft setzen?")).to_be_visible()
    hand.follow("In Kraft setzen")
    expect(hand.page.get_by_text(f"1. Januar {year + 1} – 12. Dezember {year + 2}")).to_be_visible()
    expect(hand.page.get_by_role("link", name="In Kraft setzen")).to_have_count(0)


TASKS: Mapping[str, tuple[str, Callable[[Hand], None]]] = {
    "answer a request": ("/arbeit/anfragen", answer_a_request),
    "publish a file": ("/arbeit/import/neu", publish_a_file),
    "conclude an agreement": ("/arbeit/vereinbarungen", conclude_an_agreement),
}


@pytest.fixture(scope="module")
def cookie(walk: Walk) -> str:
    """The session of somebody who administers the city; requests wait, and a closed room with a dataset."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop may already run in this thread
        return aside.submit(asyncio.run, _fill(walk.database_url)).result()


async def _fill(url: str) -> str:
    async with await database.connect(url=url, autocommit=True) as connection:
        somebody = await people.person(connection, role="administrator", kind="city", name="Claas Amt")
        await people.in_a_browser(connection, person_id=somebody.id)
        for way in ("Keys", "Plain"):
            wish = f"Wo stehen Linden ({way})?"
            await connection.execute(_ASKED, [wish, "Straße und Hausnummer.", way, way])
        await people.organisation(connection, name="Institut für Wasser")
        await datasets.save_room(connection, key="becken", kind="restricted", title={"de": "Becken"})
        await connection.execute(
            "UPDATE core.room SET organisation_id = %s WHERE key = 'becken'", [somebody.organisation_id]
        )
        about = {"title": {"de": "Rückhaltebecken"}}
        made = await datasets.save(connection, key="rueckhaltebecken", room="becken", about=about)
        await connection.execute(
            "UPDATE core.dataset SET organisation_id = %s WHERE id = %s", [somebody.organisation_id, made]
        )
    return somebody.cookie


@pytest.fixture(scope="module", params=WAYS)
def clerk(request: pytest.FixtureRequest, browser: Browser, walk: Walk, cookie: str) -> Iterator[Hand]:
    """One clerk for all tasks of a way."""
    with visitor(browser, request.param, address=walk.address, cookie=cookie) as made:
        yield made


@pytest.mark.parametrize("task", TASKS)
def test_a_clerk_does_it_by_keyboard_and_without_scripts(clerk: Hand, walk: Walk, task: str) -> None:
    """No pointer, no script."""
    start, steps = TASKS[task]
    clerk.page.goto(walk.address + start)
    steps(clerk)
