// Databricks SQL, ANSI mode. Reference: docs.databricks.com, SQL language reference.
#include <algorithm>
#include <array>

#include "agent_engine/dialects/dialect.h"
#include "agent_engine/dialects/warehouse_functions.h"

namespace datamigrate::dialects {
namespace {

using diagnostics::DiagnosticId;
using enum TypeClass;
using tsql::TypeId;

// A byte is signed. There is no time of day: its text in ISO 8601 keeps value and order.
constexpr auto kTypes = std::to_array<TypeRule>({
    {TypeId::kBit, "BOOLEAN"},
    {TypeId::kTinyInt, "SMALLINT"},
    {TypeId::kSmallInt, "SMALLINT"},
    {TypeId::kInt, "INT"},
    {TypeId::kBigInt, "BIGINT"},
    {TypeId::kDecimal, "DECIMAL($p, $s)"},
    {TypeId::kMoney, "DECIMAL(19, 4)"},
    {TypeId::kSmallMoney, "DECIMAL(10, 4)"},
    {TypeId::kReal, "FLOAT"},
    {TypeId::kFloat, "DOUBLE"},
    {TypeId::kDate, "DATE"},
    {TypeId::kTime, "STRING"},
    {TypeId::kSmallDateTime, "TIMESTAMP_NTZ"},
    {TypeId::kDateTime, "TIMESTAMP_NTZ"},
    {TypeId::kDateTime2, "TIMESTAMP_NTZ"},
    {TypeId::kDateTimeOffset, "TIMESTAMP"},
    {TypeId::kChar, "STRING"},
    {TypeId::kVarChar, "STRING"},
    {TypeId::kText, "STRING"},
    {TypeId::kNChar, "STRING"},
    {TypeId::kNVarChar, "STRING"},
    {TypeId::kNText, "STRING"},
    {TypeId::kBinary, "BINARY"},
    {TypeId::kVarBinary, "BINARY"},
    {TypeId::kImage, "BINARY"},
    {TypeId::kRowVersion, "BINARY"},
    {TypeId::kUniqueIdentifier, "STRING"},
    {TypeId::kXml, "STRING"},
    {TypeId::kJson, "STRING"},
    {TypeId::kSqlVariant, "STRING"},
    {TypeId::kHierarchyId, "BINARY"},
    {TypeId::kGeography, "BINARY"},
    {TypeId::kGeometry, "BINARY"},
});

constexpr auto kFunctions = std::to_array<FunctionRule>({
    // -- Strings
    {"CHARINDEX", 2, "locate($0, $1)"},
    {"CHARINDEX", 3, "locate($0, $1, greatest($2, 1))"},
    {"CONCAT_WS", -1, "concat_ws($*)"},
    {"LEN", 1, "length(rtrim($0))"},
    {"LTRIM", 2, "ltrim($1, $0)"},
    {"REPLACE_ANY_CASE", 3,
     R"(regexp_replace($0, '(?i)\\Q' || $1 || '\\E', replace(replace($2, '\\', '\\\\'), '$', '\\$')))"},
    {"RTRIM", 2, "rtrim($1, $0)"},
    {"TRIM", 2, "trim(both $1 from $0)"},
    {"UNICODE", 1, "ascii(nullif($0, ''))"},
    // -- Numbers
    {"CEILING", 1, "$0", kInteger},
    {"CEILING", 1, "cast(ceil($0) as $t)", kMoney},
    {"CEILING", 1, "cast(ceil($0) as $t)", kFloat},
    {"CEILING", 1, "ceil($0)"},
    {"DEGREES", 1, "cast(degrees($0) as $t)", kInteger},
    {"DEGREES", 1, "cast(degrees($0) as $t)", kDecimal},
    {"DEGREES", 1, "degrees($0)"},
    {"FLOOR", 1, "$0", kInteger},
    {"FLOOR", 1, "cast(floor($0) as $t)", kMoney},
    {"FLOOR", 1, "cast(floor($0) as $t)", kFloat},
    {"FLOOR", 1, "floor($0)"},
    {"LEFT_SHIFT", 2, "shiftleft($0, $1)"},
    {"POWER", 2, "cast(power($0, $1) as $t)", kInteger},
    {"POWER", 2, "cast(power($0, $1) as $t)", kDecimal},
    {"POWER", 2, "cast(power($0, $1) as $t)", kMoney},
    {"POWER", 2, "power($0, $1)"},
    {"RADIANS", 1, "cast(radians($0) as $t)", kInteger},
    {"RADIANS", 1, "cast(radians($0) as $t)", kDecimal},
    {"RADIANS", 1, "radians($0)"},
    {"RIGHT_SHIFT", 2, "shiftright($0, $1)"},
    {"ROUND", 2, "cast(round($0, $1) as $t)", kDecimal},
    {"ROUND", 2, "cast(round($0, $1) as $t)", kMoney},
    {"ROUND", 2, "round($0, $1)"},
    {"TRUNCATE", 2, "$0 - $0 % cast(power(10, greatest(0 - $1, 0)) as bigint)", kInteger},
    {"TRUNCATE", 2, "cast(if($0 < 0, ceil($0, $1), floor($0, $1)) as $t)", kDecimal},
    {"TRUNCATE", 2, "cast(if($0 < 0, ceil($0, $1), floor($0, $1)) as $t)", kMoney},
    {"TRUNCATE", 2, "if($0 < 0, ceil($0, $1), floor($0, $1))"},
    // -- Dates and times
    {"CURRENT_TIMESTAMP", 0, "localtimestamp()"},
    {"GETDATE", 0, "localtimestamp()"},
    {"GETUTCDATE", 0,
     "cast(to_utc_timestamp(current_timestamp(), current_timezone()) as timestamp_ntz)"},
    {"SYSDATETIME", 0, "localtimestamp()"},
    {"SYSDATETIMEOFFSET", 0, "current_timestamp()"},
    {"SYSUTCDATETIME", 0,
     "cast(to_utc_timestamp(current_timestamp(), current_timezone()) as timestamp_ntz)"},
    {"ROUND_DATETIME", 1,
     "cast(dateadd(millisecond, (cast(round(extract(second from $0) % 1 * 300) as int) * 10 + 1) "
     "div 3, date_trunc('second', $0)) as $t)"},
    // timestampdiff counts whole units: between the beginnings of units these are the boundaries.
    {"DATEDIFF:year", 2, "year($1) - year($0)"},
    {"DATEDIFF:quarter", 2, "(year($1) - year($0)) * 4 + quarter($1) - quarter($0)"},
    {"DATEDIFF:month", 2, "(year($1) - year($0)) * 12 + month($1) - month($0)"},
    {"DATEDIFF:week", 2,
     "datediff(date_trunc('week', $1 + interval '1' day), date_trunc('week', $0 + interval '1' "
     "day)) div 7"},
    {"DATEDIFF:dayofyear", 2, "datediff($1, $0)"},
    {"DATEDIFF:weekday", 2, "datediff($1, $0)"},
    {"DATEDIFF:day", 2, "datediff($1, $0)"},
    {"DATEDIFF:*", 2, "cast(timestampdiff($u, date_trunc('$u', $0), date_trunc('$u', $1)) as int)"},
    {"DATEDIFF_BIG:day", 2, "datediff($1, $0)"},
    {"DATEDIFF_BIG:hour", 2, "timestampdiff($u, date_trunc('$u', $0), date_trunc('$u', $1))"},
    {"DATEDIFF_BIG:minute", 2, "timestampdiff($u, date_trunc('$u', $0), date_trunc('$u', $1))"},
    {"DATEDIFF_BIG:second", 2, "timestampdiff($u, date_trunc('$u', $0), date_trunc('$u', $1))"},
    {"DATEDIFF_BIG:millisecond", 2,
     "timestampdiff($u, date_trunc('$u', $0), date_trunc('$u', $1))"},
    {"DATEDIFF_BIG:microsecond", 2,
     "timestampdiff($u, date_trunc('$u', $0), date_trunc('$u', $1))"},
    {"DATEFROMPARTS", 3, "make_date($0, $1, $2)"},
    {"DATETIMEFROMPARTS", 7,
     "make_timestamp_ntz($0, $1, $2, $3, $4, $5 + cast($6 / 1000 as decimal(8, 6)))"},
    {"SMALLDATETIMEFROMPARTS", 5, "make_timestamp_ntz($0, $1, $2, $3, $4, 0)"},
    {"DATENAME:month", 1, "date_format($0, 'MMMM')"},
    {"DATENAME:weekday", 1, "date_format($0, 'EEEE')"},
    {"DATENAME:second", 1, "cast(second($0) as string)"},
    {"DATENAME:year", 1, "cast(year($0) as string)"},
    {"DATENAME:quarter", 1, "cast(quarter($0) as string)"},
    {"DATENAME:dayofyear", 1, "cast(dayofyear($0) as string)"},
    {"DATENAME:day", 1, "cast(day($0) as string)"},
    {"DATENAME:hour", 1, "cast(hour($0) as string)"},
    {"DATENAME:minute", 1, "cast(minute($0) as string)"},
    {"DATENAME:iso_week", 1, "cast(weekofyear($0) as string)"},
    {"DATEPART:year", 1, "year($0)"},
    {"DATEPART:quarter", 1, "quarter($0)"},
    {"DATEPART:month", 1, "month($0)"},
    {"DATEPART:dayofyear", 1, "dayofyear($0)"},
    {"DATEPART:day", 1, "day($0)"},
    {"DATEPART:week", 1, "(dayofyear($0) + dayofweek(date_trunc('year', $0)) - 2) div 7 + 1"},
    {"DATEPART:weekday", 1, "dayofweek($0)"},
    {"DATEPART:iso_week", 1, "weekofyear($0)"},
    {"DATEPART:hour", 1, "hour($0)"},
    {"DATEPART:minute", 1, "minute($0)"},
    {"DATEPART:second", 1, "second($0)"},
    {"DATEPART:millisecond", 1, "cast(extract(second from $0) % 1 * 1000 as int)"},
    {"DATEPART:microsecond", 1, "cast(extract(second from $0) % 1 * 1000000 as int)"},
    {"DATETRUNC:week", 1,
     "cast(date_trunc('week', $0 + interval '1' day) - interval '1' day as $t)"},
    {"DATETRUNC:*", 1, "cast(date_trunc('$u', $0) as $t)"},
    {"EOMONTH", 2, "last_day(add_months($0, $1))"},
    // -- Aggregates and windows
    {"AVG", 1, "cast(sum($d$0) div count($d$0) as $t)", kInteger},
    {"AVG", 1, "if(avg($d$0) < 0, ceil(avg($d$0), 4), floor(avg($d$0), 4))", kMoney},
    {"AVG", 1, "cast(avg($d$0) as $t)", kDecimal},
    {"AVG", 1, "avg($d$0)"},
    {"GROUPING_ID", -1, "grouping_id($*)"},
    {"MAX_TEXT", 2, "max_by($0, $1)"},
    {"MIN_TEXT", 2, "min_by($0, $1)"},
    // -- Others
    {"HASHBYTES_MD5", 1, "unhex(md5($0))"},
    {"HASHBYTES_SHA1", 1, "unhex(sha1($0))"},
    {"HASHBYTES_SHA2_256", 1, "unhex(sha2($0, 256))"},
    {"HASHBYTES_SHA2_512", 1, "unhex(sha2($0, 512))"},
    {"ISNUMERIC", 1,
     "cast(coalesce(trim($0) <> '' and regexp_like(trim($0), "
     "'^(?:[-+]?[$£€¥]?[-+]?([0-9][0-9,]*[.]?[0-9]*([eE][-+]?[0-9]*)?|[.][0-9]*|,)?)$'), false) as "
     "int)",
     kString},
    {"ISNUMERIC", 1, "cast($0 is not null as int)"},
    {"NEWID", 0, "upper(uuid())"},
    {"NEWSEQUENTIALID", 0, "upper(uuid())"},
    {"STRING_SPLIT", 2, R"(explode(split($0, '\\Q' || $1 || '\\E')))"},
    {"GENERATE_SERIES", 2, "explode(sequence($0, $1))"},
    {"GENERATE_SERIES", 3, "explode(sequence($0, $1, $2))"},
    // Spark gives NaN or NULL outside of what these are defined for.
    {"ACOS", 1, "acos(if(abs($0) > 1, raise_error('An invalid floating point operation'), $0))"},
    {"ASIN", 1, "asin(if(abs($0) > 1, raise_error('An invalid floating point operation'), $0))"},
    {"LOG", 1, "ln(if($0 <= 0, raise_error('An invalid floating point operation'), $0))"},
    {"LOG10", 1, "log10(if($0 <= 0, raise_error('An invalid floating point operation'), $0))"},
    {"SQRT", 1, "sqrt(if($0 < 0, raise_error('An invalid floating point operation'), $0))"},
    // -- What T-SQL counts, checks and takes apart in its own way
    {"CHARINDEX_ANY", 2, "case when $0 = '' then 0 else locate($0, $1) end"},
    {"NCHAR_WIDE", 1, "decode(unhex(lpad(hex($0), 4, '0')), 'UTF-16BE')"},
    {"LEFT_CHECKED", 2,
     "left($0, if($1 < 0, raise_error('Invalid length parameter passed to LEFT'), $1))"},
    {"RIGHT_CHECKED", 2,
     "right($0, if($1 < 0, raise_error('Invalid length parameter passed to RIGHT'), $1))"},
    {"SUBSTRING_CHECKED", 3,
     "substr($0, greatest($1, 1), if($2 < 0, raise_error('Invalid length parameter passed to "
     "SUBSTRING'), greatest($1 + $2, 1) - greatest($1, 1)))"},
    {"PARSENAME", 2,
     "case when length($0) - length(replace($0, '.', '')) < 4 then nullif(split_part($0, '.', 0 - "
     "$1), '') end"},
    {"STRING_ESCAPE", 2,
     R"(replace(replace(replace(replace(replace(replace($0, '\\', '\\\\'), '"', '\\"'), '/', '\\/'), chr(10), '\\n'), chr(13), '\\r'), chr(9), '\\t'))"},
    {"BIT_COUNT", 1, "bit_count($0)"},
    {"GET_BIT", 2, "getbit($0, $1) = 1"},
    {"ISDATE", 1, "cast(try_cast($0 as timestamp_ntz) is not null as int)", kAny,
     DiagnosticId::kTextToTemporal},
    {"ROUND_TENS", 2, "cast(round($0, $1) as $t)"},
    // -- Moments
    {"DATETIME2FROMPARTS", 8,
     "make_timestamp_ntz($0, $1, $2, $3, $4, $5 + cast($6 / power(10, $7) as decimal(8, 6)))"},
    {"TIMEFROMPARTS", 5,
     "date_format(make_timestamp_ntz(1900, 1, 1, $0, $1, $2 + cast($3 / power(10, $4) as "
     "decimal(8, "
     "6))), 'HH:mm:ss.SSSSSS')"},
    {"ROUND_FRACTION", 2,
     "date_format(date_trunc('second', $0) + make_dt_interval(0, 0, 0, round(extract(second from "
     "cast($0 as timestamp)) % 1, $1)), 'HH:mm:ss.SSSSSS')",
     kTime},
    {"ROUND_FRACTION", 2,
     "cast(date_trunc('second', $0) as $t) + make_dt_interval(0, 0, 0, round(extract(second from "
     "$0) % 1, $1))"},
    {"DATETIME_PLUS", 2, "$0 + ($1 - timestamp_ntz '1900-01-01')"},
    {"DATETIME_MINUS", 2, "timestamp_ntz '1900-01-01' + ($0 - $1)"},
    {"DATE_BUCKET:week", 3,
     "cast(timestampadd(microsecond, cast(floor(timestampdiff(microsecond, $2, $1) / ($0 * "
     "604800000000)) "
     "* ($0 * 604800000000) as bigint), cast($2 as timestamp_ntz)) as $t)"},
    {"DATE_BUCKET:day", 3,
     "cast(timestampadd(microsecond, cast(floor(timestampdiff(microsecond, $2, $1) / ($0 * "
     "86400000000)) "
     "* ($0 * 86400000000) as bigint), cast($2 as timestamp_ntz)) as $t)"},
    {"DATE_BUCKET:hour", 3,
     "cast(timestampadd(microsecond, cast(floor(timestampdiff(microsecond, $2, $1) / ($0 * "
     "3600000000)) "
     "* ($0 * 3600000000) as bigint), cast($2 as timestamp_ntz)) as $t)"},
    {"DATE_BUCKET:minute", 3,
     "cast(timestampadd(microsecond, cast(floor(timestampdiff(microsecond, $2, $1) / ($0 * "
     "60000000)) "
     "* ($0 * 60000000) as bigint), cast($2 as timestamp_ntz)) as $t)"},
    {"DATE_BUCKET:second", 3,
     "cast(timestampadd(microsecond, cast(floor(timestampdiff(microsecond, $2, $1) / ($0 * "
     "1000000)) "
     "* ($0 * 1000000) as bigint), cast($2 as timestamp_ntz)) as $t)"},
    {"DATE_BUCKET:millisecond", 3,
     "cast(timestampadd(microsecond, cast(floor(timestampdiff(microsecond, $2, $1) / ($0 * 1000)) "
     "* ($0 * 1000) as bigint), cast($2 as timestamp_ntz)) as $t)"},
    {"AT_TIME_ZONE", 2, "cast(cast(convert_timezone($1, 'UTC', $0) as string) || 'Z' as timestamp)",
     kAny, DiagnosticId::kOffsetLost},
    {"AT_TIME_ZONE_OFFSET", 2, "$0", kAny, DiagnosticId::kOffsetLost},
    {"LOCAL_TIME", 2, "convert_timezone(current_timezone(), $1, cast($0 as timestamp_ntz))"},
    {"PERCENTILE_CONT", 1, "percentile_cont($0)$g"},
    {"PERCENTILE_DISC", 1, "percentile_disc($0)$g"},
    {"PERCENTILE_DISC_DOWN", 1, "percentile_disc($0)$g"},
    {"CURRENT_USER", 0, "current_user()"},
    {"RANDOM_FRACTION", 0, "rand()"},
    {"RANDOM_INTEGER", 0, "cast(floor(rand() * 4294967296) - 2147483648 as int)"},
    {"UTF-16 BYTES", 1, "encode($0, 'UTF-16LE')"},
    {"UTF-16 TEXT", 1, "decode($0, 'UTF-16LE')"},
    {"FOR JSON", 1, "replace(replace(base64($0), char(13), ''), char(10), '')", kBinary},
    {"FOR JSON", 1, "regexp_replace(format_string('%.15e', $0), 'e([+-])(\\\\d\\\\d)$', 'e$10$2')",
     kFloat},
    {"FOR JSON", 1, "cast($0 as string)", kBit},
    {"FOR JSON", 1, "cast($0 as string)", kInteger},
    {"FOR JSON", 1, "cast($0 as string)", kDecimal},
    {"FOR JSON", 1, "cast($0 as string)", kMoney},
    {"FOR JSON", 1, "date_format($0, 'yyyy-MM-dd')", kDate},
    {"FOR JSON MOMENT", 2,
     "date_format($0, 'yyyy-MM-dd') || 'T' || case when date_trunc('second', $0) = $0 then "
     "date_format($0, 'HH:mm:ss') else rpad(date_format($0, 'HH:mm:ss.SSSSSS'), 9 + $1, '0') end"},
    {"FOR JSON QUOTED", 1,
     "case when $0 is not null then replace(regexp_replace(to_json(array($0)), '^\\\\[|\\\\]$', "
     "''), '/', '\\\\/') end"},
    // -- JSON
    {"ISJSON", 1,
     "case when $0 is not null then cast(coalesce(schema_of_variant(try_parse_json($0)) rlike "
     "'^(OBJECT|ARRAY)', false) as int) end"},
    {"JSON_VALUE", 2,
     "case when not schema_of_variant(variant_get(parse_json($0), $p)) rlike '^(OBJECT|ARRAY)' "
     "then get_json_object($0, $p) end"},
    {"JSON_VALUE_ROW", 1, "case when left($0, 1) not in ('{', '[') then $0 end", kAny,
     DiagnosticId::kJsonReadAsText},
    {"JSON_QUERY", 1,
     "case when schema_of_variant(parse_json($0)) rlike '^(OBJECT|ARRAY)' then $0 end"},
    {"JSON_QUERY", 2,
     "case when schema_of_variant(variant_get(parse_json($0), $p)) rlike '^(OBJECT|ARRAY)' then "
     "get_json_object($0, $p) end",
     kAny, DiagnosticId::kJsonText},
    {"JSON_PATH_EXISTS", 2,
     "case when $0 is not null then cast(variant_get(parse_json($0), $p) is not null as int) end"},
    // -- Tables
    {"OPENJSON", 1,
     "explode(case when left(ltrim($0), 1) = '[' then from_json($0, 'array<string>', map('mode', "
     "'FAILFAST')) when $0 is not null then array($0) end)"},
    {"OPENJSON", 2,
     "explode(case when left(get_json_object($0, $p), 1) = '[' then from_json(get_json_object($0, "
     "$p), 'array<string>') when left(get_json_object($0, $p), 1) = '{' then "
     "array(get_json_object($0, $p)) end)"},
    {"STRING_SPLIT_ORDINAL", 2,
     R"((select item, place + 1 from posexplode(split($0, '\\Q' || $1 || '\\E')) as parts (place, item)))"},
    {"SOUNDEX", 1,
     "case when upper(left($0, 1)) between 'A' and 'Z' then soundex($0) when $0 is not null then "
     "'0000' end"},
});

constexpr auto kDateParts = std::to_array<DatePartName>({
    {"year", "year"},
    {"quarter", "quarter"},
    {"month", "month"},
    {"dayofyear", "day"},
    {"day", "day"},
    {"weekday", "day"},
    {"week", "week"},
    {"iso_week", "week"},
    {"hour", "hour"},
    {"minute", "minute"},
    {"second", "second"},
    {"millisecond", "millisecond"},
    {"microsecond", "microsecond"},
});

constexpr auto kCasts = std::to_array<CastRule>({
    {kInteger, kBit, "$0 <> 0"},
    {kDecimal, kBit, "$0 <> 0"},
    {kMoney, kBit, "$0 <> 0"},
    {kFloat, kBit, "$0 <> 0"},
    {kString, kBit, "cast($0 as boolean)", DiagnosticId::kTextToNumber},
    {kBit, kDecimal, "cast(cast($0 as int) as $t)"},
    {kBit, kMoney, "cast(cast($0 as int) as $t)"},
    {kBit, kFloat, "cast(cast($0 as int) as $t)"},
    {kBit, kString, "cast(cast($0 as int) as $t)"},
    {kMoney, kInteger, "cast(round($0) as $t)"},
    {kMoney, kString, "cast(cast($0 as decimal(19, 2)) as $t)"},
    {kFloat, kString,
     R"(case when $0 = 0 then '0' when abs($0) >= 999999.5 or abs($0) < 0.0001 then regexp_replace(format_string('%.5e', $0), '[.]?0*e([+-])(\\d\\d)$', 'e$10$2') else regexp_replace(cast(cast(format_string('%.5e', $0) as decimal(38, 10)) as string), '[.]?0+$', '') end)"},
    {kString, kInteger, "cast($0 as $t)", DiagnosticId::kTextToNumber},
    {kString, kDate, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kDateTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kSmallDateTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kTime, "date_format(cast($0 as timestamp), 'HH:mm:ss.SSSSSS')",
     DiagnosticId::kTextToTemporal},
    {kDateTime, kTime, "date_format($0, 'HH:mm:ss.SSSSSS')"},
    {kSmallDateTime, kTime, "date_format($0, 'HH:mm:ss.SSSSSS')"},
    {kTime, kDateTime, "cast('1900-01-01 ' || $0 as $t)"},
    {kDecimal, kDateTime,
     "timestamp_ntz '1900-01-01' + make_dt_interval(0, 0, 0, round($0 * 86400, 3))"},
    {kFloat, kDateTime,
     "timestamp_ntz '1900-01-01' + make_dt_interval(0, 0, 0, round(cast($0 as decimal(38, 10)) * "
     "86400, 3))"},
    {kOffset, kDate, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kOffset, kDateTime, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kOffset, kSmallDateTime, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kInteger, kDateTime, "dateadd(day, $0, timestamp_ntz '1900-01-01')"},
    {kDateTime, kSmallDateTime, "cast(date_trunc('minute', $0 + interval '30' second) as $t)"},
    {kDateTime, kInteger,
     "cast(round(timestampdiff(microsecond, timestamp_ntz '1900-01-01', $0) / 86400000000) as $t)"},
    {kDateTime, kFloat,
     "timestampdiff(microsecond, timestamp_ntz '1900-01-01', $0) / cast(86400000000 as double)"},
    {kGuid, kString, "$0"},
    {kString, kGuid, "upper(left(replace($0, '{', ''), 36))", DiagnosticId::kGuidNotChecked},
    {kString, kBinary, "encode($0, 'UTF-8')"},
    {kBinary, kString, "decode($0, 'UTF-8')"},
});

constexpr auto kDateFormat = std::to_array<FormatPiece>({
    {"yyyy", "yyyy"}, {"yy", "yy"},     {"MMMM", "MMMM"}, {"MMM", "MMM"},       {"MM", "MM"},
    {"M", "M"},       {"dddd", "EEEE"}, {"ddd", "EEE"},   {"dd", "dd"},         {"d", "d"},
    {"HH", "HH"},     {"H", "H"},       {"hh", "hh"},     {"h", "h"},           {"mm", "mm"},
    {"m", "m"},       {"ss", "ss"},     {"s", "s"},       {"ffffff", "SSSSSS"}, {"fff", "SSS"},
    {"tt", "a"},      {"T", "\\'T\\'"},
});

// "Reserved words and schemas", and the keywords of ANSI mode.
constexpr auto kReserved = std::to_array<std::string_view>({
    "all",          "and",      "anti",         "any",          "as",           "authorization",
    "both",         "case",     "cast",         "check",        "collate",      "column",
    "constraint",   "create",   "cross",        "current_date", "current_time", "current_timestamp",
    "current_user", "default",  "delete",       "describe",     "distinct",     "drop",
    "else",         "end",      "escape",       "except",       "exists",       "false",
    "fetch",        "filter",   "for",          "foreign",      "from",         "full",
    "grant",        "group",    "having",       "in",           "inner",        "insert",
    "intersect",    "interval", "into",         "is",           "join",         "lateral",
    "leading",      "left",     "like",         "minus",        "natural",      "not",
    "null",         "offset",   "on",           "only",         "or",           "order",
    "outer",        "overlaps", "primary",      "qualify",      "references",   "right",
    "select",       "semi",     "session_user", "some",         "table",        "tablesample",
    "then",         "time",     "to",           "trailing",     "true",         "union",
    "unique",       "unknown",  "update",       "user",         "using",        "values",
    "when",         "where",    "window",       "with",         "within",
});

static_assert(std::ranges::is_sorted(kReserved));

constexpr Dialect kDatabricks = {
    .target = Target::kDatabricks,
    .title = "Databricks",
    .types = kTypes,
    .functions = kFunctions,
    .shared_functions = kWarehouseFunctions,
    .casts = kCasts,
    .date_format = kDateFormat,
    .reserved_words = kReserved,
    .identifier_quote = '`',
    .guid_is_text = true,
    // Spark's QUALIFY does not see what a grouped query aggregates.
    .supports_qualify = false,
    .nulls_first_by_default = true,
    .like_has_default_escape = true,
    .case_insensitive_like = "ilike",
    .regex_match = "regexp_like($0, $1)",
    .regex_match_any_case = "regexp_like($0, $1)",
    .regex_position = "regexp_instr($0, $1)",
    .regex_position_any_case = "regexp_instr($0, $1)",
    .fold_case = "lower($0)",
    .integer_divide = "$0 div $1",
    .decimal_divide =
        "if($0 / $1 < 0, ceil(cast($0 as decimal($w, $g)) / $1, $s), floor(cast($0 as "
        "decimal($w, $g)) / $1, $s))",
    .supports_update_from = false,
    .identity = " generated by default as identity (start with $0 increment by $1)",
    .identity_type = "bigint",
    .supports_unique_keys = false,
    .supports_default_rows = false,
    .average_by_division = true,
    .raise = "raise_error($0)",
    .hex_of_bytes = "hex($0)",
    .bytes_of_hex = "unhex($0)",
    .format_number = "cast(cast($0 as decimal(38, $1)) as string)",
    .format_number_grouped = "format_number(cast($0 as decimal(38, $1)), $1)",
    .format_date = "date_format($0, $1)",
    .parse_date = "to_timestamp_ntz($0, $1)",
    .date_parts = kDateParts,
    .string_escapes = StringEscapes::kByBackslash,
    .supports_lateral_values = false,
    .functions_need_lateral = true,
    .supports_quantified = false,
    .substring_takes_zero = false,
    .order_sees_aliases = true,
    .truncate = "if($0 < 0, ceil($0, $1), floor($0, $1))",
    .time_literal = "$0",
    .timestamp_literal = "timestamp_ntz $0",
    .offset_literal = "timestamp $0",
    .binary_literal = "x'$0'",
    .regex_text = "(?s)^(?:$0)\\z",
    .regex_text_any_case = "(?is)^(?:$0)\\z",
    .moment_of_time = "cast('1900-01-01 ' || $0 as timestamp_ntz)",
    .time_of_moment = "date_format($0, 'HH:mm:ss.SSSSSS')",
    .json_key = "['$0']",
    .try_parse_date = "try_to_timestamp($0, $1)",
    .like_value = R"(replace($0, '\\', '\\\\'))",
    .any_order = "1",
};

}  // namespace

const Dialect& DatabricksDialect() {
  return kDatabricks;
}

}  // namespace datamigrate::dialects
