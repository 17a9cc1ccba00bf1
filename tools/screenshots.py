# SPDX-License-Identifier: EUPL-1.2
"""Takes pictures of every kind of page, at three widths, light and dark, of an installation that runs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.browser import program

WIDTHS = (1280, 768, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_PATIENCE = 20_000  # ms


class Kind(NamedTuple):
    """A kind of page: its name, where to begin, and which first links lead from there to one of its kind."""

    name: str
    path: str
    links: tuple[str, ...] = ()
    full: bool = True


def _to(pattern: str) -> str:
    """The first link in the page's own part whose address contains this."""
    return f"main :is(h2, h3, td, th, li, .sk-actions, nav) a[href*='{pattern}']"


_FIRST_DATASET = "main :is(h2, h3) a[href*='/daten/']"
PUBLIC = (
    Kind("start", "/"),
    Kind("start-englisch", "/en/"),
    Kind("fachsicht", "/?sicht=fach"),
    Kind("wand", "/?mode=wall", full=False),
    Kind("kiosk", "/?mode=kiosk", full=False),
    Kind("kiosk-kachel", "/?mode=kiosk&kachel=radverkehr", full=False),
    Kind("karte", "/karte"),
    Kind("karte-leer", "/karte?q=gibtesnicht"),
    Kind("naehe", "/naehe"),
    Kind("naehe-gefunden", "/naehe?ort=rathaus"),
    Kind("naehe-leer", "/naehe?ort=gibtesnicht"),
    Kind("dinge", "/dinge"),
    Kind("dinge-leer", "/dinge?q=gibtesnicht"),
    Kind("ding", "/dinge/1"),
    Kind("ding-parken", "/dinge?art=parkhaus", (_to("/dinge/"),)),
    Kind("aushang", "/dinge/1/aushang"),
    Kind("aushaenge", "/dinge/schilder"),
    Kind("aushaenge-blatt", "/dinge/schilder?ding=1&ding=2&ding=3&ding=4&ding=5"),
    Kind("aushaenge-klein", "/dinge/schilder?ding=1&ding=2&ding=3&ding=4&ding=5&groesse=klein"),
    Kind("messreihe", "/messreihen/1"),
    Kind("messreihe-jahr", "/messreihen/1?zeitraum=jahr"),
    Kind("messreihe-falsch", "/messreihen/1?von=31.02.2024"),
    Kind("messreihe-vergleich", "/messreihen/1?vergleich=1"),
    Kind("einbetten-reihe", "/messreihen/1/einbetten"),
    Kind("einbetten-diagramm", "/diagramm/einbetten?reihe=1&reihe=2"),
    Kind("folgen", "/folgen?messreihe=1"),
    Kind("stimmt-nicht", "/stimmt-nicht?ding=1"),
    Kind("daten", "/daten"),
    Kind("daten-suche", "/daten?q=rad"),
    Kind("daten-leer", "/daten?q=gibtesnicht"),
    Kind("daten-gefiltert", "/daten?q=zaehl&format=CSV&thema=TRAN&art=series"),
    Kind("datensatz", "/daten?q=rad&art=series", (_FIRST_DATASET,)),
    Kind("datensatz-englisch", "/en/daten?art=features", (_FIRST_DATASET,)),
    Kind("datensatz-geodaten", "/daten?art=features", (_FIRST_DATASET,)),
    Kind("datensatz-tabelle", "/daten?art=features", (_FIRST_DATASET, _to("/tabelle"))),
    Kind("datensatz-staende", "/daten?art=features", (_FIRST_DATASET, "main li a[href$='/staende']")),
    Kind("datensatz-versionen", "/daten?art=features", (_FIRST_DATASET, "main li a[href$='/versionen']")),
    Kind("datensatz-nutzung", "/daten?q=rad&art=series", (_FIRST_DATASET, "main li a[href$='/nutzung']")),
    Kind("anfragen", "/daten/anfragen"),
    Kind("anfrage-neu", "/daten/anfragen/neu"),
    Kind("anfrage-eine", "/daten/anfragen", ("main :is(h2, h3) a[href*='/daten/anfragen/']",)),
    Kind("diagramm-waehlen", "/diagramm"),
    Kind("diagramm", "/diagramm?reihe=1"),
    Kind("diagramm-vergleich", "/diagramm?reihe=1&reihe=2&zeitraum=monat"),
    Kind("datenfenster", "/datenfenster"),
    Kind("datenfenster-eins", "/datenfenster", (_to("/datenfenster/"),)),
    Kind("suche", "/suche?q=rad"),
    Kind("suche-leer", "/suche?q=gibtesnicht"),
    Kind("glossar", "/glossar"),
    Kind("glossar-fehlt", "/glossar/fehlt"),
    Kind("quellen", "/quellen"),
    Kind("schnittstellen", "/schnittstellen"),
    Kind("daten-api", "/schnittstellen/daten-api"),
    Kind("ogc", "/ogc?f=html"),
    Kind("ogc-sammlungen", "/ogc/collections?f=html"),
    Kind("ogc-sammlung", "/ogc/collections/things?f=html"),
    Kind("ogc-merkmale", "/ogc/collections/things/items?f=html"),
    Kind("ogc-merkmal", "/ogc/collections/things/items/1?f=html"),
    Kind("barrierefreiheit", "/barrierefreiheit"),
    Kind("barriere-melden", "/barrierefreiheit/melden"),
    Kind("datenschutz", "/datenschutz"),
    Kind("ueber", "/ueber"),
    Kind("start-leicht", "/leicht/"),
    Kind("ueber-leicht", "/leicht/ueber"),
    Kind("karte-leicht", "/leicht/karte"),
    Kind("ding-leicht", "/leicht/dinge/1"),
    Kind("geholfen-danke", "/geholfen?seite=/dinge/1&danke=1"),
    Kind("geholfen", "/geholfen?seite=/dinge/1&antwort=ja"),
    Kind("bauteile", "/ui"),
    Kind("offline", "/offline"),
    Kind("nicht-gefunden", "/gibt-es-nicht"),
    Kind("anmelden", "/anmelden"),
)
INSIDE = (
    Kind("arbeit", "/arbeit"),
    Kind("arbeit-datensaetze", "/arbeit/datensaetze"),
    Kind("arbeit-datensatz", "/arbeit/datensaetze", (_to("/arbeit/daten/"),)),
    Kind("arbeit-datensatz-neu", "/arbeit/daten/neu"),
    Kind("arbeit-import", "/arbeit/import"),
    Kind("arbeit-import-neu", "/arbeit/import/neu"),
    Kind("arbeit-import-eins", "/arbeit/import", (_to("/arbeit/import/"),)),
    Kind("arbeit-ernten", "/arbeit/ernten"),
    Kind("arbeit-ernten-neu", "/arbeit/ernten/neu"),
    Kind("arbeit-inventar", "/arbeit/inventar"),
    Kind("arbeit-inventar-neu", "/arbeit/inventar/neu"),
    Kind("arbeit-inventar-luecken", "/arbeit/inventar/luecken"),
    Kind("arbeit-anfragen", "/arbeit/anfragen"),
    Kind("arbeit-nutzung", "/arbeit/nutzung"),
    Kind("arbeit-tafeln", "/arbeit/tafeln"),
    Kind("arbeit-tafel", "/arbeit/tafeln/stadt-jetzt"),
    Kind("arbeit-tafel-kachel", "/arbeit/tafeln/stadt-jetzt/kacheln/radverkehr"),
    Kind("arbeit-tafel-art", "/arbeit/tafeln/stadt-jetzt/kacheln/neu"),
    Kind("arbeit-tafel-quelle", "/arbeit/tafeln/stadt-jetzt/quelle?art=value"),
    Kind("arbeit-tafel-einstellungen", "/arbeit/tafeln/stadt-jetzt/einstellungen"),
    Kind("arbeit-tafel-versionen", "/arbeit/tafeln/stadt-jetzt/versionen"),
    Kind("arbeit-tafel-waende", "/arbeit/tafeln/stadt-jetzt/waende"),
    Kind("arbeit-datenfenster", "/arbeit/datenfenster"),
    Kind("arbeit-datenfenster-eins", "/arbeit/datenfenster", (_to("/arbeit/datenfenster/"),)),
    Kind("arbeit-ding-bild", "/arbeit/dinge/1/bild"),
    Kind("arbeit-geraete", "/arbeit/geraete"),
    Kind("arbeit-geraet-neu", "/arbeit/geraete/neu"),
    Kind("arbeit-raeume", "/arbeit/raeume"),
    Kind("arbeit-raum", "/arbeit/raeume", (_to("/arbeit/raeume/"),)),
    Kind("arbeit-vereinbarungen", "/arbeit/vereinbarungen"),
    Kind("arbeit-menschen", "/arbeit/menschen"),
    Kind("arbeit-konten", "/arbeit/menschen/konten"),
    Kind("arbeit-protokoll", "/arbeit/protokoll"),
    Kind("arbeit-post", "/arbeit/post"),
    Kind("arbeit-glossar", "/arbeit/glossar"),
    Kind("arbeit-rueckmeldungen", "/arbeit/rueckmeldungen"),
    Kind("arbeit-auftritt", "/arbeit/auftritt"),
    Kind("arbeit-geholfen", "/arbeit/geholfen"),
    Kind("arbeit-gebaerdensprache", "/arbeit/gebaerdensprache"),
    Kind("konto", "/konto"),
    Kind("konto-sicherheit", "/konto/sicherheit"),
    Kind("konto-passkeys", "/konto/sicherheit/passkeys"),
    Kind("konto-passwort", "/konto/passwort"),
    Kind("konto-email", "/konto/email"),
    Kind("konto-daten", "/konto/daten"),
    Kind("konto-schluessel", "/konto/schluessel"),
)


