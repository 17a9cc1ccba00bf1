# SPDX-License-Identifier: EUPL-1.2
"""Rooms have style files of their own; two that call different things the same spoil each other's pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_STYLES = _ROOT / "src" / "stadtkern" / "ui" / "styles"
# What KERN's classes have taken the place of; what KERN lacks keeps a name of ours.
_OLD = re.compile(
    r"\bsk-(?:button(?!--danger|--icon)|badge(?!--plain)|input|label|check|field__|field--wrong)[\w-]*"
)
_CLASSES = re.compile(r'class="((?:\{%.*?%\}|\{\{.*?\}\}|[^"])*)"')
_BLOCK = re.compile(r"^\.(sk-[a-z0-9-]+) \{", re.MULTILINE)


def test_each_block_is_described_in_one_file() -> None:
    """Light and dark are chosen by classes that several files know."""
    files = defaultdict(set)
    for file in _STYLES.glob("*.scss"):
        for name in _BLOCK.findall(file.read_text(encoding="utf-8")):
            files[name].add(file.name)
    assert len(files) > 100
    several = {name: sorted(found) for name, found in files.items() if len(found) > 1}
    assert several.keys() == {"sk-scheme--dark", "sk-scheme--light"}


def test_pages_are_sent_only_what_they_ask_of_kern() -> None:
    """KERN has 500 properties; what nothing names would be a third of every first visit."""
    sent = next((_STYLES.parents[1] / "web" / "assets").glob("app-*.css")).read_text(encoding="utf-8")
    told = set(re.findall(r"[{;](--kern-[\w-]+):", sent))
    asked = set(re.findall(r"var\((--kern-[\w-]+)", sent))
    assert "--kern-typography-font-family-default" in told
    assert told <= asked
    assert "kern-btn" in sent


def _pages() -> Iterator[tuple[str, str]]:
    for file in sorted((_ROOT / "src").rglob("*")):
        if file.suffix in (".html", ".py", ".js", ".scss") and "assets" not in file.parts:
            yield file.name, file.read_text(encoding="utf-8")


def test_nothing_names_the_classes_that_kern_has_replaced() -> None:
    """They have no rules any more: what wears them is a bare button, field or badge."""
    texts = [*_pages()]
    texts += [(file.name, file.read_text(encoding="utf-8")) for file in (_ROOT / "tests").rglob("*.py")]
    assert len(texts) > 500
    found = {name: _OLD.findall(text) for name, text in texts if name != Path(__file__).name}
    assert {name: old for name, old in found.items() if old} == {}
    assert _OLD.findall("sk-button sk-button--danger sk-badge--plain sk-field sk-field__error sk-label") == [
        "sk-button", "sk-field__error", "sk-label",
    ]  # fmt: skip


def test_buttons_and_badges_are_of_one_kind_whatever_a_page_is_told() -> None:
    """KERN draws none without a kind; one that takes away is not the one that fills a form's colour."""
    seen, wrong = 0, []
    for name, text in _pages():
        for classes in _CLASSES.findall(text):
            badge, button = "kern-badge " in classes, "kern-btn " in classes
            if not badge and not button:
                continue
            seen += 1
            kind = re.search(r"kern-b(?:adge|tn)--(?!small)|sk-badge--plain|block strength", classes)
            always = re.sub(r"\{% if.*?endif %\}", "", classes)
            if (
                not kind
                or ("{% if" in classes and not re.search(r"\{% else %\}[^{]", classes))
                or ("kern-btn--primary" in always and "sk-button--danger" in classes)
            ):
                wrong.append((name, classes))
    assert seen > 300
    assert wrong == []
