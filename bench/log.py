# SPDX-License-Identifier: EUPL-1.2
"""The database's log as an installation has it that has been in operation for a while.

A fresh one has to make each 16 MB of its log before it can write there. That takes some 80 ms here, in which
nobody's commit ends. After the first checkpoint, ten minutes later, what was written is used again instead.
"""

from __future__ import annotations

from typing import Any

import psycopg

Connection = psycopg.Connection[Any]

_SEGMENTS = """
SELECT pg_size_bytes(current_setting('min_wal_size')) / pg_size_bytes(current_setting('wal_segment_size'))
"""


def make_ready(connection: Connection) -> None:
    """Go through as many segments as the server keeps in any case, and have them used again."""
    row = connection.execute(_SEGMENTS).fetchone()
    for _ in range(row[0] if row else 0):
        connection.execute("SELECT pg_logical_emit_message(true, 'bench', '')")  # an empty one is not left
        connection.execute("SELECT pg_switch_wal()")
    use_again(connection)


def use_again(connection: Connection) -> None:
    """What a load has written of the log is ready for the next one."""
    connection.execute("CHECKPOINT")
