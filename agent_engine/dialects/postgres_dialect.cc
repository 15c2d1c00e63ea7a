// PostgreSQL 16. Reference: postgresql.org/docs/16.
#include <algorithm>
#include <array>

#include "agent_engine/dialects/clr_bits.h"
#include "agent_engine/dialects/dialect.h"

namespace datamigrate::dialects {
namespace {

using diagnostics::DiagnosticId;
using enum TypeClass;
using tsql::TypeId;

constexpr auto kTypes = std::to_array<TypeRule>({
    {TypeId::kBit, "BOOLEAN"},
    {TypeId::kTinyInt, "SMALLINT"},
    {TypeId::kSmallInt, "SMALLINT"},
    {TypeId::kInt, "INTEGER"},
    {TypeId::kBigInt, "BIGINT"},
    {TypeId::kDecimal, "NUMERIC($p, $s)"},
    {TypeId::kMoney, "NUMERIC(19, 4)"},
    {TypeId::kSmallMoney, "NUMERIC(10, 4)"},
    {TypeId::kReal, "REAL"},
    {TypeId::kFloat, "DOUBLE PRECISION"},
    {TypeId::kDate, "DATE"},
    {TypeId::kTime, "TIME"},
    {TypeId::kSmallDateTime, "TIMESTAMP"},
    {TypeId::kDateTime, "TIMESTAMP"},
    {TypeId::kDateTime2, "TIMESTAMP"},
    {TypeId::kDateTimeOffset, "TIMESTAMPTZ"},
    {TypeId::kChar, "VARCHAR"},
    {TypeId::kVarChar, "VARCHAR"},
    {TypeId::kText, "TEXT"},
    {TypeId::kNChar, "VARCHAR"},
    {TypeId::kNVarChar, "VARCHAR"},
    {TypeId::kNText, "TEXT"},
    {TypeId::kBinary, "BYTEA"},
    {TypeId::kVarBinary, "BYTEA"},
    {TypeId::kImage, "BYTEA"},
    {TypeId::kRowVersion, "BYTEA"},
    {TypeId::kUniqueIdentifier, "UUID"},
    {TypeId::kXml, "TEXT"},
    {TypeId::kJson, "TEXT"},
    {TypeId::kSqlVariant, "TEXT"},
    {TypeId::kHierarchyId, "BYTEA"},
    {TypeId::kGeography, "BYTEA"},
    {TypeId::kGeometry, "BYTEA"},
});

constexpr auto kFunctions = std::to_array<FunctionRule>({
    {"ESCAPED_ATTRIBUTE",
     1,
     "replace(replace(replace(replace(replace(replace(replace($0, '&', '&amp;'), '<', '&lt;'), "
     "'>', '&gt;'), "
     "chr(13), '&#x0D;'), '\"', '&quot;'), chr(10), '&#x0A;'), "
     "chr(9), '&#x09;')",
     kAny,
     {},
     "FOR XML (SQL Server): marks are entities"},
    {"ESCAPED_TEXT",
     1,
     "replace(replace(replace(replace($0, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), "
     "chr(13), '&#x0D;')",
     kAny,
     {},
     "FOR XML (SQL Server): marks are entities"},
    {"COALESCE", -1, "coalesce($*)"},
    {"ISNULL", 2, "coalesce($0, $1)"},
    {"NULLIF", 2, "nullif($0, $1)"},
    {"GREATEST", -1, "greatest($*)"},
    {"LEAST", -1, "least($*)"},
    {"ASCII", 1, "ascii(nullif($0, ''))"},
    {"BASE64_TEXT",
     1,
     "replace(encode($0, 'base64'), chr(10), '')",
     kAny,
     {},
     "Use the BINARY BASE64 Option"},
    {"CHAR", 1, "case when $0 between 1 and 255 then chr($0) end"},
    {"CHARINDEX", 2, "strpos($1, $0)"},
    {"CHARINDEX", 3,
     "case when strpos(substr($1, greatest($2, 1)), $0) = 0 then 0 else strpos(substr($1, "
     "greatest($2, 1)), $0) + greatest($2, 1) - 1 end"},
    {"CHARINDEX_ANY", 2, "case when $0 = '' then 0 else strpos($1, $0) end"},
    {"CONCAT", -1, "concat($*)"},
    {"CONCAT_WS", -1, "concat_ws($*)"},
    {"DATALENGTH", 1, "octet_length($0)", kBinary},
    {"DATALENGTH_TEXT", 1, "length($0)"},
    {"DATALENGTH_UNICODE", 1, "length($0) * 2"},
    {"DIFFERENCE",
     2,
     "(select cast(substr(a, 1, 1) = substr(b, 1, 1) as integer) + cast(substr(a, 2, 1) = "
     "substr(b, 2, 1) as integer) + cast(substr(a, 3, 1) = substr(b, 3, 1) as integer) + "
     "cast(substr(a, 4, 1) = substr(b, 4, 1) as integer) from (select $0 as a, $1 as b) as codes)",
     kAny,
     {},
     "DIFFERENCE (Transact-SQL): how many places of the two codes are alike"},
    {"LEFT", 2, "left($0, $1)"},
    {"LEFT_CHECKED", 2, "substr($0, 1, $1)"},
    {"LEN", 1, "length(rtrim($0))"},
    {"LOWER", 1, "lower($0)"},
    {"LTRIM", 1, "ltrim($0)"},
    {"LTRIM", 2, "ltrim($0, $1)"},
    {"NCHAR", 1, "chr($0)"},
    {"PARSENAME", 2,
     "case when length($0) - length(replace($0, '.', '')) < 4 then nullif(split_part($0, '.', 0 - "
     "$1), '') end"},
    {"QUOTENAME", 1, "'[' || replace($0, ']', ']]') || ']'"},
    {"REPLACE_ANY_CASE", 3,
     "regexp_replace($0, regexp_replace($1, '([][\\\\^$.|?*+(){}])', '\\\\\\1', 'g'), replace($2, "
     "'\\', '\\\\'), 'gi')"},
    {"REPLACE", 3, "replace($0, $1, $2)"},
    {"REPLICATE", 2, "case when $1 >= 0 then repeat($0, $1) end"},
    {"REVERSE", 1, "reverse($0)"},
    {"RIGHT", 2, "right($0, $1)"},
    {"RIGHT_CHECKED", 2, "substr($0, greatest(length($0) - $1 + 1, 1), $1)"},
    {"RTRIM", 1, "rtrim($0)"},
    {"RTRIM", 2, "rtrim($0, $1)"},
    {"SOUNDEX",
     1,
     "(select case when w = '' then '0000' else left(w, 1) || left(replace(substr("
     "regexp_replace(translate(left(w, 1) || regexp_replace(substr(w, 2), '[HW]', '', 'g'), "
     "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '01230120022455012623010202'), '([1-6])\\1+', '\\1', 'g'), "
     "2), '0', '') || '000', 3) end from (select upper(substring($0 from '^[A-Za-z]*')) as w) as "
     "word)",
     kAny,
     {},
     "SOUNDEX (Transact-SQL): the first letter and the codes of the next consonants"},
    {"SPACE", 1, "repeat(' ', $0)"},
    {"SPACE_ANY", 1, "case when $0 >= 0 then repeat(' ', $0) end"},
    {"STR", 2,
     "case when length(cast(round(cast($0 as numeric)) as text)) > $1 then repeat('*', $1) else "
     "lpad(cast(round(cast($0 as numeric)) as text), $1, ' ') end"},
    {"STR", 3,
     "case when length(cast(trunc(cast($0 as numeric)) as text)) > $1 then repeat('*', $1) else "
     "lpad(cast(round(cast($0 as numeric), greatest(least($2, $1 - 1 - length(cast(trunc(cast($0 "
     "as numeric)) as text))), 0)) as text), $1, ' ') end"},
    {"STRING_AGG", 2, "string_agg($d$0, $1$o)"},
    {"STRING_ESCAPE", 2,
     "regexp_replace(replace(cast(to_json(cast($0 as text)) as text), '/', '\\/'), '^\"|\"$', '', "
     "'g')"},
    {"STUFF", 4,
     "case when $1 between 1 and length($0) and $2 >= 0 then overlay($0 placing coalesce($3, '') "
     "from $1 for $2) end"},
    {"SUBSTRING", 3, "substr($0, $1, $2)"},
    {"SUBSTRING_CHECKED", 3, "substr($0, $1, $2)"},
    {"SUBSTRING_FROM", 2, "substr($0, $1)"},
    {"SUBSTRING_INSIDE", 3, "substr($0, $1, $2)"},
    {"TRANSLATE", 3, "translate($0, $1, $2)"},
    {"TRIM", 1, "btrim($0)"},
    {"TRIM", 2, "btrim($0, $1)"},
    {"UNICODE", 1, "ascii(nullif($0, ''))"},
    {"UPPER", 1, "upper($0)"},
    {"ABS", 1, "abs($0)"},
    {"ACOS", 1, "acos($0)"},
    {"ASIN", 1, "asin($0)"},
    {"ATAN", 1, "atan($0)"},
    {"ATN2", 2, "atan2($0, $1)"},
    {"CEILING", 1, "$0", kInteger},
    {"CEILING", 1, "ceil($0)"},
    {"COS", 1, "cos($0)"},
    {"COT", 1, "cot($0)"},
    {"DEGREES", 1, "cast(trunc(degrees($0)) as $t)", kInteger},
    {"DEGREES", 1, "degrees($0)"},
    {"EXP", 1, "exp(cast($0 as double precision))"},
    {"FLOOR", 1, "$0", kInteger},
    {"FLOOR", 1, "floor($0)"},
    {"BIT_COUNT", 1, "cast(bit_count(int4send($0)) as integer)"},
    {"GET_BIT", 2, "$0 >> $1 & 1"},
    {"LEFT_SHIFT", 2, "$0 << $1"},
    {"LOG", 1, "ln(cast($0 as double precision))"},
    {"LOG", 2, "ln(cast($0 as double precision)) / ln(cast($1 as double precision))"},
    {"LOG10", 1, "log(cast($0 as double precision))"},
    {"PI", 0, "pi()"},
    {"POWER", 2, "cast(trunc(power(cast($0 as double precision), $1)) as $t)", kInteger},
    {"POWER", 2, "cast(power($0, cast($1 as numeric)) as $t)", kDecimal},
    {"POWER", 2, "power(cast($0 as double precision), $1)"},
    {"RADIANS", 1, "cast(trunc(radians($0)) as $t)", kInteger},
    {"RADIANS", 1, "radians($0)"},
    {"RIGHT_SHIFT", 2, "$0 >> $1"},
    {"ROUND", 2, "cast(round(cast($0 as numeric), $1) as $t)"},
    {"ROUND_TENS", 2, "cast(round(cast($0 as numeric), $1) as $t)"},
    {"SIGN", 1, "cast(sign($0) as $t)"},
    {"SIN", 1, "sin($0)"},
    {"SQRT", 1, "sqrt(cast($0 as double precision))"},
    {"SQUARE", 1, "power(cast($0 as double precision), 2)"},
    {"TAN", 1, "tan($0)"},
    {"TRUNCATE", 2, "$0 - $0 % cast(power(10, greatest(0 - $1, 0)) as bigint)", kInteger},
    {"TRUNCATE", 2, "cast(trunc(cast($0 as numeric), $1) as $t)"},
    {"CURRENT_TIMESTAMP", 0, "localtimestamp"},
    {"GETDATE", 0, "localtimestamp"},
    {"GETUTCDATE", 0, "timezone('UTC', now())"},
    {"SYSDATETIME", 0, "localtimestamp"},
    {"SYSDATETIMEOFFSET", 0, "now()"},
    {"SYSUTCDATETIME", 0, "timezone('UTC', now())"},
    {"DATEADD:year", 2, "cast($1 + make_interval(years => $0) as $t)"},
    {"DATEADD:quarter", 2, "cast($1 + make_interval(months => 3 * $0) as $t)"},
    {"DATEADD:month", 2, "cast($1 + make_interval(months => $0) as $t)"},
    {"DATEADD:week", 2, "cast($1 + make_interval(weeks => $0) as $t)"},
    {"DATEADD:dayofyear", 2, "cast($1 + make_interval(days => $0) as $t)"},
    {"DATEADD:weekday", 2, "cast($1 + make_interval(days => $0) as $t)"},
    {"DATEADD:day", 2, "cast($1 + make_interval(days => $0) as $t)"},
    {"DATEADD:hour", 2, "$1 + make_interval(hours => $0)"},
    {"DATEADD:minute", 2, "$1 + make_interval(mins => $0)"},
    {"DATEADD:second", 2, "$1 + make_interval(secs => $0)"},
    {"DATEADD:millisecond", 2, "$1 + make_interval(secs => $0 / 1000.0)"},
    {"DATEADD:microsecond", 2, "$1 + make_interval(secs => $0 / 1000000.0)"},
    {"DATEADD:nanosecond", 2, "$1 + make_interval(secs => $0 / 1000 / 1000000.0)"},
    {"DATETIME_MINUS", 2, "timestamp '1900-01-01' + ($0 - $1)"},
    {"DATETIME_PLUS", 2, "$0 + ($1 - timestamp '1900-01-01')"},
    {"DATE_BUCKET:week", 3,
     "cast(date_bin(make_interval(weeks => $0), cast($1 as timestamp), cast($2 as timestamp)) as "
     "$t)"},
    {"DATE_BUCKET:day", 3,
     "cast(date_bin(make_interval(days => $0), cast($1 as timestamp), cast($2 as timestamp)) as "
     "$t)"},
    {"DATE_BUCKET:hour", 3, "date_bin(make_interval(hours => $0), $1, cast($2 as timestamp))"},
    {"DATE_BUCKET:minute", 3, "date_bin(make_interval(mins => $0), $1, cast($2 as timestamp))"},
    {"DATE_BUCKET:second", 3, "date_bin(make_interval(secs => $0), $1, cast($2 as timestamp))"},
    {"ROUND_FRACTION", 2, "cast($0 as time($1))", kTime},
    {"ROUND_FRACTION", 2, "cast($0 as timestamp($1))"},
    {"DATEDIFF:year", 2, "cast(extract(year from $1) - extract(year from $0) as integer)"},
    {"DATEDIFF:quarter", 2,
     "cast((extract(year from $1) - extract(year from $0)) * 4 + extract(quarter from $1) - "
     "extract(quarter from $0) as integer)"},
    {"DATEDIFF:month", 2,
     "cast((extract(year from $1) - extract(year from $0)) * 12 + extract(month from $1) - "
     "extract(month from $0) as integer)"},
    {"DATEDIFF:week", 2,
     "(cast(date_trunc('week', $1 + interval '1 day') as date) - cast(date_trunc('week', $0 + "
     "interval '1 day') as date)) / 7"},
    {"DATEDIFF:day", 2, "cast($1 as date) - cast($0 as date)"},
    {"DATEDIFF:dayofyear", 2, "cast($1 as date) - cast($0 as date)"},
    {"DATEDIFF:weekday", 2, "cast($1 as date) - cast($0 as date)"},
    {"DATEDIFF:hour", 2,
     "cast(extract(epoch from date_trunc('hour', $1) - date_trunc('hour', $0)) / 3600 as integer)"},
    {"DATEDIFF:minute", 2,
     "cast(extract(epoch from date_trunc('minute', $1) - date_trunc('minute', $0)) / 60 as "
     "integer)"},
    {"DATEDIFF:second", 2,
     "cast(extract(epoch from date_trunc('second', $1) - date_trunc('second', $0)) as integer)"},
    {"DATEDIFF:millisecond", 2,
     "cast(extract(epoch from date_trunc('millisecond', $1) - date_trunc('millisecond', $0)) * "
     "1000 as integer)"},
    {"DATEDIFF:microsecond", 2, "cast(extract(epoch from $1 - $0) * 1000000 as integer)"},
    {"DATEDIFF_BIG:second", 2,
     "cast(extract(epoch from date_trunc('second', $1) - date_trunc('second', $0)) as bigint)"},
    {"DATEDIFF_BIG:millisecond", 2,
     "cast(extract(epoch from date_trunc('millisecond', $1) - date_trunc('millisecond', $0)) * "
     "1000 as bigint)"},
    {"DATEDIFF_BIG:microsecond", 2, "cast(extract(epoch from $1 - $0) * 1000000 as bigint)"},
    {"DATETIME2FROMPARTS", 8,
     "make_timestamp($0, $1, $2, $3, $4, $5 + $6 / power(10.0, $7)::double precision)"},
    {"DATETIMEFROMPARTS", 7, "make_timestamp($0, $1, $2, $3, $4, $5 + $6 / 1000.0)"},
    {"SMALLDATETIMEFROMPARTS", 5, "make_timestamp($0, $1, $2, $3, $4, 0)"},
    {"TIMEFROMPARTS", 5, "make_time($0, $1, $2 + $3 / power(10.0, $4)::double precision)"},
    {"DATEFROMPARTS", 3, "make_date($0, $1, $2)"},
    {"DATENAME:year", 1, "to_char($0, 'YYYY')"},
    {"DATENAME:month", 1, "to_char($0, 'FMMonth')"},
    {"DATENAME:day", 1, "to_char($0, 'FMDD')"},
    {"DATENAME:weekday", 1, "to_char($0, 'FMDay')"},
    {"DATENAME:quarter", 1, "to_char($0, 'Q')"},
    {"DATEPART:year", 1, "cast(extract(year from $0) as integer)"},
    {"DATEPART:quarter", 1, "cast(extract(quarter from $0) as integer)"},
    {"DATEPART:month", 1, "cast(extract(month from $0) as integer)"},
    {"DATEPART:dayofyear", 1, "cast(extract(doy from $0) as integer)"},
    {"DATEPART:day", 1, "cast(extract(day from $0) as integer)"},
    {"DATEPART:week", 1,
     "cast(extract(doy from $0) + extract(dow from date_trunc('year', $0)) - 1 as integer) / 7 + "
     "1"},
    {"DATEPART:weekday", 1, "cast(extract(dow from $0) as integer) + 1"},
    {"DATEPART:iso_week", 1, "cast(extract(week from $0) as integer)"},
    {"DATEPART:hour", 1, "cast(extract(hour from $0) as integer)"},
    {"DATEPART:minute", 1, "cast(extract(minute from $0) as integer)"},
    {"DATEPART:second", 1, "cast(trunc(extract(second from $0)) as integer)"},
    {"DATEPART:millisecond", 1, "cast(trunc(extract(milliseconds from $0)) as integer) % 1000"},
    {"DATEPART:microsecond", 1, "cast(extract(microseconds from $0) as integer) % 1000000"},
    {"DATEPART:nanosecond", 1, "cast(extract(microseconds from $0) as integer) % 1000000 * 1000"},
    {"DATETRUNC:dayofyear", 1, "cast(date_trunc('day', $0) as $t)"},
    {"DATETRUNC:week", 1,
     "cast(date_trunc('week', $0 + interval '1 day') - interval '1 day' as $t)"},
    {"DATETRUNC:iso_week", 1, "cast(date_trunc('week', $0) as $t)"},
    {"DATETRUNC:hour", 1, "cast(date_trunc('hour', date '1900-01-01' + $0) as time)", kTime},
    {"DATETRUNC:minute", 1, "cast(date_trunc('minute', date '1900-01-01' + $0) as time)", kTime},
    {"DATETRUNC:second", 1, "cast(date_trunc('second', date '1900-01-01' + $0) as time)", kTime},
    {"DATETRUNC:hour", 1, "date_trunc('hour', $0)"},
    {"DATETRUNC:minute", 1, "date_trunc('minute', $0)"},
    {"DATETRUNC:second", 1, "date_trunc('second', $0)"},
    {"DATETRUNC:millisecond", 1, "date_trunc('millisecond', $0)"},
    {"DATETRUNC:microsecond", 1, "date_trunc('microsecond', $0)"},
    {"DATETRUNC:year", 1, "cast(date_trunc('year', $0) as $t)"},
    {"DATETRUNC:quarter", 1, "cast(date_trunc('quarter', $0) as $t)"},
    {"DATETRUNC:month", 1, "cast(date_trunc('month', $0) as $t)"},
    {"DATETRUNC:day", 1, "cast(date_trunc('day', $0) as $t)"},
    {"EOMONTH", 1, "cast(date_trunc('month', $0) + interval '1 month - 1 day' as date)"},
    {"EOMONTH", 2,
     "cast(date_trunc('month', $0 + make_interval(months => $1)) + interval '1 month - 1 day' as "
     "date)"},
    {"SWITCHOFFSET", 1, "$0", kAny, DiagnosticId::kOffsetLost},
    {"TODATETIMEOFFSET", 1, "timezone('UTC', $0)", kAny, DiagnosticId::kOffsetLost},
    {"AT_TIME_ZONE", 2, "timezone($1, $0)", kAny, DiagnosticId::kOffsetLost},
    {"AT_TIME_ZONE_OFFSET", 2, "$0", kAny, DiagnosticId::kOffsetLost},
    {"LOCAL_TIME", 2, "timezone($1, $0)"},
    {"ISDATE", 1, "cast($0 is not null and pg_input_is_valid($0, 'timestamp') as integer)", kAny,
     DiagnosticId::kTextToTemporal},
    {"ISNUMERIC", 1,
     "cast(coalesce(btrim($0) ~ '^[-+]?[$£€¥]?[-+]?([0-9][0-9,]*[.]?[0-9]*([eE][-+]?[0-9]*)?|[.]"
     "[0-9]*|,)?$' and btrim($0) <> '', false) as integer)",
     kString},
    {"ISNUMERIC", 1, "cast($0 is not null as integer)"},
    {"ISJSON", 1, "cast($0 is json object or $0 is json array as integer)"},
    {"ISJSON_ARRAY", 1, "cast($0 is json array as integer)"},
    {"ISJSON_OBJECT", 1, "cast($0 is json object as integer)"},
    {"ISJSON_SCALAR", 1,
     "cast($0 is json scalar and btrim($0, ' ' || chr(9) || chr(10) || chr(13)) not in ('true', "
     "'false', 'null') as integer)"},
    {"ISJSON_VALUE", 1, "cast($0 is json as integer)"},
    {"JSON_PATH_EXISTS", 2,
     "cast(jsonb_path_exists(cast($0 as jsonb), cast($1 as jsonpath)) as integer)"},
    {"FOR JSON", 1,
     "regexp_replace(btrim(to_char($0, '9.999999999999999EEEE')), 'e([+-])(\\d\\d)$', "
     "'e\\10\\2')",
     kFloat},
    {"FOR JSON", 1, "replace(encode($0, 'base64'), chr(10), '')", kBinary},
    {"FOR JSON", 1, "to_char($0, 'YYYY-MM-DD')", kDate},
    {"FOR JSON", 1, "cast($0 as text)"},
    {"FOR JSON MOMENT", 2,
     "case when date_trunc('second', $0) = $0 then to_char($0, 'YYYY-MM-DD\"T\"HH24:MI:SS') else "
     "rpad(to_char($0, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), 20 + $1, '0') end"},
    {"FOR JSON OFFSET", 2,
     "case when date_trunc('second', $0) = $0 then to_char(timezone('UTC', $0), "
     "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') else rpad(to_char(timezone('UTC', $0), "
     "'YYYY-MM-DD\"T\"HH24:MI:SS.US'), 20 + $1, '0') || 'Z' end",
     kAny, DiagnosticId::kOffsetLost},
    {"FOR JSON QUOTED", 1, "replace(cast(to_json(cast($0 as text)) as text), '/', '\\/')"},
    {"FOR JSON REAL", 1,
     "regexp_replace(btrim(to_char($0, '9.9999999EEEE')), 'e([+-])(\\d\\d)$', 'e\\10\\2')"},
    {"FOR JSON TIME", 2,
     "case when date_trunc('second', cast($0 as interval)) = cast($0 as interval) then cast($0 as "
     "text) else rpad(cast($0 as text), 9 + $1, '0') end"},
    {"HIERARCHYID.GETANCESTOR", 2,
     "(select case when s is not null then decode(coalesce((select "
     "string_agg(lpad(to_hex(cast(cast(substr(s, "
     "i, 8) as bit(8)) as integer)), 2, '0'), '' order by i) from generate_series(1, length(s), "
     "8) as i), ''), 'hex') end from (select substring(rtrim(cast(cast('x' || encode($0, 'hex') "
     "as bit varying) as text), '0'), '^((?:" HIERARCHY_LEVEL ")*)(?:" HIERARCHY_LEVEL
     "){' || $1 || '}$') as s) as node)"},
    {"HIERARCHYID.GETLEVEL", 1,
     "cast(regexp_count(cast(cast('x' || encode($0, 'hex') as bit varying) as text), "
     "'" HIERARCHY_LEVEL "') as smallint)"},
    {"HIERARCHYID.GETREPARENTEDVALUE", 3,
     "(select case when s is not null then decode(coalesce((select "
     "string_agg(lpad(to_hex(cast(cast(substr(s, "
     "i, 8) as bit(8)) as integer)), 2, '0'), '' order by i) from generate_series(1, length(s), "
     "8) as i), ''), 'hex') end from (select case when starts_with(rtrim(cast(cast('x' || "
     "encode($0, "
     "'hex') as bit varying) as text), '0'), rtrim(cast(cast('x' || encode($1, 'hex') as bit "
     "varying) "
     "as text), '0')) then rtrim(cast(cast('x' || encode($2, 'hex') as bit varying) as text), "
     "'0') || substr(rtrim(cast(cast('x' || encode($0, 'hex') as bit varying) as text), '0'), "
     "length(rtrim(cast(cast('x' || encode($1, 'hex') as bit varying) as text), '0')) + 1) when "
     "$0 is not null and $1 is not null then cast(cast('the value is no descendant of the old "
     "root' || left(cast(random() as text), 0) as integer) as text) end as s) as node)"},
    {"HIERARCHYID.ISDESCENDANTOF", 2,
     "starts_with(cast(cast('x' || encode($0, 'hex') as bit varying) as text), rtrim(cast(cast('x' "
     "|| encode($1, 'hex') as bit varying) as text), '0'))"},
    {"HIERARCHYID.TOSTRING", 1,
     "case when $0 is not null then (select '/' || coalesce(string_agg(cast(" HIERARCHY_VALUE(
         "t") " - 1 + cast(right(t, 1) as bigint) as text) || case when right(t, 1) = '1' then '/' "
              "else "
              "'.' end, '' order by i), '') from regexp_matches(cast(cast('x' || encode($0, 'hex') "
              "as bit "
              "varying) as text), '(" HIERARCHY_ORDINAL
              "[01])', 'g') with ordinality as codes (matched, i) cross join lateral (select "
              "matched[1] "
              "as t) as code) end"},
    {"SPATIAL.FIRST", 1,
     "(select case when u < 0 then -1 else 1 end * cast((u & 4503599627370495) + case when (u "
     ">> 52) & 2047 > 0 then 4503599627370496 else 0 end as double precision) * power(cast(2 as "
     "double precision), greatest(cast((u >> 52) & 2047 as integer), 1) - 1075) from (select "
     "cast(cast('x' "
     "|| substr(h, 27, 2) || substr(h, 25, 2) || substr(h, 23, 2) || substr(h, 21, 2) || substr(h, "
     "19, 2) || substr(h, 17, 2) || substr(h, 15, 2) || substr(h, 13, 2) as bit(64)) as bigint) "
     "as u from (select encode($0, 'hex') as h) as bytes where get_byte($0, 5) & 8 > 0) as "
     "number)"},
    {"SPATIAL.SECOND", 1,
     "(select case when u < 0 then -1 else 1 end * cast((u & 4503599627370495) + case when (u "
     ">> 52) & 2047 > 0 then 4503599627370496 else 0 end as double precision) * power(cast(2 as "
     "double precision), greatest(cast((u >> 52) & 2047 as integer), 1) - 1075) from (select "
     "cast(cast('x' "
     "|| substr(h, 43, 2) || substr(h, 41, 2) || substr(h, 39, 2) || substr(h, 37, 2) || substr(h, "
     "35, 2) || substr(h, 33, 2) || substr(h, 31, 2) || substr(h, 29, 2) as bit(64)) as bigint) "
     "as u from (select encode($0, 'hex') as h) as bytes where get_byte($0, 5) & 8 > 0) as "
     "number)"},
    {"SPATIAL.STGEOMETRYTYPE", 1,
     "case when get_byte($0, 5) & 8 > 0 then 'Point' when get_byte($0, 5) & 16 > 0 then "
     "'LineString' "
     "else (array['Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString', "
     "'MultiPolygon', "
     "'GeometryCollection', 'CircularString', 'CompoundCurve', 'CurvePolygon', "
     "'FullGlobe'])[(select "
     "get_byte(b, p + 16 + 5 * (get_byte(b, p + 0) + get_byte(b, p + 1) * 256 + get_byte(b, p "
     "+ 2) * 65536 + get_byte(b, p + 3) * 16777216)) from (select $0 as b, 10 + (get_byte($0, "
     "6 + 0) + get_byte($0, 6 + 1) * 256 + get_byte($0, 6 + 2) * 65536 + get_byte($0, 6 + 3) * "
     "16777216) * (16 + (get_byte($0, 5) & 1) * 8 + (get_byte($0, 5) & 2) * 4) as p) as shape)] "
     "end"},
    {"SPATIAL.STSRID", 1,
     "(get_byte($0, 0 + 0) + get_byte($0, 0 + 1) * 256 + get_byte($0, 0 + 2) * 65536 + "
     "get_byte($0, "
     "0 + 3) * 16777216)"},
    {"SPATIAL.TOSTRING", 3,
     "coalesce('POINT (' || cast($1 as text) || ' ' || cast($2 as text) || ')', case when $0 is "
     "not null then cast(cast('only points are written as text' || left(cast(random() as text), 0) "
     "as integer) as text) end)"},
    {"HASHBYTES_SHA2_512", 1, "sha512($0)", kBinary},
    {"HASHBYTES_SHA2_512", 1, "sha512(convert_to($0, 'UTF8'))", kString},
    {"AVG", 1, "cast(trunc(avg($d$0)) as $t)", kInteger},
    {"AVG", 1, "trunc(avg($d$0), 4)", kMoney},
    {"AVG", 1, "cast(avg($d$0) as $t)", kDecimal},
    {"AVG", 1, "avg($d$0)"},
    {"COUNT", 1, "count($d$0)"},
    {"COUNT_BIG", 1, "count($d$0)"},
    {"GROUPING", 1, "grouping($0)"},
    {"GROUPING_ID", -1, "grouping($*)"},
    {"MAX", 1, "max($0)"},
    {"MIN", 1, "min($0)"},
    {"MAX_TEXT", 2, "(array_agg($0 order by $1 desc) filter (where $0 is not null))[1]"},
    {"MIN_TEXT", 2, "(array_agg($0 order by $1) filter (where $0 is not null))[1]"},
    {"STDEV", 1, "stddev_samp($d$0)"},
    {"STDEVP", 1, "stddev_pop($d$0)"},
    {"SUM", 1, "cast(sum($d$0) as $t)", kInteger},
    {"SUM", 1, "sum($d$0)"},
    {"VAR", 1, "var_samp($d$0)"},
    {"VARP", 1, "var_pop($d$0)"},
    {"CUME_DIST", 0, "cume_dist()"},
    {"DENSE_RANK", 0, "dense_rank()"},
    {"FIRST_VALUE", 1, "first_value($0)"},
    {"LAG", -1, "lag($*)"},
    {"LAST_VALUE", 1, "last_value($0)"},
    {"LEAD", -1, "lead($*)"},
    {"NTILE", 1, "ntile(cast($0 as integer))"},
    {"APPROX_PERCENTILE_CONT", 1, "percentile_cont($0)$g"},
    {"APPROX_PERCENTILE_DISC", 1, "percentile_disc($0)$g"},
    {"PERCENTILE_CONT", 1,
     "(array_agg($v) filter (where $v is not null)$r)[cast(floor($0 * (count($v)$w - 1)) as "
     "integer) + 1] + ((array_agg($v) filter (where $v is not null)$r)[cast(ceil($0 * "
     "(count($v)$w - 1)) as integer) + 1] - (array_agg($v) filter (where $v is not "
     "null)$r)[cast(floor($0 * (count($v)$w - 1)) as integer) + 1]) * ($0 * (count($v)$w - 1) - "
     "floor($0 * (count($v)$w - 1)))"},
    {"PERCENTILE_DISC", 1,
     "(array_agg($v) filter (where $v is not null)$r)[greatest(cast(ceil($0 * count($v)$w) as "
     "integer), 1)]"},
    {"PERCENTILE_DISC_DOWN", 1,
     "(array_agg($v) filter (where $v is not null)$r)[greatest(cast(ceil($0 * count($v)$w) as "
     "integer), 1)]"},
    {"PERCENT_RANK", 0, "percent_rank()"},
    {"RANK", 0, "rank()"},
    {"ROW_NUMBER", 0, "row_number()"},
    {"HASHBYTES_MD5", 1, "decode(md5($0), 'hex')"},
    {"HASHBYTES_SHA2_256", 1, "sha256($0)", kBinary},
    {"HASHBYTES_SHA2_256", 1, "sha256(convert_to($0, 'UTF8'))", kString},
    {"JSON_VALUE_STRICT", 2,
     "case when cast($0 as json) #> $q is not null then case when json_typeof(cast($0 as json) #> "
     "$q) not in ('object', 'array') then cast($0 as json) #>> $q end when $0 is not null then "
     "cast(cast('Property cannot be found on the specified JSON path' || left(cast(random() as "
     "text), 0) as integer) as text) end"},
    {"JSON_VALUE", 2,
     "case when jsonb_typeof(jsonb_path_query_first(cast($0 as jsonb), cast($1 as jsonpath))) not "
     "in ('object', 'array') then jsonb_path_query_first(cast($0 as jsonb), cast($1 as jsonpath)) "
     "#>> '{}' end"},
    {"JSON_POINTER", 2, "$1"},
    {"JSON_QUERY", 1,
     "case when json_typeof(cast($0 as json)) in ('object', 'array') then cast($0 as text) end"},
    {"JSON_QUERY", 2,
     "case when json_typeof(cast($0 as json) #> $q) in ('object', 'array') then cast(cast($0 as "
     "json) #> $q as text) end"},
    {"JSON_MODIFY", 6,
     "case when $2 is null then cast(cast($0 as jsonb) #- $q as text) else "
     "cast(jsonb_set(cast($0 as jsonb), $q, cast($2 as jsonb)) as text) end",
     kAny, DiagnosticId::kJsonText},
    {"JSON_MODIFY_APPEND", 3,
     "cast(jsonb_set(cast($0 as jsonb), $q, coalesce(cast($0 as jsonb) #> $q, '[]') || "
     "jsonb_build_array(cast($2 as jsonb))) as text)",
     kAny, DiagnosticId::kJsonText},
    {"JSON_MODIFY_APPEND", 6,
     "cast(jsonb_set(cast($0 as jsonb), $q, coalesce(cast($0 as jsonb) #> $q, '[]') || "
     "jsonb_build_array(cast($2 as jsonb))) as text)",
     kAny, DiagnosticId::kJsonText},
    {"JSON_MODIFY_VALUE", 3,
     "case when $2 is null then cast(cast($0 as jsonb) #- $q as text) else "
     "cast(jsonb_set(cast($0 as jsonb), $q, cast($2 as jsonb)) as text) end",
     kAny, DiagnosticId::kJsonText},
    {"ROUND_DATETIME", 1,
     "date_trunc('second', $0) + make_interval(secs => (cast(round(extract(microseconds from $0) % "
     "1000000 * 0.0003) as integer) * 10 + 1) / 3 / 1000.0)"},
    {"CURRENT_USER", 0, "cast(current_user as text)"},
    {"RANDOM_FRACTION", 0, "random()"},
    {"RANDOM_INTEGER", 0, "cast(floor(random() * 4294967296) - 2147483648 as integer)"},
    {"UTF-16 BYTES", 1,
     "case when $0 is not null then (select decode(coalesce(string_agg(case when ascii(c) < 65536 "
     "then lpad(to_hex(ascii(c) & 255), 2, '0') || lpad(to_hex(ascii(c) >> 8), 2, '0') else "
     "lpad(to_hex((ascii(c) - 65536) >> 10 & 255), 2, '0') || to_hex(216 + ((ascii(c) - 65536) >> "
     "18)) || lpad(to_hex(ascii(c) & 255), 2, '0') || to_hex(220 + (ascii(c) >> 8 & 3)) end, '' "
     "order by i), ''), 'hex') from string_to_table($0, null) with ordinality as characters (c, "
     "i)) end"},
    {"UTF-16 TEXT", 1,
     "case when $0 is not null then (select coalesce(string_agg(chr(get_byte($0, 2 * i) + 256 * "
     "get_byte($0, 2 * i + 1)), '' order by i), '') from generate_series(0, octet_length($0) / 2 - "
     "1) as i) end"},
    {"GUID_ORDER",
     1,
     "regexp_replace(regexp_replace(cast($0 as varchar), '(.*)-(....)-(.*)', '\\3\\2\\1'), "
     "'(.{16})(..)(..)(..)(..)-(..)(..)-(..)(..)', '\\1\\9\\8\\7\\6\\5\\4\\3\\2')",
     kAny,
     {},
     "uniqueidentifier (Transact-SQL): the last six bytes are compared first"},
    {"TEXT_ORDER", 1,
     "(translate($0, ':;<=>?@[\\]^_`{|}~àáâãäåçèéêëìíîïñòóôõöùúûüýÿ', "
     "'/////////////////aaaaaaceeeeiiiinooooouuuuyy') || chr(1) || $0) collate \"C\""},
    {"NEWID", 0, "gen_random_uuid()"},
    {"NEWSEQUENTIALID", 0, "gen_random_uuid()"},
    {"STRING_SPLIT", 2, "string_to_table($0, $1)"},
    {"STRING_SPLIT_ORDINAL", 2, "string_to_table($0, $1) with ordinality"},
    {"GENERATE_SERIES", 2, "generate_series($0, $1)"},
    {"GENERATE_SERIES", 3, "generate_series($0, $1, $2)"},
    {"OPENJSON_DEFAULT", 1,
     "lateral (select key, value #>> '{}', case json_typeof(value) when 'null' then 0 when "
     "'string' "
     "then 1 when 'number' then 2 when 'boolean' then 3 when 'array' then 4 else 5 end from "
     "(select "
     "cast(place - 1 as text) as key, value from json_array_elements(case when json_typeof(cast($0 "
     "as json)) = 'array' then cast($0 as json) end) with ordinality as elements (value, place) "
     "union all select key, value from json_each(case when json_typeof(cast($0 as json)) = "
     "'object' "
     "then cast($0 as json) end)) as parts)"},
    {"OPENJSON_DEFAULT", 2,
     "lateral (select key, value #>> '{}', case json_typeof(value) when 'null' then 0 when "
     "'string' "
     "then 1 when 'number' then 2 when 'boolean' then 3 when 'array' then 4 else 5 end from "
     "(select "
     "cast(place - 1 as text) as key, value from json_array_elements(case when "
     "json_typeof((cast($0 "
     "as json) #> $q)) = 'array' then (cast($0 as json) #> $q) end) with ordinality as elements "
     "(value, place) union all select key, value from json_each(case when json_typeof((cast($0 "
     "as json) #> $q)) = 'object' then (cast($0 as json) #> $q) end)) as parts)"},
    {"OPENJSON", 1,
     "json_array_elements(case json_typeof(cast($0 as json)) when 'array' then cast($0 as json) "
     "when 'object' then json_build_array(cast($0 as json)) end)"},
    {"OPENJSON", 2,
     "json_array_elements(case json_typeof(cast($0 as json) #> $q) when 'array' then cast($0 as "
     "json) #> $q when 'object' then json_build_array(cast($0 as json) #> $q) end)"},
    {"^", 2, "$0 # $1"},
});

constexpr auto kCasts = std::to_array<CastRule>({
    {kInteger, kBit, "$0 <> 0"},
    {kDecimal, kBit, "$0 <> 0"},
    {kMoney, kBit, "$0 <> 0"},
    {kFloat, kBit, "$0 <> 0"},
    {kBit, kInteger, "cast(cast($0 as integer) as $t)"},
    {kBit, kDecimal, "cast(cast($0 as integer) as $t)"},
    {kBit, kMoney, "cast(cast($0 as integer) as $t)"},
    {kBit, kFloat, "cast(cast($0 as integer) as $t)"},
    {kBit, kString, "cast(cast($0 as integer) as $t)"},
    {kDecimal, kInteger, "cast(trunc($0) as $t)"},
    {kFloat, kInteger, "cast(trunc($0) as $t)"},
    {kMoney, kString, "cast(cast($0 as numeric(19, 2)) as $t)"},
    {kFloat, kString,
     "case when $0 = 0 then '0' when abs($0) >= 999999.5 or abs($0) < 0.0001 then "
     "regexp_replace(btrim(to_char(cast($0 as numeric), '9.99999EEEE')), "
     "'\\.?0*e([+-])(\\d\\d)$', 'e\\10\\2') else cast(trim_scale(round(cast($0 as numeric), 5 - "
     "cast(floor(log(abs(cast($0 as numeric)))) as integer))) as text) end"},
    {kString, kInteger, "cast($0 as $t)", DiagnosticId::kTextToNumber},
    {kString, kDate, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kDateTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kSmallDateTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kMoney, "cast(replace(replace($0, '$', ''), ',', '') as $t)"},
    {kInteger, kDateTime, "timestamp '1900-01-01' + make_interval(days => $0)"},
    {kInteger, kSmallDateTime, "timestamp '1900-01-01' + make_interval(days => $0)"},
    {kDecimal, kDateTime, "timestamp '1900-01-01' + $0 * interval '1 day'"},
    {kFloat, kDateTime, "timestamp '1900-01-01' + $0 * interval '1 day'"},
    {kTime, kDateTime, "date '1900-01-01' + $0"},
    {kTime, kSmallDateTime, "date_trunc('minute', date '1900-01-01' + $0 + interval '30 seconds')"},
    {kDateTime, kFloat,
     "cast(extract(epoch from $0 - timestamp '1900-01-01') / 86400 as double precision)"},
    {kDateTime, kInteger,
     "cast(round(extract(epoch from $0 - timestamp '1900-01-01') / 86400) as $t)"},
    {kSmallDateTime, kFloat,
     "cast(extract(epoch from $0 - timestamp '1900-01-01') / 86400 as double precision)"},
    {kSmallDateTime, kInteger,
     "cast(round(extract(epoch from $0 - timestamp '1900-01-01') / 86400) as $t)"},
    {kOffset, kDate, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kOffset, kTime, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kOffset, kSmallDateTime, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kBinary, kInteger, ""},
    {kInteger, kBinary, ""},
    {kDecimal, kBinary, ""},
    {kMoney, kBinary, ""},
    {kFloat, kBinary, ""},
    {kGuid, kBinary,
     "decode("
     "replace(regexp_replace(cast($0 as varchar), '(..)(..)(..)(..)-(..)(..)-(..)(..)-(.*)', "
     "'\\4\\3\\2\\1\\6\\5\\8\\7\\9'), '-', '')"
     ", 'hex')"},
    {kBinary, kGuid, ""},
    {kDateTime, kBinary, ""},
    {kDateTime, kSmallDateTime, "date_trunc('minute', $0 + interval '30 seconds')"},
    {kOffset, kDateTime, "timezone('UTC', $0)", DiagnosticId::kOffsetLost},
    {kGuid, kString, "upper(cast($0 as $t))"},
    {kString, kBinary, "convert_to($0, 'UTF8')"},
    {kBinary, kString, "convert_from($0, 'UTF8')"},
});

constexpr auto kDateFormat = std::to_array<FormatPiece>({
    {"yyyy", "YYYY"}, {"yy", "YY"},      {"MMMM", "FMMonth"}, {"MMM", "Mon"},   {"MM", "MM"},
    {"M", "FMMM"},    {"dddd", "FMDay"}, {"ddd", "Dy"},       {"dd", "DD"},     {"d", "FMDD"},
    {"HH", "HH24"},   {"H", "FMHH24"},   {"hh", "HH12"},      {"h", "FMHH12"},  {"mm", "MI"},
    {"m", "FMMI"},    {"ss", "SS"},      {"s", "FMSS"},       {"ffffff", "US"}, {"fff", "MS"},
    {"tt", "AM"},     {"T", "\"T\""},
});

constexpr auto kReserved = std::to_array<std::string_view>({
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
});

static_assert(std::ranges::is_sorted(kReserved));

constexpr Dialect kPostgres = {
    .target = Target::kPostgres,
    .title = "PostgreSQL",
    .types = kTypes,
    .functions = kFunctions,
    .casts = kCasts,
    .date_format = kDateFormat,
    .reserved_words = kReserved,
    .identifier_case = IdentifierCase::kLower,
    .supports_qualify = false,
    .supports_with_ties = true,
    .supports_try_cast = false,
    .nulls_first_by_default = false,
    .nulls_first_by_default_desc = true,
    .like_has_default_escape = true,
    .binary = BinaryStyle::kByteaHex,
    .case_insensitive_like = "ilike",
    .regex_match = "$0 ~ ('^' || $1 || '$')",
    .regex_match_any_case = "$0 ~* ('^' || $1 || '$')",
    .regex_position = "regexp_instr($0, $1)",
    .regex_position_any_case = "regexp_instr($0, $1, 1, 1, 0, 'i')",
    .fold_case = "lower($0)",
    .fold_accents = {},
    .integer_divide = "$0 / $1",
    .decimal_divide = "div($0 * $m, $1) * $u",
    .row_identity = "ctid",
    .merge_has_by_source = false,
    .computed_column = "generated always as ($0) stored",
    .has_returning = true,
    .has_transactions = true,
    .enforces_checks = true,
    .enforces_keys = true,
    .enforces_references = true,
    .nulls_alike = " nulls not distinct",
    .average_by_division = true,
    .drop_match = "regexp_replace($0, $1, '')",
    .drop_leading_zero = "regexp_replace($0, '^(-?)0([.]|$)', '\\1\\2')",
    .raise = "cast($0 as integer)",
    .raise_about = "cast(cast($0 || $1 as integer) as text)",
    .try_text_to_integer =
        "case when btrim($0) = '' then 0 when btrim($0) ~ '^[-+]?[0-9]+$' and "
        "pg_input_is_valid(btrim($0), '$t') then cast(btrim($0) as $t) end",
    .try_text_cast = "case when pg_input_is_valid($0, '$t') then cast($0 as $t) end",
    .hex_of_bytes = "upper(encode($0, 'hex'))",
    .bytes_of_hex = "decode($0, 'hex')",
    .format_number =
        "to_char(round(cast($0 as numeric), $1), 'FM99999999999999999999999999999999990$z')",
    .format_number_grouped =
        "to_char(round(cast($0 as numeric), $1), 'FM999,999,999,999,999,999,999,999,990$z')",
    .format_date = "to_char($0, $1)",
    .parse_date = "to_timestamp($0, $1)",
    .supports_ignore_nulls = false,
    .hex_of_integer = "right(lpad(to_hex(cast($0 as bigint)), 16, '0'), $1)",
    .integer_of_hex = "(cast(cast('x' || lpad($0, $1, '0') as bit($2)) as bigint) + $3) % $4 - $3",
    .float_literal = "cast($0 as double precision)",
    .alters_tables = true,
    .month_first = "regexp_replace($0, '^([0-9]{4})-([0-9]{2})-([0-9]{2})$', '\\2/\\3/\\1')",
    .xml = &kPostgresXml,
};

}  // namespace

const Dialect& PostgresDialect() {
  return kPostgres;
}

}  // namespace datamigrate::dialects
