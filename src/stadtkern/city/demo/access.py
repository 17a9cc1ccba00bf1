# SPDX-License-Identifier: EUPL-1.2
"""The demo's token, which may write into the demo's datasets, and the lines that say how to use it."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from stadtkern.city.demo import sets
from stadtkern.core import access, datasets, statements, tokens
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports.entities import Entities

FILE = "demo-token"
_NAME = "Demo"
_EXAMPLE = "sim-pegel-2-stand"  # shown by a tile of the front page


async def ready(connection: Connection, *, settings: Settings) -> list[str]:
    """See that there is a token, and say where to look and how to send a value."""
    path = settings.data / FILE
    if not await _valid(connection, path):
        _write(path, await token(connection))
    stream = await _example(connection)
    base = settings.base_url
    return [
        f"  Stadt jetzt     {base}/",
        f"  SensorThings    {base}/sta/v1.1",
        f"  Schlüssel       {path}",
        "",
        f"Einen Wert senden und auf {base}/ zusehen, wie sich die Kachel „Grundwasser“ bewegt:",
        f"  curl '{base}/sta/v1.1/Datastreams({stream})/Observations' \\",
        f'    -H "Authorization: Bearer $(cat {shlex.quote(str(path))})" \\',
        "    -H 'Content-Type: application/json' -d '{\"result\": 26.4}'",
        f"  Die Messreihe dazu: {base}/messreihen/{stream}",
    ]


async def token(connection: Connection) -> str:
    """A new token with all rights on the demo's datasets; what it creates is for trying out."""
    ids = {each.key: (await datasets.find(connection, key=each.key)).id for each in sets.SETS}
    made = await tokens.create(
        connection,
        name=_NAME,
        scopes=dict.fromkeys(ids.values(), access.VERBS),
        default_dataset_id=ids[sets.TRYOUT.key],
    )
    return made.secret


async def _valid(connection: Connection, path: Path) -> bool:
    if not path.is_file():
        return False
    secret = path.read_text(encoding="ascii").strip()
    sql = statements.load("city")["find_demo_token"]
    cursor = await connection.execute(sql, {"secret_hash": access.hash_secret(secret)})
    return await cursor.fetchone() is not None


def _write(path: Path, secret: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret + "\n")


async def _example(connection: Connection) -> int:
    dataset = await datasets.find(connection, key=sets.PROBES.key)
    found = await Entities(connection, dataset_id=dataset.id).find_datastream(key=_EXAMPLE)
    return found or 1
