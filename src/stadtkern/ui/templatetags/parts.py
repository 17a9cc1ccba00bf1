# SPDX-License-Identifier: EUPL-1.2
"""Larger components as tags: paging, tabs, stepper, timeline, frames of charts and maps, tiles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import unescape
from typing import Any

import msgspec
from django import template
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from stadtkern.city import languages
from stadtkern.city.glossary.entities import Piece
from stadtkern.ui import done as acts
from stadtkern.ui import formats, paging

register = template.Library()
_MARKUP = re.compile(r"(<[^>]*>)")
_CLOSED = re.compile(r"</?(?:a|h[1-6])\b")


class Event(msgspec.Struct, frozen=True):
    """One entry of a timeline; the newest stands first or last, as whoever makes it wants."""

    at: datetime
    text: str
    url: str = ""
    by: str = ""


@register.inclusion_tag("ui/pages.html")
def turn(before: str, after: str, says: str = "") -> dict[str, object]:
    """Links to the pages before and after, with the usual words; nothing where there is but one page."""
    return {"paging": paging.between(before, after, says)}


@register.inclusion_tag("ui/tabs.html")
def tabs(label: str, items: Sequence[tuple[str, str, bool]]) -> dict[str, object]:
    """Views of one page beside each other: address, title, whether it is this one."""
    return {"label": label, "items": items}


@register.inclusion_tag("ui/choices.html")
def choices(label: str, items: Sequence[tuple[str, str, bool]]) -> dict[str, object]:
    """Orders or spans to choose one from: address, title, whether it is this one."""
    return {"label": label, "items": items}


@register.inclusion_tag("ui/stepper.html")
def stepper(steps: Sequence[str], here: int, label: str = "") -> dict[str, object]:
    """The steps of a task; `here` counts from 1, one more than there are: all is done."""
    return {"label": label, "here": here, "steps": list(enumerate(steps, 1)), "n": len(steps)}


@register.inclusion_tag("ui/timeline.html", takes_context=True)
def timeline(context: template.Context, events: Sequence[Event]) -> dict[str, object]:
    """What happened when."""
    return {"events": events, "zone": context["zone"]}


@register.simple_block_tag
def frame(
    content: str, *, title: str, name: str, sub: str = "", foot: str = "", kind: str = ""
) -> SafeString:
    """The frame of a chart or (`kind="map"`) a map: what it shows, the picture, where it comes from."""
    about = {"title": title, "name": name, "sub": sub, "foot": foot, "kind": kind, "content": content}
    return _rendered("ui/frame.html", about)


@register.simple_block_tag
def tile(content: str, *, title: str, url: str = "", over: str = "") -> SafeString:
    """A tile that leads somewhere: what it is, its title as a link over the whole tile, a few words."""
    return _rendered("ui/tile.html", {"title": title, "url": url, "over": over, "content": content})


@register.inclusion_tag("ui/explained.html", takes_context=True)
def explained(context: template.Context, text: object) -> dict[str, object]:
    """A text in the page's language, in which words of the glossary are explained where they come first."""
    return {"pieces": _pieces(context, formats.words(text))}


@register.simple_tag(takes_context=True)
def explained_prose(context: template.Context, html: SafeString) -> SafeString:
    """The same in text that is HTML already; what is a link or a heading stays as it is."""
    parts, within = [], 0
    for part in _MARKUP.split(html):
        opens = _CLOSED.match(part)
        within += (-1 if part.startswith("</") else 1) if opens else 0
        if within or part.startswith("<"):
            parts.append(part)
        else:
            pieces = _pieces(context, unescape(part))
            told = any(piece.term for piece in pieces)
            parts.append(render_to_string("ui/prose.html", {"pieces": pieces}) if told else part)
    return mark_safe("".join(parts))  # noqa: S308 – what was safe, and templates


