# SPDX-License-Identifier: EUPL-1.2
"""The pages that the front gives by itself, where the web process cannot; a line in English below."""

from __future__ import annotations

import json
from pathlib import Path

KIND = b"text/html; charset=utf-8"
POLICY = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; connect-src 'self';"
    b" base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
_FONTS = ("FiraSans-Regular.woff2", "FiraSans-SemiBold.woff2")
_FRAME = """<!doctype html>
<html lang="de">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
{files}<body class="kern-level-1">
<main class="sk-main sk-width"><div class="sk-prose sk-section">
<h1>{title}</h1>
{text}</div></main>
"""
_FONT = '<link rel="preload" href="/assets/{}" as="font" type="font/woff2" crossorigin>\n'
_STYLE = '<link rel="stylesheet" href="/assets/{}">\n'
_SCRIPT = '<script type="module" src="/assets/{}"></script>\n'


class OwnPages:
    """Made once of the assets that there are; without any they are plain."""

    def __init__(self, *, assets: Path):
        manifest = assets / "manifest.json"
        self._names: dict[str, str] = json.loads(manifest.read_bytes()) if manifest.is_file() else {}

    def away(self) -> bytes:
        """The web process starts: the page looks for itself when there is more to see."""
        return self._page(
            title="Einen Moment, bitte",
            text='<p class="sk-lead">Die Seiten werden gerade gestartet.'
            " Sobald sie bereit sind, erscheinen sie hier von selbst.</p>\n"
            '<p class="sk-actions"><a class="kern-btn kern-btn--secondary" href="">'
            '<span class="kern-label">Neu laden</span></a></p>\n'
            '<p lang="en">The pages are starting. They appear here by themselves as soon as they are ready.'
            "</p>\n",
            script="again.js",
        )

    def too_large(self, *, most: int) -> bytes:
        """Somebody sent more than the pages take; `most` is in bytes."""
        size = most >> 20
        return self._page(
            title="Das ist zu groß",
            text=f'<p class="sk-lead">Die Seiten nehmen hier höchstens {size}&nbsp;MB an.'
            " Es wurde nichts gespeichert.</p>\n"
            "<p>Gehen Sie im Browser zurück und teilen Sie die Datei auf,"
            " oder lassen Sie weg, was niemand braucht.</p>\n"
            f'<p lang="en">This is too large: at most {size} MB. Nothing was stored; go back and split the'
            " file.</p>\n",
        )

    def too_many_cookies(self, *, most: int) -> bytes:
        """The browser sent more cookies than anybody here takes apart."""
        size = f"{most:,}"
        return self._page(
            title="Zu viele Cookies",
            text=f'<p class="sk-lead">Es werden höchstens {size.replace(",", ".")}&nbsp;Bytes Cookies'
            " angenommen; Ihr Browser hat mehr gesendet.</p>\n"
            "<p>Löschen Sie in den Einstellungen des Browsers die Cookies dieser Adresse,"
            " und laden Sie die Seite neu.</p>\n"
            f'<p lang="en">Your browser sent more than {size} bytes of cookies. Delete those of this address'
            " in its settings, then reload.</p>\n",
        )

    def _page(self, *, title: str, text: str, script: str = "") -> bytes:
        files = "".join(
            line.format(self._names[name])
            for line, name in (*((_FONT, font) for font in _FONTS), (_STYLE, "app.css"), (_SCRIPT, script))
            if name in self._names
        )
        return _FRAME.format(title=title, text=text, files=files).encode()
