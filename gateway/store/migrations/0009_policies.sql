-- What organizations want done with what the Guardian finds. A change is a new version; the latest
-- counts.
CREATE TABLE policies (
  organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  version integer NOT NULL CHECK (version > 0),
  document jsonb NOT NULL,
  comment text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (organization_id, version)
);
CREATE INDEX policies_by_time ON policies (created_at);
ALTER TABLE policies ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON policies TO datamigrate_tenant USING (organization_id = tenant());
GRANT SELECT, INSERT ON policies TO datamigrate_tenant;

CREATE INDEX audit_logs_with_findings ON audit_logs (organization_id, at)
  WHERE findings <> '';
