#include "agent_engine/relational/lowering/composed_path.h"

#include <string>

#include "agent_engine/relational/lowering/json_text.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr size_t kMostParts = 10;  // One digit names a part.

// Adds the pieces of a text; false where there are too many.
bool Flatten(const Expr& text, std::string& pattern, std::vector<ExprPtr>& parts) {
  const bool is_cast = text.kind == ExprKind::kCast && IsString(text.type.id) &&
                       IsString(text.arguments[0]->type.id) && !text.try_cast;
  if (is_cast) return Flatten(*text.arguments[0], pattern, parts);
  if (text.kind == ExprKind::kString) {
    pattern += text.text;
    return text.text.find(ComposedPath::kPart) == std::string::npos;
  }
  const bool joins_nulls = text.kind == ExprKind::kCall && text.text == "CONCAT";
  if (text.kind != ExprKind::kConcat && !joins_nulls) {
    if (parts.size() == kMostParts) return false;
    pattern += ComposedPath::kPart;
    pattern += static_cast<char>('0' + parts.size());
    parts.push_back(Clone(text));
    return true;
  }
  for (const ExprPtr& piece : text.arguments) {
    const size_t before = parts.size();
    if (!Flatten(*piece, pattern, parts)) return false;
    // CONCAT takes NULL for an empty string.
    for (size_t i = before; joins_nulls && i < parts.size(); ++i) {
      SqlType type = parts[i]->type;
      type.nullable = false;
      parts[i] =
          MakeCall("COALESCE", std::move(type), ExprList(std::move(parts[i]), MakeString("")));
    }
  }
  return true;
}

SqlType TextType() {
  return MakeSized(TypeId::kNVarChar, SqlType::kMax);
}

// "~" and "/" mean something in a pointer: RFC 6901, 3.
std::string InPointer(std::string_view key) {
  std::string escaped;
  for (const char c : key) {
    if (c == '~' || c == '/')
      escaped += c == '~' ? "~0" : "~1";
    else
      escaped += c;
  }
  return escaped;
}

ExprPtr InPointer(ExprPtr key) {
  for (const auto& [from, to] : {std::pair{"~", "~0"}, std::pair{"/", "~1"}}) {
    key =
        MakeCall("REPLACE", TextType(), ExprList(std::move(key), MakeString(from), MakeString(to)));
  }
  return key;
}

// The key piece by piece: its constants go to `constant`, its parts to `part`.
template <typename Constant, typename Part>
void ForEachPiece(const ComposedPath& path, std::string_view key, const Constant& constant,
                  const Part& part) {
  while (true) {
    const size_t mark = key.find(ComposedPath::kPart);
    if (mark != 0 && !key.empty()) constant(key.substr(0, mark));
    if (mark == std::string_view::npos) return;
    part(Clone(*path.parts[key[mark + 1] - '0']));
    key.remove_prefix(mark + 2);
  }
}

ExprPtr Pointer(const ComposedPath& path, size_t count) {
  TextBuilder pointer;
  for (size_t i = 0; i < count; ++i) {
    const JsonStep& step = path.path.steps[i];
    pointer.Add("/");
    if (step.index >= 0) {
      pointer.Add(std::to_string(step.index));
      continue;
    }
    ForEachPiece(
        path, step.key, [&](std::string_view constant) { pointer.Add(InPointer(constant)); },
        [&](ExprPtr part) { pointer.Add(InPointer(std::move(part))); });
  }
  return pointer.Take();
}

}  // namespace

std::optional<ComposedPath> ComposePath(const Expr& text) {
  ComposedPath composed;
  std::string pattern;
  if (!Flatten(text, pattern, composed.parts)) return std::nullopt;
  std::optional<JsonPath> path = ParseJsonPath(pattern);
  if (!path) return std::nullopt;
  composed.path = std::move(*path);
  return composed;
}

ExprPtr KeyOf(const ComposedPath& path, const JsonStep& step) {
  TextBuilder key;
  ForEachPiece(
      path, step.key, [&](std::string_view constant) { key.Add(constant); },
      [&](ExprPtr part) { key.Add(std::move(part)); });
  ExprPtr text = key.Take();
  return IsString(text->type.id) ? std::move(text) : MakeCast(std::move(text), TextType(), false);
}

ExprPtr PathArgument(const ComposedPath& path, size_t count) {
  JsonPath first = path.path;
  first.steps.resize(count);
  const std::string text = JsonPathText(first);
  TextBuilder written;
  ForEachPiece(
      path, text, [&](std::string_view constant) { written.Add(constant); },
      [&](ExprPtr part) { written.Add(std::move(part)); });
  ExprPtr composed = written.Take();
  if (composed->kind == ExprKind::kString) return composed;
  return MakeCall("JSON_POINTER", TextType(), ExprList(Pointer(path, count), std::move(composed)));
}

}  // namespace datamigrate::relational
