-- Migrations that are made again and again. Each occurrence makes one, however many engines look.
CREATE TABLE schedules (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant text NOT NULL,
  name text NOT NULL,
  created_by text NOT NULL,
  cron text NOT NULL,
  -- Of the migrations that it makes.
  migration_name text NOT NULL,
  request bytea NOT NULL,
  target text NOT NULL,
  job_kind text NOT NULL,
  priority integer NOT NULL,
  next_at timestamptz,  -- null: never again
  last_at timestamptz,  -- the occurrence that made the last migration
  last_migration uuid REFERENCES migrations (id) ON DELETE SET NULL,
  error text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (tenant, name)
);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- The schedule that made a migration may be gone, so this refers to no row of it.
ALTER TABLE migrations
  ADD COLUMN schedule_id uuid,
  ADD COLUMN scheduled_at timestamptz;
CREATE UNIQUE INDEX migrations_of_schedule ON migrations (schedule_id, scheduled_at)
  WHERE schedule_id IS NOT NULL;
