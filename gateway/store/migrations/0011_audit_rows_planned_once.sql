-- With the arrays at hand each call seemed worth a plan of its own, which cost as much as the rows.
ALTER FUNCTION append_audit_rows(
  uuid[], bigint[], text[], bigint[], text[], uuid[], bigint[], timestamptz[], text[], text[],
  text[], integer[], text[], text[], text[], text[], text[], text[], text[], text[], text[], text[],
  text[], text[], text[], bigint[], bigint[]) SET plan_cache_mode TO force_generic_plan;
