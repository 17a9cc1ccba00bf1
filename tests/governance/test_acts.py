# SPDX-License-Identifier: EUPL-1.2
"""Nothing is destroyed by one careless press: a question, a folded button or a way back stands before it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import stadtkern
from tests import browsing
from tests.governance import acts

_ROOT = Path(stadtkern.__file__).parent
_FORM = re.compile(r'<form\b[^>]*method="post"[^>]*>', re.IGNORECASE)
_ACTION = re.compile(r'action="\{% url "([\w-]+)"')
_OURS = "stadtkern."


def views() -> dict[str, Any]:
    """The views of all addresses, by name."""
    browsing.django.setup(set_prefix=False)
    from django.urls import get_resolver
    from django.urls.resolvers import URLPattern

    def walk(patterns: Any) -> Iterator[tuple[str, Any]]:
        for each in patterns:
            if isinstance(each, URLPattern):
                yield each.name or "", inspect.unwrap(each.callback)
            else:
                yield from walk(each.url_patterns)

    return dict(walk(get_resolver().url_patterns))


def source(view: Any) -> str:
    """What a view's own code says."""
    return inspect.getsource(view) if inspect.isfunction(view) else ""


def known() -> set[str]:
    """All addresses that somebody has thought about."""
    return acts.ASKED_FIRST | acts.FOLDED_AWAY | set(acts.BROUGHT_BACK) | acts.HARMLESS


def test_every_address_that_changes_something_is_known() -> None:
    """Whoever adds a view that takes a form says here what keeps people from using it by mistake."""
    found = views()
    changing = {
        name
        for name, view in found.items()
        if view.__module__.startswith(_OURS) and re.search(r"require_POST|\bPOST\b|FILES", source(view))
    }
    assert sorted(changing - known()) == []
    assert sorted(known() - set(found)) == []


def test_what_destroys_asks_on_a_page_of_its_own() -> None:
    """Its view answers GET too, so that a question can stand there; and nobody is in two lists."""
    found = views()
    assert [name for name in sorted(acts.ASKED_FIRST) if "@require_POST" in source(found[name])] == []
    lists = (acts.ASKED_FIRST, acts.FOLDED_AWAY, set(acts.BROUGHT_BACK), acts.HARMLESS)
    assert sum(map(len, lists)) == len(known())
    assert set(acts.BROUGHT_BACK.values()) <= set(found)


def test_buttons_that_destroy_are_folded_away_with_what_they_do() -> None:
    """In every template: the form lies in a `sk-sure` and has a sentence."""
    seen = set()
    for path in sorted(_ROOT.glob("*/templates/**/*.html")):
        text = path.read_text(encoding="utf-8")
        for form in _FORM.finditer(text):
            tail = text[form.start() : text.find("</form>", form.start())]
            names = set(_ACTION.findall(form[0])) | set(re.findall(r'\{% url "([\w-]+)"', form[0]))
            for name in names & acts.FOLDED_AWAY:
                seen.add(name)
                before = text[: form.start()]
                inside = before.rfind('<details class="sk-sure') > before.rfind("</details>")
                assert inside, (path.name, name)
                assert "<p " in tail, (path.name, name)
    assert seen == acts.FOLDED_AWAY


def test_buttons_in_the_colour_of_danger_are_none_of_the_harmless() -> None:
    """What is marked as dangerous is asked first or folded away; what is harmless is not marked."""
    wrong = []
    for path in sorted(_ROOT.glob("*/templates/**/*.html")):
        text = path.read_text(encoding="utf-8")
        for form in _FORM.finditer(text):
            tail = text[form.start() : text.find("</form>", form.start())]
            names = set(re.findall(r'\{% url "([\w-]+)"', form[0]))
            dangerous = re.search(r"<button[^>]*sk-button--danger", tail)
            wrong += [(path.name, name) for name in names & acts.HARMLESS if dangerous]
    assert wrong == []
