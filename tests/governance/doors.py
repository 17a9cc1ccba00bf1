# SPDX-License-Identifier: EUPL-1.2
"""Every address at which one could ask, by its route; a route that is not here fails the matrix."""

from __future__ import annotations

from tests.governance import board_doors, doors_of_app, doors_told
from tests.governance import doors_city as city
from tests.governance.door import Door, door, no_data, together
from tests.governance.doors_of_files import FILES

# `{thing}`, `{stream}`, `{key}`, `{uuid}`, `{dataset}` and `{word}` come from each room, and from none.
WORDS = (
    "barrierefreiheit/melden", "ueber", "glossar", "glossar/fehlt", "arbeit/glossar", "arbeit/glossar/neu",
    "arbeit/glossar/<slug:key>", "arbeit/glossar/<slug:key>/entfernen", "arbeit/rueckmeldungen",
    "arbeit/rueckmeldungen/<int:id>", "arbeit/auftritt", "auftritt.css", "auftritt/logo", "stimmt-nicht",
    "arbeit/gebaerdensprache", "arbeit/gebaerdensprache/video", "arbeit/gebaerdensprache/entfernen",
    "gebaerdensprache/<uuid:content>", "gebaerdensprache/<uuid:content>.vtt",
)  # fmt: skip
PAGES: dict[str, Door] = {
    "suche": door(
        lists="/suche /suche?q=fahrrad /suche?q=zaehlstele", search="/suche?q={word} /en/suche?q={word}"
    ),
    "suche/vorschlaege": door(
        lists="/suche/vorschlaege?q=fah", search="/suche/vorschlaege?q={word} /suche/vorschlaege?q={key}"
    ),
    "ui": no_data("made-up samples"),
    "geholfen": door(search="/geholfen?seite=/daten/{key} /geholfen?seite=/dinge/{thing}"),
    "arbeit/geholfen": door(lists="/arbeit/geholfen"),
    **dict.fromkeys(WORDS, no_data("words of the city and messages to it, nothing of a dataset")),
    "catalog": door(lists="/catalog /catalog?page=1 /catalog?page=2"),
    "catalog.<str:ending>": door(lists="/catalog.ttl /catalog.jsonld /catalog.rdf /catalog.nt"),
    "catalog/hvd": door(lists="/catalog/hvd"),
    "catalog/hvd.<str:ending>": door(lists="/catalog/hvd.jsonld"),
    "catalog/checks": door(lists="/catalog/checks"),
    "catalog/datasets/<uuid:uuid>": door(one="/catalog/datasets/{uuid}"),
    "catalog/datasets/<uuid:uuid>.<str:ending>": door(
        one="/catalog/datasets/{uuid}.ttl /catalog/datasets/{uuid}.jsonld"
    ),
    **{
        route: door(lists="/" + route.replace("<int:id>", "1"))
        for route in (
            "arbeit/inventar",
            "arbeit/inventar/neu",
            "arbeit/inventar/luecken",
            "arbeit/inventar/einlesen",
            "arbeit/inventar/<int:id>",
            "arbeit/inventar/<int:id>/bearbeiten",
            "arbeit/inventar/<int:id>/loeschen",
            "arbeit/inventar/<int:id>/vorschlagen",
            "arbeit/inventar/<int:id>/entscheiden",
            "arbeit/inventar/<int:id>/zurueckziehen",
            "arbeit/inventar/<int:id>/datensatz",
        )
    },
    **{
        route: door(lists="/" + route.replace("<uuid:uuid>", "00000000-0000-4000-8000-000000000001"))
        for route in (
            "arbeit/import",
            "arbeit/import/neu",
            "arbeit/import/<uuid:uuid>",
            "arbeit/import/<uuid:uuid>/stand",
            "arbeit/import/<uuid:uuid>/plan",
            "arbeit/import/<uuid:uuid>/lesen",
            "arbeit/import/<uuid:uuid>/entscheiden",
            "arbeit/import/<uuid:uuid>/speichern",
            "arbeit/import/<uuid:uuid>/verwerfen",
            "arbeit/import/<uuid:uuid>/lieferung",
            "arbeit/import/<uuid:uuid>/zeitplan",
        )
    },
    "arbeit/inventar/vorlage.xlsx": no_data("an empty form"),
    "daten/anfragen": door(lists="/daten/anfragen", search="/daten/anfragen?q={word}"),
    "daten/anfragen/neu": door(lists="/daten/anfragen/neu", search="/daten/anfragen/neu?titel={word}"),
    "daten/anfragen/<int:id>": door(lists="/daten/anfragen/1"),
    "daten/anfragen/eingang/<slug:secret>": door(lists="/daten/anfragen/eingang/x"),
    "daten/anfragen/antwort/<slug:token>": door(lists="/daten/anfragen/antwort/x"),
    # Without a mail server there is no form; tests/catalogue/test_letters.py asks with one.
    "daten/abonnieren": door(lists="/daten/abonnieren", search="/daten/abonnieren?datensatz={key}"),
    "daten/abonnieren/postfach": no_data("a text"),
    "daten/abonnieren/bestaetigen/<slug:token>": door(lists="/daten/abonnieren/bestaetigen/x"),
    "daten/abonnieren/verwalten/<slug:token>": door(lists="/daten/abonnieren/verwalten/x"),
    "arbeit/anfragen": door(lists="/arbeit/anfragen /arbeit/anfragen?stand=shown"),
    "arbeit/anfragen/<int:id>": door(lists="/arbeit/anfragen/1"),
    "arbeit/anfragen/<int:id>/loeschen": door(lists="/arbeit/anfragen/1/loeschen"),
    "daten/<slug:key>/versionen": door(one="/daten/{key}/versionen /en/daten/{key}/versionen"),
    "daten/<slug:key>/versionen/<int:number>": door(
        one="/daten/{key}/versionen/1 /daten/{key}/versionen/1?mit=2"
    ),
    "daten/<slug:key>/staende": door(one="/daten/{key}/staende /en/daten/{key}/staende"),
    "daten/<slug:key>/staende/<int:number>": door(
        one="/daten/{key}/staende/1?mit=2", search="/daten/{key}/staende/1?tabelle={word}"
    ),
    "daten/<slug:key>/nutzung": door(one="/daten/{key}/nutzung"),
    "daten/<slug:key>/nutzung.csv": door(one="/daten/{key}/nutzung.csv"),
    "arbeit/nutzung": no_data("counts change with every question; what is listed is tested with the counts"),
    **{
        f"arbeit/daten/<slug:key>/{a}/<int:number>{b}": door(search=f"/arbeit/daten/{{key}}/{a}/1{b}")
        for a, b in (("versionen", ""), ("staende", "/zurueckholen"), ("staende", "/entfernen"))
    },
    "arbeit/inventar/liste.xlsx": no_data("a packed file; the page of the same list is asked"),
    "daten": door(
        lists="/daten /en/daten /daten?sortierung=titel /daten?sortierung=neu&seite=2 /daten?art=series"
        " /daten?format=CSV /daten?von=2000-01-01&bis=2100-01-01 /daten?stelle=1"
        " /daten?ausschnitt=-180,-90,180,90",
        search="/daten?q={word} /daten?q={word}&sortierung=titel /daten?q={key} /daten?thema={word}",
    ),
    "daten.atom": door(lists="/daten.atom /daten.atom?art=series", search="/daten.atom?q={word}"),
    "daten/<slug:key>": door(one="/daten/{key} /en/daten/{key} /daten/{key}?tab=x"),
    # They show what everybody may see, also to those who may see more.
    "daten/<slug:key>/einbetten/karte": door(search="/daten/{key}/einbetten/karte"),
    "daten/<slug:key>/einbetten/tabelle": door(search="/daten/{key}/einbetten/tabelle"),
    "daten/<slug:key>/schnittstelle": door(search="/daten/{key}/schnittstelle"),
    "daten/<slug:key>/werte.<slug:form>": door(
        search="/daten/{key}/werte.csv /daten/{key}/werte.xlsx /daten/{key}/werte.parquet"
    ),
    "sitemap.xml": door(lists="/sitemap.xml"),
    "sitemap-<int:part>.xml": door(lists="/sitemap-1.xml /sitemap-2.xml"),
    "arbeit": door(lists="/arbeit", search="/arbeit?q={word}"),
    "arbeit/daten/neu": no_data("an empty form; rooms in it are those that one may enter"),
    "arbeit/daten/<slug:key>": door(search="/arbeit/daten/{key}"),
    "arbeit/daten/<slug:key>/punkte": door(search="/arbeit/daten/{key}/punkte"),
    "arbeit/daten/<slug:key>/verschieben": door(search="/arbeit/daten/{key}/verschieben"),
    "arbeit/daten/<slug:key>/stand": door(search="/arbeit/daten/{key}/stand"),
    "arbeit/daten/<slug:key>/formen/neu": door(search="/arbeit/daten/{key}/formen/neu"),
    "arbeit/daten/<slug:key>/formen/<int:id>": door(search="/arbeit/daten/{key}/formen/1"),
    "arbeit/daten/<slug:key>/formen/<int:id>/entfernen": door(
        search="/arbeit/daten/{key}/formen/1/entfernen"
    ),
    **{
        path: no_data("the way in, one's own account, organisations and keys")
        for path in (
            "anmelden",
            "anmelden/passkey",
            "anmelden/zweiter-schritt",
            "anmelden/bestaetigen",
            "anmelden/bestaetigen/code",
            "anmelden/bestaetigen/passkey",
            "anmelden/gesperrt",
            "abmelden",
            "willkommen/<str:secret>",
            "konto",
            "konto/sitzung-beenden",
            "konto/sprache",
            "konto/daten",
            "konto/daten/meine-daten.json",
            "konto/geloescht",
            "konto/anlegen",
            "konto/anlegen/postfach",
            r"^konto/bestaetigen/(?P<key>[-:\w]+)$",
            "konto/email",
            "konto/passwort",
            "konto/passwort/setzen",
            "konto/passwort/vergessen",
            "konto/passwort/vergessen/postfach",
            r"^konto/passwort/neu/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
            "konto/passwort/neu",
            "konto/sicherheit",
            "konto/sicherheit/app",
            "konto/sicherheit/app/entfernen",
            "konto/sicherheit/notfallcodes",
            "konto/sicherheit/notfallcodes/neu",
            "konto/sicherheit/passkeys",
            "konto/sicherheit/passkeys/neu",
            "konto/sicherheit/passkeys/<int:pk>",
            "konto/sicherheit/passkeys/<int:pk>/entfernen",
            "konto/schluessel",
            "konto/schluessel/neu",
            "konto/schluessel/<int:id>/beenden",
            "arbeit/geraete",
            "arbeit/geraete/neu",
            "arbeit/geraete/<int:id>/beenden",
            *(f"arbeit/post{end}" for end in ("", "/probe", "/noch-einmal", "/<int:id>/verwerfen")),
            "arbeit/menschen",
            "arbeit/menschen/neu",
            "arbeit/menschen/konten",
            "arbeit/menschen/konten/<int:id>",
            "arbeit/menschen/konten/<int:id>/sperren",
            "arbeit/menschen/konten/<int:id>/oeffnen",
            "arbeit/menschen/<int:id>",
            "arbeit/menschen/<int:id>/bearbeiten",
            "arbeit/menschen/<int:id>/einladen",
            "arbeit/menschen/<int:id>/zuruecknehmen",
            "arbeit/menschen/<int:id>/rolle",
            "arbeit/menschen/<int:id>/entfernen",
            "arbeit/menschen/<int:id>/zugang",
        )
    },
    **{
        route: door(lists="/" + route.replace("<int:id>", "1"))
        for route in (
            "arbeit/ernten",
            "arbeit/ernten/neu",
            "arbeit/ernten/<int:id>",
            "arbeit/ernten/<int:id>/bearbeiten",
            "arbeit/ernten/<int:id>/loeschen",
        )
    },
    "api/3": no_data("the version of the interface"),
    r"^api/(?:3/)?action/(?P<name>[^/]{1,100})/?$": door(
        lists="/api/3/action/package_list /api/3/action/tag_list /api/3/action/organization_list?all_fields=1"
        " /api/3/action/group_list?all_fields=1 /api/action/current_package_list_with_resources?limit=1000"
        ' /api/3/action/package_search?rows=1000&sort=name+asc&facet.field=["tags","organization","groups"]'
        ' /api/3/action/package_search?rows=0&facet.field=["res_format","license_id"]',
        one="/api/3/action/package_show?id={key} /api/3/action/package_show?id={uuid}",
        search="/api/3/action/package_search?q={word} /api/3/action/package_search?fq=name:{key}"
        " /api/3/action/package_autocomplete?q={word} /api/3/action/tag_list?query={word}",
    ),
}

