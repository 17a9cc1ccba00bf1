# SPDX-License-Identifier: EUPL-1.2
"""Every kind of page is clean for axe, light and dark, at a desk and on a small phone.

To load a page takes as long as to judge it, so each way through the pages looks at all there is to see.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

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

# Buttons, fields and the menu.
_SMALL = """[...document.querySelectorAll('button, .kern-btn, .kern-form-input__input, summary, .sk-spans a')]
  .filter(e => e.offsetParent && e.getBoundingClientRect().height < 43.5)
  .map(e => e.outerHTML.slice(0, 90))"""


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


_REFUSED = tuple(f"Failed to load resource: the server responded with a status of {n}" for n in (404, 410))
_BAD = """<html lang="de"><title>Schlecht</title><main><h1>Schlecht</h1><img src="data:,"><p>Nacht</p></main>
<style>@media (prefers-color-scheme: dark) { p { color: #222; background: #000 } }
main { width: 2000px }</style>"""


def test_what_is_wrong_is_found(browser: Browser) -> None:
    """A picture without words, letters nobody sees at night, and a page too wide: told with their place."""
    context = _visitor(browser, width=390)
    page = context.new_page()
    page.set_content(_BAD)
    found = [*axe.here(page, name="bad"), *axe.in_the_dark(page, name="bad")]
    context.close()
    begins = [each.partition("\n")[0] for each in found]
    assert begins == [
        "bad: image-alt – ['img'] Fix any of the following:",
        "bad: wider than the screen",
        "bad in the dark: color-contrast – ['p'] Fix any of the following:",
    ]


def test_pages_are_accessible_at_a_desk(browser: Browser, walk: Walk) -> None:
    """WCAG 2.2 AA and best practice, light and dark; 200 % by text alone (1.4.4). Each page is loaded once.

    Nothing comes from elsewhere, nothing is inline, and no error in the console – with the map and the open
    chart too.
    """
    context = _visitor(browser, width=1280)
    page, told = context.new_page(), Told(walk)
    told.listen(page)
    found: list[str] = []
    for path in PATHS:
        found += axe.faults(page, address(walk, path), name=path)
        found += axe.in_the_dark(page, name=path)
        if path == "/karte":
            page.wait_for_selector("[data-map][data-ready]")
        if path == "STREAM":
            page.get_by_role("button", name="Werte ablesen und vergrößern").click()
            page.wait_for_selector(".sk-stage canvas")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += axe.wide(page, name=f"{path} with large letters")
    context.close()
    assert told.complaints == []
    assert told.strangers == []
    assert not found, "\n".join(found)


def test_pages_are_accessible_on_a_phone(browser: Browser, walk: Walk) -> None:
    """The same; what is pressed is 44 pixels high; 320 pixels, which is a desk at 400 %, are enough."""
    context = _visitor(browser, width=390, has_touch=True)
    page = context.new_page()
    found: list[str] = []
    for path in PATHS:
        found += axe.faults(page, address(walk, path), name=path)
        found += axe.in_the_dark(page, name=path)
        found += [f"{path}: too small for a finger – {each}" for each in page.evaluate(_SMALL)]
        page.set_viewport_size({"width": 320, "height": 640})
        found += axe.wide(page, name=f"{path} at 320 pixels")
        page.set_viewport_size({"width": 390, "height": 844})
    context.close()
    assert not found, "\n".join(found)


def test_axe_finds_nothing_at_twice_the_size_and_where_a_form_is_wrong(browser: Browser, walk: Walk) -> None:
    """200 % zoom of a desk, which is half as many pixels; mistakes told beside their fields."""
    context = _visitor(browser, width=640, height=422, device_scale_factor=2)
    page = context.new_page()
    found = [fault for path in PATHS[::5] for fault in axe.faults(page, address(walk, path), name=path)]
    for path in ("/barrierefreiheit/melden", "/leicht/glossar/fehlt", "/daten/anfragen/neu"):
        page.goto(walk.address + path)
        page.locator("main form .kern-btn--primary").last.click()
        page.wait_for_selector("[aria-invalid=true]")
        found += axe.here(page, name=f"{path} with mistakes")
    context.close()
    assert not found, "\n".join(found)


class Told:
    """What a page complains about, and whom it asks besides us."""

    def __init__(self, walk: Walk):
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self._ours = (walk.address, "blob:", "data:")

    def listen(self, page: Page) -> None:
        """From now on."""
        page.on("console", lambda m: self._complains(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self._complains(str(e)))
        page.on("request", lambda r: self._asks(r.url))

    def _complains(self, text: str) -> None:
        if not text.startswith(_REFUSED):
            self.complaints.append(text)

    def _asks(self, url: str) -> None:
        if not url.startswith(self._ours):
            self.strangers.append(url)


def _visitor(browser: Browser, *, width: int, height: int = 844, **device: Any) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="light",
        locale="de-DE",
        reduced_motion="reduce",
        **device,
    )
    axe.ready(context)
    return context
