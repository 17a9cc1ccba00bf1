# SPDX-License-Identifier: EUPL-1.2
"""Takes pictures of every kind of page, at three widths, light and dark, of an installation that runs."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

PAGES = (
    "/", "/karte", "/naehe", "/naehe?stadtteil=1", "/dinge", "/dinge/1", "/messreihen/1", "/daten",
    "/daten?q=rad", "/suche?q=rad", "/folgen?messreihe=1", "/glossar", "/quellen", "/schnittstellen",
    "/barrierefreiheit", "/barrierefreiheit/melden", "/ueber", "/ui", "/offline", "/gibt-es-nicht", "/en/",
)  # fmt: skip
WIDTHS = (1280, 768, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main(base: str, folder: Path) -> None:
    """One file a page, width and colour scheme; the names say which."""
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for width in WIDTHS:
            for scheme in SCHEMES:
                _take(browser, base, folder, width=width, scheme=scheme)
        browser.close()


def _take(browser: Browser, base: str, folder: Path, *, width: int, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale="de-DE",
        reduced_motion="reduce",
        service_workers="block",
    )
    page = context.new_page()
    for path in PAGES:
        page.goto(base + path, wait_until="load")
        page.evaluate("document.fonts.ready")
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "start"
        page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    context.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
