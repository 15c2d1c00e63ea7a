#include "gateway/store/statements.h"

namespace datamigrate::gateway {

pg::RetryPolicy Repeatable() {
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  return policy;
}

absl::Status RunAll(
    pg::Transaction& transaction,
    std::initializer_list<std::pair<pg::Statement, std::vector<pg::Parameter>>> steps) {
  for (const auto& [statement, parameters] : steps) {
    if (auto done = transaction.Execute(statement, parameters); !done.ok()) return done.status();
  }
  return absl::OkStatus();
}

std::string ReadId(const pg::Row& row) {
  return row.Get<std::string>("id");
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_dash_place = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (is_dash_place ? c != '-' : !is_hex) return false;
  }
  return true;
}

}  // namespace datamigrate::gateway
