// Functions that answer for the server, the session or chance, and conversions by culture.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <ranges>

#include "absl/container/flat_hash_map.h"
#include "agent_engine/relational/lowering/json_text.h"
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

// Functions of SQL Server that speak of itself, its sessions and its objects, and others that no
// warehouse has: known, and without an equal. By family, with what may help.
struct Family {
  std::string_view hint;
  std::string_view names;  // Upper case, with blanks between them.
};

constexpr auto kFamilies = std::to_array<Family>({
    {"the name or number of an object is SQL Server's own: write what it stands for",
     " APPLOCK_MODE APPLOCK_TEST ASSEMBLYPROPERTY COLUMNPROPERTY COL_LENGTH COL_NAME "
     "DATABASEPROPERTY DATABASEPROPERTYEX DB_ID FILEGROUPPROPERTY FILEGROUP_ID FILEGROUP_NAME "
     "FILEPROPERTY FILEPROPERTYEX FILE_ID FILE_IDEX FILE_NAME FULLTEXTCATALOGPROPERTY "
     "FULLTEXTSERVICEPROPERTY INDEXKEY_PROPERTY INDEXPROPERTY INDEX_COL OBJECTPROPERTY "
     "OBJECTPROPERTYEX OBJECT_DEFINITION OBJECT_ID OBJECT_ID_FROM_EDGE_ID OBJECT_ID_FROM_NODE_ID "
     "OBJECT_NAME OBJECT_SCHEMA_NAME ORIGINAL_DB_NAME SCHEMA_ID SCHEMA_NAME SERVERPROPERTY "
     "STATS_DATE TYPEPROPERTY TYPE_ID TYPE_NAME "},
    {"who may do what is the target's own: use its roles and grants",
     " CERTENCODED CERTPRIVATEKEY DATABASE_PRINCIPAL_ID HAS_DBACCESS HAS_PERMS_BY_NAME IS_MEMBER "
     "IS_ROLEMEMBER IS_SRVROLEMEMBER LOGINPROPERTY PERMISSIONS PWDCOMPARE PWDENCRYPT "
     "SESSIONPROPERTY "
     "SUSER_ID SUSER_SID USER_ID "},
    {"a model has no session: give the value in a dbt variable",
     " APP_NAME CONNECTIONPROPERTY CONTEXT_INFO CURRENT_REQUEST_ID CURRENT_TIMEZONE "
     "CURRENT_TIMEZONE_ID CURRENT_TRANSACTION_ID CURSOR_STATUS ERROR_LINE ERROR_MESSAGE "
     "ERROR_NUMBER "
     "ERROR_PROCEDURE ERROR_SEVERITY ERROR_STATE EVENTDATA GETANSINULL HOST_ID HOST_NAME "
     "IDENT_CURRENT IDENT_INCR IDENT_SEED MIN_ACTIVE_ROWVERSION ROWCOUNT_BIG SCOPE_IDENTITY "
     "SESSION_CONTEXT TRIGGER_NESTLEVEL XACT_STATE "},
    {"",
     " AI_GENERATE_CHUNKS AI_GENERATE_EMBEDDINGS ASYMKEY_ID ASYMKEYPROPERTY CERT_ID CERTPROPERTY "
     "COLLATIONPROPERTY COLUMNS_UPDATED COMPRESS CRYPT_GEN_RANDOM DATETIMEOFFSETFROMPARTS "
     "DECOMPRESS "
     "DECRYPTBYASYMKEY DECRYPTBYCERT DECRYPTBYKEY DECRYPTBYKEYAUTOASYMKEY DECRYPTBYKEYAUTOCERT "
     "DECRYPTBYPASSPHRASE EDIT_DISTANCE EDIT_DISTANCE_SIMILARITY ENCRYPTBYASYMKEY ENCRYPTBYCERT "
     "ENCRYPTBYKEY ENCRYPTBYPASSPHRASE FORMATMESSAGE GET_FILESTREAM_TRANSACTION_CONTEXT "
     "IS_OBJECTSIGNED JARO_WINKLER_DISTANCE JARO_WINKLER_SIMILARITY JSON_CONTAINS KEY_GUID KEY_ID "
     "KEY_NAME PRODUCT PUBLISHINGSERVERNAME REGEXP_COUNT REGEXP_INSTR REGEXP_LIKE REGEXP_REPLACE "
     "REGEXP_SUBSTR SIGNBYASYMKEY SIGNBYCERT SQL_VARIANT_PROPERTY SYMKEYPROPERTY TERTIARY_WEIGHTS "
     "TEXTPTR TEXTVALID UNISTR VECTOR_DISTANCE VECTOR_NORM VECTOR_NORMALIZE VERIFYSIGNEDBYASYMKEY "
     "VERIFYSIGNEDBYCERT VECTORPROPERTY "},
});

