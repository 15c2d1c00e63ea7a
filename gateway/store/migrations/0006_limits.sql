-- Limits of organizations that differ from the gateways' own. NULL: as the gateways have it.
CREATE TABLE organization_limits (
  organization_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
  per_minute integer CHECK (per_minute > 0),                            -- of a user or an API key
  writes_per_minute integer CHECK (writes_per_minute >= 0),             -- of those; 0: no limit
  organization_per_minute integer CHECK (organization_per_minute >= 0),
  per_day integer CHECK (per_day >= 0),
  concurrent integer CHECK (concurrent >= 0)
);
ALTER TABLE organization_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organization_limits FOR SELECT TO datamigrate_tenant
  USING (organization_id = tenant());
GRANT SELECT ON organization_limits TO datamigrate_tenant;
