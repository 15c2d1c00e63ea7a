-- Migrations can be paused. Who runs one hears of it as of a cancellation and gives the job back; of
-- the time that it is paused a question's deadline takes no notice.
ALTER TABLE migrations
  DROP CONSTRAINT migrations_status_check,
  ADD CONSTRAINT migrations_status_check CHECK (status IN
    ('pending', 'running', 'awaiting_decision', 'paused', 'completed', 'failed', 'cancelled'));
ALTER TABLE jobs
  DROP CONSTRAINT jobs_status_check,
  ADD CONSTRAINT jobs_status_check CHECK (status IN
    ('queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled')),
  -- Never together with cancel_requested.
  ADD COLUMN pause_requested boolean NOT NULL DEFAULT false,
  ADD COLUMN paused_at timestamptz;

DROP TRIGGER jobs_notify ON jobs;
CREATE TRIGGER jobs_notify AFTER UPDATE OF status, cancel_requested, pause_requested ON jobs
  FOR EACH ROW WHEN ((NEW.status = 'queued' OR NEW.cancel_requested OR NEW.pause_requested)
    AND NEW.run_id IS NOT NULL)
  EXECUTE FUNCTION notify_job();