const Family* FamilyOf(std::string_view name) {
  static const auto* const kByName = [] {
    auto* by_name = new absl::flat_hash_map<std::string_view, const Family*>();
    for (const Family& family : kFamilies) {
      for (const auto word : std::views::split(family.names, ' '))
        by_name->emplace(std::string_view(word.begin(), word.end()), &family);
    }
    return by_name;
  }();
  const auto found = kByName->find(name);
  return found == kByName->end() ? nullptr : found->second;
}

// Minutes of "+02:00" or "-05:30", or of a number of minutes.
std::optional<int32_t> OffsetMinutes(const Expr& zone) {
  if (zone.kind == ExprKind::kNumber) return std::atoi(zone.text.c_str());
  const std::string& text = zone.text;
  const bool is_offset = zone.kind == ExprKind::kString && text.size() == 6 &&
                         (text[0] == '+' || text[0] == '-') && text[3] == ':';
  if (!is_offset) return std::nullopt;
  const int32_t minutes = std::atoi(text.substr(1, 2).c_str()) * 60 + std::atoi(text.c_str() + 4);
  return text[0] == '-' ? -minutes : minutes;
}

bool IsNewId(Node argument) {
  if (!argument.Is(NodeKind::kFunctionCall)) return false;
  const Node name = argument.Child(Role::kName);
  return name && FoldName(name.Text()) == "newid" && argument.Children(Role::kArgument).empty();
}

// A number drawn anew for every row.
ExprPtr Random(std::string name, const SqlType& type, diagnostics::SourceSpan span) {
  ExprPtr call = MakeCall(std::move(name), type, {});
  call->type.nullable = false;
  call->span = span;
  return call;
}

constexpr auto kUserFunctions =
    std::to_array<std::string_view>({"CURRENT_USER", "ORIGINAL_LOGIN", "SESSION_USER", "SUSER_NAME",
                                     "SUSER_SNAME", "SYSTEM_USER", "USER", "USER_NAME"});

}  // namespace

