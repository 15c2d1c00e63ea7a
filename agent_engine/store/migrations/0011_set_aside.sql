-- Migrations that were given up because they stopped their engine again and again, until they are
-- resumed.
ALTER TABLE migrations ADD COLUMN is_set_aside boolean NOT NULL DEFAULT false;
CREATE INDEX migrations_set_aside ON migrations (tenant, created_at DESC, id DESC)
  WHERE is_set_aside;
