# SPDX-License-Identifier: EUPL-1.2
"""`python -m conformance.page REPORT`: put a report.json into docs/conformance.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from conformance import report

PAGE = Path("docs/conformance.md")
MARK = "<!-- below: made by `python -m conformance.page`, do not edit -->\n"


def written(found: dict[str, Any], *, page: str) -> str:
    """The page with its hand-written top and the tables of a report."""
    top, mark, _ = page.partition(MARK)
    if not mark:
        raise SystemExit(f"{PAGE} has no line {MARK.strip()}")
    return top + mark + f"\nLast run: {found['date']}.\n\n" + report.markdown(found)


def main() -> None:
    """Write the page."""
    found = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    PAGE.write_text(written(found, page=PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
