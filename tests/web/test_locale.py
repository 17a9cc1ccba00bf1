# SPDX-License-Identifier: EUPL-1.2
"""English says everything that German says."""

from __future__ import annotations

import re

import pytest

from stadtkern.web.locale import words


@pytest.mark.parametrize("path", words.complete(), ids=lambda path: path.parent.parent.name)
def test_every_word_of_the_pages_is_translated(path: object) -> None:
    """`python -m stadtkern.web.locale --missing` lists what is not."""
    assert words.missing(words.read(path)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("path", words.catalogues(), ids=lambda path: path.parent.parent.name)
def test_translations_keep_their_placeholders(path: object) -> None:
    """A lost `%(n)s` would lose the figure, or break the page."""
    for message in words.read(path):  # type: ignore[arg-type]
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        source = message.id[-1] if isinstance(message.id, tuple | list) else message.id
        for text in texts if message.id else []:
            assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", source)), source


@pytest.mark.parametrize(
    "path", set(words.catalogues()) - set(words.complete()), ids=lambda path: path.parts[-3]
)
def test_easy_language_says_nothing_that_no_page_asks_for(path: object) -> None:
    """German stands in for what is missing; what is written must belong to a page as it is now."""
    assert words.unused(words.read(path)) == []  # type: ignore[arg-type]
