# SPDX-License-Identifier: EUPL-1.2
"""A developer copies lines from the page of a dataset and runs them; somebody draws an area on the list."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stadtkern.catalogue import upkeep
from tests.journeys.conftest import Walk

DATASET = "/daten/kleine-stadt"


def run(command: list[str], folder: Path) -> str:
    """What a program prints; it must end well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines(page: Page, name: str) -> str:
    """The lines of an example, as the button would copy them."""
    return page.locator(f"#programm-{name}").text_content() or ""


def test_the_examples_run_as_they_are_copied(walk: Walk, page: Page, tmp_path: Path) -> None:
    """curl, Python and JavaScript, wherever they are installed; R, Excel and QGIS cannot run here."""
    with ThreadPoolExecutor(1) as aside:  # the work process does so once a minute
        aside.submit(asyncio.run, upkeep.once(url=walk.database_url)).result()
    page.goto(walk.address + DATASET)
    copied = {name: lines(page, name) for name in ("curl", "python", "javascript")}
    here = page.evaluate("location.origin")
    told = copied["python"].split('urlopen("')[1].split("/daten")[0]
    copied = {name: text.replace(told, here) for name, text in copied.items()}
    if shutil.which("curl"):
        run(["sh", "-c", copied["curl"]], tmp_path)
        assert (tmp_path / "kleine-stadt.csv").read_text().startswith("phenomenonTime,result")
    (tmp_path / "example.py").write_text(copied["python"])
    assert "phenomenonTime" in run([sys.executable, "example.py"], tmp_path)
    if shutil.which("node"):
        (tmp_path / "example.mjs").write_text(copied["javascript"])
        assert "phenomenonTime" in run(["node", "example.mjs"], tmp_path)


@pytest.mark.parametrize("width", [1280, 390])
def test_an_area_is_drawn_and_taken_back(walk: Walk, page: Page, width: int) -> None:
    """The rectangle becomes a choice of the field; the list is narrowed by it, and the chip takes it back."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(walk.address + "/daten")
    page.get_by_text("Auf der Karte zeichnen").click()
    page.locator(".sk-extent__map").scroll_into_view_if_needed()
    drawing = page.locator(".sk-extent__map").bounding_box()
    assert drawing is not None
    page.mouse.move(drawing["x"] + 20, drawing["y"] + 20)
    page.mouse.down()
    page.mouse.move(drawing["x"] + drawing["width"] * 0.7, drawing["y"] + drawing["height"] * 0.7, steps=4)
    page.mouse.up()
    expect(page.locator("#ausschnitt")).not_to_have_value("")
    page.get_by_role("button", name="Anwenden").click()
    expect(page).to_have_url(re.compile("ausschnitt="))
    page.locator(".sk-chip", has_text="gezeichneter Ausschnitt").click()
    expect(page).not_to_have_url(re.compile("ausschnitt="))
