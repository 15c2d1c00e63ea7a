#include "agent_engine/relational/lowering/json_text.h"

#include <algorithm>
#include <array>

namespace datamigrate::relational {
namespace {

using namespace tsql;

SqlType TextType(bool nullable = true) {
  return MakeSized(TypeId::kNVarChar, SqlType::kMax, nullable);
}

// The value as the text that the function `name` of the dialects gives.
ExprPtr Written(std::string name, ExprPtr value) {
  const bool nullable = value->type.nullable;
  return MakeCall(std::move(name), TextType(nullable), ExprList(std::move(value)));
}

ExprPtr BetweenQuotes(ExprPtr text) {
  TextBuilder builder;
  builder.Add("\"");
  const bool nullable = text->type.nullable;
  builder.Add(std::move(text));
  builder.Add("\"");
  ExprPtr quoted = builder.Take();
  quoted->type.nullable = nullable;
  return quoted;
}

// Numbers that are computed may have other digits than T-SQL's type says: a cast gives them.
ExprPtr WithItsDigits(ExprPtr value) {
  if (value->kind == ExprKind::kColumn || IsIntegral(value->type.id)) return value;
  const SqlType type = value->type;
  return MakeCast(std::move(value), type, false);
}

ExprPtr DateAndTime(ExprPtr value) {
  const SqlType type = value->type;
  if (type.id == TypeId::kDate) return BetweenQuotes(Written("FOR JSON", std::move(value)));
  const int32_t digits = type.id == TypeId::kDateTime        ? 3
                         : type.id == TypeId::kSmallDateTime ? 0
                                                             : type.scale;
  const char* name = type.id == TypeId::kTime             ? "FOR JSON TIME"
                     : type.id == TypeId::kDateTimeOffset ? "FOR JSON OFFSET"
                                                          : "FOR JSON MOMENT";
  ExprPtr call = Written(name, std::move(value));
  call->arguments.push_back(MakeInteger(digits));
  return BetweenQuotes(std::move(call));
}

ExprPtr ConstantText(const Expr& value) {
  ExprPtr text;
  if (value.kind == ExprKind::kString) text = MakeString(QuotedJson(value.text));
  if (value.kind == ExprKind::kBit) text = MakeString(value.text == "1" ? "true" : "false");
  if (value.kind == ExprKind::kNumber && !IsApproximate(value.type.id))
    text = MakeString(value.text);
  if (text) text->span = value.span;
  return text;
}

ExprPtr NestedObject(std::vector<JsonMember> members);

// The members' texts with their keys, NULL where the member is left out.
std::vector<ExprPtr> MemberTexts(std::vector<JsonMember> members, bool includes_nulls) {
  std::vector<ExprPtr> texts;
  for (JsonMember& member : members) {
    ExprPtr value = std::move(member.value);
    if (!value) {
      value = includes_nulls ? JsonObject(std::move(member.members), true)
                             : NestedObject(std::move(member.members));
      if (!value) continue;
    } else if (value->kind == ExprKind::kNull) {
      if (!includes_nulls) continue;
      value = MakeString("null");
    } else if (includes_nulls && !IsNeverNull(*value)) {
      value = MakeCall("COALESCE", TextType(false), ExprList(std::move(value), MakeString("null")));
    }
    const bool never_null = IsNeverNull(*value);
    TextBuilder text;
    text.Add(QuotedJson(member.key) + ":");
    text.Add(std::move(value));
    texts.push_back(text.Take());
    texts.back()->type.nullable = !never_null;
  }
  return texts;
}

// The texts between braces: those that are NULL are left out.
ExprPtr Braced(std::vector<ExprPtr> texts) {
  TextBuilder object;
  object.Add("{");
  if (!texts.empty() && IsNeverNull(*texts[0])) {
    object.Add(std::move(texts[0]));
    for (size_t i = 1; i < texts.size(); ++i) {
      TextBuilder next;
      next.Add(",");
      const bool never_null = IsNeverNull(*texts[i]);
      next.Add(std::move(texts[i]));
      ExprPtr text = next.Take();
      if (!never_null)
        text = MakeCall("COALESCE", TextType(false), ExprList(std::move(text), MakeString("")));
      object.Add(std::move(text));
    }
  } else if (texts.size() == 1) {
    object.Add(
        MakeCall("COALESCE", TextType(false), ExprList(std::move(texts[0]), MakeString(""))));
  } else if (!texts.empty()) {
    texts.insert(texts.begin(), MakeString(","));
    object.Add(MakeCall("CONCAT_WS", TextType(false), std::move(texts)));
  }
  object.Add("}");
  return object.Take();
}

// An object within another one: NULL where all of it is left out; null where it always is.
ExprPtr NestedObject(std::vector<JsonMember> members) {
  std::vector<ExprPtr> texts = MemberTexts(std::move(members), false);
  if (texts.empty()) return nullptr;
  if (texts.size() == 1 && !IsNeverNull(*texts[0])) {
    TextBuilder object;
    object.Add("{");
    object.Add(std::move(texts[0]));
    object.Add("}");
    return object.Take();
  }
  const bool stays =
      std::ranges::any_of(texts, [](const ExprPtr& text) { return IsNeverNull(*text); });
  ExprPtr object = Braced(std::move(texts));
  if (stays) return object;
  return MakeCall("NULLIF", TextType(), ExprList(std::move(object), MakeString("{}")));
}

}  // namespace

void TextBuilder::Add(std::string_view constant) {
  Add(MakeString(std::string(constant)));
}

void TextBuilder::Add(ExprPtr text) {
  if (text->kind == ExprKind::kConcat) {
    for (ExprPtr& part : text->arguments) Add(std::move(part));
    return;
  }
  const bool joins = text->kind == ExprKind::kString && !parts_.empty() &&
                     parts_.back()->kind == ExprKind::kString;
  if (!joins) {
    parts_.push_back(std::move(text));
    return;
  }
  parts_.back()->text += text->text;
  parts_.back()->type.length = static_cast<int32_t>(parts_.back()->text.size());
}

ExprPtr TextBuilder::Take() {
  if (parts_.empty()) return MakeString("");
  if (parts_.size() == 1) return std::move(parts_[0]);
  const bool nullable =
      std::ranges::any_of(parts_, [](const ExprPtr& part) { return !IsNeverNull(*part); });
  auto text = MakeExpr(ExprKind::kConcat, TextType(nullable), parts_[0]->span);
  for (const ExprPtr& part : parts_) {
    if (part->span.end > part->span.begin) text->span = part->span;
  }
  text->arguments = std::move(parts_);
  parts_.clear();
  return text;
}

std::string QuotedJson(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::string_view kMarks = "\"\\/\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  std::string quoted = "\"";
  for (const char c : text) {
    const size_t mark = kMarks.find(c);
    if (mark != std::string_view::npos) {
      quoted += '\\';
      quoted += kLetters[mark];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += "\\u00";
      quoted += kHex[c >> 4];
      quoted += kHex[c & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

bool IsNeverNull(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kString:
    case ExprKind::kNumber:
    case ExprKind::kBit:
    case ExprKind::kBinary:
    case ExprKind::kTemporal:
      return true;
    case ExprKind::kColumn:
      return !expr.type.nullable && expr.type.id != TypeId::kUnknown;
    case ExprKind::kConcat:
      return std::ranges::all_of(expr.arguments, [](const ExprPtr& a) { return IsNeverNull(*a); });
    case ExprKind::kCast:
      return !expr.try_cast && IsNeverNull(*expr.arguments[0]);
    case ExprKind::kCall: {
      static constexpr auto kGiveValues = std::to_array<std::string_view>(
          {"CONCAT", "CONCAT_WS", "COUNT", "COUNT_BIG", "ROW_NUMBER"});
      if (std::ranges::find(kGiveValues, std::string_view(expr.text)) != kGiveValues.end())
        return true;
      if (expr.text == "COALESCE" || expr.text == "ISNULL")
        return std::ranges::any_of(expr.arguments,
                                   [](const ExprPtr& a) { return IsNeverNull(*a); });
      return expr.text.starts_with("FOR JSON") && IsNeverNull(*expr.arguments[0]);
    }
    default:
      return false;
  }
}

ExprPtr JsonValue(ExprPtr value) {
  if (value->kind == ExprKind::kNull) return MakeNull(TextType());
  if (value->json == JsonText::kFragment || value->type.id == TypeId::kJson) return value;
  if (ExprPtr constant = ConstantText(*value)) return constant;
  const TypeId id = value->type.id;
  if (IsString(id) || id == TypeId::kXml) return Written("FOR JSON QUOTED", std::move(value));
  if (IsTemporal(id)) return DateAndTime(std::move(value));
  if (id == TypeId::kReal) return Written("FOR JSON REAL", std::move(value));
  if (IsNumeric(id) || id == TypeId::kBit)
    return Written("FOR JSON", WithItsDigits(std::move(value)));
  if (IsBinary(id)) return BetweenQuotes(Written("FOR JSON", std::move(value)));
  if (id == TypeId::kUniqueIdentifier) {
    return BetweenQuotes(MakeCast(std::move(value), MakeSized(TypeId::kVarChar, 36), true));
  }
  return nullptr;
}

bool AddMember(std::vector<JsonMember>& members, std::string_view path, ExprPtr value) {
  const size_t dot = path.find('.');
  const std::string key(path.substr(0, dot));
  const auto known = std::ranges::find(members, key, &JsonMember::key);
  if (dot == std::string_view::npos) {
    if (known != members.end()) return false;
    members.push_back({key, std::move(value)});
    return true;
  }
  if (known == members.end()) {
    members.push_back({key, nullptr});
  } else if (known->value || known + 1 != members.end()) {
    return false;
  }
  return AddMember(members.back().members, path.substr(dot + 1), std::move(value));
}

ExprPtr JsonObject(std::vector<JsonMember> members, bool includes_nulls) {
  return Braced(MemberTexts(std::move(members), includes_nulls));
}

}  // namespace datamigrate::relational