ExprPtr Lowering::LowerEnvironment(const std::string& name, Node node, Scope& scope, bool& found) {
  found = true;
  const size_t count = node.Count(Role::kArgument);
  // CHECKSUM(NEWID()) is how T-SQL draws an integer for each row; RAND() alone draws once a query.
  const bool is_checksum = name == "CHECKSUM" || name == "BINARY_CHECKSUM";
  if (is_checksum && count == 1 && IsNewId(node.Child(Role::kArgument))) {
    Report(DiagnosticId::kRandomValue, node, {name + "(NEWID())"});
    return Random("RANDOM_INTEGER", MakeType(TypeId::kInt), SpanOf(node));
  }
  if (name == "RAND") return LowerRandom(node, node.Children(Role::kArgument));
  if (name == "DB_NAME" && count == 0 && !catalog_.catalog().database.empty()) {
    const std::string& database = catalog_.catalog().database;
    Report(DiagnosticId::kSourceEnvironment, node, {name, database});
    ExprPtr value = MakeString(database);
    value->type = MakeSized(TypeId::kNVarChar, 128, false);
    value->span = SpanOf(node);
    return value;
  }
  const bool names_user =
      count == 0 && std::ranges::find(kUserFunctions, name) != kUserFunctions.end();
  if (names_user) {
    Report(DiagnosticId::kTargetUser, node, {name});
    ExprPtr user = MakeCall("CURRENT_USER", MakeSized(TypeId::kNVarChar, 128, false), {});
    user->span = SpanOf(node);
    return user;
  }
  if (name == "FORMATMESSAGE" && count > 0) return LowerFormatMessage(node, scope);
  if (name == "SWITCHOFFSET" || name == "TODATETIMEOFFSET") return LowerOffset(name, node, scope);
  if (name == "SET_BIT" && (count == 2 || count == 3)) return LowerSetBit(node, scope);
  if (name == "CURRENT_DATE" && count == 0) {
    Report(DiagnosticId::kClockDependent, node, {name});
    return MakeCast(MakeCall("GETDATE", MakeType(TypeId::kDateTime, false), {}),
                    MakeType(TypeId::kDate, false), false);
  }
  if (name == "BASE64_ENCODE" && count == 1) {
    ExprPtr bytes = LowerExpr(node.Child(Role::kArgument), scope);
    if (IsBinary(bytes->type.id)) {
      SqlType type = MakeSized(TypeId::kVarChar, SqlType::kMax, bytes->type.nullable);
      return MakeCall("FOR JSON", std::move(type), ExprList(std::move(bytes)));
    }
  }
  if (const Family* family = FamilyOf(name);
      family != nullptr && catalog_.FindRoutine("", name) == nullptr) {
    return Refuse(DiagnosticId::kUnsupportedFunction, node, {name, options_.target_name},
                  std::string(family->hint));
  }
  found = false;
  return nullptr;
}

// The instant stays the same under SWITCHOFFSET; TODATETIMEOFFSET says which one a local time is.
ExprPtr Lowering::LowerOffset(const std::string& name, Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  if (arguments.size() != 2) {
    return Refuse(DiagnosticId::kWrongArgumentCount, node,
                  {name, "2", std::to_string(arguments.size())});
  }
  ExprPtr value = LowerExpr(arguments[0], scope);
  const ExprPtr zone = LowerExpr(arguments[1], scope);
  const std::optional<int32_t> minutes = OffsetMinutes(*zone);
  if (!minutes) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, arguments[1],
                  {name + " with an offset that is not a constant", options_.target_name});
  }
  const bool is_switch = name == "SWITCHOFFSET";
  value = Convert(std::move(value),
                  MakeType(is_switch ? TypeId::kDateTimeOffset : TypeId::kDateTime2), true);
  const SqlType type = MakeType(TypeId::kDateTimeOffset, value->type.nullable);
  ExprPtr result;
  if (is_switch) {
    result = MakeCall("SWITCHOFFSET", type, ExprList(std::move(value)));
  } else {
    const SqlType local = value->type;
    ExprPtr utc = MakeCall("DATEADD", local, ExprList(MakeInteger(-*minutes), std::move(value)));
    utc->part = "minute";
    if (*minutes == 0) utc = std::move(utc->arguments[1]);
    result = MakeCall("TODATETIMEOFFSET", type, ExprList(std::move(utc)));
  }
  result->span = SpanOf(node);
  return result;
}

// SET_BIT(value, place [, 0 | 1]): "SET_BIT (Transact-SQL)".
ExprPtr Lowering::LowerSetBit(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  ExprPtr value = LowerExpr(arguments[0], scope);
  const ExprPtr place = LowerExpr(arguments[1], scope);
  const ExprPtr bit = arguments.size() == 3 ? LowerExpr(arguments[2], scope) : MakeInteger(1);
  const bool is_plain = IsInteger(value->type.id) && place->kind == ExprKind::kNumber &&
                        bit->kind == ExprKind::kNumber;
  const int shift = is_plain ? std::atoi(place->text.c_str()) : -1;
  if (shift < 0 || shift > 30) {
    return Refuse(
        DiagnosticId::kUnsupportedConstruct, node,
        {"SET_BIT with a place or bit that is not a small constant", options_.target_name});
  }
  const int64_t mask = int64_t{1} << shift;
  SqlType type = value->type;
  type.precision = 0;
  if (bit->text != "0") {
    auto set = MakeExpr(ExprKind::kArithmetic, type, SpanOf(node));
    set->text = "|";
    set->arguments = ExprList(std::move(value), MakeInteger(mask));
    return set;
  }
  auto cleared = MakeExpr(ExprKind::kArithmetic, type, SpanOf(node));
  cleared->text = "&";
  cleared->arguments = ExprList(std::move(value), MakeInteger(-1 - mask));
  return cleared;
}

