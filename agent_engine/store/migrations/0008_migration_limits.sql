-- How many of its migrations an organization wants to run at a time. Who takes jobs while there are
-- limits locks this table first (job_queue.cc).
CREATE TABLE migration_limits (
  tenant text PRIMARY KEY,
  max_running integer NOT NULL CHECK (max_running >= 0),
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
