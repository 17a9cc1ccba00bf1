# SPDX-License-Identifier: EUPL-1.2
"""Text as editors write it, with a few marks: headings, lists, quotes, links, bold and italics.

A small part of CommonMark. All text is escaped before marks become elements, and what comes out is
cleaned once more, so that nothing but these elements reaches a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_ELEMENTS = {"p", "h2", "h3", "ul", "ol", "li", "blockquote", "strong", "em", "a", "br"}
_SCHEMES = {"http", "https", "mailto"}
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\(((?:https?://|mailto:|/)[^\s()<>]{0,1000})\)")
_STRONG = re.compile(r"\*\*(?=[^\s*])(.{0,400}?[^\s*])\*\*", re.DOTALL)
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*\n]{0,1000}?[^\s*])\*(?![\w*])|(?<![\w*])\*(\S)\*(?![\w*])"
)
_ITEM = re.compile(r"(?:([-*+])|(\d{1,3})[.)])\s+(\S.*)")
_HEADING = re.compile(r"(#{1,4})\s+(\S.*)")


def html(text: str) -> SafeString:
    """The text as elements of a page; headings begin below those of the page."""
    parts = "".join(_block(lines) for lines in _blocks(text))
    cleaned = nh3.clean(
        parts, tags=_ELEMENTS, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel="noopener"
    )
    return mark_safe(cleaned)  # noqa: S308 – escaped above and cleaned here


def plain(text: str) -> str:
    """The text without marks, for lists and feeds."""
    return re.sub(r"[*#>]+|\]\([^)]*\)|\[", "", text).strip()


def _blocks(text: str) -> Iterator[list[str]]:
    """Lines that belong together: separated by empty lines, headings alone."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        alone = _HEADING.fullmatch(line.strip()) is not None
        starts = bool(lines) and (_kind(lines[-1]) != _kind(line)) and _kind(line) != "p"
        if (not line.strip() or alone or starts) and lines:
            yield lines
            lines = []
        if alone:
            yield [line]
        elif line.strip():
            lines.append(line)
    if lines:
        yield lines


def _kind(line: str) -> str:
    stripped = line.strip()
    if stripped.startswith(">"):
        return "quote"
    item = _ITEM.fullmatch(stripped)
    return "p" if item is None else "ul" if item[1] else "ol"


def _block(lines: list[str]) -> str:
    first = lines[0].strip()
    heading = _HEADING.fullmatch(first)
    if heading:
        level = "h2" if len(heading[1]) < 3 else "h3"
        return f"<{level}>{_inline(heading[2])}</{level}>"
    kind = _kind(first)
    if kind == "quote":
        said = " ".join(line.strip().lstrip(">").strip() for line in lines)
        return f"<blockquote><p>{_inline(said)}</p></blockquote>"
    if kind == "p":
        return f"<p>{'<br>'.join(_inline(line.strip()) for line in lines)}</p>"
    return f"<{kind}>{''.join(f'<li>{_inline(item)}</li>' for item in _items(lines))}</{kind}>"


def _items(lines: list[str]) -> list[str]:
    """The items of a list; a line without a mark goes on with the one before."""
    items: list[str] = []
    for line in lines:
        found = _ITEM.fullmatch(line.strip())
        if found:
            items.append(found[3])
        else:
            items[-1] += " " + line.strip()
    return items


def _inline(text: str) -> str:
    escaped = str(escape(text))
    linked = _LINK.sub(r'<a href="\2">\1</a>', escaped)
    # Marks inside an address are part of it: only what stands between elements is looked at.
    pieces = re.split(r"(<[^>]*>)", linked)
    if len(pieces) == 1:
        return _marks(linked)
    return "".join(piece if piece.startswith("<") else _marks(piece) for piece in pieces)


def _marks(text: str) -> str:
    strong = _STRONG.sub(r"<strong>\1</strong>", text)
    return _EMPHASIS.sub(lambda found: f"<em>{found[1] or found[2]}</em>", strong)
