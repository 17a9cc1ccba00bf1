-- SPDX-License-Identifier: EUPL-1.2
-- What is counted and narrowed down, apart from the texts: a row of numbers per dataset, and the words behind them.

-- Stems of all texts, and words of titles, keywords and keys as they are written, without case and accents.
-- Nobody is ever shown this list: it holds words of hidden datasets too.
CREATE TABLE catalogue.word (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stem boolean NOT NULL,
    text text NOT NULL,
    UNIQUE (text, stem)
);

-- `says`: stems of title, keywords and description; `words`: key, title and keywords as in catalogue.entry.
CREATE TABLE catalogue.mark (
    dataset_id bigint PRIMARY KEY REFERENCES catalogue.dataset ON DELETE CASCADE,
    moved timestamptz NOT NULL,
    temporal_from timestamptz,
    temporal_until timestamptz,
    combination_id integer NOT NULL,
    area box,
    says integer[] NOT NULL,
    words text NOT NULL,
    sorted_as text NOT NULL
);
DROP INDEX catalogue.entry_moved, catalogue.entry_sorted, catalogue.entry_combination, catalogue.entry_area;

-- The words of a text as catalogue.plain leaves it; no word is longer than what an index takes.
CREATE FUNCTION catalogue.words_of(given text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT DISTINCT left(w, 200) FROM regexp_split_to_table(given, '\W+') AS w WHERE w <> '' ORDER BY 1)
$$;

-- Makes the marks of these datasets anew from their entries.
CREATE FUNCTION catalogue.mark_datasets(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue.word (stem, text)
    SELECT w.stem, w.text
    FROM (SELECT true AS stem, left(unnest(tsvector_to_array(e.search)), 200) AS text
          FROM catalogue.entry AS e WHERE e.dataset_id = ANY (ids)
          UNION
          SELECT false, unnest(catalogue.words_of(e.words)) FROM catalogue.entry AS e WHERE e.dataset_id = ANY (ids)) AS w
    WHERE NOT EXISTS (SELECT FROM catalogue.word AS k WHERE k.text = w.text AND k.stem = w.stem)
    ORDER BY w.text, w.stem
    ON CONFLICT (text, stem) DO NOTHING;
    INSERT INTO catalogue.mark
    SELECT e.dataset_id, e.moved, e.temporal_from, e.temporal_until, e.combination_id, e.area,
           ARRAY(SELECT k.id FROM unnest(tsvector_to_array(e.search)) AS t
                 JOIN catalogue.word AS k ON k.stem AND k.text = left(t, 200)),
           e.words, e.sorted_as
    FROM catalogue.entry AS e WHERE e.dataset_id = ANY (ids)
    ON CONFLICT (dataset_id) DO UPDATE SET
        moved = excluded.moved, temporal_from = excluded.temporal_from, temporal_until = excluded.temporal_until,
        combination_id = excluded.combination_id, area = excluded.area, says = excluded.says, words = excluded.words,
        sorted_as = excluded.sorted_as;
END $$;

CREATE FUNCTION catalogue.marks_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalogue.mark_datasets(ARRAY(SELECT dataset_id FROM changed));
    RETURN NULL;
END $$;
CREATE TRIGGER marked_new AFTER INSERT ON catalogue.entry REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.marks_follow();
CREATE TRIGGER marked_changed AFTER UPDATE ON catalogue.entry REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.marks_follow();

SELECT catalogue.mark_datasets(ARRAY(SELECT dataset_id FROM catalogue.entry));
CREATE INDEX mark_moved ON catalogue.mark (moved DESC, dataset_id);
CREATE INDEX mark_sorted ON catalogue.mark (sorted_as, dataset_id);
CREATE INDEX mark_combination ON catalogue.mark (combination_id, dataset_id);
CREATE INDEX mark_area ON catalogue.mark USING gist (area);
CREATE INDEX mark_says ON catalogue.mark USING gin (says) WITH (fastupdate = off);
CREATE INDEX mark_words ON catalogue.mark USING gin (words gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX word_parts ON catalogue.word USING gin (text gin_trgm_ops) WITH (fastupdate = off) WHERE NOT stem;