def main() -> None:
    """One file a page, width and colour scheme; the names say which."""
    asked = _arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    kinds = [
        kind
        for kind in (*PUBLIC, *(INSIDE if asked.session else ()))
        if not asked.only or re.search(asked.only, kind.name)
    ]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        for context, suffix in _contexts(browser, asked):
            page = context.new_page()
            for kind in kinds:
                _take(page, asked.address, kind, asked.folder / f"{kind.name}-{suffix}.png")
            context.close()
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", type=lambda given: given.rstrip("/"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--session", default="", help="the cookie `sessionid` of somebody: pages inside, too")
    parser.add_argument("--only", default="", help="kinds of pages whose names match this pattern")
    parser.add_argument("--width", type=int, action="append", choices=WIDTHS)
    parser.add_argument("--scheme", action="append", choices=SCHEMES)
    return parser.parse_args()


def _contexts(browser: Browser, asked: argparse.Namespace) -> Iterator[tuple[BrowserContext, str]]:
    for width in asked.width or WIDTHS:
        for scheme in asked.scheme or SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                locale="de-DE",
                reduced_motion="reduce",
                service_workers="block",
            )
            if asked.session:
                context.add_cookies([{"name": "sessionid", "value": asked.session, "url": asked.address}])
            yield context, f"{width}-{scheme}"


def _take(page: Page, address: str, kind: Kind, file: Path) -> None:
    """One picture; where a link is missing, such as on an empty list, the page so far is taken."""
    page.goto(address + kind.path, wait_until="load")
    for link in kind.links:
        found = page.locator(link).first
        if not found.count():
            print(f"{kind.name}: nothing like {link} on {page.url}")
            break
        there = urlsplit(urljoin(page.url, found.get_attribute("href") or ""))
        page.goto(f"{address}{there.path}?{there.query}", wait_until="load")
    if page.locator("[data-map]:not([hidden])").count():
        page.wait_for_selector("[data-map][data-ready]", timeout=_PATIENCE)
        page.wait_for_load_state("networkidle", timeout=_PATIENCE)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=file, full_page=kind.full)


if __name__ == "__main__":
    main()
