# SPDX-License-Identifier: EUPL-1.2
"""People with an account and a session, as the pages for work know them."""

from __future__ import annotations

import secrets
from typing import LiteralString

from bench.installation import Installation
from stadtkern.core import access


def publisher(installation: Installation) -> tuple[int, str]:
    """A new department, and the session of its publisher."""
    return _member(installation, role="publisher", organisation=None)


def administrator(installation: Installation) -> str:
    """The session of somebody who administers the city."""
    with installation.connect() as connection:
        row = connection.execute(
            "SELECT principal_id FROM core.organisation WHERE kind = 'city' ORDER BY principal_id LIMIT 1"
        ).fetchone()
    return _member(installation, role="administrator", organisation=None if row is None else row[0])[1]


def _member(installation: Installation, *, role: str, organisation: int | None) -> tuple[int, str]:
    secret = secrets.token_urlsafe(24)
    with installation.connect() as connection, connection.transaction():

        def added(sql: LiteralString, *values: object) -> int:
            row = connection.execute(sql, values).fetchone()
            return 0 if row is None else int(row[0])

        principal: LiteralString = "INSERT INTO core.principal (kind, name) VALUES (%s, %s) RETURNING id"
        office = organisation
        if office is None:
            office = added(principal, "organisation", "Grünflächenamt")
            kind = "city" if role == "administrator" else "department"
            connection.execute(
                "INSERT INTO core.organisation (principal_id, kind) VALUES (%s, %s)", [office, kind]
            )
        person = added(principal, "person", "Erika Muster")
        connection.execute(
            "INSERT INTO identity.person (principal_id, email) VALUES (%s, 'e@stadt.example')", [person]
        )
        connection.execute(
            "INSERT INTO core.membership (person_id, organisation_id, role) VALUES (%s, %s, %s)",
            [person, office, role],
        )
        connection.execute(
            "INSERT INTO core.session (secret_hash, principal_id, expires_at)"
            " VALUES (%s, %s, now() + interval '1 day')",
            [access.hash_secret(secret), person],
        )
    return office, secret
