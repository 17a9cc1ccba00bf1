# SPDX-License-Identifier: EUPL-1.2
"""The addresses of boards, for visitors and for those who arrange them, as the matrix asks them."""

from __future__ import annotations

from tests.governance.door import Door, door, no_data

PAGES: dict[str, Door] = {
    "tafeln/<slug:key>": door(
        lists="/tafeln/stadt-jetzt /tafeln/stadt-jetzt?mode=wall /tafeln/stadt-jetzt?mode=kiosk /tafeln/nix"
        " /tafeln/stadt-jetzt?sicht=fach"
    ),
    "tafeln/<slug:key>/<slug:tile>": door(
        lists="/tafeln/stadt-jetzt/radverkehr?sicht=fach /tafeln/stadt-jetzt/radverkehr"
        " /tafeln/stadt-jetzt/parkhaeuser /tafeln/stadt-jetzt/stadtbaeume"
    ),
    **{
        f"arbeit/tafeln{end}": door(
            lists=f"/arbeit/tafeln{end}".replace("<slug:key>", "stadt-jetzt").replace("<int:number>", "1")
        )
        for end in (
            "",
            "/neu",
            "/<slug:key>",
            "/<slug:key>/tun",
            "/<slug:key>/einstellungen",
            "/<slug:key>/thema",
            "/<slug:key>/versionen",
            "/<slug:key>/waende",
            "/<slug:key>/versionen/<int:number>",
        )
    },
    "arbeit/tafeln/<slug:key>/waende/<int:id>/beenden": no_data("takes nothing, answers with an address"),
    # What a key shows is asked in tests/insights/test_walls.py, with one.
    "wand/<str:secret>": door(lists="/wand/x"),
    "arbeit/tafeln/<slug:key>/quelle": door(
        lists="/arbeit/tafeln/stadt-jetzt/quelle?art=value"
        " /arbeit/tafeln/stadt-jetzt/quelle?art=value&q=fahr",
        search="/arbeit/tafeln/stadt-jetzt/quelle?art=value&q={word}"
        " /arbeit/tafeln/stadt-jetzt/quelle?art=value&reihe={stream}",
    ),
    "arbeit/tafeln/<slug:key>/kacheln/neu": door(
        lists="/arbeit/tafeln/stadt-jetzt/kacheln/neu",
        search="/arbeit/tafeln/stadt-jetzt/kacheln/neu?art=value&reihe={stream}",
    ),
    "arbeit/tafeln/<slug:key>/kacheln/<slug:tile>": door(
        lists="/arbeit/tafeln/stadt-jetzt/kacheln/radverkehr",
        search="/arbeit/tafeln/stadt-jetzt/kacheln/radverkehr?reihe={stream}",
    ),
}
