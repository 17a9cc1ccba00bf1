# SPDX-License-Identifier: EUPL-1.2
"""The navigation by task: packages put their pages into sections; one without pages does not show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy

Key = Literal["now", "data", "about", "work"]
# In the order of the menu. `work` shows to those who have a role.
_TITLES: dict[Key, Any] = {
    "now": gettext_lazy("Stadt jetzt"),
    "data": gettext_lazy("Daten"),
    "about": gettext_lazy("Über"),
    "work": gettext_lazy("Arbeit"),
}


@lru_cache(maxsize=512)
def _address(name: str, language: str | None) -> str:  # noqa: ARG001 - addresses differ by language
    """Each page shows all of them, and they never change."""
    return reverse(name)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a section. `below`: beginnings of addresses that belong to it besides its own.

    `shown`: whether there is something for this request; a page without it always shows.
    """

    title: Any
    url_name: str
    about: Any
    position: int
    below: tuple[str, ...]
    shown: Callable[[HttpRequest], bool] | None = None

    @property
    def url(self) -> str:
        """Where it is, in the language of the moment."""
        return _address(self.url_name, get_language())

    def reach(self, path: str) -> int:
        """How much of an address it covers; 0: nothing. The front page covers itself only."""
        own = self.url
        if path == own:
            return len(own) + 1
        front = _address("front", get_language())
        starts = [front + start for start in self.below]
        starts += [] if own == front else [own + "/", own + "."]
        return max((len(start) for start in starts if path.startswith(start)), default=0)


class Entry(msgspec.Struct, frozen=True):
    """A page in the menu of one request."""

    title: str
    url: str
    about: str
    here: bool


class Section(msgspec.Struct, frozen=True):
    """A section in the menu of one request; it leads to the first of its pages."""

    key: str
    title: str
    entries: Sequence[Entry]

    @property
    def url(self) -> str:
        """Where its first page is."""
        return self.entries[0].url

    @property
    def here(self) -> bool:
        """Whether the page asked for belongs to it."""
        return any(entry.here for entry in self.entries)


_pages: dict[Key, dict[str, Page]] = {key: {} for key in _TITLES}
_beside: dict[str, Page] = {}


def register(
    section: Key,
    title: Any,
    url_name: str,
    *,
    about: Any = "",
    position: int = 100,
    below: tuple[str, ...] = (),
    shown: Callable[[HttpRequest], bool] | None = None,
) -> None:
    """Put a page into a section; called in `AppConfig.ready`. A second call for an address replaces."""
    _pages[section][url_name] = Page(
        title=title, url_name=url_name, about=about, position=position, below=below, shown=shown
    )


def register_beside(title: Any, url_name: str, *, about: Any = "") -> None:
    """Let the search find a public page that stands in no section, such as one of the footer."""
    _beside[url_name] = Page(title=title, url_name=url_name, about=about, position=0, below=())


def of(request: HttpRequest) -> list[Section]:
    """The sections that this visitor has something in, and where in them the request is."""
    person = getattr(request, "person", None)
    shown = [key for key in _TITLES if _pages[key] and (key != "work" or (person and person.works_here))]
    ordered = {
        key: sorted(
            (page for page in _pages[key].values() if page.shown is None or page.shown(request)),
            key=lambda page: page.position,
        )
        for key in shown
    }
    ordered = {key: pages for key, pages in ordered.items() if pages}
    reaches = {
        (key, page.url_name): page.reach(request.path) for key, pages in ordered.items() for page in pages
    }
    nearest = max(reaches, key=lambda each: reaches[each], default=None)
    here = nearest if nearest and reaches[nearest] else None
    return [
        Section(
            key,
            str(_TITLES[key]),
            [
                Entry(str(page.title), page.url, str(page.about), (key, page.url_name) == here)
                for page in pages
            ],
        )
        for key, pages in ordered.items()
    ]


def public() -> list[Entry]:
    """All pages that everybody may open and that always have something; for the search."""
    pages = [
        page
        for key, inside in _pages.items()
        if key != "work"
        for page in inside.values()
        if page.shown is None
    ]
    pages += _beside.values()
    return [Entry(str(page.title), page.url, str(page.about), False) for page in pages]


def matching(text: str) -> list[Entry]:
    """Those of them whose title or words contain all of these words."""
    words = text.casefold().split()
    return [
        entry
        for entry in public()
        if words and all(word in f"{entry.title} {entry.about}".casefold() for word in words)
    ]
