-- Members of organizations, what they may do, and a second wall between organizations.
CREATE TABLE memberships (
  organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role text NOT NULL,  -- built in, or a row of roles
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);
INSERT INTO memberships (organization_id, user_id, role, created_at)
  SELECT organization_id, id, role, created_at FROM users;
-- What is left of it is the organization that a new session begins in.
ALTER TABLE users DROP COLUMN role;

ALTER TABLE organizations ADD COLUMN requires_totp boolean NOT NULL DEFAULT false;

CREATE TABLE roles (
  organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  name text NOT NULL,
  permissions text[] NOT NULL,
  PRIMARY KEY (organization_id, name)
);

CREATE TABLE invitations (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  email text NOT NULL CHECK (email = lower(email)),
  role text NOT NULL,
  token_sha256 bytea NOT NULL UNIQUE,
  invited_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  UNIQUE (organization_id, email)
);

-- Only hashes are kept. A key acts for the member who made it and ends with the membership.
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  beginning text NOT NULL,  -- shown, so that its owner can tell it from others
  key_sha256 bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id)
    ON DELETE CASCADE
);
CREATE INDEX api_keys_by_organization ON api_keys (organization_id);
CREATE INDEX api_keys_revoked ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL;

-- Statements on behalf of an organization run as this role, which sees that organization's rows
-- alone. It belongs to the server, not to the database, and others may be making it now.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'datamigrate_tenant') THEN
    BEGIN
      CREATE ROLE datamigrate_tenant NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role datamigrate_tenant is missing and % may not create it', current_user
          USING ERRCODE = 'insufficient_privilege',
          HINT = 'run as an administrator: CREATE ROLE datamigrate_tenant NOLOGIN; GRANT datamigrate_tenant TO '
                 || quote_ident(current_user);
    END;
  END IF;
  IF NOT pg_has_role(current_user, 'datamigrate_tenant', 'MEMBER') THEN
    EXECUTE format('GRANT datamigrate_tenant TO %I', current_user);
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO datamigrate_tenant', current_schema());
END $$;

CREATE FUNCTION tenant() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('datamigrate.organization', true), '')::uuid
$$;

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organizations TO datamigrate_tenant USING (id = tenant());
GRANT SELECT, UPDATE (name, requires_totp) ON organizations TO datamigrate_tenant;

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON memberships TO datamigrate_tenant USING (organization_id = tenant());
GRANT SELECT, UPDATE (role), DELETE ON memberships TO datamigrate_tenant;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON users FOR SELECT TO datamigrate_tenant
  USING (EXISTS (SELECT FROM memberships WHERE user_id = users.id));
GRANT SELECT (id, email, name, created_at, last_sign_in_at) ON users TO datamigrate_tenant;

ALTER TABLE roles ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON roles TO datamigrate_tenant USING (organization_id = tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON roles TO datamigrate_tenant;

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations TO datamigrate_tenant USING (organization_id = tenant());
GRANT SELECT, INSERT, DELETE ON invitations TO datamigrate_tenant;

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys TO datamigrate_tenant USING (organization_id = tenant());
GRANT SELECT, INSERT, UPDATE (revoked_at) ON api_keys TO datamigrate_tenant;

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sessions TO datamigrate_tenant USING (organization_id = tenant());
GRANT SELECT (id, user_id, organization_id, generation, ended_at),
  UPDATE (generation, generation_at, ended_at, end_reason) ON sessions TO datamigrate_tenant;

ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_logs FOR SELECT TO datamigrate_tenant
  USING (organization_id = tenant());
GRANT SELECT ON audit_logs TO datamigrate_tenant;
