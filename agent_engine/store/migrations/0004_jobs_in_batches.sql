-- Jobs are taken and left by the hundred. A take changes no indexed column, so with room on its page
-- a row keeps its index entries (PostgreSQL documentation, 73.7 Heap-Only Tuples). Jobs need not be
-- of a migration: those carry their payload, and their rows go when they are done.
ALTER TABLE jobs
  ALTER COLUMN run_id DROP NOT NULL,
  DROP CONSTRAINT jobs_run_id_key,
  ADD COLUMN tenant text NOT NULL DEFAULT '',
  ADD COLUMN error text NOT NULL DEFAULT '',
  ADD COLUMN is_open boolean NOT NULL GENERATED ALWAYS AS (status IN ('queued', 'running')) STORED,
  ADD COLUMN payload bytea,
  SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
UPDATE jobs SET tenant = migrations.tenant FROM migrations WHERE migrations.id = jobs.run_id;
DROP INDEX jobs_to_take;
CREATE UNIQUE INDEX jobs_of_run ON jobs (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX jobs_runs_to_take ON jobs (priority DESC, available_at, id)
  WHERE is_open AND run_id IS NOT NULL;
CREATE INDEX jobs_others_to_take ON jobs (kind, priority DESC, available_at, id)
  WHERE is_open AND run_id IS NULL;
ALTER TABLE migrations SET (fillfactor = 80);

DROP TRIGGER jobs_notify ON jobs;
CREATE TRIGGER jobs_notify AFTER UPDATE OF status, cancel_requested ON jobs
  FOR EACH ROW WHEN ((NEW.status = 'queued' OR NEW.cancel_requested) AND NEW.run_id IS NOT NULL)
  EXECUTE FUNCTION notify_job();

-- Transactions that notify commit one after another. Who writes many events tells of them
-- afterwards, once for all.
ALTER TABLE migration_events ADD COLUMN is_announced boolean NOT NULL DEFAULT false;
DROP TRIGGER migration_events_notify ON migration_events;
CREATE TRIGGER migration_events_notify AFTER INSERT ON migration_events
  FOR EACH ROW WHEN (NEW.kind <> 'created' AND NOT NEW.is_announced)
  EXECUTE FUNCTION notify_migration_event();

-- The step under which a node's effects are journalled while it waits for an answer.
ALTER TABLE workflow_checkpoints ADD COLUMN effects_step bigint NOT NULL DEFAULT 0;
