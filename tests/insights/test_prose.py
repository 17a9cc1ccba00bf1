# SPDX-License-Identifier: EUPL-1.2
"""Texts of stories become a few elements, whatever somebody writes."""

from __future__ import annotations

import re

from stadtkern.insights.stories import prose


def test_text_becomes_few_elements_and_nothing_else() -> None:
    """Marks become elements; whatever looks like HTML or a program stays text."""
    made = prose.html(
        "## Wie?\n\nEin **fetter** *Satz*.\n- a\n- b\n\n1. x\n> zitiert\n\n[Amt](https://a.example/x_y)"
    )
    assert made == (
        "<h2>Wie?</h2><p>Ein <strong>fetter</strong> <em>Satz</em>.</p><ul><li>a</li><li>b</li></ul>"
        "<ol><li>x</li></ol><blockquote><p>zitiert</p></blockquote>"
        '<p><a href="https://a.example/x_y" rel="noopener">Amt</a></p>'
    )
    for bad in (
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '[x](https://a" onclick="alert(1))',
        "**<img src=x onerror=alert(1)>**",
        "&lt;script&gt;",
    ):
        out = prose.html(bad)
        assert not re.search(r"<(?!/?(p|strong|a)\b)|<[^>]*(onclick|onerror|javascript)", out), out
    assert prose.html("") == ""
    assert len(prose.html("*" * 20_000)) < 30_000
