#include "common/guardian/guards.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kOwasp = "https://owasp.org/www-community/attacks/SQL_Injection";
constexpr std::string_view kSheet =
    "https://portswigger.net/web-security/sql-injection/cheat-sheet";

// Whether both sides of "a = b" are the same.
bool HasEqualSides(std::string_view match) {
  const size_t sign = match.find('=');
  const std::string_view left = match.substr(0, match.find_last_not_of(" \t\r\n", sign - 1) + 1);
  return left == match.substr(match.find_first_not_of(" \t\r\n", sign + 1));
}

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
     R"re((?:^\s*|['"`)\d]\.?\s*|\bnull\s+|%\s*|-1\s+|\*/\s*)union(?:\s|/\*.*?\*/|\(|[+])+(?:all|distinct)?(?:\s|/\*.*?\*/|\(|[+])*select(?:\s|/\*|\(|[+])*(?:null|\.?\d+|@@|char\(|chr\(|concat|0x|['"`]|user|version|database|group_concat|\*))re",
     nullptr, "UNION SELECT behind a closed value", kOwasp},
    {"sql_injection.order_by_probe", "order by |group by ", 16, 24,
     R"re(['")]\s*\)*\s*(?:order|group)\s+by\s+\d+\s*(?:--|#|/\*|,\s*\d+\s*--))re", nullptr,
     "ORDER BY a number, to count columns", kSheet, 1, IsFollowedByNumber},
    {"sql_injection.time_delay",
     "waitfor|pg_sleep|sleep(|sleep (|benchmark(|dbms_pipe|dbms_lock|randomblob(", 16, 48,
     R"re((?:^|['")\d;(|&%]|['"]\s*[.+]|\$\{|\b(?:and|or|if|select|then|from)\b)\s*\(*(?:select\s+)?(?:waitfor\s+(?:delay|time)\s+['"]|pg_sleep\s*(?:\(|$)|sleep\s*\(\s*['"]?[\d_]|benchmark\s*\(\s*\d|dbms_(?:pipe|lock)\s*\.|randomblob\s*\(\s*\d))re",
     nullptr, "A delay, to read answers from their time", kSheet},
    {"sql_injection.stacked_statement", "';|\";|');|\");|1;|0;|`;", 4, 40,
     R"re((?:['"`]\s*\)*|^\s*-?\d+\)*)\s*;\s*(?:drop|delete|insert|update|alter|create|exec(?:ute)?\s*(?:\(|@|\w+[_.@(]|\w+\s*$)|declare|shutdown|truncate|select|waitfor|begin|if|grant|revoke|copy|set)\b.*)re",
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
    {"sql_injection.probe_of_server",
     "xp_|pg_catalog|information_schema|mysql.db|utl_http|utl_inaddr|openrowset|opendatasource|"
     "msdasql|sp_password",
     24, 40,
     R"re(^\W*(?:(?:exec(?:ute)?\s+)?(?:master\s*\.{1,2}\s*(?:dbo\.)?)?xp_\w+|pg_catalog|information_schema|mysql\.db|utl_http|utl_inaddr|openrowset|opendatasource|msdasql|sp_password)\W*$|['")]\s*;?\s*exec(?:ute)?\s+(?:master\s*\.{1,2}\s*(?:dbo\.)?)?xp_\w+)re",
     nullptr,
     "Nothing but a name that only the server itself has, or its call behind a closed value",
     kSheet},
    {"sql_injection.other_servers_catalog",
     "sysibm.|syscat.|all_tab_|all_tables|user_tables|mysql.user|pg_shadow", 24, 32,
     R"re(\b(?:sysibm|syscat)\.\w+|\bfrom\s*\(?\s*["'\x60\[]?(?:all_tab_\w+|all_tables|user_tables|mysql\.user|pg_shadow))re",
     nullptr, "The catalog of a server of another kind", kSheet},
    {"sql_injection.execution_of_variable", "exec(|exec (|execute(|execute (", 4, 60,
     R"re(^\W{0,3}exec(?:ute)?\s*\(\s*@[^)]{0,30}\)?\W*$)re", nullptr,
     "Nothing but a variable that is executed", kOwasp, 1, LeadsText<4>},
    {"sql_injection.versioned_comment", "/*!", 0, 16,
     R"re(/\*!(?:\d{5}|(?:select|union|or|and|comment|order|from|where)\b|[a-z_]+\())re", nullptr,
     "A comment that MySQL runs", "https://dev.mysql.com/doc/refman/8.4/en/comments.html"},
    {"sql_injection.commented_keyword", "*/", 40, 4,
     R"re(\b(?:drop|replace|delete|insert|update|select|union|exec|or|and)/\*[^*]{0,30}\*/\w|\b(?:uni|un|sel|se|ins|upd|del|dro)/\*[^*]{0,30}\*/(?:on|ion|ect|lect|ert|ate|ete|p)\b)re",
     nullptr, "Keywords that are held together by comments", kOwasp},
    {"sql_injection.bare_exponent", ".e.|.e(", 8, 12, R"re(\b\d+\.e[.(][a-z_\x60])re", nullptr,
     "A number like 1.e before a name, which MySQL takes for the name",
     "https://github.com/client9/libinjection"},
    {"sql_injection.commented_tail",
     "' or|' and|'or|'and|' xor|\" or|\" and|' is|'is|' not|' coll|'coll|' glob|'glob|' like|' "
     "grant|' "
     "union|' desc|'; desc|' having|' group|' order|\" having|\" union",
     4, 90,
     R"re(['"]\s*\)*\s*;?\s*(?:and|or|xor|collate|is|like|glob|div|mod|rlike|regexp|not|between|having|group|order|union|grant|desc)\b[^\n]{1,80}?(?:--|#)\s*-?\s*$)re",
     nullptr, "A condition behind a closing quote, and a comment that cuts off the rest", kOwasp, 1,
     EndsInComment<90>},
    {"sql_injection.other_servers_function",
     "connection_id(|coercibility(|find_in_set(|charset(|@@hostname|@@datadir|@@basedir|schema()|"
     "database()|"
     "sysdate()|current_user()|json_extract(|isnull(1/0|sounds like|likelihood (|likelihood(|"
     "xmlagg(|utc_date",
     24, 16,
     R"re((?:^|\b(?:and|or|xor|select|union|print)\b|['")(,=<>|-])[\s(]*(?:(?:connection_id|coercibility|find_in_set|charset|schema|database|sysdate|current_user|json_extract|likelihood|xmlagg)\s*\(|@@(?:hostname|datadir|basedir)|isnull\(1/0|utc_date\b)|\d\s+sounds\s+like\s+\S)re",
     nullptr, "A function that SQL Server lacks, where a probe has it", kSheet},
    {"sql_injection.condition_on_number",
     "or1|or2|and1|xor1|xor |0 like |1 like |2 like |9 like |1 rlike |0 between |1 between |1 not "
     "between |order by if|and user_name(|and connection_id(|and database(|and ascii(|and length("
     "|and user(|or user_name(",
     24, 24,
     R"re(^\W*(?:\d+(?:or|and|xor|like|div)\d+|\d+\s+(?:r?like|(?:and|or)\s+\d+\s+(?:not\s+)?between)\s+\d+|xor\s+\d+\s*[<>=]|\d+\s+order\s+by\s+if(?:null)?\s*\(|\d+\s+(?:and|or)\s+\w+\s*\(\s*\)\s*[=<>]))re",
     nullptr, "A number and a condition, with nothing before them", kSheet, 1, LeadsText<20>},
    {"sql_injection.operator_behind_quote",
     "'div|'mod|'rlike|'xor|' div|' mod|' rlike|' xor|'or'|'and'|`or`", 4, 48,
     R"re(['"]\s*(?:div|mod|rlike|regexp|xor)\s*\(?\s*[a-z_]+\s*\(|\w'(?:or|and)'[^'\n]{1,40}'\s*=\s*'|\x60or\x60)re",
     nullptr, "An operator right behind a closing quote", kSheet},
    {"sql_injection.cut_union", "union#|union all#|union distinct#|;call |cursor for", 60, 12,
     R"re(\bunion(?:\s+all|\s+distinct)?#|\d;\s*call\s+\w+\s*\(|['"]\s*;?\s*declare\s+\w+\s+cursor\s+for\b)re",
     nullptr, "A statement that goes on where a value ended", kSheet},
    {"sql_injection.words_without_blanks", "select\"|select`|`from(|\"from[", 0, 8, "", nullptr,
     "Keywords and names without blanks between them", kSheet, 0.9F},
    {"sql_injection.log_evasion", "sp_password", 80, 0, R"re(--.*\bsp_password)re", nullptr,
     "A comment that keeps a statement out of SQL Server's log",
     "https://learn.microsoft.com/sql/relational-databases/system-stored-procedures"},
    {"sql_injection.statement_and_cut", ";--|; --", 80, 4,
     R"re(^\W*(?:drop|delete|insert|update|alter|create|truncate)\s[^;]{1,70};\s*--\W*$)re",
     nullptr, "A statement that changes data, and a comment that cuts off the rest", kOwasp, 1,
     EndsInComment<4>},
    {"sql_injection.stacked_procedure", " exec sp_| exec xp_|execute immediate|bulk insert", 24, 8,
     R"re(^\W*\d+\s+exec\s+[sx]p_|['"]\s*;?\s*(?:execute\s+immediate|bulk\s+insert)\b)re", nullptr,
     "A procedure called behind a closed value", kSheet},
    {"sql_injection.quoted_condition",
     "' or ''|\" or \"\"|'or not|\"or not|' or not|\" or not|'or@|\"or@|' eqv |' imp |' union/|or "
     "/*|and /*",
     12, 40,
     R"re(['"]\s*or\s+(?:''|"")\s*[*^/&|=<>+-]|['"]\s*or\s+not\s+(?:false|true|null)\b|['"]or@['"]|['"]\s*(?:eqv|imp)\s+\w+\(|['"]\s*union/|^\W*\d+\s+(?:or|and)\s*/\*[^*]*\*/\s*(?:true|\d))re",
     nullptr, "A condition behind a closing quote", kSheet},
    {"sql_injection.stacked_comment", "';|\";", 1, 120,
     R"re(['"]\s*;\s*[a-z][^'"]{2,100}--(?:\s*-\s*\w?)?\s*$)re", nullptr,
     "A statement behind a closed value, and a comment that cuts off the rest", kSheet, 1,
     EndsNearComment<120>},
    {"sql_injection.leading_subquery", "(select ", 40, 24, R"re(^\s*\(\s*select\s+[\w*@'(])re",
     nullptr, "A query in the place of a value", kSheet, 1, LeadsText<40>},
    {"sql_injection.wrapped_condition", ")or(|) or (|)and(|) and (", 8, 24,
     R"re(\d\s*\)\s*(?:or|and)\s*\(\s*['"]?\d+['"]?\s*\)\s*=\s*\()re", nullptr,
     "A condition of constants in brackets", kSheet},
    {"sql_injection.escaped_numbers", "=\\0|=\\1|=\\-1", 12, 4, R"re(\\-?\d\s*=\s*\\-?\d)re",
     nullptr, "A condition whose numbers hide behind backslashes", kSheet},
    {"sql_injection.glued_condition", "'or'|\"or\"|'or\"|\"or'", 2, 2,
     R"re([\w\\'"]['"]or['"]\w)re", nullptr, "A condition between quotes without blanks", kSheet},
    {"sql_injection.leading_concatenation", "' \037\037|\" \037\037|'\037\037|\"\037\037", 1, 60,
     R"re(^['"]\s*\|\|\s*[\w.]+\()re", nullptr, "A call that is joined to a closed value", kSheet,
     1, LeadsText<1>},
    {"sql_injection.fragment", "", 0, 0,
     // A value that closes a quote and goes on with an operator; that ends in a comment; a function
     // or an operator cut off; a condition or a statement with nothing before it.
     R"re(^[\w@.%-]{1,24}['"]\s*\)*\s*(?:or|and|xor|is|in|like|rlike|regexp|not|div|mod|having|[-+*/|&^=<>!~]+)[^'"\n]{0,60}['"][\w.+@-]{0,8}\s*$)re"
     R"re(|^['"]\s*(?:is|in|xor|[-+*/|&^=<>!~]+)[^'"\n]{0,40}[=<>|*/+&][^'"\n]{0,40}['"]$)re"
     R"re(|^[\w@.%-]{0,24}['"]\s*\)*\s*(?:or|and|xor|is|in|like|rlike|regexp|div|mod|having|[-+*|&^=<>!~])[^'"\n]{0,32}(?:--|#|/\*|;)\s*\w{0,12}\s*!?$)re"
     R"re(|^[\w@.%-]{1,24}['"]\s*\)*\s*[^'"\n]{0,24}(?:--|#|/\*)\s*$)re"
     R"re(|^\W{0,3}[\w\]]{2,24}[=/?.&!$]{0,4}\s?\($)re"
     R"re(|^'(?:and|or|xor|not|is|in|like|rlike|regexp|not regexp|div|mod|between|<=>|<~|<>|!=|%)'$)re"
     R"re(|^\W*(?:and|or|xor|having)\s+['"\d(][\d'"()<>=!\s-]{0,24}$|\bhaving\s*\(?\s*\d+\s*(?:[=<>]|or|and))re"
     R"re(|^[\w=]{0,24}['")]*\s*;\s*(?:drop|delete\s+from|insert\s+into|update|truncate|alter|create|load\s+(?:data|xml))\b)re"
     R"re(|^\W*\d+\s*(?:!=|<>|=|<=>)\s*\d+\W*$|^\W*\d+\W{0,3}\s*(?:and|or)\s*\(?\s*(?:select\s|\d+\s+(?:not\s+)?(?:like|between|in|is|regexp|rlike)))re",
     nullptr, "A short text that makes sense only inside of a statement", kSheet, 1,
     HasQuoteOrNumber},
    {"sql_injection.torn_fragment", "", 0, 0,
     // An operator between quotes, or behind one that nothing closes.
     R"re(^\w{0,8}\s*'\s*(?:and|or|xor|mod|div|r?like|&&|\|\||<=>|[-+*/^%<>=])\s*'\s*\w{0,8}$)re"
     R"re(|^\W{0,2}'\s*(?:and|or|xor|glob|like|alter|union|having)\b[^'"]{0,24}$|'\s*sleep\s+\d+')re"
     R"re(|^\W*(?:and|or)\s+'[^']{1,24}'\s*(?:=|<>|like)\s*'|['"]=['"]\s*['"]or['"])re"
     R"re(|['"]\s*\)+\s*or\s*\(+\s*['"]|\w'\s*[-+*/]\s*'\w+'\s*[-+*/=])re"
     // A condition whose value would follow, or that a parameter ends or begins with.
     R"re(|^\W*(?:and|or|where|on)\b[^'"\n]{1,48}=\s*['"]$)re"
     R"re(|^\w{1,12}=(?:\S{0,32}\s+(?:and|or)$|(?:and|or|xor|div|mod)\s.|[>;\s]*set\s+@|(?:&&|\|\|)\())re"
     // The end of one clause and the beginning of the next.
     R"re(|^[)\x60;]\s*as\b[^'"\n]{1,40}\bfrom\s*$|^\w{0,8}['"]?\s*\)\s*from\s+\w+\s+where\b)re"
     R"re(|^from\s+\S+\s+where\s+\S+\s*=\s*(?:['"][^'"]*['"]?)?\W*\w*\W*$|"from\[)re"
     R"re(|^\d+;\s*do\s*\(|^;\s*begin\s+declare\b|\bdiv\s*\(\s*select\b)re"
     // A condition on constants with nothing before it.
     R"re(|^\W*xor\s+['"]|^\W*\|\|\s*\d+\s*==?\s*\d|^\W*(?:or|and)\s+\(?(?:true|false|exists)\W*$)re"
     R"re(|\b(?:and|or)\s+cha?r\(\d+\)|^r?like\s+['"]%?['"]$|\d\|\|this\.|^\d+\s*=\s*\d+\s+(?:and|or)\b)re"
     R"re(|^\|\|\s*\w+\.\w+\W*$|(?:&&|\|\|)!+\$\(|'\)?\??\s*\$\($)re"
     // Variables, comments and a text's bytes where a value belongs.
     R"re(|^@?\w{1,16}\s*/\*\s*$|^@\w+\s+select\b|'\s*[-+*/]\s*@\w+\s+(?:or|and)\b|--\s*&\w+=)re"
     R"re(|\w['"]\s*in[\s+]*\(\s*['"]|^exec(?:ute)?\s+[sx]p\W*$|\b0x(?:[2-7][0-9a-f]00){6}|^'\w+',\s*0x[0-9a-f]+$)re"
     R"re(|^['"]\x60?\s*[*/%]\s*\d+$|'\s*is\s*(?:not\s*)?\\n|\bpassword\b[^:\n]{0,12}\)::(?:int|jsonb|text)\b)re",
     nullptr, "A short piece of a statement that is none by itself", kSheet, 1, HasSignOrOperator},
    {"sql_injection.self_comparison", "", 0, 0,
     R"re(\b(?:and|or|xor|having)\s+(\w+\s*=\s*\w+)(?:[^\w(.]|$))re", HasEqualSides,
     "A name or number that is compared with itself", kSheet, 1, HasEqualsSign},
    {"sql_injection.probe_of_constants", "if(", 4, 24,
     R"re(\bi?if\s*\(\s*\d{3,}\s*=\s*\d{3,}\s*[,)])re", nullptr,
     "A condition that compares random numbers", kSheet},
    {"sql_injection.constant_having", "having true|having (true|having false|having not ", 0, 16,
     R"re(having\s*\(?\s*(?:not\s+)?(?:true|false)\s*(?:$|[);#]|--|\b(?:or|and|limit|for\s+update)\b))re",
     nullptr, "A constant in the place of a condition on groups", kSheet},
    {"sql_injection.number_and_union", "union select|union all select", 20, 8,
     R"re(^\W*\d+[.a-z]?\s*union\s+(?:all\s+)?select\b)re", nullptr,
     "UNION SELECT behind a number, with nothing before them", kSheet, 1, LeadsText<20>},
    {"sql_injection.spelled_text", "char(|chr(", 0, 60, R"re((?:cha?r\(\d{2,3}\)[\s+|,]*){4})re",
     nullptr, "A text spelled out in numbers", kSheet, 1, BeginsCharacters},
    {"sql_injection.binary_statement", "=b'|= b'", 24, 24, R"re(@\w+\s*=\s*b'[01]{16})re", nullptr,
     "A statement hidden in binary digits", kSheet},
    {"sql_injection.full_text_condition", "or match |and match ", 8, 40,
     R"re(['"]\s*\)*\s*(?:or|and)\s+match\s*\(?[\w\s,]{1,32}\)?\s*against\b)re", nullptr,
     "A full text search of MySQL behind a closing quote", kSheet},
    {"sql_injection.database_script", "new date()|new date (|.mapreduce(|.insert({", 16, 40,
     R"re(\bdb\.\w+\.(?:insert|mapreduce)\s*\(|\w+\s*=\s*new date\s*\(\)\s*;\s*do\s*\{)re", nullptr,
     "A script for a document database",
     "https://owasp.org/www-project-web-security-testing-guide/"},
    {"sql_injection.into_file",
     "into outfile|into dumpfile|load_file|data infile|data local infile|;copy |; copy ", 8, 40,
     R"re(\bload\s+data\s+(?:local\s+)?infile\b|;\s*copy\s+\w+\s+to\s+/|into\s+(?:out|dump)file\s*[('"‘]|load_file\s*\(\s*(?:0x|['"]|char))re",
     nullptr, "A file of the server read or written by a query", kSheet},
    {"sql_injection.hex_execution", "exec(|execute(|exec (", 120, 20,
     R"re(declare\s+@\w+\s+n?varchar\s*\(.*\)[\s;]*(?:select|set)\s*@\w+\s*=\s*(?:cast\s*\(\s*)?0x[0-9a-f]+.*exec(?:ute)?\s*\()re",
     nullptr, "Statements hidden in hexadecimal digits", kOwasp},
    {"sql_injection.nosql_operator",
     "$where|$ne|$gt|$lt|$regex|$nin|$exists|$or|$and|$comment|$expr", 8, 24,
     R"re((?:\[\$(?:where|ne|gt|gte|lt|lte|regex|nin|in|exists|or)\]|["']\$(?:where|ne|gt|gte|regex|nin|or|exists)["']\s*:|[{,]\s*\$(?:where|ne|gte?|lte?|regex|nin|or|and|exists|comment|expr)\s*:))re",
     nullptr, "An operator of a document database where a value belongs",
     "https://owasp.org/www-project-web-security-testing-guide/"},
};

}  // namespace

std::span<const Rule> SqlInjectionRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
