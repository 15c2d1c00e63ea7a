// Functions that warehouses write alike. A dialect's own rows of a name and number of arguments
// stand instead of those here.
#pragma once

#include <array>

#include "agent_engine/dialects/dialect.h"

namespace datamigrate::dialects {

inline constexpr auto kWarehouseFunctions = std::to_array<FunctionRule>({
    // -- Conditions
    {"COALESCE", -1, "coalesce($*)"},
    {"ISNULL", 2, "coalesce($0, $1)"},
    {"NULLIF", 2, "nullif($0, $1)"},
    {"GREATEST", -1, "greatest($*)"},
    {"LEAST", -1, "least($*)"},
    // -- Strings
    // "FOR XML (SQL Server)": marks are entities.
    {"ESCAPED_ATTRIBUTE", 1,
     "replace(replace(replace(replace(replace(replace(replace($0, '&', '&amp;'), '<', '&lt;'), "
     "'>', '&gt;'), chr(13), '&#x0D;'), '\"', '&quot;'), chr(10), '&#x0A;'), chr(9), '&#x09;')"},
    {"ESCAPED_TEXT", 1,
     "replace(replace(replace(replace($0, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), chr(13), "
     "'&#x0D;')"},
    {"ASCII", 1, "ascii(nullif($0, ''))"},
    {"CHAR", 1, "case when $0 between 0 and 255 then chr($0) end"},
    {"CHARINDEX", 2, "charindex($0, $1)"},
    {"CONCAT", -1, "$j"},
    {"DATALENGTH", 1, "octet_length($0)", TypeClass::kBinary},
    {"DATALENGTH_TEXT", 1, "length($0)"},
    {"DATALENGTH_UNICODE", 1, "length($0) * 2"},
    // "DIFFERENCE (Transact-SQL)": how many of the four characters of two SOUNDEX values are equal.
    {"DIFFERENCE", 2,
     "case when $0 is not null and $1 is not null then case when substr($0, 1, 1) = substr($1, "
     "1, 1) then 1 else 0 end + case when substr($0, 2, 1) = substr($1, 2, 1) then 1 else 0 "
     "end + case when substr($0, 3, 1) = substr($1, 3, 1) then 1 else 0 end + case when "
     "substr($0, 4, 1) = substr($1, 4, 1) then 1 else 0 end end"},
    // "uniqueidentifier (Transact-SQL)": the last six bytes are compared first.
    {"GUID_ORDER", 1,
     "substr($0, 25, 12) || substr($0, 20, 4) || substr($0, 17, 2) || substr($0, 15, 2) || "
     "substr($0, 12, 2) || substr($0, 10, 2) || substr($0, 7, 2) || substr($0, 5, 2) || "
     "substr($0, 3, 2) || left($0, 2)"},
    {"LEFT", 2, "left($0, $1)"},
    {"LOWER", 1, "lower($0)"},
    {"LTRIM", 1, "ltrim($0)"},
    {"LTRIM", 2, "ltrim($0, $1)"},
    {"NCHAR", 1, "chr($0)"},
    {"QUOTENAME", 1, "'[' || replace($0, ']', ']]') || ']'"},
    {"REPLACE", 3, "replace($0, $1, $2)"},
    {"REPLICATE", 2, "case when $1 >= 0 then repeat($0, $1) end"},
    {"REVERSE", 1, "reverse($0)"},
    {"RIGHT", 2, "right($0, $1)"},
    {"RTRIM", 1, "rtrim($0)"},
    {"RTRIM", 2, "rtrim($0, $1)"},
    {"SPACE", 1, "repeat(' ', $0)"},
    {"SPACE_ANY", 1, "case when $0 >= 0 then repeat(' ', $0) end"},
    {"STRING_AGG", 2, "listagg($d$0, $1)$g"},
    {"STUFF", 4,
     "case when $1 between 1 and length($0) and $2 >= 0 then left($0, $1 - 1) || coalesce($3, '') "
     "|| substr($0, $1 + $2) end"},
    {"SUBSTRING", 3, "substr($0, greatest($1, 1), greatest($1 + $2, 1) - greatest($1, 1))"},
    {"SUBSTRING_FROM", 2, "substr($0, $1)"},
    {"SUBSTRING_INSIDE", 3, "substr($0, $1, $2)"},
    {"TRANSLATE", 3, "translate($0, $1, $2)"},
    {"TRIM", 1, "trim($0)"},
    {"UPPER", 1, "upper($0)"},
    // -- Numbers
    {"ABS", 1, "abs($0)"},
    {"ACOS", 1, "acos($0)"},
    {"ASIN", 1, "asin($0)"},
    {"ATAN", 1, "atan($0)"},
    {"ATN2", 2, "atan2($0, $1)"},
    {"CEILING", 1, "$0", TypeClass::kInteger},
    {"CEILING", 1, "ceil($0)"},
    {"COS", 1, "cos($0)"},
    {"COT", 1, "cot($0)"},
    {"EXP", 1, "exp($0)"},
    {"FLOOR", 1, "$0", TypeClass::kInteger},
    {"FLOOR", 1, "floor($0)"},
    {"LOG", 1, "ln($0)"},
    {"LOG", 2, "ln($0) / ln($1)"},
    {"LOG10", 1, "log10($0)"},
    {"PI", 0, "pi()"},
    {"SIGN", 1, "cast(sign($0) as $t)"},
    {"SIN", 1, "sin($0)"},
    {"SQRT", 1, "sqrt($0)"},
    {"SQUARE", 1, "power($0, 2)"},
    {"TAN", 1, "tan($0)"},
    // -- Dates and times
    {"DATEADD:*", 2, "cast(dateadd($u, $0, $1) as $t)"},
    {"DATEDIFF:*", 2, "datediff($u, $0, $1)"},
    {"EOMONTH", 1, "last_day($0)"},
    // -- Aggregates and windows
    {"COUNT", 1, "count($d$0)"},
    {"COUNT_BIG", 1, "count($d$0)"},
    {"APPROX_COUNT_DISTINCT", 1, "approx_count_distinct($0)"},
    {"GROUPING", 1, "grouping($0)"},
    {"MAX", 1, "max($0)"},
    {"MIN", 1, "min($0)"},
    {"STDEV", 1, "stddev_samp($d$0)"},
    {"STDEVP", 1, "stddev_pop($d$0)"},
    {"SUM", 1, "cast(sum($d$0) as $t)", TypeClass::kInteger},
    {"SUM", 1, "sum($d$0)"},
    {"VAR", 1, "var_samp($d$0)"},
    {"VARP", 1, "var_pop($d$0)"},
    {"CUME_DIST", 0, "cume_dist()"},
    {"DENSE_RANK", 0, "dense_rank()"},
    {"FIRST_VALUE", 1, "first_value($0)$n"},
    {"LAG", -1, "lag($*)$n"},
    {"LAST_VALUE", 1, "last_value($0)$n"},
    {"LEAD", -1, "lead($*)$n"},
    {"NTILE", 1, "ntile($0)"},
    {"PERCENT_RANK", 0, "percent_rank()"},
    {"RANK", 0, "rank()"},
    {"ROW_NUMBER", 0, "row_number()"},
});

}  // namespace datamigrate::dialects
