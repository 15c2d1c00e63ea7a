-- What runs write by the thousand is not looked up row by row in migrations any more: each of these
-- rows is written under a lock of its run's job or migration, by a statement that has found it there.
-- A migration that is deleted still takes them along: the job first, so that an engine which has it
-- writes nothing behind what was deleted.
ALTER TABLE jobs DROP CONSTRAINT jobs_run_id_fkey;
ALTER TABLE workflow_checkpoints DROP CONSTRAINT workflow_checkpoints_run_id_fkey;
ALTER TABLE migration_events DROP CONSTRAINT migration_events_migration_id_fkey;
ALTER TABLE journal DROP CONSTRAINT journal_run_id_fkey;

CREATE FUNCTION delete_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM jobs WHERE run_id = OLD.id;
  DELETE FROM workflow_checkpoints WHERE run_id = OLD.id;
  DELETE FROM journal WHERE run_id = OLD.id;
  DELETE FROM migration_events WHERE migration_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER migrations_delete_run AFTER DELETE ON migrations
  FOR EACH ROW EXECUTE FUNCTION delete_run();
