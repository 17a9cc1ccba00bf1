-- SPDX-License-Identifier: EUPL-1.2
-- How many datasets each combination of facets has, so that the question without words or bounds costs what there are of these.

-- A combination may have many rows: their sum counts. Whoever writes only adds rows, so that nobody waits for anybody else;
-- once a minute they become one again. Hidden datasets are counted here too: whoever reads takes off what is not to be seen.
CREATE TABLE catalogue.combination_size (
    combination_id integer NOT NULL,
    n bigint NOT NULL
);
INSERT INTO catalogue.combination_size SELECT combination_id, count(*) FROM catalogue.mark GROUP BY combination_id;

-- Says what is more and what is less by what a statement did; whatever keeps its combination says nothing.
CREATE FUNCTION catalogue.sizes_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO catalogue.combination_size SELECT combination_id, count(*) FROM added GROUP BY combination_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO catalogue.combination_size SELECT combination_id, -count(*) FROM removed GROUP BY combination_id;
    ELSE
        INSERT INTO catalogue.combination_size
        SELECT e.combination_id, sum(e.n)
        FROM (SELECT combination_id, 1 AS n FROM added UNION ALL SELECT combination_id, -1 FROM removed) AS e
        GROUP BY e.combination_id HAVING sum(e.n) <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sized_new AFTER INSERT ON catalogue.mark REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.sizes_follow();
CREATE TRIGGER sized_changed AFTER UPDATE ON catalogue.mark REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.sizes_follow();
CREATE TRIGGER sized_gone AFTER DELETE ON catalogue.mark REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.sizes_follow();
