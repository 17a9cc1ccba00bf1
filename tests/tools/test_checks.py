# SPDX-License-Identifier: EUPL-1.2
"""Each house rule finds what breaks it and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.checks import (
    catalogues,
    documents,
    generated,
    headers,
    imports,
    leftovers,
    migrations,
    names,
    sizes,
)
from tools.checks.tree import Tree

HEAD = '# SPDX-License-Identifier: EUPL-1.2\n"""A module with a purpose."""\n'


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., list[str]]:
    """Write some files, run one check, get its findings as text."""

    def run(check: Callable[[Tree], Any], **files: str) -> list[str]:
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return [str(finding) for finding in check(Tree.everything_in(tmp_path))]

    return run


Found = Callable[..., list[str]]


def test_a_file_of_300_lines_is_a_room_and_one_of_301_a_hall(found: Found) -> None:
    """The limit itself is allowed."""
    assert found(sizes.check, **{"a.py": "x = 1\n" * 300}) == []
    assert "301 lines, 300 are allowed" in found(sizes.check, **{"a.py": "x = 1\n" * 301})[0]


def test_a_function_of_51_lines_is_found_inside_its_class(found: Found) -> None:
    """Methods count like functions and are named with their class."""
    text = "class C:\n    async def f(self):\n" + "        x = 1\n" * 50
    assert found(sizes.check, **{"a.py": text}) == [
        "a.py:2: a.py::C.f has 51 lines, 50 are allowed: divide it"
    ]


@pytest.mark.parametrize(
    ("lines", "entry", "finding"),
    [
        (310, "a.py 310", None),
        (311, "a.py 310", "311 lines, 310 are allowed"),
        (305, "a.py 310", "lower its entry from 310"),
        (200, "a.py 310", "remove its entry"),
        (200, "gone.py 310", "gone.py does not exist any more"),
    ],
)
def test_the_list_of_exceptions_only_shrinks(
    found: Found, lines: int, entry: str, finding: str | None
) -> None:
    """An entry permits exactly what is there; anything looser fails."""
    findings = found(sizes.check, **{"a.py": "x = 1\n" * lines, sizes.ALLOWED: f"# why\n{entry}\n"})
    assert (findings == []) if finding is None else (len(findings) == 1 and finding in findings[0])


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (HEAD, None),
        ("#!/usr/bin/env python3\n" + HEAD, None),
        ('"""A module."""\n', "line 1 must be"),
        ("", "line 1 must be"),
        ("# SPDX-License-Identifier: EUPL-1.2\nimport os\n", "line 2 must be a docstring"),
        ('# SPDX-License-Identifier: EUPL-1.2\n\n"""Late."""\n', "line 2 must be a docstring"),
        ('# SPDX-License-Identifier: EUPL-1.2\n"""No sentence\nhere."""\n', "one whole sentence"),
    ],
)
def test_a_module_says_its_licence_and_its_purpose(found: Found, text: str, finding: str | None) -> None:
    """Line 1 the licence, line 2 what the module is for."""
    findings = found(headers.check, **{"src/a.py": text})
    assert (findings == []) if finding is None else finding in findings[0]


def test_sql_carries_the_licence_too(found: Found) -> None:
    """Other sources need the first line only."""
    assert found(headers.check, **{"a.sql": "-- SPDX-License-Identifier: EUPL-1.2\nSELECT 1"}) == []
    assert len(found(headers.check, **{"b.sql": "SELECT 1"})) == 1


def test_a_drawer_for_odds_and_ends_is_found(found: Found) -> None:
    """As a module and as a folder; longer words that contain one are fine."""
    assert found(names.check, **{"src/database.py": HEAD, "src/commons.py": HEAD}) == []
    findings = found(names.check, **{"src/utils.py": HEAD, "src/helpers/a.py": HEAD})
    assert ["`helpers`" in findings[0], "`utils`" in findings[1], len(findings)] == [True, True, 2]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/a.py", "# TO" + "DO later"),
        ("src/a.sql", "-- FIX" + "ME"),
        ("requirements/a.txt", "--index" + "-url https://example.org"),
        ("package-lock.json", '  "resolved"' + ': "https://example.org/a.tgz",'),
        ("docs/a.md", "look in /home/" + "somebody/checkout"),
        ("tests/test_a.py", "time.sleep(1)"),
        ("tests/test_a.py", "async def f():\n    await asyncio.sleep(PAUSE)"),
    ],
)
def test_what_was_left_open_is_found(found: Found, path: str, line: str) -> None:
    """Notes to self, registries, paths of one machine, tests that wait by the clock."""
    assert len(found(leftovers.check, **{path: line + "\n"})) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tests/test_a.py", "while not ready():\n    time.sleep(0.01)"),
        ("tests/test_a.py", "asyncio.sleep(0)"),
        ("src/a.py", 'ROUTE = "/api/work/orders"'),
        (".npmrc", "omit-lockfile-registry-resolved=true"),
    ],
)
def test_waiting_for_a_condition_and_plain_words_are_fine(found: Found, path: str, line: str) -> None:
    """The rule is against the clock and against addresses, not against the words."""
    assert found(leftovers.check, **{path: line + "\n"}) == []


def test_an_object_imported_from_another_package_is_found(found: Found) -> None:
    """Modules may cross a package's wall, objects may not."""
    files = {"src/stadtkern/things/queries.py": HEAD, "src/stadtkern/core/access.py": HEAD}
    good = "from stadtkern.things import queries\nfrom stadtkern.core.access import Scope\n"
    assert found(imports.check, **files, **{"src/stadtkern/ui/a.py": good}) == []
    bad = "from stadtkern.things.queries import find_thing\n"
    assert "find_thing" in found(imports.check, **files, **{"src/stadtkern/ui/a.py": bad})[0]
    assert found(imports.check, **{"src/stadtkern/ui/a.py": HEAD, "src/stadtkern/things/b.py": bad}) == []


