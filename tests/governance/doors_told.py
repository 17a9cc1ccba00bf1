# SPDX-License-Identifier: EUPL-1.2
"""The addresses at which diagrams are made and stories told."""

from __future__ import annotations

from tests.governance.door import Door, door

PAGES: dict[str, Door] = {
    "diagramm": door(
        lists="/diagramm /diagramm?reihe=1&vergleich=vorjahr /en/diagramm?reihe=1",
        search="/diagramm?suche={word} /diagramm?daten={key} /diagramm?reihe={stream}"
        " /diagramm?tabelle={key} /diagramm?tabelle={key}&nach=height",
    ),
    "diagramm/werte.csv": door(
        lists="/diagramm/werte.csv?reihe=1",
        one="/diagramm/werte.csv?reihe={stream} /diagramm/werte.csv?tabelle={key}",
    ),
    "diagramm/bild.svg": door(
        lists="/diagramm/bild.svg?reihe=1",
        one="/diagramm/bild.svg?reihe={stream} /diagramm/bild.svg?tabelle={key}",
    ),
    # It shows what everybody may see, also to those who may see more.
    "diagramm/einbetten": door(
        lists="/diagramm/einbetten?reihe=1",
        search="/diagramm/einbetten?reihe={stream} /diagramm/einbetten?tabelle={key}",
    ),
    "datenfenster": door(lists="/datenfenster /en/datenfenster"),
    "datenfenster.rss": door(lists="/datenfenster.rss"),
    "datenfenster/<slug:key>": door(lists="/datenfenster/eines"),
    "datenfenster/<slug:key>/kachel/<int:number>": door(
        lists="/datenfenster/eines/kachel/1 /datenfenster/eines/kachel/2 /datenfenster/eines/kachel/3"
    ),
    "arbeit/datenfenster": door(lists="/arbeit/datenfenster"),
    "arbeit/datenfenster/neu": door(search="/arbeit/datenfenster/neu?diagramm=reihe%3D{stream}"),
    "arbeit/datenfenster/aufnehmen": door(search="/arbeit/datenfenster/aufnehmen?diagramm=reihe%3D{stream}"),
    "arbeit/datenfenster/<int:id>/vorschau": door(lists="/arbeit/datenfenster/2/vorschau"),
    **{
        f"arbeit/datenfenster/<int:id>{end}": door(
            lists="/arbeit/datenfenster/1" + end.replace("<int:number>", "1")
        )
        for end in ("", "/freigabe", "/versionen", "/versionen/<int:number>", "/entfernen")
    },
}
