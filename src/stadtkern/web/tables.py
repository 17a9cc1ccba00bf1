# SPDX-License-Identifier: EUPL-1.2
"""Django's own tables, in the schema `web`, brought up to date under the same lock as the SQL migrations."""

from __future__ import annotations

import django
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from stadtkern.core import migrations


def migrate() -> list[str]:
    """Apply what is missing and return its names. Safe to run twice and from several processes at once."""
    django.setup(set_prefix=False)
    with psycopg.connect(settings.PAGES_DATABASE_URL, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [migrations.ADVISORY_LOCK])
        holder.execute("CREATE SCHEMA IF NOT EXISTS web")
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        call_command("migrate", interactive=False, verbosity=0)
        connection.close()
    return [f"{migration.app_label}/{migration.name}" for migration, _ in plan]
