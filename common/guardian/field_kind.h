// What a text is, as far as its place says; it decides what is looked for in it.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_FIELD_KIND_H_
#define DATAMIGRATE_COMMON_GUARDIAN_FIELD_KIND_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

enum class FieldKind : uint8_t {
  kUnknown,
  kChat,         // what a person writes to the assistant
  kIdentifier,   // a name of an object or a person
  kMetadata,     // comments and properties of a source's objects, samples of its data
  kSql,          // a script: SQL belongs there
  kPath,         // a file or folder
  kSecret,       // a password or key: never scanned, so that no verdict tells of it
  kModelOutput,  // what a model answered
};

// "chat"; nothing for another word.
std::optional<FieldKind> ParseFieldKind(std::string_view name);
std::string_view NameOf(FieldKind kind);

// True when rules of `category` are used on a field of `kind`.
bool IsLookedFor(Category category, FieldKind kind);

// True when the model judges a field of `kind`, too. A script is none of its business: there the
// T-SQL parser says what a statement does.
bool IsJudgedByModel(FieldKind kind);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_FIELD_KIND_H_
