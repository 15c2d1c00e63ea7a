-- Audit rows of version 2 say more, and hash personal fields through commitments: SHA-256 of a
-- random salt and the fields. Without the salt a commitment tells nothing, so that erasing fields
-- and salt leaves the chain as it was. Columns are NULL in rows of version 1.
ALTER TABLE audit_logs
  ADD COLUMN hash_version smallint,
  ADD COLUMN key_id text,
  ADD COLUMN session_id text,
  ADD COLUMN actor_salt bytea,
  ADD COLUMN actor_commitment bytea,   -- to user_id, key_id, session_id and remote_address
  ADD COLUMN object_salt bytea,
  ADD COLUMN object_commitment bytea,  -- to object
  ADD COLUMN verdict text,             -- of the Guardian
  ADD COLUMN rules text,               -- ids with spaces between
  ADD COLUMN findings text,            -- kind:category:score:rule+rule, with spaces between
  ADD COLUMN latency_micros bigint,
  ADD COLUMN occurrences bigint;       -- requests that the row stands for
CREATE INDEX audit_logs_by_user ON audit_logs (user_id, organization_id);

-- Up to where a chain's oldest rows were dropped, and the hash that the rest begins with. The row
-- `recorded_by` of the chain says the same.
CREATE TABLE audit_checkpoints (
  organization_id uuid PRIMARY KEY,
  through bigint NOT NULL,
  hash bytea NOT NULL,
  recorded_by bigint NOT NULL
);

-- Which fields were erased on whose request: "actor:12 object:15", whose SHA-256 is the
-- body_sha256 of the chain's row `sequence`.
CREATE TABLE audit_erasures (
  organization_id uuid NOT NULL,
  sequence bigint NOT NULL,
  erased text NOT NULL,
  PRIMARY KEY (organization_id, sequence)
);

-- Rows stay, but for the two changes that the chain is made for: rows up to a checkpoint may go,
-- and the fields behind a commitment may become empty together with its salt.
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  blank audit_logs;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT FROM audit_checkpoints WHERE organization_id = OLD.organization_id
               AND through >= OLD.sequence) THEN
      RETURN OLD;
    END IF;
  ELSIF TG_OP = 'UPDATE' THEN
    blank := OLD;
    IF NEW.actor_salt = ''::bytea THEN
      blank.user_id := '';
      blank.key_id := '';
      blank.session_id := '';
      blank.remote_address := '';
      blank.actor_salt := ''::bytea;
    END IF;
    IF NEW.object_salt = ''::bytea THEN
      blank.object := '';
      blank.object_salt := ''::bytea;
    END IF;
    IF OLD.hash_version = 2 AND NEW IS NOT DISTINCT FROM blank THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_logs is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Adds rows that their writer has chained to heads as it knows them. All or nothing: where a head
-- is another one by now, it raises DM001, and the writer reads the heads and chains anew.
CREATE FUNCTION append_audit_rows(
  p_chains uuid[], p_old_sequences bigint[], p_old_hashes text[], p_new_sequences bigint[],
  p_new_hashes text[], p_organizations uuid[], p_sequences bigint[], p_times timestamptz[],
  p_users text[], p_actions text[], p_objects text[], p_statuses integer[], p_requests text[],
  p_addresses text[], p_texts text[], p_hashes text[], p_keys text[], p_sessions text[],
  p_actor_salts text[], p_actor_commitments text[], p_object_salts text[],
  p_object_commitments text[], p_verdicts text[], p_rules text[], p_findings text[],
  p_latencies bigint[], p_occurrences bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moved bigint;
BEGIN
  UPDATE audit_chains SET sequence = chain.new_sequence, hash = decode(chain.new_hash, 'hex')
    FROM unnest(p_chains, p_old_sequences, p_old_hashes, p_new_sequences, p_new_hashes)
      AS chain (id, old_sequence, old_hash, new_sequence, new_hash)
    WHERE organization_id = id AND sequence = old_sequence AND hash = decode(old_hash, 'hex');
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> cardinality(p_chains) THEN
    RAISE EXCEPTION 'a chain ends elsewhere by now' USING ERRCODE = 'DM001';
  END IF;
  INSERT INTO audit_logs (
      organization_id, sequence, at, user_id, action, object, status, request_id, remote_address,
      body_sha256, hash, hash_version, key_id, session_id, actor_salt, actor_commitment,
      object_salt, object_commitment, verdict, rules, findings, latency_micros, occurrences)
    SELECT organization, sequence, at, user_id, action, object, status, request, address, text,
      decode(hash, 'hex'), 2, key, session, decode(actor_salt, 'hex'),
      decode(actor_commitment, 'hex'), decode(object_salt, 'hex'),
      decode(object_commitment, 'hex'), verdict, rules, findings, latency, occurrences
    FROM unnest(p_organizations, p_sequences, p_times, p_users, p_actions, p_objects, p_statuses,
                p_requests, p_addresses, p_texts, p_hashes, p_keys, p_sessions, p_actor_salts,
                p_actor_commitments, p_object_salts, p_object_commitments, p_verdicts, p_rules,
                p_findings, p_latencies, p_occurrences)
      AS rows (organization, sequence, at, user_id, action, object, status, request, address, text,
               hash, key, session, actor_salt, actor_commitment, object_salt, object_commitment,
               verdict, rules, findings, latency, occurrences);
END $$;
