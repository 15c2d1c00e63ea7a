-- A fork is a run that begins at another's checkpoint. Effects with the same key and input take the
-- receipt that is there.
ALTER TABLE migrations
  ADD COLUMN parent_run uuid REFERENCES migrations (id) ON DELETE SET NULL,
  ADD COLUMN parent_step bigint;
ALTER TABLE journal
  ADD COLUMN input_sha256 text NOT NULL DEFAULT '',
  ADD COLUMN is_reused boolean NOT NULL DEFAULT false;

-- A question may be answered by itself when nobody has.
ALTER TABLE user_decisions
  ADD COLUMN deadline timestamptz,
  ADD COLUMN default_answer text;
CREATE INDEX user_decisions_with_deadline ON user_decisions (deadline)
  WHERE answer IS NULL AND deadline IS NOT NULL;