PAGES |= {
    route: door(lists="/" + route.replace("<int:id>", "1").replace("<int:document>", "1"))
    for route in (
        "arbeit/raeume",
        "arbeit/raeume/neu",
        "arbeit/vereinbarungen",
        "arbeit/vereinbarungen/<int:id>",
        "arbeit/vereinbarungen/<int:id>/bearbeiten",
        "arbeit/vereinbarungen/<int:id>/abschliessen",
        "arbeit/vereinbarungen/<int:id>/beenden",
        "arbeit/vereinbarungen/<int:id>/verwerfen",
        "arbeit/vereinbarungen/<int:id>/odrl.jsonld",
        "arbeit/vereinbarungen/<int:id>/dokumente",
        "arbeit/vereinbarungen/<int:id>/dokumente/<int:document>",
        "arbeit/protokoll",
        "arbeit/protokoll.csv",
    )
} | {
    "arbeit/vereinbarungen/neu": door(search="/arbeit/vereinbarungen/neu?raum={room}"),
    "arbeit/datensaetze": door(
        lists="/arbeit/datensaetze /arbeit/datensaetze?fehlt=licence&alle=1",
        search="/arbeit/datensaetze?q={word} /arbeit/datensaetze?raum={room}",
    ),
    "arbeit/datensaetze/aendern": door(lists="/arbeit/datensaetze/aendern"),
    "arbeit/datensaetze/schritte/<int:id>": door(lists="/arbeit/datensaetze/schritte/1"),
    "arbeit/datensaetze/schritte/<int:id>/rueckgaengig": no_data("takes nothing; one's own steps only"),
    "arbeit/raeume/<slug:key>": door(search="/arbeit/raeume/{room}"),
    "arbeit/raeume/<slug:key>/bearbeiten": door(search="/arbeit/raeume/{room}/bearbeiten"),
    "arbeit/raeume/<slug:key>/aufnehmen": door(search="/arbeit/raeume/{room}/aufnehmen"),
    "arbeit/raeume/<slug:key>/zustimmen": door(search="/arbeit/raeume/{room}/zustimmen"),
    "arbeit/raeume/<slug:key>/mitglieder/<int:id>/entfernen": door(
        search="/arbeit/raeume/{room}/mitglieder/1/entfernen"
    ),
    "arbeit/protokoll/frist": no_data("takes a number, from administrators"),
    "arbeit/protokoll/zustaendige": no_data("takes an address, from administrators"),
    "arbeit/protokoll/zustaendige/<int:id>/entfernen": no_data("takes nothing, from administrators"),
}

# CKAN's actions share one route; each is asked too, but for those that tell nothing of datasets.
_ACTION = r"^api/(?:3/)?action/(?P<name>[^/]{1,100})/?$"
PAGES[_ACTION] = Door(
    (
        *PAGES[_ACTION].lists,
        "/api/3/action/organization_show?id=stadtverwaltung&include_datasets=true",
        "/api/3/action/organization_list_for_user",
        "/api/3/action/group_show?id=tran&include_datasets=true",
        "/api/3/action/license_list",
    ),
    PAGES[_ACTION].one,
    (
        *PAGES[_ACTION].search,
        "/api/3/action/tag_show?id={word}&include_datasets=true",
        "/api/3/action/resource_show?id={uuid}",
        "/api/3/action/datastore_search?resource_id={uuid}",
    ),
)
ACTIONS_WITHOUT_DATA = {"status_show", "site_read", "help_show"}


def actions_asked() -> set[str]:
    """The actions of CKAN that the matrix asks."""
    return {address.split("/action/")[1].partition("?")[0] for each in PAGES[_ACTION][:3] for address in each}


PAGES = together(PAGES, city.DOORS, board_doors.PAGES, doors_told.PAGES, doors_of_app.PAGES, FILES)
