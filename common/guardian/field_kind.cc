#include "common/guardian/field_kind.h"

#include <algorithm>
#include <array>

namespace datamigrate::guardian {
namespace {

using Mask = uint32_t;

constexpr Mask Bit(Category category) {
  return Mask{1} << static_cast<unsigned>(category);
}

constexpr Mask kAll = (Mask{1} << kCategories) - 1;
constexpr Mask kDisclosures = Bit(Category::kSecret) | Bit(Category::kPersonalData);

struct Field {
  std::string_view name;
  Mask categories;
  bool is_judged_by_model;
};

// In the order of FieldKind.
constexpr std::array<Field, 8> kFields = {{
    {"unknown", kAll, true},
    {"chat", kAll, true},
    {"identifier", kAll, true},
    {"metadata", kAll, true},
    {"sql", Bit(Category::kPromptInjection) | kDisclosures, false},
    {"path", Bit(Category::kFileInclusion) | Bit(Category::kCommandInjection) | kDisclosures,
     false},
    {"secret", 0, false},
    {"model_output",
     Bit(Category::kCrossSiteScripting) | Bit(Category::kExfiltration) | kDisclosures, false},
}};

}  // namespace

std::optional<FieldKind> ParseFieldKind(std::string_view name) {
  const auto found = std::ranges::find(kFields, name, &Field::name);
  if (found == kFields.end()) return std::nullopt;
  return static_cast<FieldKind>(found - kFields.begin());
}

std::string_view NameOf(FieldKind kind) {
  return kFields[static_cast<size_t>(kind)].name;
}

bool IsLookedFor(Category category, FieldKind kind) {
  return (kFields[static_cast<size_t>(kind)].categories & Bit(category)) != 0;
}

bool IsJudgedByModel(FieldKind kind) {
  return kFields[static_cast<size_t>(kind)].is_judged_by_model;
}

}  // namespace datamigrate::guardian
