# SPDX-License-Identifier: EUPL-1.2
"""The addresses of the app, of what is near and of what is followed, as the matrix asks them."""

from __future__ import annotations

from tests.governance.door import Door, door, no_data

PAGES: dict[str, Door] = {
    **dict.fromkeys(
        ("sw.js", "app.webmanifest", "app/icon-<int:size>-<slug:purpose>.png", "offline"),
        no_data("the app itself, nothing of a dataset"),
    ),
    # It shows what everybody may see, also to those who may see more.
    "folgen": door(
        lists="/folgen", search="/folgen?messort={thing} /folgen?messreihe={stream} /folgen?datensatz={key}"
    ),
    "naehe": door(
        lists="/naehe?umkreis=5000 /naehe?stadtteil=1&umkreis=5000 /en/naehe?ort=neutor",
        search="/naehe?ort={word} /naehe?messort={thing}&umkreis=5000",
    ),
}
