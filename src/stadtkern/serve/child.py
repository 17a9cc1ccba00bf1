# SPDX-License-Identifier: EUPL-1.2
"""The way in for the supervisor's own processes, without what only the command line needs: memory at rest."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from stadtkern.serve import processes


def main(words: Sequence[str]) -> None:
    """Run one process by its name. The parent's number is given: it may be gone before we look."""
    parser = argparse.ArgumentParser(prog="stadtkern child")
    parser.add_argument("name")
    parser.add_argument("--parent", type=int)
    parser.add_argument("--listener", type=int, help="number of the listening socket that is handed on")
    given = parser.parse_args(words)
    processes.run(given.name, parent=given.parent, listener=given.listener)
