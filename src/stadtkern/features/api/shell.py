# SPDX-License-Identifier: EUPL-1.2
"""The frame of the service's pages: header, menu, crumbs and footer, as all pages of the city have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib import resources
from urllib.parse import quote, urlencode

from stadtkern.features.api import menu
from stadtkern.features.api.call import Call
from stadtkern.features.api.words import Words, words

# These pages have no easy words of their own; the page that leads to them has.
_EASY = '<a{} href="/leicht/schnittstellen" lang="de-simple" hreflang="de-simple">Leichte Sprache</a>'
_PERSON = ' class="sk-header__person"'
Crumb = tuple[str, str]
_FONTS = ("FiraSans-Regular.woff2", "FiraSans-SemiBold.woff2")
_GLASS = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="10.5" cy="10.5" r="6.5"/>'
    '<path d="M15.5 15.5 21 21"/></svg>'
)


def page(call: Call, title: str, body: str, crumbs: Sequence[Crumb] = (), *, lead: str = "") -> str:
    """A whole page. `crumbs`: the pages between the service and this one; `body` is markup."""
    say = words(call.language)
    said = f'<p class="sk-lead">{escape(lead)}</p>' if lead else ""
    return (
        f'<!doctype html><html lang="{call.language}"><head>{_head(call, title)}</head>'
        f'<body class="kern-level-1"><a class="sk-skip" href="#inhalt">{escape(say.skip)}</a>'
        f"{_header(call, say)}"
        f'<main class="sk-main sk-width" id="inhalt" tabindex="-1">{_crumbs(call, say, title, crumbs)}'
        f'<div class="sk-prose"><h1>{escape(title)}</h1>{said}</div>{body}</main>{_footer(call, say)}'
        f"</body></html>"
    )


def link(address: str, text: str) -> str:
    """A link to an address that is already complete."""
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def to(call: Call, *parts: str, **query: str) -> str:
    """The address of another page of the service, in the language of this one."""
    path = "/".join([call.service, *(quote(part, safe="") for part in parts)])
    return f"{path}?{urlencode({'f': 'html', **call.spoken, **query})}"


def button(address: str, says: str, *, strong: bool = False, rel: str = "") -> str:
    """A link that looks like a button."""
    kind, attribute = "primary" if strong else "secondary", f' rel="{rel}"' if rel else ""
    return (
        f'<a class="kern-btn kern-btn--{kind}"{attribute} href="{escape(address)}">'
        f'<span class="kern-label">{escape(says)}</span></a>'
    )


def _head(call: Call, title: str) -> str:
    city, accent = call.dress.name, str(call.dress.properties.get("accent") or "")
    lines = [
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<title>{escape(title)} – {escape(city)}</title><meta name="color-scheme" content="light dark">',
        *(
            f'<link rel="preload" href="{address}" as="font" type="font/woff2" crossorigin>'
            for name in _FONTS
            if (address := _asset(name))
        ),
    ]
    if sheet := _asset("app.css"):
        lines.append(f'<link rel="stylesheet" href="{sheet}">')
    if accent:
        lines.append(f'<link rel="stylesheet" href="/auftritt.css?v={quote(accent[1:])}">')
    if icon := _asset("icon.svg"):
        lines.append(f'<link rel="icon" href="{icon}" type="image/svg+xml">')
    lines.append(f'<link rel="alternate" type="application/json" href="{escape(machine(call))}">')
    lines.append(
        f'<link rel="alternate" hreflang="{call.other_language}" href="{escape(call.in_other_language)}">'
    )
    return "".join(lines)


def machine(call: Call) -> str:
    """This page for programs."""
    return f"{call.address}?{urlencode({**call.parameters, 'f': 'json'})}"


def _header(call: Call, say: Words) -> str:
    home, sections = say.home, menu.of(call.dress, language=call.language)
    official = ""
    if call.dress.properties.get("official"):
        official = f'<div class="sk-official"><p class="sk-width">{escape(say.official)}</p></div>'
    who = call.dress.person
    person = (
        f'<a class="sk-header__person" href="{home}konto"><span>{escape(who)}</span></a>'
        if who
        else f'<a class="sk-header__person" href="{home}anmelden">{escape(say.sign_in)}</a>'
    )
    mine = (f"{home}konto", say.account) if who else (f"{home}anmelden", say.sign_in)
    return (
        f'{official}<header class="sk-header"><div class="sk-width">{_brand(call, home)}'
        f'<nav class="sk-nav" aria-label="{escape(say.menu_label)}">{menu.across(sections, home=home)}</nav>'
        f'<div class="sk-header__end">{_EASY.format(_PERSON)}'
        f'<a class="sk-header__search" href="{home}suche">{_GLASS}'
        f"<span>{escape(say.search)}</span></a>{person}"
        f'<details class="sk-menu"><summary class="kern-btn kern-btn--secondary">'
        f'<span class="kern-label">{escape(say.menu)}</span></summary>'
        f'<nav aria-label="{escape(say.menu_label)}">{menu.folded(sections, home=home)}'
        f"<ul><li>{link(*mine)}</li><li>{_EASY.format('')}</li></ul></nav></details></div></div>"
        f"{menu.inside(sections, home=home)}</header>"
    )


def _brand(call: Call, home: str) -> str:
    name, logo = call.dress.name, str(call.dress.properties.get("logo") or "")
    mark = f'<span class="sk-brand__mark" aria-hidden="true">{escape(name[:1])}</span>'
    if logo:
        address = f"/auftritt/logo?v={quote(logo)}"
        mark = f'<img class="sk-brand__logo" src="{escape(address)}" alt="" height="40">'
    return f'<a class="sk-brand" href="{home}">{mark}<span>{escape(name)}</span></a>'


def _crumbs(call: Call, say: Words, title: str, crumbs: Sequence[Crumb]) -> str:
    way = [(say.home, say.start), (f"{say.home}schnittstellen", say.interfaces)]
    way += [(to(call), "OGC API"), *crumbs] if call.parts else []
    trail = "".join(f"<li>{link(*crumb)}</li>" for crumb in way)
    here = f'<li><span aria-current="page">{escape(title)}</span></li>'
    return f'<nav class="sk-crumbs" aria-label="{escape(say.where)}"><ol>{trail}{here}</ol></nav>'


def _footer(call: Call, say: Words) -> str:
    imprint = str(call.dress.properties.get("imprint_url") or "")
    entries = [escape(call.dress.name)]
    entries += [link(imprint, say.imprint)] if imprint.startswith(("https://", "http://", "/")) else []
    entries += [link(say.home + path, name) for name, path in say.footer]
    entries.append(link(machine(call), say.machine))
    other = call.other_language
    entries.append(
        f'<a href="{escape(call.in_other_language)}" lang="{other}" hreflang="{other}">'
        f"{'English' if other == 'en' else 'Deutsch'}</a>"
    )
    entries.append(_EASY.format(""))
    listed = "".join(f"<li>{entry}</li>" for entry in entries)
    return f'<footer class="sk-footer"><div class="sk-width"><ul>{listed}</ul></div></footer>'


@cache
def _asset(name: str) -> str | None:
    """The address of a built asset, from the manifest beside it; None where nothing was built."""
    manifest = resources.files("stadtkern") / "web" / "assets" / "manifest.json"
    try:
        found: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return f"/assets/{found[name]}"
