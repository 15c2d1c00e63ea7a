// Amazon Redshift. Reference: docs.aws.amazon.com/redshift/latest/dg, SQL reference.
#include <algorithm>
#include <array>

#include "agent_engine/dialects/dialect.h"
#include "agent_engine/dialects/warehouse_functions.h"

namespace datamigrate::dialects {
namespace {

using diagnostics::DiagnosticId;
using enum TypeClass;
using tsql::TypeId;

// Lengths are bytes, and a character has up to four. CHAR holds ASCII alone. A VARCHAR without a
// length has 256 bytes.
constexpr auto kTypes = std::to_array<TypeRule>({
    {TypeId::kBit, "BOOLEAN"},
    {TypeId::kTinyInt, "SMALLINT"},
    {TypeId::kSmallInt, "SMALLINT"},
    {TypeId::kInt, "INTEGER"},
    {TypeId::kBigInt, "BIGINT"},
    {TypeId::kDecimal, "DECIMAL($p, $s)"},
    {TypeId::kMoney, "DECIMAL(19, 4)"},
    {TypeId::kSmallMoney, "DECIMAL(10, 4)"},
    {TypeId::kReal, "REAL"},
    {TypeId::kFloat, "DOUBLE PRECISION"},
    {TypeId::kDate, "DATE"},
    {TypeId::kTime, "TIME"},
    {TypeId::kSmallDateTime, "TIMESTAMP"},
    {TypeId::kDateTime, "TIMESTAMP"},
    {TypeId::kDateTime2, "TIMESTAMP"},
    {TypeId::kDateTimeOffset, "TIMESTAMPTZ"},
    {TypeId::kChar, "VARCHAR($4)", 38, 38, 8000},
    {TypeId::kVarChar, "VARCHAR($4)", 38, 38, 8000},
    {TypeId::kVarChar, "VARCHAR(65535)"},
    {TypeId::kText, "VARCHAR(65535)"},
    {TypeId::kNChar, "VARCHAR($4)", 38, 38, 8000},
    {TypeId::kNVarChar, "VARCHAR($4)", 38, 38, 8000},
    {TypeId::kNVarChar, "VARCHAR(65535)"},
    {TypeId::kNText, "VARCHAR(65535)"},
    {TypeId::kBinary, "VARBYTE($l)", 38, 38, 8000},
    {TypeId::kVarBinary, "VARBYTE($l)", 38, 38, 8000},
    {TypeId::kVarBinary, "VARBYTE(1024000)"},
    {TypeId::kImage, "VARBYTE(1024000)"},
    {TypeId::kRowVersion, "VARBYTE(8)"},
    {TypeId::kUniqueIdentifier, "VARCHAR(36)"},
    {TypeId::kXml, "VARCHAR(65535)"},
    {TypeId::kJson, "VARCHAR(65535)"},
    {TypeId::kSqlVariant, "VARCHAR(32032)"},
    {TypeId::kHierarchyId, "VARBYTE(892)"},
    {TypeId::kGeography, "VARBYTE(1024000)"},
    {TypeId::kGeometry, "VARBYTE(1024000)"},
});

// There is no function that draws identifiers: version 4 of RFC 4122, of 122 bits that are drawn
// for each row.
constexpr std::string_view kDrawnIdentifier =
    "upper(lpad(to_hex(cast(floor(random() * 4294967296) as bigint)), 8, '0') || '-' || "
    "lpad(to_hex(cast(floor(random() * 65536) as bigint)), 4, '0') || '-4' || "
    "lpad(to_hex(cast(floor(random() * 4096) as bigint)), 3, '0') || '-' || "
    "to_hex(cast(8 + floor(random() * 4) as bigint)) || "
    "lpad(to_hex(cast(floor(random() * 4096) as bigint)), 3, '0') || '-' || "
    "lpad(to_hex(cast(floor(random() * 281474976710656) as bigint)), 12, '0'))";

constexpr auto kFunctions = std::to_array<FunctionRule>({
    // -- Strings
    {"CHARINDEX", 3,
     "case when charindex($0, substring($1, greatest($2, 1))) = 0 then 0 else charindex($0, "
     "substring($1, greatest($2, 1))) + greatest($2, 1) - 1 end"},
    {"CONCAT_WS", -1, "substring($s, len($0) + 1)"},
    {"LEN", 1, "len(rtrim($0))"},
    {"REPLACE_ANY_CASE", 3,
     R"(regexp_replace($0, '\\Q' || $1 || '\\E', replace($2, '\\', '\\\\'), 1, 'ip'))"},
    {"STUFF", 4,
     "case when $1 between 1 and len($0) and $2 >= 0 then left($0, $1 - 1) || coalesce($3, '') "
     "|| substring($0, $1 + $2) end"},
    {"SUBSTRING", 3, "substring($0, greatest($1, 1), greatest($1 + $2, 1) - greatest($1, 1))"},
    {"SUBSTRING_FROM", 2, "substring($0, $1)"},
    {"SUBSTRING_INSIDE", 3, "substring($0, $1, $2)"},
    {"TRIM", 2, "btrim($0, $1)"},
    {"UNICODE", 1, "ascii(nullif($0, ''))"},
    // -- Numbers
    {"DEGREES", 1, "cast(trunc(degrees($0)) as $t)", kInteger},
    {"DEGREES", 1, "cast(degrees($0) as $t)", kDecimal},
    {"DEGREES", 1, "degrees($0)"},
    {"LEFT_SHIFT", 2, "$0 << $1"},
    {"LOG10", 1, "log($0)"},
    {"POWER", 2, "cast(trunc(power(cast($0 as double precision), $1)) as $t)", kInteger},
    {"POWER", 2, "cast(power($0, $1) as $t)", kDecimal},
    {"POWER", 2, "cast(power($0, $1) as $t)", kMoney},
    {"POWER", 2, "power($0, $1)"},
    {"RADIANS", 1, "cast(trunc(radians($0)) as $t)", kInteger},
    {"RADIANS", 1, "cast(radians($0) as $t)", kDecimal},
    {"RADIANS", 1, "radians($0)"},
    {"RIGHT_SHIFT", 2, "$0 >> $1"},
    {"ROUND", 2, "cast(round(cast($0 as decimal(38, 0)), $1) as $t)", kInteger},
    {"ROUND", 2, "cast(round($0, $1) as $t)", kDecimal},
    {"ROUND", 2, "cast(round($0, $1) as $t)", kMoney},
    {"ROUND", 2, "round($0, $1)"},
    {"TRUNCATE", 2, "cast(trunc(cast($0 as decimal(38, 0)), $1) as $t)", kInteger},
    {"TRUNCATE", 2, "cast(trunc($0, $1) as $t)", kDecimal},
    {"TRUNCATE", 2, "cast(trunc($0, $1) as $t)", kMoney},
    {"TRUNCATE", 2, "trunc($0, $1)"},
    {"^", 2, "$0 # $1"},
    // -- Dates and times
    {"CURRENT_TIMESTAMP", 0, "getdate()"},
    {"GETDATE", 0, "getdate()"},
    {"GETUTCDATE", 0, "sysdate"},
    {"SYSDATETIME", 0, "sysdate"},
    {"SYSUTCDATETIME", 0, "sysdate"},
    {"ROUND_DATETIME", 1,
     "dateadd(millisecond, (cast(round(extract(microsecond from $0) * 0.0003) as integer) * 10 + "
     "1) / 3, date_trunc('second', $0))"},
    {"DATEDIFF:week", 2,
     "datediff(day, date_trunc('week', dateadd(day, 1, $0)), date_trunc('week', dateadd(day, 1, "
     "$1))) / 7"},
    {"DATEDIFF_BIG:*", 2, "datediff($u, $0, $1)"},
    {"DATEFROMPARTS", 3,
     "to_date(cast($0 * 10000 + $1 * 100 + $2 as varchar(8)), 'YYYYMMDD', true)"},
    {"DATENAME:month", 1, "to_char($0, 'FMMonth')"},
    {"DATENAME:weekday", 1, "to_char($0, 'FMDay')"},
    {"DATEPART:week", 1,
     "cast(floor((date_part(doy, $0) + date_part(dow, date_trunc('year', $0)) - 1) / 7) + 1 as "
     "integer)"},
    {"DATEPART:weekday", 1, "cast(date_part(dow, $0) as integer) + 1"},
    {"DATEPART:iso_week", 1, "cast(date_part(week, $0) as integer)"},
    {"DATEPART:dayofyear", 1, "cast(date_part(doy, $0) as integer)"},
    {"DATEPART:*", 1, "cast(date_part($u, $0) as integer)"},
    {"DATETRUNC:week", 1, "cast(dateadd(day, -1, date_trunc('week', dateadd(day, 1, $0))) as $t)"},
    {"DATETRUNC:*", 1, "cast(date_trunc('$u', $0) as $t)"},
    {"EOMONTH", 2, "last_day(dateadd(month, $1, $0))"},
    // -- Aggregates and windows
    {"AVG", 1, "cast(sum($d$0) / nullif(count($d$0), 0) as $t)", kInteger},
    {"AVG", 1, "trunc(cast(sum($d$0) as decimal(38, 8)) / nullif(count($d$0), 0), 4)", kMoney},
    {"AVG", 1, "cast(avg(cast($0 as decimal(38, 10))) as $t)", kDecimal},
    {"AVG", 1, "avg($d$0)"},
    {"APPROX_COUNT_DISTINCT", 1, "approximate count(distinct $0)"},
    {"GROUPING_ID", -1, "grouping_id($*)"},
    // The key, padded to one width, decides; the text behind it comes back.
    {"MAX_TEXT", 2, "substring(max(rpad($1, 8000, ' ') || $0), 8001)"},
    {"MIN_TEXT", 2, "substring(min(rpad($1, 8000, ' ') || $0), 8001)"},
    {"FIRST_VALUE", 1, "first_value($0$n)"},
    {"LAG", -1, "lag($*$n)"},
    {"LAST_VALUE", 1, "last_value($0$n)"},
    {"LEAD", -1, "lead($*$n)"},
    // -- Others
    {"HASHBYTES_MD5", 1, "from_hex(md5($0))"},
    {"HASHBYTES_SHA1", 1, "from_hex(sha1($0))"},
    {"HASHBYTES_SHA2_256", 1, "from_hex(sha2($0, 256))"},
    {"HASHBYTES_SHA2_512", 1, "from_hex(sha2($0, 512))"},
    {"ISNUMERIC", 1,
     "case when trim($0) <> '' and trim($0) ~ "
     "'^([-+]?[$£€¥]?[-+]?([0-9][0-9,]*[.]?[0-9]*([eE][-+]?[0-9]*)?|[.][0-9]*|,)?)$' then 1 else 0 "
     "end",
     kString},
    {"ISNUMERIC", 1, "case when $0 is not null then 1 else 0 end"},
    // -- What T-SQL counts, checks and takes apart in its own way
    {"CHARINDEX_ANY", 2, "case when $0 = '' then 0 else charindex($0, $1) end"},
    // There is no function that fails: a text that is no number does.
    {"LEFT_CHECKED", 2,
     "left($0, case when $1 < 0 then cast('Invalid length ' || $1 as integer) else $1 end)"},
    {"RIGHT_CHECKED", 2,
     "right($0, case when $1 < 0 then cast('Invalid length ' || $1 as integer) else $1 end)"},
    {"SUBSTRING_CHECKED", 3,
     "substring($0, greatest($1, 1), case when $2 < 0 then cast('Invalid length ' || $2 as "
     "integer) "
     "else greatest($1 + $2, 1) - greatest($1, 1) end)"},
    {"PARSENAME", 2,
     "case when len($0) - len(replace($0, '.', '')) < 4 then "
     "nullif(reverse(split_part(reverse($0), '.', $1)), '') end"},
    {"STRING_ESCAPE", 2,
     R"(replace(replace(replace(replace(replace(replace($0, '\\', '\\\\'), '"', '\\"'), '/', '\\/'), chr(10), '\\n'), chr(13), '\\r'), chr(9), '\\t'))",
     kAny, DiagnosticId::kControlCharactersKept},
    {"BIT_COUNT", 1, "", kAny, {}, "Redshift has no function that counts the bits of a number"},
    {"GET_BIT", 2, "($0 >> $1 & 1) = 1"},
    {"ISDATE", 1, "case when try_cast($0 as timestamp) is not null then 1 else 0 end", kAny,
     DiagnosticId::kTextToTemporal},
    {"ROUND_TENS", 2, "cast(round(cast($0 as decimal(38, 10)), $1) as $t)"},
    {"NEWID", 0, kDrawnIdentifier},
    {"NEWSEQUENTIALID", 0, kDrawnIdentifier},
    // -- Moments
    {"SYSDATETIMEOFFSET", 0, "cast(sysdate as timestamptz)"},
    {"DATETIMEFROMPARTS", 7,
     "dateadd(millisecond, $6, cast(to_timestamp(lpad(cast($0 as varchar(10)), 4, '0') || "
     "lpad(cast($1 as varchar(10)), 2, '0') || lpad(cast($2 as varchar(10)), "
     "2, '0') || lpad(cast($3 as varchar(10)), 2, '0') || lpad(cast($4 as varchar(10)), 2, '0') || "
     "lpad(cast($5 as varchar(10)), 2, '0'), 'YYYYMMDDHH24MISS', "
     "true) as timestamp))"},
    {"DATETIME2FROMPARTS", 8,
     "dateadd(microsecond, cast($6 * power(10, 6 - $7) as integer), cast(to_timestamp(lpad(cast($0 "
     "as varchar(10)), 4, "
     "'0') || lpad(cast($1 as varchar(10)), 2, '0') || lpad(cast($2 as varchar(10)), 2, '0') || "
     "lpad(cast($3 as varchar(10)), 2, '0') || lpad(cast($4 as varchar(10)), 2, '0') || "
     "lpad(cast($5 as varchar(10)), 2, '0'), 'YYYYMMDDHH24MISS', true) as timestamp))"},
    {"SMALLDATETIMEFROMPARTS", 5,
     "cast(to_timestamp(lpad(cast($0 as varchar(10)), 4, '0') || lpad(cast($1 as varchar(10)), 2, "
     "'0') || lpad(cast($2 as varchar(10)), 2, '0') || lpad(cast($3 as varchar(10)), 2, "
     "'0') "
     "|| lpad(cast($4 as varchar(10)), 2, '0'), 'YYYYMMDDHH24MI', true) as timestamp)"},
    {"TIMEFROMPARTS", 5,
     "cast(lpad(cast($0 as varchar(10)), 2, '0') || ':' || lpad(cast($1 as varchar(10)), 2, '0') "
     "|| ':' || lpad(cast($2 as varchar(10)), 2, '0') || '.' || "
     "lpad(cast($3 as varchar(10)), $4, '0') as time)"},
    {"ROUND_FRACTION", 2,
     "cast(dateadd(microsecond, cast(round(extract(microsecond from $0) / power(10, 6 - $1)) * "
     "power(10, 6 - $1) - extract(microsecond from $0) as integer), $0) as $t)"},
    {"DATETIME_PLUS", 2,
     "dateadd(microsecond, datediff(microsecond, timestamp '1900-01-01', $1), $0)"},
    {"DATETIME_MINUS", 2,
     "dateadd(microsecond, datediff(microsecond, $1, $0), timestamp '1900-01-01')"},
    {"DATE_BUCKET:week", 3,
     "cast(dateadd(microsecond, cast(floor(datediff(microsecond, $2, $1) / cast($0 * 604800000000 "
     "as "
     "decimal(38, 0))) * $0 * 604800000000 as bigint), cast($2 as timestamp)) as $t)"},
    {"DATE_BUCKET:day", 3,
     "cast(dateadd(microsecond, cast(floor(datediff(microsecond, $2, $1) / cast($0 * 86400000000 "
     "as "
     "decimal(38, 0))) * $0 * 86400000000 as bigint), cast($2 as timestamp)) as $t)"},
    {"DATE_BUCKET:hour", 3,
     "cast(dateadd(microsecond, cast(floor(datediff(microsecond, $2, $1) / cast($0 * 3600000000 as "
     "decimal(38, 0))) * $0 * 3600000000 as bigint), cast($2 as timestamp)) as $t)"},
    {"DATE_BUCKET:minute", 3,
     "cast(dateadd(microsecond, cast(floor(datediff(microsecond, $2, $1) / cast($0 * 60000000 as "
     "decimal(38, 0))) * $0 * 60000000 as bigint), cast($2 as timestamp)) as $t)"},
    {"DATE_BUCKET:second", 3,
     "cast(dateadd(microsecond, cast(floor(datediff(microsecond, $2, $1) / cast($0 * 1000000 as "
     "decimal(38, 0))) * $0 * 1000000 as bigint), cast($2 as timestamp)) as $t)"},
    {"DATE_BUCKET:millisecond", 3,
     "cast(dateadd(microsecond, cast(floor(datediff(microsecond, $2, $1) / cast($0 * 1000 as "
     "decimal(38, 0))) * $0 * 1000 as bigint), cast($2 as timestamp)) as $t)"},
    {"AT_TIME_ZONE", 2, "timezone($1, $0)", kAny, DiagnosticId::kOffsetLost},
    {"AT_TIME_ZONE_OFFSET", 2, "$0", kAny, DiagnosticId::kOffsetLost},
    {"LOCAL_TIME", 2, "timezone($1, $0)"},
    // What is exact is within the bounds of what is approximate.
    {"APPROX_PERCENTILE_CONT", 1, "percentile_cont($0)$g"},
    {"APPROX_PERCENTILE_DISC", 1, "percentile_disc($0)$g"},
    {"PERCENTILE_CONT", 1, "percentile_cont($0)$g"},
    {"PERCENTILE_DISC", 1, "percentile_disc($0)$g"},
    {"PERCENTILE_DISC_DOWN", 1, "percentile_disc($0)$g"},
    {"FOR JSON", 1, "case when $0 then 'true' when not $0 then 'false' end", kBit},
    {"FOR JSON", 1, "cast($0 as varchar)", kInteger},
    {"FOR JSON", 1, "cast($0 as varchar)", kDecimal},
    {"FOR JSON", 1, "cast($0 as varchar)", kMoney},
    {"FOR JSON", 1, "to_char($0, 'YYYY-MM-DD')", kDate},
    {"FOR JSON MOMENT", 2,
     "case when date_trunc('second', $0) = $0 then to_char($0, 'YYYY-MM-DD\"T\"HH24:MI:SS') else "
     "rpad(to_char($0, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), 20 + $1, '0') end"},
    {"FOR JSON QUOTED", 1,
     "'\"' || replace(replace(replace(replace(replace(replace(replace(replace($0, '\\\\', "
     "'\\\\\\\\'), '\"', '\\\\\"'), '/', '\\\\/'), chr(8), '\\\\b'), chr(12), '\\\\f'), chr(10), "
     "'\\\\n'), chr(13), '\\\\r'), chr(9), '\\\\t') || '\"'",
     kAny, DiagnosticId::kControlCharactersKept},
    {"CURRENT_USER", 0, "cast(current_user as varchar(128))"},
    {"RANDOM_FRACTION", 0, "random()"},
    {"RANDOM_INTEGER", 0, "cast(floor(random() * 4294967296) - 2147483648 as integer)"},
    // -- JSON. A name in a path of SUPER is in lower case unless the session is told otherwise, so
    // texts are read as texts.
    {"ISJSON", 1,
     "case when $0 is not null then case when left(ltrim($0), 1) in ('{', '[') and "
     "can_json_parse($0) then 1 else 0 end end"},
    {"JSON_VALUE", 2, "case when left($x, 1) not in ('{', '[') then $x end", kAny,
     DiagnosticId::kJsonReadAsText},
    {"JSON_VALUE_ROW", 1, "json_extract_array_element_text('[' || $0 || ']', 0)"},
    {"JSON_QUERY", 1, "case when left(ltrim($0), 1) in ('{', '[') then $0 end", kAny,
     DiagnosticId::kJsonReadAsText},
    {"JSON_QUERY", 2, "case when left($x, 1) in ('{', '[') then $x end", kAny,
     DiagnosticId::kJsonReadAsText},
    {"JSON_PATH_EXISTS",
     2,
     "",
     kAny,
     {},
     "Redshift reads no null of JSON apart from what is absent"},
    // -- Tables
    {"OPENJSON", 1,
     "(select json_serialize(element) from (select case when left(ltrim($0), 1) = '[' then "
     "json_parse($0) else array(json_parse($0)) end as document where $0 is not null) as "
     "documents, "
     "documents.document as element)"},
    {"OPENJSON", 2,
     "(select json_serialize(element) from (select case when left($x, 1) = '[' then json_parse($x) "
     "else array(json_parse($x)) end as document where left($x, 1) in ('[', '{')) as documents, "
     "documents.document as element)"},
    {"STRING_SPLIT", 2,
     "(select cast(element as varchar(65535)) from (select split_to_array($0, $1) as parts) as "
     "texts, texts.parts as element)"},
    {"STRING_SPLIT_ORDINAL", 2,
     "(select cast(element as varchar(65535)), place + 1 from (select split_to_array($0, $1) as "
     "parts) as texts, texts.parts as element at place)"},
    {"GENERATE_SERIES",
     2,
     "",
     kAny,
     {},
     "Redshift generates series on its leader node alone: join a table of numbers"},
    {"GENERATE_SERIES",
     3,
     "",
     kAny,
     {},
     "Redshift generates series on its leader node alone: join a table of numbers"},
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
    {kBit, kInteger, "cast(cast($0 as integer) as $t)"},
    {kBit, kDecimal, "cast(cast($0 as integer) as $t)"},
    {kBit, kMoney, "cast(cast($0 as integer) as $t)"},
    {kBit, kFloat, "cast(cast($0 as integer) as $t)"},
    {kBit, kString, "cast(cast($0 as integer) as $t)"},
    {kDecimal, kInteger, "cast(trunc($0) as $t)"},
    {kFloat, kInteger, "cast(trunc($0) as $t)"},
    {kMoney, kInteger, "cast(round($0) as $t)"},
    {kMoney, kString, "cast(cast($0 as decimal(19, 2)) as $t)"},
    {kFloat, kString, ""},
    {kString, kInteger, "cast($0 as $t)", DiagnosticId::kTextToNumber},
    {kString, kDate, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kDateTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kSmallDateTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kString, kTime, "cast($0 as $t)", DiagnosticId::kTextToTemporal},
    {kDecimal, kDateTime,
     "dateadd(millisecond, cast(round(($0 - floor($0)) * 86400000) as integer), dateadd(day, "
     "cast(floor($0) as integer), timestamp '1900-01-01'))"},
    {kFloat, kDateTime,
     "dateadd(millisecond, cast(round(($0 - floor($0)) * 86400000) as integer), dateadd(day, "
     "cast(floor($0) as integer), timestamp '1900-01-01'))"},
    {kTime, kDateTime, "date '1900-01-01' + $0"},
    {kTime, kSmallDateTime, "date_trunc('minute', dateadd(second, 30, date '1900-01-01' + $0))"},
    {kDateTime, kInteger,
     "cast(round(datediff(millisecond, timestamp '1900-01-01', $0) / 86400000.0) as $t)"},
    {kDateTime, kFloat,
     "cast(datediff(microsecond, timestamp '1900-01-01', $0) as double precision) / 86400000000"},
    {kOffset, kDate, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kOffset, kTime, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kOffset, kDateTime, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kOffset, kSmallDateTime, "cast($0 as $t)", DiagnosticId::kOffsetLost},
    {kInteger, kDateTime, "dateadd(day, $0, timestamp '1900-01-01')"},
    {kDateTime, kSmallDateTime, "date_trunc('minute', dateadd(second, 30, $0))"},
    {kInteger, kSmallDateTime, "dateadd(day, $0, timestamp '1900-01-01')"},
    {kSmallDateTime, kInteger,
     "cast(round(datediff(minute, timestamp '1900-01-01', $0) / 1440.0) as $t)"},
    {kSmallDateTime, kFloat,
     "cast(datediff(minute, timestamp '1900-01-01', $0) as double precision) / 1440"},
    {kString, kMoney, "cast(replace(replace($0, '$', ''), ',', '') as $t)"},
    {kDecimal, kBinary, ""},
    {kMoney, kBinary, ""},
    {kFloat, kBinary, ""},
    {kDateTime, kBinary, ""},
    {kBinary, kGuid, ""},
    {kGuid, kBinary,
     "from_hex(substring($0, 7, 2) || substring($0, 5, 2) || substring($0, 3, 2) || left($0, 2) || "
     "substring($0, 12, 2) || substring($0, 10, 2) || substring($0, 17, 2) || substring($0, 15, 2) "
     "|| substring($0, 20, 4) || substring($0, 25, 12))"},
    {kGuid, kString, "$0"},
    {kString, kGuid, "upper(left(replace($0, '{', ''), 36))", DiagnosticId::kGuidNotChecked},
    {kString, kBinary, "to_varbyte($0, 'utf8')"},
    {kBinary, kString, "from_varbyte($0, 'utf8')"},
});

constexpr auto kDateFormat = std::to_array<FormatPiece>({
    {"yyyy", "YYYY"}, {"yy", "YY"},      {"MMMM", "FMMonth"}, {"MMM", "Mon"},   {"MM", "MM"},
    {"M", "FMMM"},    {"dddd", "FMDay"}, {"ddd", "Dy"},       {"dd", "DD"},     {"d", "FMDD"},
    {"HH", "HH24"},   {"H", "FMHH24"},   {"hh", "HH12"},      {"h", "FMHH12"},  {"mm", "MI"},
    {"m", "FMMI"},    {"ss", "SS"},      {"s", "FMSS"},       {"ffffff", "US"}, {"fff", "MS"},
    {"tt", "AM"},     {"T", "\"T\""},
});

// "Reserved words".
constexpr auto kReserved = std::to_array<std::string_view>({
    "aes128",
    "aes256",
    "all",
    "allowoverwrite",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "authorization",
    "az64",
    "backup",
    "between",
    "binary",
    "blanksasnull",
    "both",
    "bytedict",
    "bzip2",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "connect",
    "constraint",
    "create",
    "credentials",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "current_user_id",
    "default",
    "deferrable",
    "deflate",
    "defrag",
    "delta",
    "delta32k",
    "desc",
    "disable",
    "distinct",
    "do",
    "else",
    "emptyasnull",
    "enable",
    "encode",
    "encrypt",
    "encryption",
    "end",
    "except",
    "explicit",
    "false",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "globaldict256",
    "globaldict64k",
    "grant",
    "group",
    "gzip",
    "having",
    "identity",
    "ignore",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "lun",
    "luns",
    "lzo",
    "lzop",
    "minus",
    "mostly16",
    "mostly32",
    "mostly8",
    "natural",
    "new",
    "not",
    "notnull",
    "null",
    "nulls",
    "off",
    "offline",
    "offset",
    "oid",
    "old",
    "on",
    "only",
    "open",
    "or",
    "order",
    "outer",
    "overlaps",
    "parallel",
    "partition",
    "percent",
    "permissions",
    "pivot",
    "placing",
    "primary",
    "qualify",
    "raw",
    "readratio",
    "recover",
    "references",
    "rejectlog",
    "resort",
    "respect",
    "restore",
    "right",
    "select",
    "session_user",
    "similar",
    "snapshot",
    "some",
    "sysdate",
    "system",
    "table",
    "tag",
    "tdes",
    "text255",
    "text32k",
    "then",
    "timestamp",
    "to",
    "top",
    "trailing",
    "true",
    "truncatecolumns",
    "union",
    "unique",
    "unnest",
    "unpivot",
    "user",
    "using",
    "verbose",
    "wallet",
    "when",
    "where",
    "with",
    "without",
});

static_assert(std::ranges::is_sorted(kReserved));

constexpr Dialect kRedshift = {
    .target = Target::kRedshift,
    .title = "Redshift",
    .types = kTypes,
    .functions = kFunctions,
    .shared_functions = kWarehouseFunctions,
    .casts = kCasts,
    .date_format = kDateFormat,
    .reserved_words = kReserved,
    .guid_is_text = true,
    // QUALIFY needs aliases that a model's sources need not have.
    .supports_qualify = false,
    .nulls_first_by_default = false,
    .nulls_first_by_default_desc = true,
    .like_has_default_escape = true,
    .regex_match = "$0 ~ $1",
    .regex_match_any_case = "regexp_count($0, $1, 1, 'i') > 0",
    .regex_position = "regexp_instr($0, $1)",
    .regex_position_any_case = "regexp_instr($0, $1, 1, 1, 0, 'i')",
    .fold_case = "lower($0)",
    .integer_divide = "$0 / $1",
    .decimal_divide = "trunc(cast($0 as decimal($w, $g)) / $1, $s)",
    .supports_merge = false,
    .identity = " generated by default as identity ($0, $1)",
    .average_by_division = true,
    .raise = "cast($0 as integer)",  // There is no function that fails.
    .raise_about = "cast(cast($0 || $1 as integer) as varchar)",
    .hex_of_bytes = "upper(from_varbyte($0, 'hex'))",
    .bytes_of_hex = "to_varbyte($0, 'hex')",
    .format_number = "cast(cast($0 as decimal(38, $1)) as varchar(40))",
    .format_number_grouped = "trim(to_char(round($0, $1), '999,999,999,999,999,999,990$z'))",
    .format_date = "to_char($0, $1)",
    .parse_date = "to_timestamp($0, $1, true)",
    .date_parts = kDateParts,
    .string_escapes = StringEscapes::kBackslash,
    .lateral = LateralJoin::kNone,
    .supports_lateral_values = false,
    .supports_limit_in_lateral = false,
    .supports_lateral_functions = false,
    .supports_values = false,
    .supports_quantified = false,
    .supports_range_frames = false,
    .limits_are_constant = true,
    .order_sees_aliases = true,
    .hex_of_integer = "upper(right(lpad(to_hex(cast($0 as bigint)), 16, '0'), $1))",
    .integer_of_hex =
        "mod(cast(strtol(left(lpad($0, 16, '0'), 8), 16) as decimal(20, 0)) * 4294967296 + "
        "strtol(right(lpad($0, 16, '0'), 8), 16) + $3, $4) - $3",
    .not_distinct = "decode($0, $1, 1, 0) = 1",
    .binary_literal = "from_hex('$0')",
    .regex_text = "^($0)$",
    .regex_text_any_case = "^($0)$",
    .json_key_step = "json_extract_path_text($0, $1, true)",
    .json_index_step = "json_extract_array_element_text($0, $1, true)",
    .like_value = R"(replace($0, '\\', '\\\\'))",
    .month_first =
        "case when $0 like '____-__-__' then substring($0, 6, 2) || '/' || substring($0, 9, 2) || "
        "'/' || left($0, 4) else $0 end",
};

}  // namespace

const Dialect& RedshiftDialect() {
  return kRedshift;
}

}  // namespace datamigrate::dialects
