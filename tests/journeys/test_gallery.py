# SPDX-License-Identifier: EUPL-1.2
"""The gallery is the visual test: every component keeps its place, and looks the same light and dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.journeys import axe
from tests.journeys.conftest import Walk

# A folder of pictures that somebody has looked at; missing ones are made, others compared byte for byte.
APPROVED = os.environ.get("STADTKERN_TEST_PICTURES")
_PANELS = """() => [...document.querySelectorAll('.sk-specimen')].map(each => {
  const [light, dark] = each.querySelectorAll('.sk-specimen__one');
  const inside = light.getBoundingClientRect();
  const out = [...light.querySelectorAll('*')].filter(e => {
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height || e.closest('.sk-hidden, .sk-table-wrap, pre, svg svg')) return false;
    return box.right > inside.right + 1 || box.left < inside.left - 1;
  }).map(e => e.outerHTML.slice(0, 80));
  const shape = panel => [...panel.querySelectorAll('*')].filter(e => e.getClientRects().length).map(e => {
    const box = e.getBoundingClientRect(), frame = panel.getBoundingClientRect();
    return [e.tagName, box.left - frame.left, box.top - frame.top, box.width].map(n => Math.round(n) || n);
  });
  return {name: each.id, out, filled: inside.height > 60 && light.innerText.trim().length > 0,
    same: JSON.stringify(shape(light)) === JSON.stringify(shape(dark)),
    colours: getComputedStyle(light).backgroundColor !== getComputedStyle(dark).backgroundColor};
})"""


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_components_keep_their_place(browser: Browser, walk: Walk, width: int) -> None:
    """Nothing sticks out of its frame, nothing is empty; the dark one differs in colour only."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(walk.address + "/ui")
    page.evaluate("document.fonts.ready")
    panels = page.evaluate(_PANELS)
    page.close()
    assert len(panels) >= 15
    wrong = [p for p in panels if p["out"] or not (p["filled"] and p["same"] and p["colours"])]
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_component(browser: Browser, walk: Walk, scheme: Any) -> None:
    """Both colours at once. Only that landmarks stand there twice is as it should be."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.goto(walk.address + "/ui")
    found = axe.here(page, name=f"/ui {scheme}", but=["landmark-unique"])
    page.close()
    assert found == []


@pytest.mark.skipif(APPROVED is None, reason="NO PICTURES: name their folder in STADTKERN_TEST_PICTURES")
@pytest.mark.parametrize("width", [1280, 390])
def test_components_look_as_they_were_approved(browser: Browser, walk: Walk, width: int) -> None:
    """Each component's picture is the approved one; a new one is put beside it to be looked at."""
    folder = Path(str(APPROVED))
    folder.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.goto(walk.address + "/ui")
    page.evaluate("document.fonts.ready")
    changed = []
    for each in page.locator(".sk-specimen").all():
        picture, kept = each.screenshot(), folder / f"{each.get_attribute('id')}-{width}.png"
        if not kept.exists():
            kept.write_bytes(picture)
        elif kept.read_bytes() != picture:
            kept.with_suffix(".new.png").write_bytes(picture)
            changed.append(kept.name)
    page.close()
    assert changed == []
