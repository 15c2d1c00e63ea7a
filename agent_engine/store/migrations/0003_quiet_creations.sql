-- Transactions that notify commit one after another. New migrations come by the thousand, so their
-- writer tells of them afterwards, once for many; nobody can watch one before its writer has its id.
DROP TRIGGER jobs_notify ON jobs;
CREATE TRIGGER jobs_notify AFTER UPDATE OF status, cancel_requested ON jobs
  FOR EACH ROW WHEN (NEW.status = 'queued' OR NEW.cancel_requested)
  EXECUTE FUNCTION notify_job();
DROP TRIGGER migration_events_notify ON migration_events;
CREATE TRIGGER migration_events_notify AFTER INSERT ON migration_events
  FOR EACH ROW WHEN (NEW.kind <> 'created')
  EXECUTE FUNCTION notify_migration_event();
