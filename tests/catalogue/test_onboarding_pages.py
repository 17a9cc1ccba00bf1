# SPDX-License-Identifier: EUPL-1.2
"""A clerk brings messy files in on the pages alone, without a script, and strangers see nothing of it."""

from __future__ import annotations

import re

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from tests import people
from tests.catalogue.clerks import ABOUT, Work, clerk, filled, same_folder, sent, work
from tests.catalogue.offices import Office, as_, text
from tests.catalogue.test_onboarding import TREES

__all__ = ["clerk", "same_folder", "work"]  # fixtures
pytestmark = pytest.mark.anyio


async def test_from_an_upload_to_a_published_dataset(
    clerk: AsyncClient, office: Office, work: Work, connection: Connection
) -> None:
    """Upload, look, plan, check, publish; each step is a page, and the forms come filled in."""
    address = await sent(clerk, office, TREES, "baeume.csv")
    waiting = await text(clerk, address)
    assert "Wir lesen die Datei." in waiting
    await work()
    looked = await text(clerk, address)
    assert "So haben wir die Datei verstanden" in looked
    values = filled(looked, "plan")
    assert values["target"] == "features"
    assert (values["srid"], values["x"], values["y"]) == ("25832", "Rechtswert", "Hochwert")
    assert (values["c2-type"], values["c2-unit"]) == ("number", "m")
    assert (await clerk.post(f"{address}/plan", values)).status_code == 302
    await work()
    checked = await text(clerk, address)
    assert "30 Zeilen mit 180 Werten lassen sich speichern." in checked
    assert 'name="publish"' not in checked
    as_(clerk, office.publisher)
    assert (await clerk.post(f"{address}/speichern", ABOUT)).status_code == 302
    await work()
    done = await text(clerk, address)
    assert "Er ist veröffentlicht." in done
    clerk.cookies.clear()
    key = re.search(r'kern-btn--primary" href="/daten/([a-z0-9-]+)"', done)
    assert key is not None
    assert "Bäume der Stadt" in await text(clerk, f"/daten/{key[1]}")


async def test_what_is_held_is_shown_and_can_be_planned_anew(
    clerk: AsyncClient, office: Office, work: Work
) -> None:
    """A later delivery without a column: what differs, what to do; and one that is no such file at all."""
    as_(clerk, office.publisher)
    address = await sent(clerk, office, TREES, "baeume.csv")
    await work()
    assert (
        await clerk.post(f"{address}/plan", filled(await text(clerk, address), "plan"))
    ).status_code == 302
    await work()
    assert (await clerk.post(f"{address}/speichern", ABOUT)).status_code == 302
    await work()
    without = b"\n".join(line.rpartition(b";")[0] for line in TREES.split(b"\n"))
    for content, said in ((without, "Hochwert"), (b"%PDF-1.7", "Es wurde nichts gespeichert.")):
        upload = SimpleUploadedFile("baeume.csv", content)
        later = (await clerk.post(f"{address}/lieferung", {"file": upload}))["Location"]
        await work()
        page = await text(clerk, later)
        assert "angehalten" in page
        assert said in page
        assert "Lieferung verwerfen" in page
        if content == without:
            values = filled(await text(clerk, f"{later}?plan"), "plan") | {"target": "table"}
            assert "?plan" in page
            assert (await clerk.post(f"{later}/plan", values)).status_code == 302
            await work()
            assert "Prüfbericht" in await text(clerk, later)


async def test_a_file_that_is_misread_is_read_anew(clerk: AsyncClient, office: Office, work: Work) -> None:
    """Another encoding, another header row, another sign."""
    address = await sent(clerk, office, "Titel;\nA;B\nKäse;1,5\n".encode("cp850"))
    await work()
    assert "Käse" not in await text(clerk, address)
    again = {"skip": "1", "encoding": "cp850", "delimiter": ";", "decimal": ","}
    assert (await clerk.post(f"{address}/lesen", again)).status_code == 302
    await work()
    assert "Käse" in await text(clerk, address)


async def test_a_plan_that_lacks_something_says_so(clerk: AsyncClient, office: Office, work: Work) -> None:
    """What was typed stays."""
    address = await sent(clerk, office, TREES)
    await work()
    values = filled(await text(clerk, address), "plan") | {"y": "", "c0-title": "Nummer <b>"}
    answer = await clerk.post(f"{address}/plan", values)
    page = answer.content.decode()
    assert "Für die Karte braucht es beide Spalten der Koordinaten." in page
    assert 'value="Nummer &lt;b&gt;"' in page


async def test_a_plan_for_series_without_time_or_values_says_so(
    clerk: AsyncClient, office: Office, work: Work
) -> None:
    """In the reader's language, beside the field."""
    rows = "".join(f"2024-01-01 {n:02}:00,{n},a\n" for n in range(20))
    address = await sent(clerk, office, f"zeit,frei,art\n{rows}".encode())
    await work()
    values = filled(await text(clerk, address), "plan")
    assert values["target"] == "series"

    async def said(**change: str) -> str:
        given = {name: value for name, value in (values | change).items() if value != "off"}
        return (await clerk.post(f"{address}/plan", given)).content.decode()

    assert "Diese Spalte ist unten nicht zum Übernehmen angekreuzt." in await said(**{"c0-use": "off"})
    assert "Keine der angekreuzten Spalten hat Zahlen" in await said(**{"c1-use": "off"})
    assert "Kreuzen Sie mindestens eine Spalte mit Messwerten an." in await said(
        **{"c1-use": "off", "c2-use": "off"}
    )
    assert "Der Ort braucht Länge und Breite." in await said(longitude="7.6")
    # Half a place of series keeps nobody from a table, where it is not asked for.
    assert await said(longitude="7.6", target="table") == ""


