#include "common/guardian/guards.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kOwasp = "https://owasp.org/www-community/attacks/SQL_Injection";
constexpr std::string_view kSheet =
    "https://portswigger.net/web-security/sql-injection/cheat-sheet";

// Everything here is broken out of a context: a quote or a bracket that closes what the program
// had opened, a comment that cuts off the rest, a condition that is always true. Plain SQL is none.
constexpr Rule kRules[] = {
    {"sql_injection.tautology",
     "'='|\"=\"|' or |\" or |'or'|'or|\"or\"|) or | or 1|\037\0371|\037\037 1|xor", 24, 40,
     R"re(['")]\s*(?:or|\|\||xor)\s*(?:not\s*)?\(*\s*(?:(['"]?)\w*['"]?\s*(?:=|like|<>|!=|>|<)\s*['"]?\w*['"]?|true\b|1\b\s*(?:--|#|/\*|$)))re",
     nullptr, "A condition that is always true after a closing quote", kOwasp, 0.7F},
    {"sql_injection.numeric_tautology",
     " or 1=1| or 1 = 1| and 1=1| and 1=2| or 1=1--| or true--|or 1=1", 8, 16,
     R"re(^[^;]*\d\s*\)*\s+(?:or|and)\s+(\d+)\s*=\s*\d+|\d\s*\)*\s+or\s+true\s*(?:--|#))re",
     nullptr, "A number followed by a condition on numbers", kOwasp},
    {"sql_injection.union_select", "union", 40, 60,
     R"re((?:^\s*|['"`)\d]\s*|\bnull\s+|%\s*|-1\s+|\*/\s*)union(?:\s|/\*.*?\*/|\(|[+])+(?:all|distinct)?(?:\s|/\*.*?\*/|\()*select(?:\s|/\*|\()*(?:null|\d+|@@|char\(|chr\(|concat|0x|['"`]|user|version|database|group_concat|\*))re",
     nullptr, "UNION SELECT behind a closed value", kOwasp},
    {"sql_injection.order_by_probe", "order by |group by ", 16, 24,
     R"re(['")]\s*\)*\s*(?:order|group)\s+by\s+\d+\s*(?:--|#|/\*|,\s*\d+\s*--))re", nullptr,
     "ORDER BY a number, to count columns", kSheet, 1, IsFollowedByNumber},
    {"sql_injection.time_delay",
     "waitfor|pg_sleep|sleep(|benchmark(|dbms_pipe|dbms_lock|randomblob(", 16, 48,
     R"re((?:^|['")\d;(|%]|\b(?:and|or|if|select|then|from)\b)\s*\(*(?:select\s+)?(?:waitfor\s+(?:delay|time)\s+['"]|pg_sleep\s*\(|sleep\s*\(\s*['"]?[\d_]|benchmark\s*\(\s*\d|dbms_(?:pipe|lock)\s*\.|randomblob\s*\(\s*\d))re",
     nullptr, "A delay, to read answers from their time", kSheet},
    {"sql_injection.stacked_statement", "';|\";|');|\");|1;|0;|`;", 4, 40,
     R"re((?:['"`]\s*\)*|^\s*-?\d+\)*)\s*;\s*(?:drop|delete|insert|update|alter|create|exec(?:ute)?|declare|shutdown|truncate|select|waitfor|begin|if|grant|revoke|copy|set)\b.*)re",
     nullptr, "A second statement behind a closed value", kOwasp, 0.5F},
    {"sql_injection.comment_cut", "'--|\"--|')--|'#|' --|'/*|)--|;--|1--|'-- -", 8, 8,
     R"re((?:['"]\s*\)*\s*;?\s*(?:--[\s+-]*$|#\s*$|/\*\s*$)|\d\)*\s*;?--\s*$))re", nullptr,
     "A comment that cuts off the rest of a statement", kOwasp, 0.6F},
    {"sql_injection.blind_function",
     "ascii(|substring(|substr(|mid(|extractvalue(|updatexml(|elt(|ord(|if(|unhex(|hex(|load_file(|"
     "xmltype(|make_set(|row(",
     40, 60,
     R"re((?:['")\d]\s*\)*\s*(?:and|or|xor|\|\||&&|,|\+|-|\^|=|<|>|div|mod)\s*\(*\s*(?:select\s+)?\(*\s*(?:ascii|ord|substring|substr|mid|extractvalue|updatexml|elt|if|unhex|hex|load_file|xmltype|make_set|row)\s*\())re",
     nullptr, "A function that tests one character at a time, behind a closed value", kSheet},
    {"sql_injection.metadata",
     "information_schema|sysobjects|syscolumns|sysusers|pg_catalog|sqlite_master|all_tables|mysql."
     "user|@@version|utl_http|utl_inaddr|xp_cmdshell|xp_dirtree|xp_regread|sp_oacreate|dbms_xmlgen|"
     "master..",
     60, 60,
     R"re((?:['")]\s*(?:;|union|and|or|\|\|)|\bunion\b.*\bselect\b|^\s*-?\d+\s+(?:union|and|or)\b).*(?:information_schema|sysobjects|syscolumns|sysusers|pg_catalog|sqlite_master|all_tables|mysql\.user|@@version|utl_http|utl_inaddr|xp_cmdshell|xp_dirtree|xp_regread|sp_oacreate|dbms_xmlgen|master\.\.))re",
     nullptr, "The server's own tables and procedures, behind a closed value", kSheet},
    {"sql_injection.into_file", "into outfile|into dumpfile|load_file", 8, 40,
     R"re(into\s+(?:out|dump)file\s*[('"‘]|load_file\s*\(\s*(?:0x|['"]|char))re", nullptr,
     "A file of the server read or written by a query", kSheet},
    {"sql_injection.hex_execution", "exec(|execute(|exec (", 120, 20,
     R"re(declare\s+@\w+\s+n?varchar\s*\(.*\)[\s;]*(?:select|set)\s*@\w+\s*=\s*(?:cast\s*\(\s*)?0x[0-9a-f]+.*exec(?:ute)?\s*\()re",
     nullptr, "Statements hidden in hexadecimal digits", kOwasp},
    {"sql_injection.nosql_operator", "$where|$ne|$gt|$regex|$nin|$exists|$or", 8, 24,
     R"re((?:\[\$(?:where|ne|gt|gte|lt|lte|regex|nin|in|exists|or)\]|["']\$(?:where|ne|gt|gte|regex|nin|or|exists)["']\s*:))re",
     nullptr, "An operator of a document database where a value belongs",
     "https://owasp.org/www-project-web-security-testing-guide/"},
};

}  // namespace

std::span<const Rule> SqlInjectionRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
