# SPDX-License-Identifier: EUPL-1.2
"""Every kind of page is clean for axe, light and dark, at a desk and on a small phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys import axe
from tests.journeys.conftest import Walk

PATHS = ["/", "/?sicht=fach", "/karte", "/karte?q=gibtesnicht", "/karte?tag=2026-01-01&stunde=9", "/dinge",
         "/dinge?q=gibtesnicht", "THING", "THING/aushang", "/dinge/schilder?ding=THING_ID", "/stimmt-nicht",
         "STREAM",
         "STREAM?vergleich=1", "STREAM?von=31.02.2024", "/diagramm", "/diagramm?suche=fahr", "/datenfenster",
         "CHART&vergleich=vorjahr&ereignisse=2026-02-10%20Sturm", "WATERCHART&zeitraum=jahr",
         "/diagramm?reihe=1&reihe=2&reihe=3",
         "WATER?zeitraum=monat", "/daten",
         "/daten?q=gibtesnicht", "/quellen", "/schnittstellen", "/schnittstellen/daten-api",
         "/barrierefreiheit", "/daten/anfragen", "/daten/anfragen/neu",
         "/suche?q=neutor", "/suche?q=gibtesnicht", "/glossar", "/glossar/fehlt",
         "/ogc?f=html", "/ogc/collections/things?f=html", "/ogc/collections/things/items?f=html",
         "/ogc/collections/things/items/THING_ID?f=html", "/ogc/collections/gibtesnicht?f=html",
         "/ueber", "/barrierefreiheit/melden", "/nix", "/en/",
         "/naehe?stadtteil=1&umkreis=5000", "/naehe?ort=gibtesnicht", "/folgen?messreihe=1", "/folgen",
         "/offline", "/datenschutz", "/leicht/", "/leicht/ueber", "/leicht/barrierefreiheit",
         "/geholfen?seite=THING&antwort=ja", "/geholfen?seite=THING&danke=1",
         "/leicht/daten", "/leicht/karte", "/leichtTHING", "/leicht/quellen"]  # fmt: skip

_WIDE = "document.documentElement.scrollWidth > innerWidth"


def address(walk: Walk, path: str) -> str:
    """The path with the small town's numbers in it."""
    thing, stream = walk.things["Zählstelle Neutor"], walk.streams["Fahrräder Neutor"]
    water = walk.streams["Grundwasserstand Mitte"]
    path = path.replace("WATERCHART", f"/diagramm?reihe={water}").replace(
        "CHART", f"/diagramm?reihe={stream}"
    )
    path = (
        path.replace("THING_ID", str(thing))
        .replace("THING", f"/dinge/{thing}")
        .replace("STREAM", f"/messreihen/{stream}")
    )
    return walk.address + path.replace("WATER", f"/messreihen/{water}")


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser: Browser, walk: Walk, width: int) -> None:
    """WCAG 2.2 AA and best practice; no page is wider than its screen."""
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="light",
        locale="de-DE",
        reduced_motion="reduce",
    )
    page = context.new_page()
    found = []
    for path in PATHS:
        found += axe.faults(page, address(walk, path), name=path)
        found += axe.in_the_dark(page, name=path)
    context.close()
    assert not found, "\n".join(found)


def test_pages_hold_together_at_320_pixels_and_with_letters_twice_as_large(
    browser: Browser, walk: Walk
) -> None:
    """The narrowest screen, which is also a desk at 400 % zoom; then 200 % by text alone (WCAG 1.4.4)."""
    page = browser.new_page(viewport={"width": 320, "height": 640})
    wide = []
    for path in PATHS:
        page.goto(address(walk, path))
        if page.evaluate(_WIDE):
            wide.append(path)
        page.set_viewport_size({"width": 1280, "height": 844})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate(_WIDE):
            wide.append(f"{path} with large letters")
        page.set_viewport_size({"width": 320, "height": 640})
    page.close()
    assert wide == []


def test_axe_finds_nothing_at_twice_the_size_and_where_a_form_is_wrong(browser: Browser, walk: Walk) -> None:
    """200 % zoom of a desk, which is half as many pixels; mistakes told beside their fields."""
    context = browser.new_context(
        viewport={"width": 640, "height": 422}, device_scale_factor=2, locale="de-DE", reduced_motion="reduce"
    )
    page = context.new_page()
    found = [fault for path in PATHS[::5] for fault in axe.faults(page, address(walk, path), name=path)]
    for path in ("/barrierefreiheit/melden", "/leicht/glossar/fehlt", "/daten/anfragen/neu"):
        page.goto(walk.address + path)
        page.locator("main form .sk-button--strong").last.click()
        page.wait_for_selector("[aria-invalid=true]")
        found += axe.here(page, name=f"{path} with mistakes")
    context.close()
    assert not found, "\n".join(found)


def test_touch_targets_are_large_enough(browser: Browser, walk: Walk) -> None:
    """Buttons, fields and the menu are at least 44 pixels high on a phone."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    small = []
    for path in PATHS:
        page.goto(address(walk, path))
        small += page.evaluate(
            "path => [...document.querySelectorAll('button, .sk-button, .sk-input, summary, .sk-spans a')]"
            ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 43.5)"
            ".map(e => `${path}: ${e.outerHTML.slice(0, 90)}`)",
            path,
        )
    page.close()
    assert small == []