@pytest.mark.parametrize(
    ("names_", "finding"),
    [
        (["0001_a.sql", "0002_b.sql"], None),
        (["0001_a.sql", "0003_b.sql"], None),
        (["0001_a.sql", "0001_b.sql"], "not 1, 1"),
        (["1_a.sql"], "NNNN_what_it_does"),
    ],
)
def test_migrations_are_numbered_without_double(found: Found, names_: list[str], finding: str | None) -> None:
    """Two branches that both add 0002 are caught before a database is."""
    findings = found(migrations.check, **{f"src/stadtkern/x/sql/migrations/{n}": "" for n in names_})
    assert (findings == []) if finding is None else finding in findings[0]


def _good() -> dict[str, str]:
    return dict.fromkeys(documents.EXPECTED, "# Title\n")


@pytest.mark.parametrize(
    ("path", "text", "finding"),
    [
        ("README.md", "line\n" * 151, "151 lines, 150 are allowed"),
        ("docs/a.md", "[x](../gone.md)", "leads nowhere"),
        ("docs/a.md", "see `src/stadtkern/gone.py`", "there is no src/stadtkern/gone.py"),
        ("docs/adr/1-x.md", "Status: accepted", "NNNN-in-a-few-words"),
        ("docs/adr/0001-x.md", "no status", "Status: accepted"),
        ("docs/adr/0002-x.md", "Status: accepted", "must count 1, 2, 3"),
        ("docs/adr/0001-x.md", "Status: accepted\n" * 61, "fits on a page"),
        ("src/stadtkern/x/a.py", HEAD, "says what it holds"),
        ("src/stadtkern/x/README.md", "line\n" * 41, "41 lines, 40 are allowed"),
    ],
)
def test_documents_stay_short_and_true(found: Found, path: str, text: str, finding: str) -> None:
    """Every limit and every reference has an example that breaks it."""
    module = {"src/stadtkern/x/a.py": HEAD} if path.endswith("x/README.md") else {}
    assert found(documents.check, **_good()) == []
    findings = found(documents.check, **(_good() | module | {path: text}))
    assert any(finding in text for text in findings)


def test_a_stale_page_is_found_and_can_be_made_anew(tmp_path: Path) -> None:
    """`--write` mends exactly what the check finds."""
    pages = {"docs/a.md": lambda: "what the code says\n"}
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("what the code said\n", encoding="utf-8")
    assert len(list(generated.check(Tree.everything_in(tmp_path), pages=pages))) == 1
    generated.write(Tree.everything_in(tmp_path), pages=pages)
    assert list(generated.check(Tree.everything_in(tmp_path), pages=pages)) == []


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.mark.parametrize(
    ("entry", "finding"),
    [
        ('msgid "Jetzt"\nmsgstr "Now"\n', None),
        ('msgid "Jetzt"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "Jetzt"\nmsgstr "Now"\n', "doubtful"),
        ('msgid "Später"\nmsgstr "Later"\n', "does not know 'Jetzt'"),
        (
            'msgid "Jetzt"\nmsgstr "Now"\n\nmsgid "Früher"\nmsgstr "Before"\n',
            "nothing says 'Früher' any more",
        ),
    ],
)
def test_every_sentence_exists_in_every_language(found: Found, entry: str, finding: str | None) -> None:
    """Used but unknown, known but untranslated, translated but doubtful, translated but never said."""
    files = {
        "src/stadtkern/web/locale/en/LC_MESSAGES/django.po": PO + entry,
        "src/stadtkern/ui/templates/ui/a.html": '{% translate "Jetzt" %}',
    }
    findings = found(catalogues.check, **files)
    assert (findings == []) if finding is None else any(finding in text for text in findings)


def test_sentences_in_python_and_in_blocks_are_seen(found: Found) -> None:
    """Marked calls and `blocktranslate`, with variables as gettext writes them."""
    files = {
        "src/stadtkern/web/locale/en/LC_MESSAGES/django.po": PO,
        "src/stadtkern/ui/a.py": "x = gettext('Eins')\n",
        "src/stadtkern/ui/a.html": "{% blocktranslate trimmed %}\n  Noch\n  {{ n }}\n{% endblocktranslate %}",
    }
    findings = found(catalogues.check, **files)
    assert ["'Noch %(n)s'" in findings[0], "'Eins'" in findings[1], len(findings)] == [True, True, 2]