// What a session of the source is known to say: "@@DATEFIRST (Transact-SQL)" and its like. Null for
// others.
ExprPtr Lowering::LowerSetting(Node node) {
  const std::string name = FoldName(node.TokenText(Role::kValue));
  ExprPtr value;
  if (name == "@@datefirst") value = MakeInteger(7);
  if (name == "@@max_precision") value = MakeInteger(38);
  if (name == "@@langid") value = MakeInteger(0);
  if (name == "@@language") value = MakeString("us_english");
  if (!value) return nullptr;
  value->span = SpanOf(node);
  Report(DiagnosticId::kSourceEnvironment, node, {std::string(node.Text()), value->text});
  return value;
}

// The views of INFORMATION_SCHEMA that all targets have, with the columns that they share. Null for
// other names.
SourcePtr Lowering::LowerInformationSchema(const std::vector<std::string>& parts, Node node,
                                           Scope& scope) {
  if (parts.size() < 2 || FoldName(parts[parts.size() - 2]) != "information_schema") return nullptr;
  const std::string view = FoldName(parts.back());
  const SqlType name = MakeSized(TypeId::kNVarChar, 128);
  const SqlType number = MakeType(TypeId::kInt);
  std::vector<RangeColumn> columns = {
      {"table_catalog", name}, {"table_schema", name}, {"table_name", name}};
  if (view == "tables") {
    columns.push_back({"table_type", name});
  } else if (view == "views") {
    columns.push_back({"view_definition", MakeSized(TypeId::kNVarChar, 4000)});
  } else if (view == "columns") {
    for (const char* text : {"column_name", "column_default", "is_nullable", "data_type"})
      columns.push_back({text, name});
    for (const char* digits :
         {"ordinal_position", "character_maximum_length", "numeric_precision", "numeric_scale"})
      columns.push_back({digits, number});
  } else {
    return nullptr;
  }
  Report(DiagnosticId::kCatalogOfTarget, node, {"INFORMATION_SCHEMA." + UpperText(view)});
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kNamed;
  source->name_parts = {"information_schema", view};
  const std::string_view alias = node.TokenText(Role::kAlias);
  AddRange(scope, *source, alias.empty() ? view : UnquoteName(alias),
           alias.empty() ? "information_schema" : "", std::move(columns));
  return source;
}

// RAND(CHECKSUM(NEWID())) draws for each row, RAND() once for the whole query; RAND(n) is a
// sequence of SQL Server's own.
ExprPtr Lowering::LowerRandom(Node node, const std::vector<Node>& arguments) {
  const SqlType type = MakeType(TypeId::kFloat, false);
  if (arguments.empty()) {
    Report(DiagnosticId::kRandomValue, node, {"RAND()"});
    auto query = std::make_unique<Query>();
    query->fields = {{"", type}};
    query->items.push_back({Random("RANDOM_FRACTION", type, SpanOf(node)), ""});
    auto once = MakeExpr(ExprKind::kSubquery, type, SpanOf(node));
    once->query = std::move(query);
    return once;
  }
  const Node seed = arguments[0];
  const Node name = seed.Is(NodeKind::kFunctionCall) ? seed.Child(Role::kName) : Node();
  const bool is_checksum =
      name && (FoldName(name.Text()) == "checksum" || FoldName(name.Text()) == "binary_checksum");
  const std::vector<Node> seeds =
      is_checksum ? seed.Children(Role::kArgument) : std::vector<Node>{};
  if (arguments.size() == 1 && (IsNewId(seed) || (seeds.size() == 1 && IsNewId(seeds[0])))) {
    Report(DiagnosticId::kRandomValue, node, {"RAND(" + std::string(seed.Text()) + ")"});
    return Random("RANDOM_FRACTION", type, SpanOf(node));
  }
  return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                {"RAND with a seed", options_.target_name},
                "the numbers that follow a seed are SQL Server's own");
}

