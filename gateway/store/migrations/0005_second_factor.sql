-- A second factor per user: a secret that makes codes, and codes for the day the phone is gone.
CREATE TABLE totp (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  sealed_secret bytea NOT NULL,  -- with a key that is not in the database
  confirmed_at timestamptz,      -- NULL: not yet asked for
  last_step bigint NOT NULL DEFAULT 0  -- codes up to this step are spent
);

CREATE TABLE recovery_codes (
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_sha256 bytea NOT NULL,
  PRIMARY KEY (user_id, code_sha256)
);
