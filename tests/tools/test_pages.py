# SPDX-License-Identifier: EUPL-1.2
"""The generated pages say what stands in the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stadtkern.core import settings as core_settings
from tools.pages import commands, errors, settings

_PROBLEMS = '''
class Problem(Exception):
    status: int = 400

class Missing(problems.Problem):
    """It is | gone.

    Look
    elsewhere.
    """
    status = 404

class Inner(Missing):
    """Inner."""

class Silent(Problem):
    pass

class Other(Exception):
    """No problem."""
'''


def test_errors_are_listed_with_status_title_and_remedy(tmp_path: Path) -> None:
    """A status may be inherited; what has no docstring or is no Problem stays out."""
    (tmp_path / "a.py").write_text(_PROBLEMS, encoding="utf-8")
    rows = [line for line in errors.page(tmp_path).splitlines() if line.startswith("| ")][1:]
    assert rows == ["| Inner | 404 | Inner |  |", "| Missing | 404 | It is \\| gone | Look elsewhere. |"]


def test_every_setting_is_on_the_page_of_settings() -> None:
    """With its variable and its meaning."""
    page = settings.page()
    for field in core_settings.Settings.__struct_fields__:
        assert f"| `STADTKERN_{field.upper()}` |" in page


def test_commands_are_listed_with_options_and_help() -> None:
    """Groups by their words, hidden commands not at all."""
    app = typer.Typer()
    group = typer.Typer()
    app.add_typer(group, name="tree")

    @group.command()
    def plant(place: str, deep: Annotated[int, typer.Option(help="How deep.")] = 60) -> None:
        """Plant a tree."""

    @app.command(hidden=True)
    def dig() -> None:
        """Dig."""

    page = commands.page(app)
    assert "## `stadtkern tree plant`\n\nPlant a tree.\n" in page
    assert "| `PLACE` | required |  |" in page
    assert "| `--deep` | `60` | How deep. |" in page
    assert "dig" not in page
