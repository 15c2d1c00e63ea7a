-- Limits that an organization has chosen for itself, within those of the operator. NULL: as the
-- operator has it. No row: nothing was chosen.
CREATE TABLE chosen_limits (
  organization_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
  version integer NOT NULL CHECK (version > 0),
  per_minute integer CHECK (per_minute > 0),
  writes_per_minute integer CHECK (writes_per_minute > 0),
  organization_per_minute integer CHECK (organization_per_minute > 0),
  per_day integer CHECK (per_day > 0),
  concurrent integer CHECK (concurrent > 0),
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE chosen_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON chosen_limits TO datamigrate_tenant USING (organization_id = tenant());
GRANT SELECT, INSERT, UPDATE ON chosen_limits TO datamigrate_tenant;

-- append_audit_rows does its work.
DROP FUNCTION append_audit(uuid, text, text, text, integer, text, text, text);
