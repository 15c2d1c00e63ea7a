-- What calls of language models used and cost, what was set aside for them, and their answers.

-- One row for a request to a provider, and for an answer from the cache.
CREATE TABLE model_usage (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call uuid NOT NULL,
  tenant text NOT NULL,
  migration text NOT NULL DEFAULT '',
  agent text NOT NULL DEFAULT '',
  task text NOT NULL,
  model text NOT NULL,
  deployment text NOT NULL DEFAULT '',
  provider_model text NOT NULL DEFAULT '',
  outcome text NOT NULL,
  input_tokens bigint NOT NULL,
  cached_input_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  is_estimated boolean NOT NULL,
  cost_microdollars bigint NOT NULL,
  latency_microseconds bigint NOT NULL,
  first_token_microseconds bigint NOT NULL,
  began_at timestamptz NOT NULL
);
CREATE INDEX model_usage_of_tenant ON model_usage (tenant, began_at);
CREATE INDEX model_usage_of_migration ON model_usage (migration, began_at) WHERE migration <> '';

-- What is spent of a budget in its window. What is held lies in the reservations.
CREATE TABLE model_budgets (
  budget text NOT NULL,
  subject text NOT NULL,
  window_name text NOT NULL,
  spent bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (budget, subject, window_name)
);

CREATE TABLE model_reservations (
  id uuid NOT NULL,
  budget text NOT NULL,
  subject text NOT NULL,
  window_name text NOT NULL,
  microdollars bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (id, budget),
  FOREIGN KEY (budget, subject, window_name) REFERENCES model_budgets ON DELETE CASCADE
);
CREATE INDEX model_reservations_of_budget
  ON model_reservations (budget, subject, window_name, expires_at);

-- Sets `amount` aside in every budget or in none. Returns the first budget that has no room, with
-- what is spent and held; no row when all had. Budgets are locked in the order of their names, so
-- that no two calls wait for each other. A reservation that has expired belonged to a process that
-- died; nobody knows what it cost, so it counts as spent. A repetition changes nothing.
CREATE FUNCTION reserve_model_budgets(reservation uuid, budgets text[], subjects text[],
                                      windows text[], limits bigint[], amount bigint,
                                      lasts interval)
RETURNS TABLE (at_position integer, spent_of_it bigint, held_of_it bigint) LANGUAGE plpgsql AS $$
DECLARE
  each record;
  lost bigint;
BEGIN
  FOR each IN
    SELECT b.name, b.subject, b.of_window, b.most, b.position
    FROM unnest(budgets, subjects, windows, limits)
         WITH ORDINALITY AS b (name, subject, of_window, most, position)
    ORDER BY b.name, b.subject, b.of_window
  LOOP
    INSERT INTO model_budgets (budget, subject, window_name)
    VALUES (each.name, each.subject, each.of_window) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM model_budgets m
    WHERE m.budget = each.name AND m.subject = each.subject AND m.window_name = each.of_window
    FOR UPDATE;
    WITH gone AS (
      DELETE FROM model_reservations r
      WHERE r.budget = each.name AND r.subject = each.subject AND r.window_name = each.of_window
        AND r.expires_at < clock_timestamp()
      RETURNING r.microdollars)
    SELECT coalesce(sum(gone.microdollars), 0) INTO lost FROM gone;
    UPDATE model_budgets m SET spent = m.spent + lost
    WHERE m.budget = each.name AND m.subject = each.subject AND m.window_name = each.of_window
    RETURNING m.spent INTO spent_of_it;
    SELECT coalesce(sum(r.microdollars), 0) INTO held_of_it FROM model_reservations r
    WHERE r.budget = each.name AND r.subject = each.subject AND r.window_name = each.of_window
      AND r.id <> reservation;
    IF spent_of_it + held_of_it + amount > each.most THEN
      DELETE FROM model_reservations r WHERE r.id = reservation;
      at_position := each.position;
      RETURN NEXT;
      RETURN;
    END IF;
    INSERT INTO model_reservations VALUES
      (reservation, each.name, each.subject, each.of_window, amount,
       clock_timestamp() + lasts)
    ON CONFLICT DO NOTHING;
  END LOOP;
END $$;

-- Puts what a call cost in the place of what was set aside for it. Of a reservation that had
-- expired the whole was counted as spent already, and stays so.
CREATE FUNCTION settle_model_budgets(reservation uuid, cost bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM model_budgets m JOIN model_reservations r USING (budget, subject, window_name)
  WHERE r.id = reservation
  ORDER BY m.budget, m.subject, m.window_name FOR UPDATE OF m;
  WITH gone AS (
    DELETE FROM model_reservations r WHERE r.id = reservation
    RETURNING r.budget, r.subject, r.window_name)
  UPDATE model_budgets m SET spent = m.spent + cost FROM gone
  WHERE m.budget = gone.budget AND m.subject = gone.subject AND m.window_name = gone.window_name;
END $$;

CREATE TABLE model_answers (
  tenant text NOT NULL,
  key text NOT NULL,
  value bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, key)
);
CREATE INDEX model_answers_to_drop ON model_answers (expires_at);

-- Models that organizations have registered. `key` is sealed with a key that is not in here.
CREATE TABLE custom_models (
  tenant text NOT NULL,
  name text NOT NULL,
  definition jsonb NOT NULL,
  key bytea,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant, name)
);
