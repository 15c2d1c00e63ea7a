-- Migrations, the jobs that carry them out, and what those leave behind.

CREATE TABLE migrations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant text NOT NULL,
  created_by text NOT NULL,
  name text NOT NULL,
  idempotency_key text,
  request bytea NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN
    ('pending', 'running', 'awaiting_decision', 'completed', 'failed', 'cancelled')),
  current_step text NOT NULL DEFAULT '',
  progress double precision NOT NULL DEFAULT 0,
  score double precision,
  error text NOT NULL DEFAULT '',
  project_path text NOT NULL DEFAULT '',
  summary jsonb NOT NULL DEFAULT '{}',
  last_event bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  UNIQUE (tenant, idempotency_key)
);
CREATE INDEX migrations_newest ON migrations (tenant, created_at DESC, id DESC);
CREATE INDEX migrations_newest_of_status ON migrations (tenant, status, created_at DESC, id DESC);

CREATE TABLE jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  run_id uuid NOT NULL UNIQUE REFERENCES migrations (id) ON DELETE CASCADE,
  kind text NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN
    ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled')),
  priority integer NOT NULL DEFAULT 0,
  owner text,
  fencing_token bigint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  available_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  cancel_requested boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX jobs_to_take ON jobs (priority DESC, available_at) WHERE status IN ('queued', 'running');

-- Engines hear of work to take and of work to stop.
CREATE FUNCTION notify_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('datamigrate_jobs', NEW.run_id::text);
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_notify AFTER INSERT OR UPDATE OF status, cancel_requested ON jobs
  FOR EACH ROW WHEN (NEW.status = 'queued' OR NEW.cancel_requested)
  EXECUTE FUNCTION notify_job();

CREATE TABLE workflow_checkpoints (
  run_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  step bigint NOT NULL,
  node text NOT NULL,
  next_node text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'interrupted', 'completed')),
  state bytea NOT NULL,
  fencing_token bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, step)
);

CREATE TABLE journal (
  run_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  step bigint NOT NULL,
  key text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  receipt bytea,
  completed_at timestamptz,
  PRIMARY KEY (run_id, step, key)
);

CREATE TABLE migration_events (
  migration_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  sequence bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL,
  payload jsonb NOT NULL,
  PRIMARY KEY (migration_id, sequence)
);

CREATE FUNCTION notify_migration_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('datamigrate_events', NEW.migration_id::text);
  RETURN NULL;
END $$;
CREATE TRIGGER migration_events_notify AFTER INSERT ON migration_events
  FOR EACH ROW EXECUTE FUNCTION notify_migration_event();

CREATE TABLE migration_models (
  migration_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  name text COLLATE "C" NOT NULL,
  object text NOT NULL,
  layer text NOT NULL,
  materialization text NOT NULL,
  status text NOT NULL,
  source_sql text NOT NULL,
  target_sql text NOT NULL,
  diagnostics jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration_id, name)
);

CREATE TABLE user_decisions (
  migration_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  step bigint NOT NULL,
  node text NOT NULL,
  question text NOT NULL,
  answer text,
  decided_by text NOT NULL DEFAULT '',
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  decided_at timestamptz,
  PRIMARY KEY (migration_id, step)
);

CREATE TABLE data_chunks (
  migration_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  table_name text COLLATE "C" NOT NULL,
  chunk bigint NOT NULL,
  row_count bigint NOT NULL,
  checksum text NOT NULL,
  status text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration_id, table_name, chunk)
);
