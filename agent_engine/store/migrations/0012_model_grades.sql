-- How each answer of a language model about a refused object was graded: what reports on models, and
-- the Planner's choice of tiers, read.
CREATE TABLE model_grades (
  migration_id uuid NOT NULL REFERENCES migrations (id) ON DELETE CASCADE,
  object text NOT NULL,
  attempt integer NOT NULL,
  tenant text NOT NULL,
  tier text NOT NULL,
  model text NOT NULL,
  prompt text NOT NULL,
  codes text[] NOT NULL,
  verdict text NOT NULL,
  is_accepted boolean NOT NULL,
  cost_microdollars bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  graded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (migration_id, object, attempt)
);
CREATE INDEX model_grades_of_tenant ON model_grades (tenant, graded_at);
