-- SPDX-License-Identifier: EUPL-1.2
-- What clients of our own MQTT door were or are to be told with QoS 1 and have not acknowledged: for each client and batch
-- of changes one row with the ids by topic. The documents are made when they are sent, with the rights of that moment.

CREATE TABLE ingest.parcel (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_id bigint NOT NULL,
    client_id text NOT NULL,
    messages integer NOT NULL,
    told jsonb NOT NULL,
    FOREIGN KEY (token_id, client_id) REFERENCES things.follower (token_id, client_id) ON DELETE CASCADE
);
CREATE INDEX parcel_of_client ON ingest.parcel (token_id, client_id, id);
