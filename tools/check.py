# SPDX-License-Identifier: EUPL-1.2
"""The house rules that ruff, mypy and import-linter do not know: `python -m tools.check [--write]`."""

from __future__ import annotations

import sys
from pathlib import Path

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

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (sizes, headers, names, imports, leftovers, migrations, documents, generated, catalogues)


def main(arguments: list[str]) -> int:
    """Print what breaks a rule; 0 when nothing does. `--write` first makes the generated pages anew."""
    tree = Tree.of(ROOT)
    if "--write" in arguments:
        generated.write(tree)
        tree = Tree.of(ROOT)
    findings = [finding for rule in CHECKS for finding in rule.check(tree)]
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings" if findings else f"house rules: {len(tree.paths)} files in order")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
