-- A migration may come after others: its job is held until they have ended. Whether a job is held
-- does not change when it is taken, so a take still changes no indexed column.
ALTER TABLE jobs
  DROP CONSTRAINT jobs_status_check,
  ADD CONSTRAINT jobs_status_check CHECK (status IN
    ('held', 'queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled')),
  ADD COLUMN is_held boolean NOT NULL GENERATED ALWAYS AS (status = 'held') STORED;
CREATE INDEX jobs_held ON jobs (run_id) WHERE is_held;

CREATE TABLE migration_dependencies (
  migration_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  after_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  -- Whether it begins, too, when the other has failed or was cancelled.
  goes_on boolean NOT NULL,
  PRIMARY KEY (migration_id, after_id)
);
CREATE INDEX migration_dependents ON migration_dependencies (after_id);
