-- Lists by target and by name. Until now DuckDB was the only target that a migration could have; an
-- engine of before, which writes no target, still has no other.
ALTER TABLE migrations ADD COLUMN target text NOT NULL DEFAULT 'duckdb';
CREATE INDEX migrations_by_name ON migrations (tenant, name, id);
