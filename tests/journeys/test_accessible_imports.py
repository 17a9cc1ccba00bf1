# SPDX-License-Identifier: EUPL-1.2
"""The pages of imports are clean for axe at every step a delivery can be at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, expect
from psycopg.types.json import Jsonb

from stadtkern.catalogue.onboarding import operations, queries
from stadtkern.catalogue.onboarding.entities import Checked, Found, Plan, State, Trouble
from stadtkern.core import database
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person
from stadtkern.ingest.imports import tables
from stadtkern.ingest.imports.survey import checks, drift, survey
from tests import people
from tests.journeys import axe
from tests.journeys.conftest import Walk

STEPS: Mapping[str, State] = {
    "einordnen": "looked", "aendern": "checked", "entscheiden": "checked", "arbeit": "to_load",
    "angehalten": "held", "unlesbar": "refused", "fertig": "done", "verworfen": "discarded",
}  # fmt: skip
_TABLE = "Nr;Vorname;Anzahl Kinder;Zeit;Länge;Breite\n" + "".join(
    f"{n};Erika;{n % 9 if n % 7 else 'viele'};2024-01-{1 + n % 28:02} 12:00;{7.6 + n / 1000:.4f};51.96\n"
    for n in range(60)
)


@pytest.fixture(scope="module")
def imports(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """A clerk, and a delivery at each step."""
    path = tmp_path_factory.mktemp("imports") / "kinder.csv"
    path.write_text(_TABLE, encoding="utf-8")
    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop may already run in this thread
        return aside.submit(asyncio.run, _fill(walk.database_url, path)).result()


async def _fill(url: str, path: Path) -> Mapping[str, str]:
    async with await database.connect(url=url, autocommit=True) as connection:
        somebody = await people.person(connection, role="steward", name="Stefanie Stetig")
        assert somebody.organisation_id is not None
        roles = {somebody.organisation_id: "steward"}
        person = Person(principal_id=somebody.id, name=somebody.name, email="", roles=roles)
        made = {name: await _delivery(connection, person, name, state, path) for name, state in STEPS.items()}
    return {"cookie": somebody.cookie, **made}


async def _delivery(connection: Connection, person: Person, name: str, state: State, path: Path) -> str:
    """A delivery in a state, made at once, so that the installation's own work process leaves it alone."""
    seen = survey.survey(path=path)
    place = seen.place.place if seen.place else None
    table = tables.Table(file=seen.file, columns=survey.columns_of(seen), place=place)
    checked = checks.check(path=path, table=table)
    facts: dict[str, Any] = {"found": Found(kind="text", survey=seen)}
    if state not in ("looked", "refused"):
        facts["checked"] = Checked(quality=checked.quality, privacy=checked.privacy)
    if state == "refused":
        facts["problem"] = Trouble(code="columns", facts={"n": 501, "most": 500})
    if state == "held":
        facts["changes"] = [drift.Change(code="type", column="Nr", before="integer", now="text")]
    async with connection.transaction():
        (organisation_id,) = person.roles
        uuid = await operations.begin(
            connection, by=person, organisation_id=organisation_id, title=f"Kinder {name}",
            file_name=f"{'sehr-lang-' * 12}{name}.csv", size=path.stat().st_size,
        )  # fmt: skip
        found = await queries.find(connection, uuid=uuid, by=person)
        plan = Jsonb(msgspec.to_builtins(Plan(target="features", table=table)))
        shape = drift.shape_of(seen, rows=60) if state in ("held", "done") else None
        await connection.execute(
            "UPDATE catalogue.import_recipe SET plan = %s, shape = %s WHERE id = %s",
            [plan, Jsonb(msgspec.to_builtins(shape)) if shape else None, found.recipe.id],
        )
        given = {key: Jsonb(msgspec.to_builtins(value)) for key, value in facts.items()}
        await operations.move(connection, id=found.id, state=state, rows=60, **given)
        await connection.execute(
            "UPDATE catalogue.import_delivery SET leased_until = now() + interval '1 day' WHERE id = %s",
            [found.id],
        )
    return str(uuid)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_at_any_step(
    browser: Browser, walk: Walk, imports: Mapping[str, str], scheme: Any, width: int
) -> None:
    """Light at a desk, dark on a phone; `STADTKERN_TEST_PICTURES` names a folder for what is seen."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, locale="de-DE", reduced_motion="reduce"
    )
    axe.ready(context)
    context.add_cookies([{"name": "sessionid", "value": imports["cookie"], "url": walk.address}])
    page = context.new_page()
    paths = {"liste": "/arbeit/import", "neu": "/arbeit/import/neu"}
    paths |= {name: f"/arbeit/import/{imports[name]}" for name in STEPS}
    paths["aendern"] += "?plan"
    paths["verwerfen"] = paths["unlesbar"] + "/verwerfen"
    pictures, found = os.environ.get("STADTKERN_TEST_PICTURES"), []
    # The components are the same at all steps, so that on the phone some of them show what is wrong.
    shown = paths if scheme == "light" or pictures else dict(list(paths.items())[::4])
    for name, path in shown.items():
        found += axe.faults(page, walk.address + path, name=name)
        assert page.url == walk.address + path, "no longer signed in"
        if name in ("unlesbar", "verworfen"):
            expect(page.get_by_role("link", name="Andere Datei einspielen")).to_be_visible()
        if name == "einordnen":
            expect(page.get_by_label("Spalte mit der Zeit")).to_be_hidden()
            page.get_by_label("Messreihen", exact=True).check()
            expect(page.get_by_label("Spalte mit der Zeit")).to_be_visible()
            found += axe.here(page, name="einordnen as series")
            page.get_by_label("Länge des Messorts in Grad").fill("200")
            page.get_by_label("Tabelle", exact=True).check()
            page.get_by_role("button", name="Ganze Datei prüfen").click()
            # What is wrong can be seen and mended, although the choice is another by now.
            expect(page.get_by_label("Länge des Messorts in Grad")).to_have_value("200")
            expect(page.get_by_label("Länge des Messorts in Grad")).to_be_visible()
            expect(page.get_by_label("Tabelle", exact=True)).to_be_checked()
        if pictures:
            page.screenshot(path=Path(pictures) / f"import-{name}-{scheme}.png", full_page=True)
    context.close()
    assert not found, "\n".join(found)