async def test_words_are_explained_on_the_page(clerk: AsyncClient, office: Office, work: Work) -> None:
    """`bes=0` is a number, `defekt` is none."""
    rows = "".join(f"2024-01-01 {n // 4:02}:{n % 4 * 15:02},{n}\n" for n in range(90))
    content = f"zeit,frei\n{rows}2024-01-02 00:00,belegt\n2024-01-02 00:15,defekt\n"
    address = await sent(clerk, office, content.encode())
    await work()
    page = await text(clerk, address)
    assert "„defekt“ (1×)" in page
    values = filled(page, "plan")
    assert values["target"] == "series"
    await clerk.post(f"{address}/plan", values)
    await work()
    assert "Das muss erst geklärt werden" in await text(clerk, address)
    assert (await clerk.post(f"{address}/speichern", ABOUT)).status_code == 302
    await work()
    assert "Das muss erst geklärt werden" in await text(clerk, address)
    again = filled(await text(clerk, f"{address}?plan"), "plan") | {"c1-void": "belegt=0, defekt"}
    await clerk.post(f"{address}/plan", again)
    await work()
    page = await text(clerk, address)
    assert "Das muss erst geklärt werden" not in page
    assert "Wörter werden als Zahlen gelesen" in page


async def test_a_steward_decides_and_an_editor_cannot(
    clerk: AsyncClient, office: Office, work: Work, connection: Connection
) -> None:
    """About what looks like people."""
    address = await sent(clerk, office, b"Vorname,E-Mail\nErika,erika@example.org\nMax,max@example.org\n")
    await work()
    await clerk.post(f"{address}/plan", filled(await text(clerk, address), "plan"))
    await work()
    page = await text(clerk, address)
    assert "E-Mail-Adressen" in page
    assert "erika@" not in page.partition("schutz")[2]
    assert "Rolle „Datenverantwortung“" in page
    decision = {"verdict": "allowed", "reason": "Ansprechpersonen der Ämter"}
    assert (await clerk.post(f"{address}/entscheiden", decision)).status_code == 403
    steward = await people.person(connection, role="steward", organisation_id=office.id)
    as_(clerk, steward)
    assert (await clerk.post(f"{address}/entscheiden", {"verdict": "allowed"})).status_code == 200
    assert (await clerk.post(f"{address}/entscheiden", decision)).status_code == 302
    assert "Ansprechpersonen der Ämter" in await text(clerk, address)


async def test_refused_files_say_why(clerk: AsyncClient, office: Office, work: Work) -> None:
    """In words of the page, and nothing was stored."""
    address = await sent(clerk, office, b"<html><script>alert(1)</script>", "bild.png")
    await work()
    page = await text(clerk, address)
    assert "Das ist eine Webseite oder XML und keine Tabelle." in page
    assert "Es wurde nichts gespeichert." in page
    assert (await clerk.post(f"{address}/verwerfen")).status_code == 302


async def test_too_large_files_and_missing_ones(
    clerk: AsyncClient, office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form says so."""
    small = msgspec.structs.replace(settings, upload_limit=1024)
    monkeypatch.setattr(core_settings, "load", lambda: small)
    upload = SimpleUploadedFile("x.csv", b"x" * 2000)
    answer = await clerk.post("/arbeit/import/neu", {"organisation": office.id, "file": upload})
    assert "Die Datei ist zu groß." in answer.content.decode()
    answer = await clerk.post("/arbeit/import/neu", {"organisation": office.id})
    assert "Wählen Sie entweder eine Datei" in answer.content.decode()


async def test_inner_addresses_are_not_fetched(clerk: AsyncClient, office: Office, work: Work) -> None:
    """SSRF: the page says that it may not."""
    answer = await clerk.post(
        "/arbeit/import/neu", {"organisation": office.id, "url": "http://127.0.0.1:1/x.csv"}
    )
    await work()
    assert "Diese Adresse dürfen wir nicht abrufen" in await text(clerk, answer["Location"])


async def test_strangers_meet_404(
    clerk: AsyncClient, office: Office, work: Work, connection: Connection
) -> None:
    """Every address of a delivery, for people of other organisations; nobody at all is asked to sign in."""
    address = await sent(clerk, office, TREES)
    await work()
    as_(clerk, office.other)
    assert "file" not in await text(clerk, "/arbeit/import")
    for path in (
        "",
        "/stand",
        "/plan",
        "/lesen",
        "/entscheiden",
        "/speichern",
        "/verwerfen",
        "/lieferung",
        "/zeitplan",
    ):
        await text(clerk, address + path, 404)
        assert (await clerk.post(address + path, {})).status_code == 404, path
    as_(clerk, await people.person(connection, role="reader", organisation_id=office.id))
    await text(clerk, address, 403)
