# SPDX-License-Identifier: EUPL-1.2
"""Certificates as an administrator would have them made."""

from __future__ import annotations

import subprocess
from pathlib import Path


def certificate(folder: Path, *, name: str = "localhost", days: int = 1) -> Path:
    """A certificate with its key in one file; without it, in `cert` beside, for whoever shall trust it."""
    file = folder / "door.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(folder / "key"), "-out", str(folder / "cert"), "-days", str(days)]
    command += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    made = folder / "door.new"
    made.write_text((folder / "cert").read_text() + (folder / "key").read_text())
    made.rename(file)
    return file
