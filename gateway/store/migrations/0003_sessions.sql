-- Sessions that their owner can list and end, proofs that were sent by mail, and counted guesses.
ALTER TABLE users ADD COLUMN email_verified_at timestamptz;
UPDATE users SET email_verified_at = created_at;

-- `generation` is raised when what the session may do changes: access tokens of an older one are
-- no good any more, its refresh token still is.
ALTER TABLE sessions
  ADD COLUMN organization_id uuid REFERENCES organizations (id),
  ADD COLUMN generation integer NOT NULL DEFAULT 0,
  ADD COLUMN generation_at timestamptz,
  ADD COLUMN csrf_sha256 text NOT NULL DEFAULT '',  -- hex; '' where the tokens are not in cookies
  ADD COLUMN remote_address text NOT NULL DEFAULT '',
  ADD COLUMN user_agent text NOT NULL DEFAULT '',
  ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now();
UPDATE sessions SET organization_id = users.organization_id FROM users WHERE users.id = user_id;
ALTER TABLE sessions ALTER COLUMN organization_id SET NOT NULL;
ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason_check CHECK (end_reason IN
  ('signed_out', 'token_reused', 'revoked', 'password_changed', 'removed'));
CREATE INDEX sessions_changed ON sessions (generation_at) WHERE generation_at IS NOT NULL;

-- Links sent by mail; only hashes are kept.
CREATE TABLE account_tokens (
  token_sha256 bytea PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
  expires_at timestamptz NOT NULL
);
CREATE INDEX account_tokens_by_user ON account_tokens (user_id);

-- Sign-ins that have not succeeded, by who was guessed and who guessed. The subject is hashed: what
-- is typed into the wrong field may be a password.
CREATE TABLE sign_in_attempts (
  subject_sha256 bytea PRIMARY KEY,
  failures integer NOT NULL,
  last_at timestamptz NOT NULL
);
CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (last_at);
