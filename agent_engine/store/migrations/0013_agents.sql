-- What runs keep beside their state, why they failed, and what agents leave for one another.

-- "failed": the run gave up, after it undid what it had done or because a person said so.
ALTER TABLE workflow_checkpoints
  ADD COLUMN frame bytea NOT NULL DEFAULT '',
  DROP CONSTRAINT workflow_checkpoints_status_check,
  ADD CONSTRAINT workflow_checkpoints_status_check
    CHECK (status IN ('running', 'interrupted', 'completed', 'failed'));

-- One row for each time that a node failed by a strategy or for good.
CREATE TABLE run_failures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  step bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  context jsonb NOT NULL
);
CREATE INDEX run_failures_of_run ON run_failures (run_id, id);

-- Messages between the agents of a run, numbered from 1.
CREATE TABLE agent_messages (
  run_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  number bigint NOT NULL,
  from_agent text NOT NULL,
  to_agent text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('task', 'status', 'error', 'data_request')),
  priority integer NOT NULL,
  deadline timestamptz,
  reply_expected boolean NOT NULL,
  reply_to bigint,
  body jsonb NOT NULL,
  sent_step bigint NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  taken_step bigint,
  taken_at timestamptz,
  answered_step bigint,
  answered_at timestamptz,
  PRIMARY KEY (run_id, number)
);

CREATE TABLE agent_memory (
  tenant text COLLATE "C" NOT NULL,
  agent text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, agent, key)
);
