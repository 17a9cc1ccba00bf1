-- SPDX-License-Identifier: EUPL-1.2
-- Words explained in easy language, and videos in sign language beside pages.

-- `path`: the address of the page, without host, language and query. Either a file of our own (`content`: its name on
-- the disk; `captions`: WebVTT) or a link to a page that shows the video.
CREATE TABLE city.sign_video (
    path text PRIMARY KEY CHECK (path ~ '^/' AND length(path) <= 300),
    link text NOT NULL DEFAULT '' CHECK (link = '' OR (link LIKE 'https://%' AND length(link) <= 1000)),
    content uuid UNIQUE,
    media_type text NOT NULL DEFAULT '' CHECK (media_type IN ('', 'video/mp4', 'video/webm')),
    byte_size bigint NOT NULL DEFAULT 0,
    captions text NOT NULL DEFAULT '' CHECK (length(captions) <= 100000),
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by bigint REFERENCES core.principal ON DELETE SET NULL,
    CHECK ((content IS NULL) = (link <> '')),
    CHECK ((content IS NULL) = (media_type = ''))
);

-- Only words that nobody has explained in easy language yet.
UPDATE city.term SET
    name = CASE WHEN easy.name = '' THEN term.name ELSE term.name || jsonb_build_object('de-simple', easy.name) END,
    short = term.short || jsonb_build_object('de-simple', easy.short)
FROM (VALUES
    ('api', '', 'Computer·programme holen hier Daten ab.'),
    ('csv', '', 'Das ist eine einfache Tabelle. Fast jedes Computer·programm kann sie öffnen.'),
    ('datensatz', 'Daten·satz', 'Das sind viele Daten zu einem Thema.'),
    ('dcat', '', 'So tauschen Städte ihre Listen von Daten aus.'),
    ('geojson', '', 'Das ist eine Datei mit Orten. Man kann sie auf einer Karte zeigen.'),
    ('hvd', 'Hoch·wertige Daten·sätze', 'Das sind besonders wichtige Daten. Ein Gesetz sagt: Alle dürfen sie benutzen.'),
    ('lizenz', '', 'Das sind Regeln. Sie sagen: Was dürfen Sie mit den Daten machen?'),
    ('median', '', 'Das ist die Zahl in der Mitte. Die Hälfte der Zahlen ist kleiner. Die andere Hälfte ist größer.'),
    ('messort', 'Mess·ort', 'Das ist ein Ort in der Stadt. Dort messen oder zählen wir etwas.'),
    ('messreihe', 'Mess·reihe', 'Ein Gerät misst immer wieder. Alle Zahlen zusammen heißen: Mess·reihe.'),
    ('metadaten', 'Meta·daten', 'Sie erklären Daten. Zum Beispiel: Von wem sind die Daten?'),
    ('namensnennung', 'Namens·nennung', 'Benutzen Sie die Daten? Dann müssen Sie schreiben, von wem sie sind.'),
    ('normalhoehennull', 'Normal·höhen·null', 'Von hier misst man Höhen in Deutschland. Das ist fast so hoch wie das Meer.'),
    ('offene-daten', 'Offene Daten', 'Alle Menschen dürfen diese Daten benutzen. Sie kosten kein Geld.'),
    ('parquet', '', 'Das ist eine Datei für sehr große Tabellen.'),
    ('sensorthings', '', 'Das sind Regeln für Computer·programme. So holen sie Zahlen ab.'),
    ('simulation', '', 'Ein Computer·programm hat diese Zahlen ausgedacht. Niemand hat sie gemessen.'),
    ('wiedergabe', '', 'Das sind echte Zahlen von früher. Wir zeigen sie so, als sind sie von heute.')
) AS easy (key, name, short)
WHERE term.key = easy.key AND term.short ->> 'de-simple' IS NULL;
