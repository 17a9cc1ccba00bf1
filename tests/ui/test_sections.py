# SPDX-License-Identifier: EUPL-1.2
"""The navigation is made of what packages have registered, and says where one is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from stadtkern.ui import sections


def _asked(path: str, *, works_here: bool = False) -> Any:
    request = RequestFactory().get(path)
    request.person = SimpleNamespace(works_here=True) if works_here else None  # type: ignore[attr-defined]
    return request


def _where(path: str, *, works_here: bool = False) -> list[tuple[str, str]]:
    found = sections.of(_asked(path, works_here=works_here))
    return [(section.key, entry.url) for section in found for entry in section.entries if entry.here]


@pytest.mark.parametrize(
    ("path", "section", "url"),
    [
        ("/", "now", "/"),
        ("/tafeln/stadt-jetzt/radverkehr", "now", "/"),
        ("/messreihen/7", "now", "/dinge"),
        ("/dinge/7", "now", "/dinge"),
        ("/daten/parken", "data", "/daten"),
        ("/daten/anfragen/3", "data", "/daten/anfragen"),
        ("/quellen", "about", "/quellen"),
    ],
)
def test_each_page_belongs_to_the_nearest_entry(path: str, section: str, url: str) -> None:
    """Also pages that the menu does not name."""
    assert _where(path) == [(section, url)]


def test_pages_outside_the_menu_are_nowhere() -> None:
    """The front page does not claim every address that begins with its own."""
    assert _where("/anmelden") == []
    assert _where("/dingeling") == []


def test_work_shows_to_those_who_work_here_only() -> None:
    """Others need not know of it."""
    assert "work" not in [section.key for section in sections.of(_asked("/"))]
    assert _where("/arbeit/inventar", works_here=True) == [("work", "/arbeit")]


def test_a_section_without_pages_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """No link that leads to nothing."""
    kept = {key: {} if key == "about" else pages for key, pages in sections._pages.items()}
    monkeypatch.setattr(sections, "_pages", kept)
    assert [section.key for section in sections.of(_asked("/"))] == ["now", "data"]


def test_the_search_finds_pages_by_any_word_of_them() -> None:
    """Title and words below it; pages of work are not told."""
    assert [entry.url for entry in sections.matching("lizenzen")] == ["/quellen"]
    assert [entry.url for entry in sections.matching("API csv")] == ["/schnittstellen"]
    assert sections.matching("heute zu tun") == []
    assert sections.matching("") == []


def test_steps_say_where_one_is_without_colour() -> None:
    """The step of now for screen readers, those before as done, in words."""
    html = render_to_string("ui/stepper.html", {"steps": [(1, "Datei"), (2, "Plan"), (3, "Ende")], "here": 2})
    assert html.count('aria-current="step"') == 1
    assert html.index("(erledigt)") < html.index('aria-current="step"') < html.index("Plan")
