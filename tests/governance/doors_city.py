# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the city right now: tiles, map, places, their series; `doors.py` says what words mean."""

from __future__ import annotations

from tests.governance.door import Door, door, no_data

DOORS: dict[str, Door] = {
    "": door(lists="/ /en/"),
    "karte": door(
        lists="/karte /karte?art=rad /karte?stand=still /karte?bezirk=1 /karte?tag=2026-02-26&stunde=9"
        " /en/karte",
        search="/karte?q={word} /karte?sammlung={key} /karte?sammlung={key}&q={word}&gewaehlt=1",
    ),
    "karte/districts.json": door(lists="/karte/districts.json"),
    "karte/places.json": door(
        lists="/karte/places.json /karte/places.json?art=rad", search="/karte/places.json?q={word}"
    ),
    "karte/grund/<int:z>/<int:x>/<int:y>": no_data("tiles of a base map, the same for all"),
    "karte/vorschlaege": door(
        lists="/karte/vorschlaege?q=fah /karte/vorschlaege?q=domplatz", search="/karte/vorschlaege?q={word}"
    ),
    "karte/daten/<slug:key>.json": door(one="/karte/daten/{key}.json /karte/daten/{key}.json?q={word}"),
    "dinge": door(
        lists="/dinge /dinge?art=rad /dinge?seite=2 /en/dinge",
        search="/dinge?q={word} /dinge?art=rad&q={word}",
    ),
    "dinge/<int:id>": door(
        lists="/dinge/1 /dinge/1?reihe=2",
        one="/dinge/{thing} /dinge/{thing}?reihe={stream} /en/dinge/{thing}",
        search="/dinge/1?reihe={stream}",
    ),
    "dinge/<int:id>/aushang": door(one="/dinge/{thing}/aushang /en/dinge/{thing}/aushang"),
    "dinge/schilder": door(
        lists="/dinge/schilder /dinge/schilder?art=rad /dinge/schilder?ding=1&groesse=klein",
        search="/dinge/schilder?q={word} /dinge/schilder?ding={thing}",
    ),
    "dinge/<int:id>/bild": door(one="/dinge/{thing}/bild"),
    "arbeit/dinge/<int:id>/bild": door(search="/arbeit/dinge/{thing}/bild"),
    "arbeit/dinge/<int:id>/bild/entfernen": door(search="/arbeit/dinge/{thing}/bild/entfernen"),
    # It leads to the page of the place, whether there is one or not.
    "m/<int:id>": door(lists="/m/1", search="/m/{thing}"),
    "messreihen/<int:id>": door(
        lists="/messreihen/1 /messreihen/1?zeitraum=tag&vergleich=1",
        one="/messreihen/{stream} /messreihen/{stream}?zeitraum=alles /en/messreihen/{stream}",
    ),
    "messreihen/<int:id>/verlauf.json": door(
        lists="/messreihen/1/verlauf.json", one="/messreihen/{stream}/verlauf.json"
    ),
    # It shows what everybody may see, also to those who may see more.
    "messreihen/<int:id>/einbetten": door(
        lists="/messreihen/1/einbetten", search="/messreihen/{stream}/einbetten?zeitraum=alles"
    ),
    "messreihen/<int:id>/werte.csv": door(
        lists="/messreihen/1/werte.csv", one="/messreihen/{stream}/werte.csv"
    ),
}
