#include "gateway/filters/guardian/field_kinds.h"

#include <algorithm>
#include <array>

namespace datamigrate::gateway {
namespace {

using guardian::FieldKind;

struct Row {
  std::string_view name;
  FieldKind kind;
};

// In the order of the names. Credentials and other secrets must all be here: what stands in them
// is nobody's business.
constexpr auto kRows = std::to_array<Row>({
    {"access_token", FieldKind::kSecret},
    {"answer", FieldKind::kChat},
    {"answer_schema", FieldKind::kMetadata},
    {"api_key", FieldKind::kSecret},
    {"arguments", FieldKind::kChat},
    {"client_secret", FieldKind::kSecret},
    {"code", FieldKind::kSecret},
    {"comment", FieldKind::kMetadata},
    {"current_password", FieldKind::kSecret},
    {"description", FieldKind::kMetadata},
    {"folder", FieldKind::kPath},
    {"key", FieldKind::kSecret},
    {"message", FieldKind::kChat},
    {"new_password", FieldKind::kSecret},
    {"page_token", FieldKind::kSecret},
    {"parameters", FieldKind::kMetadata},
    {"password", FieldKind::kSecret},
    {"path", FieldKind::kPath},
    {"prompt", FieldKind::kChat},
    {"question", FieldKind::kChat},
    {"recovery_code", FieldKind::kSecret},
    {"refresh_token", FieldKind::kSecret},
    {"results", FieldKind::kPath},
    {"secret", FieldKind::kSecret},
    {"source", FieldKind::kPath},
    {"sql", FieldKind::kSql},
    {"system", FieldKind::kChat},
    {"text", FieldKind::kChat},
    {"token", FieldKind::kSecret},
});
static_assert(std::ranges::is_sorted(kRows, {}, &Row::name));

}  // namespace

FieldKind KindOfField(std::string_view name) {
  const auto row = std::ranges::lower_bound(kRows, name, {}, &Row::name);
  return row != kRows.end() && row->name == name ? row->kind : FieldKind::kIdentifier;
}

}  // namespace datamigrate::gateway
