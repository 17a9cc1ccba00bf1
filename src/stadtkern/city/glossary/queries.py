# SPDX-License-Identifier: EUPL-1.2
"""Reads of the glossary."""

from __future__ import annotations

from stadtkern.city.glossary.entities import Glossary, Term
from stadtkern.core import statements
from stadtkern.core.database import Connection


async def glossary(connection: Connection) -> Glossary:
    """All terms, by their German names."""
    rows = await (await connection.execute(statements.load("city")["list_terms"])).fetchall()
    return Glossary(
        [
            Term(key=row[0], name=row[1], also=row[2], short=row[3], long=row[4], changed_at=row[5])
            for row in rows
        ]
    )
