# SPDX-License-Identifier: EUPL-1.2
"""The addresses of datasets' tables and own files, as the matrix asks them.

The rooms of the matrix hold no file; who has one and who does not is asked in tests/catalogue/test_files.py.
"""

from __future__ import annotations

from tests.governance.door import Door, door

FILES: dict[str, Door] = {
    "daten/vorschlaege": door(
        lists="/daten/vorschlaege?q=wer", search="/daten/vorschlaege?q={word} /daten/vorschlaege?q={key}"
    ),
    "daten/<slug:key>/tabelle": door(
        one="/daten/{key}/tabelle /en/daten/{key}/tabelle?sortierung=-height&spalte=height&wie=ab&wert=1",
        search="/daten/{key}/tabelle?q={word} /daten/{key}/tabelle?tabelle={key}",
    ),
    **{
        f"daten/<slug:key>/dateien/<int:file>{end}": door(search=f"/daten/{{key}}/dateien/1{at}")
        for end, at in (("", ""), ("/staende", "/staende"), ("/staende/<int:number>", "/staende/1"))
    },
    "arbeit/daten/<slug:key>/dateien/neu": door(search="/arbeit/daten/{key}/dateien/neu"),
    **{
        f"arbeit/daten/<slug:key>/dateien/<int:file>/{end}": door(
            search=f"/arbeit/daten/{{key}}/dateien/1/{at}"
        )
        for end, at in (
            ("neu", "neu"),
            ("entfernen", "entfernen"),
            ("staende/<int:number>/zurueckholen", "staende/1/zurueckholen"),
            ("staende/<int:number>/entfernen", "staende/1/entfernen"),
        )
    },
}
