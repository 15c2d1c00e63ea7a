#include "tests/docs/function_tables.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/dialects/translate.h"
#include "agent_engine/tsql/binder/functions.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::docs {
namespace {

using dialects::Target;
using nlohmann::ordered_json;

constexpr std::string_view kSetup =
    "CREATE TABLE t (s varchar(20), i int, b bigint, n decimal(9, 2), f float, d datetime2(3), "
    "x varbinary(16), j nvarchar(max))\n";

// Calls that the classes of a function's arguments do not say.
struct Sample {
  std::string_view name;
  std::string_view text;  // Behind SELECT; "#": the date part.
};
constexpr auto kSamples = std::to_array<Sample>({
    {"AT TIME ZONE",
     "CAST(d AT TIME ZONE 'UTC' AT TIME ZONE 'Pacific Standard Time' AS datetime2) FROM t"},
    {"AVG", "AVG(n) FROM t"},
    {"CAST", "CAST(s AS int), CAST(f AS varchar(20)), CAST(d AS date) FROM t"},
    {"CHOOSE", "CHOOSE(i, 'a', 'b') FROM t"},
    {"COALESCE", "COALESCE(s, 'a') FROM t"},
    {"CONVERT", "CONVERT(varchar(10), d, 101), CONVERT(varchar(32), x, 2) FROM t"},
    {"CUME_DIST", "CUME_DIST() OVER (ORDER BY i) FROM t"},
    {"DATEADD", "DATEADD(#, 1, d) FROM t"},
    {"DATEDIFF", "DATEDIFF(#, d, d) FROM t"},
    {"DATEDIFF_BIG", "DATEDIFF_BIG(#, d, d) FROM t"},
    {"DATENAME", "DATENAME(#, d) FROM t"},
    {"DATEPART", "DATEPART(#, d) FROM t"},
    {"DATETIME2FROMPARTS", "DATETIME2FROMPARTS(i, i, i, i, i, i, 0, 3) FROM t"},
    {"DATETRUNC", "DATETRUNC(#, d) FROM t"},
    {"DATE_BUCKET", "DATE_BUCKET(#, 2, d) FROM t"},
    {"DENSE_RANK", "DENSE_RANK() OVER (ORDER BY i) FROM t"},
    {"FIRST_VALUE", "FIRST_VALUE(i) OVER (ORDER BY i) FROM t"},
    {"FORMAT", "FORMAT(n, 'N2'), FORMAT(d, 'yyyy-MM-dd') FROM t"},
    {"GENERATE_SERIES", "value FROM GENERATE_SERIES(1, 5)"},
    {"GROUPING", "GROUPING(i) FROM t GROUP BY ROLLUP (i)"},
    {"GROUPING_ID", "GROUPING_ID(i, b) FROM t GROUP BY ROLLUP (i, b)"},
    {"HASHBYTES", "HASHBYTES('SHA2_256', s) FROM t"},
    {"IIF", "IIF(i > 1, 'a', 'b') FROM t"},
    {"ISNULL", "ISNULL(s, 'a') FROM t"},
    {"JSON_PATH_EXISTS", "JSON_PATH_EXISTS(j, '$.a') FROM t"},
    {"JSON_QUERY", "JSON_QUERY(j, '$.a') FROM t"},
    {"JSON_VALUE", "JSON_VALUE(j, '$.a') FROM t"},
    {"LAG", "LAG(i) OVER (ORDER BY i) FROM t"},
    {"LAST_VALUE", "LAST_VALUE(i) OVER (ORDER BY i) FROM t"},
    {"LEAD", "LEAD(i) OVER (ORDER BY i) FROM t"},
    {"NTILE", "NTILE(4) OVER (ORDER BY i) FROM t"},
    {"NULLIF", "NULLIF(s, 'a') FROM t"},
    {"OPENJSON", "a FROM OPENJSON(N'[]') WITH (a int '$.a')"},
    {"OPENJSON of a column", "o.a FROM t CROSS APPLY OPENJSON(t.j, '$.o') WITH (a int '$.a') AS o"},
    {"PARSENAME", "PARSENAME(s, 1) FROM t"},
    {"PATINDEX", "PATINDEX('%[0-9]%', s) FROM t"},
    {"PERCENTILE_CONT", "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY f) OVER () FROM t"},
    {"PERCENTILE_DISC", "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY f) OVER () FROM t"},
    {"PERCENT_RANK", "PERCENT_RANK() OVER (ORDER BY i) FROM t"},
    {"RANK", "RANK() OVER (ORDER BY i) FROM t"},
    {"ROW_NUMBER", "ROW_NUMBER() OVER (ORDER BY i) FROM t"},
    {"STR", "STR(f, 10, 2) FROM t"},
    {"STRING_AGG", "STRING_AGG(s, ',') WITHIN GROUP (ORDER BY s) FROM t"},
    {"STRING_ESCAPE", "STRING_ESCAPE(s, 'json') FROM t"},
    {"STRING_SPLIT", "value FROM STRING_SPLIT('a,b', ',')"},
    {"TIMEFROMPARTS", "TIMEFROMPARTS(i, i, i, 0, 3) FROM t"},
    {"TRY_CAST", "TRY_CAST(s AS int) FROM t"},
});

constexpr auto kParts = std::to_array<std::string_view>(
    {"year", "quarter", "month", "dayofyear", "day", "week", "weekday", "iso_week", "hour",
     "minute", "second", "millisecond", "microsecond", "nanosecond", "tzoffset"});

// Parts that SQL Server refuses itself.
bool IsPartOf(std::string_view part, std::string_view function) {
  if (part == "tzoffset") return function == "DATENAME" || function == "DATEPART";
  if (part == "iso_week")
    return !function.starts_with("DATEDIFF") && function != "DATEADD" && function != "DATE_BUCKET";
  if (function == "DATETRUNC") return part != "nanosecond" && part != "weekday";
  if (function == "DATE_BUCKET")
    return part != "dayofyear" && part != "weekday" && part != "microsecond" &&
           part != "nanosecond";
  return true;
}

std::string ArgumentOf(char argument_class) {
  switch (argument_class) {
    case 'S':
      return "s";
    case 'I':
      return "i";
    case 'B':
      return "b";
    case 'N':
      return "n";
    case 'F':
      return "f";
    case 'D':
      return "d";
    default:
      return "s";
  }
}

std::string SampleOf(const tsql::FunctionSignature& function) {
  const auto* const sample = std::ranges::find(kSamples, function.name, &Sample::name);
  if (sample != kSamples.end()) return std::string(sample->text);
  std::string text(function.name);
  if (function.name == "CURRENT_TIMESTAMP") return text + " FROM t";
  text += "(";
  for (int i = 0; i < function.least_arguments; ++i)
    text += (i > 0 ? ", " : "") + ArgumentOf(function.ClassOf(i));
  return text + ") FROM t";
}

void Replace(std::string& text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

void Add(const std::string& sample, std::string_view part, Target target,
         std::set<std::string>& codes, bool& ok, ordered_json& refused) {
  std::string batch = sample;
  Replace(batch, "#", part);
  const catalog::Catalog empty;
  const catalog::CatalogIndex index(empty);
  const dialects::TranslatedBatch done =
      dialects::TranslateBatch(index, std::string(kSetup) + "SELECT " + batch, target);
  for (const diagnostics::Diagnostic& found : done.diagnostics) {
    const diagnostics::DiagnosticKind& kind = diagnostics::KindOf(found.id);
    const bool is_error = kind.severity == diagnostics::Severity::kError;
    if (kind.code.starts_with("TP") && is_error == !done.ok &&
        kind.severity != diagnostics::Severity::kNote)
      codes.insert(std::string(kind.code));
  }
  if (!done.ok && !part.empty())
    refused.push_back(part);
  else if (!done.ok)
    ok = false;
}

ordered_json Row(std::string_view name, const std::string& sample) {
  ordered_json row = {{"function", name}};
  for (const Target target : dialects::kTargets) {
    std::set<std::string> codes;
    bool ok = true;
    ordered_json refused = ordered_json::array();
    if (sample.find('#') == std::string::npos) {
      Add(sample, "", target, codes, ok, refused);
    } else {
      for (const std::string_view part : kParts) {
        if (IsPartOf(part, name)) Add(sample, part, target, codes, ok, refused);
      }
      codes.erase("TP0110");
    }
    row[std::string(TargetName(target))] = {{"ok", ok}, {"codes", codes}, {"refused", refused}};
  }
  return row;
}

}  // namespace

ordered_json FunctionTable() {
  std::set<std::string, std::less<>> names;
  std::vector<std::pair<std::string, std::string>> samples;
  for (const tsql::FunctionSignature& function : tsql::AllFunctions()) {
    if (names.insert(std::string(function.name)).second)
      samples.emplace_back(function.name, SampleOf(function));
  }
  for (const Sample& sample : kSamples) {
    if (names.insert(std::string(sample.name)).second)
      samples.emplace_back(sample.name, sample.text);
  }
  std::ranges::sort(samples);
  ordered_json rows = ordered_json::array();
  for (const auto& [name, sample] : samples) rows.push_back(Row(name, sample));
  return rows;
}

}  // namespace datamigrate::docs
