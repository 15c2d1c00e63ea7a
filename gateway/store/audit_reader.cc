#include "gateway/store/audit_reader.h"

#include "gateway/store/statements.h"
#include "gateway/store/tenant.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kHours = {
    "audit_hours",
    "SELECT date_trunc('hour', at) AS hour, sum(n)::bigint AS requests,"
    " coalesce(sum(n) FILTER (WHERE verdict = 'block'), 0)::bigint AS blocked,"
    " coalesce(sum(n) FILTER (WHERE status IN (401, 403, 429) AND verdict <> 'block'), 0)::bigint"
    " AS refused, coalesce(sum(n) FILTER (WHERE status >= 500), 0)::bigint AS failed"
    " FROM (SELECT at, status, coalesce(verdict, '') AS verdict, coalesce(occurrences, 1) AS n"
    " FROM audit_logs WHERE organization_id = $1 AND at >= $2 AND at < $3) AS rows"
    " GROUP BY 1 ORDER BY 1"};
constexpr pg::Statement kActions = {
    "audit_actions",
    "SELECT action AS name, sum(coalesce(occurrences, 1))::bigint AS n FROM audit_logs"
    " WHERE organization_id = $1 AND at >= $2 AND at < $3 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"};
constexpr pg::Statement kVerdicts = {
    "audit_verdicts",
    "SELECT coalesce(verdict, '') AS name, sum(coalesce(occurrences, 1))::bigint AS n"
    " FROM audit_logs WHERE organization_id = $1 AND at >= $2 AND at < $3"
    " GROUP BY 1 ORDER BY 2 DESC, 1"};
constexpr pg::Statement kRules = {
    "audit_rules",
    "SELECT rule AS name, count(*) AS n FROM audit_logs,"
    " unnest(string_to_array(rules, ' ')) AS rule"
    " WHERE organization_id = $1 AND at >= $2 AND at < $3 AND rules <> ''"
    " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"};
constexpr pg::Statement kAddresses = {
    "audit_addresses",
    "SELECT remote_address, sum(coalesce(occurrences, 1))::bigint AS n, max(at) AS last_at"
    " FROM audit_logs WHERE organization_id = $1 AND at >= $2 AND at < $3 AND remote_address <> ''"
    " AND (verdict = 'block' OR status IN (401, 403, 429))"
    " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"};
constexpr pg::Statement kLatencies = {
    "audit_latencies",
    "SELECT coalesce(p[1], 0) AS p50, coalesce(p[2], 0) AS p95, coalesce(p[3], 0) AS p99 FROM"
    " (SELECT percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_micros) AS p"
    " FROM audit_logs WHERE organization_id = $1 AND at >= $2 AND at < $3 AND occurrences = 1)"
    " AS latencies"};

using Span = std::vector<pg::Parameter>;

absl::Status ReadHours(pg::Transaction& transaction, const Span& span, AuditSummary& summary) {
  const auto rows = transaction.Execute(kHours, span);
  if (!rows.ok()) return rows.status();
  for (const pg::Row row : *rows) {
    summary.hours.push_back({row.Get<absl::Time>("hour"), row.Get<int64_t>("requests"),
                             row.Get<int64_t>("blocked"), row.Get<int64_t>("refused"),
                             row.Get<int64_t>("failed")});
  }
  return absl::OkStatus();
}

absl::Status ReadCounts(pg::Transaction& transaction, const pg::Statement& statement,
                        const Span& span, std::vector<AuditSummary::Count>& counts) {
  const auto rows = transaction.Execute(statement, span);
  if (!rows.ok()) return rows.status();
  for (const pg::Row row : *rows) {
    counts.emplace_back(row.Get<std::string>("name"), row.Get<int64_t>("n"));
  }
  return absl::OkStatus();
}

absl::Status ReadAddresses(pg::Transaction& transaction, const Span& span, AuditSummary& summary) {
  const auto rows = transaction.Execute(kAddresses, span);
  if (!rows.ok()) return rows.status();
  for (const pg::Row row : *rows) {
    summary.addresses.push_back({row.Get<std::string>("remote_address"), row.Get<int64_t>("n"),
                                 row.Get<absl::Time>("last_at")});
  }
  return absl::OkStatus();
}

absl::Status ReadLatencies(pg::Transaction& transaction, const Span& span, AuditSummary& summary) {
  const auto rows = transaction.Execute(kLatencies, span);
  if (!rows.ok()) return rows.status();
  summary.p50_micros = rows->front().Get<int64_t>("p50");
  summary.p95_micros = rows->front().Get<int64_t>("p95");
  summary.p99_micros = rows->front().Get<int64_t>("p99");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<audit::Row>> AuditReader::Newest(const audit::RowFilter& filter,
                                                            int64_t before, int limit) {
  absl::StatusOr<std::vector<audit::Row>> rows;
  const absl::Status done =
      InTenant(*pool_, filter.organization_id, Repeatable(), [&](pg::Transaction& transaction) {
        rows = ReadNewestRows(transaction, filter, before, limit);
        return rows.status();
      });
  if (!done.ok()) return done;
  return rows;
}

absl::StatusOr<std::vector<audit::Row>> AuditReader::Oldest(const audit::RowFilter& filter,
                                                            int64_t after, int limit) {
  absl::StatusOr<std::vector<audit::Row>> rows;
  const absl::Status done =
      InTenant(*pool_, filter.organization_id, Repeatable(), [&](pg::Transaction& transaction) {
        rows = ReadOldestRows(transaction, filter, after, limit);
        return rows.status();
      });
  if (!done.ok()) return done;
  return rows;
}

absl::StatusOr<AuditSummary> AuditReader::Summarize(const std::string& organization_id,
                                                    absl::Time from, absl::Time to) {
  AuditSummary summary;
  const Span span = {organization_id, from, to};
  const absl::Status done =
      InTenant(*pool_, organization_id, Repeatable(), [&](pg::Transaction& transaction) {
        summary = AuditSummary();
        absl::Status read = ReadHours(transaction, span, summary);
        if (read.ok()) read = ReadCounts(transaction, kActions, span, summary.actions);
        if (read.ok()) read = ReadCounts(transaction, kVerdicts, span, summary.verdicts);
        if (read.ok()) read = ReadCounts(transaction, kRules, span, summary.rules);
        if (read.ok()) read = ReadAddresses(transaction, span, summary);
        if (read.ok()) read = ReadLatencies(transaction, span, summary);
        return read;
      });
  if (!done.ok()) return done;
  return summary;
}

}  // namespace datamigrate::gateway
