-- SPDX-License-Identifier: EUPL-1.2
-- Keywords by themselves, so that a list of them costs what there are of them, not of datasets.

-- As they are written. Nobody is ever shown this list as it is: it holds keywords of hidden datasets too.
CREATE TABLE catalogue.keyword (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL
);
-- A keyword from elsewhere may be longer than what an index takes.
CREATE UNIQUE INDEX keyword_text ON catalogue.keyword (md5(text));

CREATE TABLE catalogue.dataset_keyword (
    keyword_id integer NOT NULL,
    dataset_id bigint NOT NULL REFERENCES catalogue.dataset ON DELETE CASCADE,
    PRIMARY KEY (keyword_id, dataset_id)
);
CREATE INDEX dataset_keyword_dataset ON catalogue.dataset_keyword (dataset_id);

-- The keywords of a dataset in all languages, each once.
CREATE FUNCTION catalogue.keywords_of(given jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT DISTINCT w FROM jsonb_each(given) AS k, jsonb_array_elements_text(k.value) AS w
$$;

CREATE FUNCTION catalogue.name_datasets(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue.keyword (text)
    SELECT w.text
    FROM (SELECT DISTINCT catalogue.keywords_of(c.keywords) AS text
          FROM catalogue.dataset AS c WHERE c.dataset_id = ANY (ids)) AS w
    WHERE NOT EXISTS (SELECT FROM catalogue.keyword AS k WHERE md5(k.text) = md5(w.text))
    ORDER BY w.text
    ON CONFLICT (md5(text)) DO NOTHING;
    DELETE FROM catalogue.dataset_keyword WHERE dataset_id = ANY (ids);
    INSERT INTO catalogue.dataset_keyword (keyword_id, dataset_id)
    SELECT k.id, w.dataset_id
    FROM (SELECT c.dataset_id, catalogue.keywords_of(c.keywords) AS text
          FROM catalogue.dataset AS c WHERE c.dataset_id = ANY (ids)) AS w
    JOIN catalogue.keyword AS k ON md5(k.text) = md5(w.text)
    ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION catalogue.keywords_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalogue.name_datasets(ARRAY(SELECT dataset_id FROM changed));
    RETURN NULL;
END $$;
CREATE FUNCTION catalogue.keywords_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalogue.name_datasets(ARRAY(
        SELECT c.dataset_id FROM changed AS c JOIN before AS b ON b.dataset_id = c.dataset_id
        WHERE c.keywords IS DISTINCT FROM b.keywords));
    RETURN NULL;
END $$;
CREATE TRIGGER keywords_new AFTER INSERT ON catalogue.dataset REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.keywords_follow();
CREATE TRIGGER keywords_changed AFTER UPDATE ON catalogue.dataset REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.keywords_changed();

SELECT catalogue.name_datasets(ARRAY(SELECT dataset_id FROM catalogue.dataset));
