# SPDX-License-Identifier: EUPL-1.2
"""Writes down what a browser hands to screen readers on the pages of each task of a running installation."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, sync_playwright

from tools.browser import program

# A task: what somebody wants, and the pages on the way.
TASKS: Mapping[str, Sequence[str]] = {
    "Find a figure": ("/", "/suche?q=promenade"),
    "Find data and take it along": ("/daten", "/daten/musterstadt-fahrrad"),
    "Read the map as a list": ("/karte?art=parkhaus",),
    "Know a place": ("/dinge/1",),
    "Make a chart": ("/diagramm?reihe=1&zeitraum=jahr&vergleich=vorjahr",),
    "Read a story": ("/datenfenster/wer-faehrt-im-winter-weiter",),
    "Look up a word": ("/glossar",),
    "Report a barrier": ("/barrierefreiheit/melden",),
    "Wish for data": ("/daten/anfragen/neu",),
    "Read in easy language": ("/leicht/",),
}
# Sent with nothing in it, to hear what is said of the fields that are required.
EMPTY = ("/barrierefreiheit/melden",)
# What stands before the main region is the same on all pages and is written down once.
FIRST, MOST = "/", 45
# Milliseconds that nobody is faster than who reads a form before sending it.
_READING = 8_000
_SPOKEN = {
    "heading": "heading", "link": "link", "button": "button", "searchbox": "search field", "textbox": "field",
    "combobox": "combo box", "checkbox": "check box", "radio": "choice", "img": "picture", "image": "picture",
    "table": "table", "columnheader": "column heading", "rowheader": "row heading", "cell": "cell",
    "navigation": "navigation", "main": "main region", "banner": "header", "contentinfo": "footer",
    "region": "region", "search": "search", "form": "form", "list": "list", "StaticText": "",
    "DisclosureTriangle": "summary", "group": "group", "complementary": "aside", "status": "status",
    "alert": "alert",
}  # fmt: skip
_CURSOR = """(e => (e.getAttribute('role') ?? e.tagName.toLowerCase()) + ' “'
  + (e.labels?.[0]?.textContent ?? e.textContent).trim().replace(/\\s+/g, ' ').slice(0, 80) + '”')
  (document.activeElement)"""
_STATES = ("level", "expanded", "checked", "invalid", "required", "disabled")


class Heard(NamedTuple):
    """One thing that is read out, and how deep it lies."""

    role: str
    text: str
    inside_main: bool


def heard(page: Page) -> list[Heard]:
    """The tree of accessibility (CDP `Accessibility`), in the order in which it is read."""
    session = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()
    root = next(node for node in nodes.values() if "parentId" not in node)
    return list(_walk(root, nodes, within=False, said=""))


def _walk(node: Mapping[str, Any], nodes: Mapping[str, Any], *, within: bool, said: str) -> Iterator[Heard]:
    role, name = (
        str(node.get("role", {}).get("value", "")),
        str(node.get("name", {}).get("value", "")).strip(),
    )
    within = within or role == "main"
    spoken = not node.get("ignored") and role in _SPOKEN
    # What a link or a heading is called is not read out a second time as its text.
    if (
        spoken
        and (role != "StaticText" or (name and name not in said))
        and (name or role in ("main", "table", "list", "alert"))
    ):
        yield Heard(role, " ".join(filter(None, [name, *_states(node)])), within)
        said = name if role != "StaticText" else said
    for child in node.get("childIds", ()):
        if child in nodes:
            yield from _walk(nodes[child], nodes, within=within, said=said)


def _states(node: Mapping[str, Any]) -> Iterator[str]:
    for state in node.get("properties", ()):
        value = state["value"].get("value")
        if state["name"] not in _STATES or value is False or value in ("false", "", None):
            continue
        yield f"({state['name']})" if value is True or value == "true" else f"({state['name']} {value})"


def written(path: str, title: str, found: Sequence[Heard], *, whole: bool) -> Iterator[str]:
    """A page as lines of Markdown: its headings to jump by, then what is read line by line."""
    yield f"**`{path}`** – title: “{title}”\n"
    headings = [each.text for each in found if each.role == "heading"]
    yield "Headings: " + " · ".join(headings[:20]) + ("" if len(headings) <= 20 else " · …") + "\n"
    lines = [each for each in found if whole or each.inside_main]
    yield "```text"
    for each in lines[:MOST]:
        name = _SPOKEN[each.role]
        yield f"{name}: {each.text}".strip(": ") if name else each.text
    yield f"… and {len(lines) - MOST} more\n```\n" if len(lines) > MOST else "```\n"


def mistakes(page: Page) -> Iterator[str]:
    """What is heard when a form was sent as it is: what is read at once, and where the cursor stands then."""
    page.wait_for_timeout(_READING)
    page.locator("main form .kern-btn--primary").last.click()
    page.wait_for_selector("main [aria-invalid=true]")
    page.wait_for_load_state("networkidle")
    found = [each for each in heard(page) if each.inside_main]
    begun = next((n for n, each in enumerate(found) if each.role == "alert"), None)
    told = [] if begun is None else found[begun : begun + 8]
    wrong = [each for each in found if "(invalid)" in each.text]
    yield f"Sent empty – title: “{page.title()}”; the cursor stands at: {page.evaluate(_CURSOR)}\n"
    yield "```text"
    yield from (f"{_SPOKEN[each.role]}: {each.text}".strip(": ") for each in [*told, *wrong])
    yield "```\n"


def main(base: str, target: Path) -> None:
    """Put the script below the marker line of a document."""
    lines: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        page = browser.new_page(locale="de-DE", viewport={"width": 1280, "height": 900})
        for task, paths in TASKS.items():
            lines.append(f"### {task}\n")
            for path in paths:
                page.goto(base + path, wait_until="load")
                lines += written(path, page.title(), heard(page), whole=path == FIRST)
                if path in EMPTY:
                    lines += mistakes(page)
        browser.close()
    begun, mark, _ = target.read_text(encoding="utf-8").partition("<!-- heard -->\n")
    target.write_text(begun + mark + "\n" + "\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
