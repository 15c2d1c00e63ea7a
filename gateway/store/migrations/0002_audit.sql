-- What was done through the gateway: rows are added, never changed, and each one's hash covers the
-- one before it in its organization's chain.
CREATE TABLE audit_chains (
  organization_id uuid PRIMARY KEY,
  sequence bigint NOT NULL,
  hash bytea NOT NULL
);

CREATE TABLE audit_logs (
  organization_id uuid NOT NULL,  -- all zeros: not known
  sequence bigint NOT NULL,
  at timestamptz NOT NULL,
  user_id text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  status integer NOT NULL,
  request_id text NOT NULL,
  remote_address text NOT NULL,
  body_sha256 text NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (organization_id, sequence)
);
CREATE INDEX audit_logs_by_time ON audit_logs (organization_id, at);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_logs is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_logs_rows_stay BEFORE UPDATE OR DELETE ON audit_logs
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_logs_stays BEFORE TRUNCATE ON audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- The hash of a row: SHA-256 of the hash before it and of the fields, each as
-- "<bytes>:<text>,", with the time as microseconds since 1970.
CREATE FUNCTION audit_hash(previous bytea, entry audit_logs) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(previous || convert_to(string_agg(octet_length(field) || ':' || field || ',', ''
                                                  ORDER BY position), 'UTF8'))
  FROM unnest(ARRAY[
    entry.organization_id::text, entry.sequence::text,
    (extract(epoch FROM entry.at) * 1000000)::bigint::text, entry.user_id, entry.action,
    entry.object, entry.status::text, entry.request_id, entry.remote_address, entry.body_sha256
  ]) WITH ORDINALITY AS fields (field, position)
$$;

-- Adds a row. The chain's row is locked until the transaction ends, which keeps the order.
CREATE FUNCTION append_audit(p_organization uuid, p_user text, p_action text, p_object text,
                             p_status integer, p_request text, p_address text, p_body text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  previous bytea;
  entry audit_logs;
BEGIN
  INSERT INTO audit_chains VALUES (p_organization, 0, ''::bytea) ON CONFLICT DO NOTHING;
  SELECT sequence + 1, hash INTO entry.sequence, previous
    FROM audit_chains WHERE organization_id = p_organization FOR UPDATE;
  entry.organization_id := p_organization;
  entry.at := clock_timestamp();
  entry.user_id := p_user;
  entry.action := p_action;
  entry.object := p_object;
  entry.status := p_status;
  entry.request_id := p_request;
  entry.remote_address := p_address;
  entry.body_sha256 := p_body;
  entry.hash := audit_hash(previous, entry);
  INSERT INTO audit_logs VALUES (entry.*);
  UPDATE audit_chains SET sequence = entry.sequence, hash = entry.hash
    WHERE organization_id = p_organization;
  RETURN entry.sequence;
END $$;