// FORMATMESSAGE with a constant text and %s, %d, %i, %u: "FORMATMESSAGE (Transact-SQL)".
ExprPtr Lowering::LowerFormatMessage(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  const ExprPtr format = LowerExpr(arguments[0], scope);
  const auto refuse = [&](const std::string& what) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {"FORMATMESSAGE with " + what, options_.target_name});
  };
  if (format->kind != ExprKind::kString) return refuse("a message that is not a constant text");
  const std::string& text = format->text;
  TextBuilder message;
  size_t next = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      message.Add(std::string_view(text).substr(i, 1));
      continue;
    }
    const char kind = ++i < text.size() ? text[i] : ' ';
    if (kind == '%') {
      message.Add("%");
      continue;
    }
    if (kind != 's' && kind != 'd' && kind != 'i') return refuse("widths, flags and other types");
    if (next >= arguments.size()) return refuse("fewer values than places");
    ExprPtr value = LowerExpr(arguments[next++], scope);
    const bool fits = kind == 's' ? IsString(value->type.id) : IsIntegral(value->type.id);
    if (value->kind != ExprKind::kNull && !fits) return refuse("a value of another type");
    // NULL is written so.
    if (value->kind == ExprKind::kNull) {
      message.Add("(null)");
      continue;
    }
    value = Convert(std::move(value), MakeSized(TypeId::kNVarChar, 2048), true);
    if (!IsNeverNull(*value)) {
      SqlType type = value->type;
      type.nullable = false;
      value =
          MakeCall("COALESCE", std::move(type), ExprList(std::move(value), MakeString("(null)")));
    }
    message.Add(std::move(value));
  }
  ExprPtr whole = message.Take();
  whole->type = MakeSized(TypeId::kNVarChar, 2048, false);
  whole->span = SpanOf(node);
  return whole;
}

// PARSE reads text as .NET does in a culture. English text of numbers and dates is what conversion
// reads: "PARSE (Transact-SQL)".
ExprPtr Lowering::LowerParse(Node node, Scope& scope) {
  const SqlType type = TypeOf(node.Child(Role::kType), 30);
  const bool try_cast = UpperText(node.TokenText(Role::kFunction)) == "TRY_PARSE";
  if (const Node culture = node.Child(Role::kCulture)) {
    const ExprPtr name = LowerExpr(culture, scope);
    if (name->kind != ExprKind::kString || !FoldName(name->text).starts_with("en")) {
      return Refuse(DiagnosticId::kUnsupportedConstruct, culture,
                    {"PARSE by the culture " + std::string(culture.Text()), options_.target_name});
    }
    if (IsTemporal(type.id) && FoldName(name->text) != "en-us") {
      return Refuse(DiagnosticId::kUnsupportedConstruct, culture,
                    {"PARSE of a date by the culture " + name->text, options_.target_name});
    }
  }
  if (!IsNumeric(type.id) && !IsTemporal(type.id)) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {"PARSE to " + TypeText(type), options_.target_name});
  }
  ExprPtr expr = Convert(LowerExpr(node.Child(Role::kOperand), scope), type, false, -1, try_cast);
  expr->span = SpanOf(node);
  return expr;
}

// The bytes of Unicode text, two for most characters, the lower first.
ExprPtr Lowering::UnicodeBytes(ExprPtr text) {
  SqlType type = MakeSized(TypeId::kVarBinary, SqlType::kMax, text->type.nullable);
  return MakeCall("UTF-16 BYTES", std::move(type), ExprList(std::move(text)));
}

}  // namespace datamigrate::relational
