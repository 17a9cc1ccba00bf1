# SPDX-License-Identifier: EUPL-1.2
"""A clerk brings a file into the running installation, through front, pages and work process."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from stadtkern.core import database
from tests import people
from tests.journeys import axe
from tests.journeys.conftest import Walk

# Larger than pages take from somebody unknown.
LARGE = b"Nr;Baumart;Rechtswert;Hochwert;Bemerkung\n" + b"".join(
    b"%d;Eiche;%d;5757100;%s\n" % (n, 405_000 + n % 900, b"gut gewachsen " * 210) for n in range(6_000)
)


async def _publisher(url: str) -> people.Somebody:
    async with await database.connect(url=url, autocommit=True) as connection:
        return await people.person(connection, role="publisher")


def test_a_large_file_becomes_a_published_dataset(
    page: Page, context: BrowserContext, walk: Walk, tmp_path: Path
) -> None:
    """Sent, understood, checked; the page moves on by itself, and nothing on it is in anybody's way."""
    with ThreadPoolExecutor(1) as aside:
        somebody = aside.submit(asyncio.run, _publisher(walk.database_url)).result()
    context.add_cookies([{"name": "sessionid", "value": somebody.cookie, "url": walk.address}])
    page.goto(f"{walk.address}/arbeit/import/neu")
    file = tmp_path / "baeume.csv"
    file.write_bytes(LARGE)
    page.set_input_files("#id_file", file)
    page.get_by_role("button", name="Ansehen").click()
    expect(page.get_by_role("heading", name="So haben wir die Datei verstanden")).to_be_visible(
        timeout=120_000
    )
    assert axe.here(page, name="understood") == []
    page.get_by_role("button", name="Ganze Datei prüfen").click()
    expect(page.get_by_text("6.000 Zeilen mit")).to_be_visible(timeout=120_000)
    page.get_by_label("Was kann man daraus lernen?").fill("Wo die Eichen stehen.")
    page.get_by_label("Lizenz").select_option("http://dcat-ap.de/def/licenses/dl-zero-de/2.0")
    page.get_by_label("Wer darf die Daten sehen?").select_option("public")
    page.get_by_label("Gleich veröffentlichen").check()
    assert axe.here(page, name="checked") == []
    page.get_by_role("button", name="Datensatz anlegen und Daten speichern").click()
    expect(page.get_by_text("Er ist veröffentlicht.")).to_be_visible(timeout=120_000)
    page.get_by_role("link", name="Datensatz ansehen").click()
    page.wait_for_url("**/daten/baeume**")
    context.clear_cookies()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("baeume")