def _pieces(context: template.Context, text: str) -> list[Piece]:
    language = translation.get_language() or "de"
    told = _told(context)
    pieces = []
    for piece in context["city"].glossary.pieces(text, language=language):
        again = piece.term is not None and piece.term.key in told
        pieces.append(Piece(piece.text) if again else piece)
        told |= {piece.term.key} if piece.term else set()
    return pieces


@register.inclusion_tag("ui/term.html", takes_context=True)
def term(context: template.Context, key: str, text: str = "") -> dict[str, object]:
    """One word of the glossary, explained unless the page has done so before."""
    found, told = context["city"].glossary.find(key), _told(context)
    text = text or (formats.words(found.name) if found else key)
    if key in told:
        found = None
    told.add(key)
    return {"term": found, "text": text}


def _told(context: template.Context) -> set[str]:
    """The terms that this page has explained so far: ids of explanations stand there once."""
    request = context.get("request")
    if request is None:
        return set()
    if not hasattr(request, "told_terms"):
        request.told_terms = set()
    told: set[str] = request.told_terms
    return told


@register.filter(name="bytes")
def size(value: int) -> str:
    """`1,5 MB`."""
    return formats.size(value)


@register.simple_block_tag
def note(content: str, *, kind: str = "") -> SafeString:
    """Something to be noticed; `kind`: warning, danger or good."""
    return _rendered("ui/note.html", {"kind": kind, "content": content})


@register.simple_block_tag(takes_context=True)
def done(context: template.Context, content: str, what: str) -> SafeString:
    """Words on what was done, on the page that follows (`done.redirect(…, did=what)`)."""
    if acts.before(context["request"]) != what:
        return SafeString()
    return _rendered("ui/done.html", {"content": content})


@register.simple_block_tag
def lines(content: str) -> SafeString:
    """Easy language: each line of the template a line on the page, blank lines between paragraphs.

    Paragraphs whose lines begin with `- ` become lists; those that begin with `<` stay as they are.
    """
    written = re.sub(r"[^\S\n]+", " ", content).split("\n")
    blocks = "\n".join(line.strip() for line in written).split("\n\n")
    # What a template rendered is escaped already.
    return mark_safe("\n".join(_block(block.strip()) for block in blocks if block.strip()))  # noqa: S308


def _block(block: str) -> str:
    rows = [row for row in block.split("\n") if row]
    if block.startswith(("<p", "<h", "<u", "<d", "<s")):
        return "\n".join(rows)
    if all(row.startswith("- ") for row in rows):
        return "<ul>" + "".join(f"<li>{row[2:]}</li>" for row in rows) + "</ul>"
    return "<p>" + "<br>\n".join(rows) + "</p>"


@register.inclusion_tag("ui/rating.html", takes_context=True)
def rating(context: template.Context, url: str = "", name: str = "geholfen") -> dict[str, object]:
    """Asks whether this page helped; its buttons lead to a page of their own (or, as a sample, to `url`)."""
    request = context.get("request")
    path = languages.moved(request.path, to=languages.FIRST) if request else "/"
    return {"path": path, "url": url, "name": name}


@register.inclusion_tag("ui/remark.html")
def remark(helped: bool, text: str, day: date) -> dict[str, object]:
    """What a reader said beside yes or no, and on which day."""
    return {"helped": helped, "text": text, "day": formats.day(day, year=True)}


@register.inclusion_tag("ui/uneasy.html", takes_context=True)
def uneasy(context: template.Context, *texts: object) -> dict[str, object]:
    """A friendly line before texts that nobody has written in easy language yet; nothing on other pages."""
    given = [text for text in texts if text]
    missing = any(not isinstance(text, Mapping) or not text.get(languages.EASY) for text in given)
    return {"shown": bool(context.get("easy")) and missing}


def _rendered(name: str, about: dict[str, Any]) -> SafeString:
    # What a template rendered is escaped already.
    about["content"] = mark_safe(about["content"])  # noqa: S308
    return mark_safe(render_to_string(name, about).strip())  # noqa: S308
