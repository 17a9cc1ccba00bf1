# SPDX-License-Identifier: EUPL-1.2
"""The addresses of the site itself, of what is near and of what is followed, as the matrix asks them."""

from __future__ import annotations

from tests.governance.door import Door, door, no_data

PAGES: dict[str, Door] = {
    **dict.fromkeys(
        ("sw.js", "app.webmanifest", "app/icon-<int:size>-<slug:purpose>.png", "offline"),
        no_data("the app itself, nothing of a dataset"),
    ),
    "quellen": door(lists="/quellen /en/quellen"),
    "schnittstellen": door(lists="/schnittstellen"),
    "schnittstellen/daten-api": door(lists="/schnittstellen/daten-api"),
    "barrierefreiheit": no_data("a text"),
    "datenschutz": no_data("a text"),
    # It shows what everybody may see, also to those who may see more.
    "folgen": door(
        lists="/folgen", search="/folgen?messort={thing} /folgen?messreihe={stream} /folgen?datensatz={key}"
    ),
    "naehe": door(
        lists="/naehe?umkreis=5000 /naehe?stadtteil=1&umkreis=5000 /en/naehe?ort=neutor",
        search="/naehe?ort={word} /naehe?messort={thing}&umkreis=5000",
    ),
}
