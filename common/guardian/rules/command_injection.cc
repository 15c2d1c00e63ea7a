#include "common/guardian/guards.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kOwasp = "https://owasp.org/www-community/attacks/Command_Injection";

#define DATAMIGRATE_COMMANDS                                                                       \
  "cat|tac|nl|less|more|head|tail|ls|ll|dir|id|whoami|who|uname|pwd|ps|top|env|printenv|netstat|"  \
  "ifconfig|ipconfig|ip|route|arp|hostname|wget|curl|fetch|lynx|nc|ncat|netcat|telnet|ssh|scp|"    \
  "sftp|ftp|tftp|rsync|ping|ping6|nslookup|dig|host|traceroute|bash|sh|zsh|ksh|csh|dash|busybox|"  \
  "python[0-9.]*|perl|php|ruby|lua|node|java|gcc|c99|chmod|chown|rm|mv|cp|dd|tar|gzip|unzip|find|" \
  "grep|egrep|sed|awk|gawk|xargs|tee|sort|rev|cut|tr|echo|printf|sleep|kill|killall|pkill|sudo|"   \
  "su|passwd|useradd|adduser|crontab|at|nohup|time|timeout|strace|gdb|vi|vim|ex|ed|nano|mail|"     \
  "sendmail|mysql|psql|sqlite3|systemctl|service|reboot|shutdown|halt|htop|lastlog|ssh-copy-id|"   \
  "type|cmd(?:\\.exe)?|powershell(?:\\.exe)?|net|tasklist|taskkill|reg|certutil|bitsadmin|"        \
  "mshta|rundll32|wscript|cscript|bcdboot|attrib|del|apt|apt-get|aptitude|yum|dnf|apk|pip[0-9]?|"  \
  "npm|gem|git|make|docker|kubectl|alias|export|set|source|uconv|base64|xxd|openssl"

constexpr Rule kRules[] = {
    // The four without anchors are found by shell_commands.h.
    {"command_injection.chained_command", "", 0, 0, "", nullptr,
     "A command behind a separator, or behind another one that runs it", kOwasp},
    {"command_injection.broken_name", "", 0, 0, "", nullptr,
     "A command's name with quotes, backslashes or empty variables in it", kOwasp},
    {"command_injection.command_line", "", 0, 0, "", nullptr,
     "A text that is a command with its arguments", kOwasp, 0.6F},
    {"command_injection.substitution", "", 0, 0, "", nullptr,
     "A command whose output is put in its place", kOwasp},
    {"command_injection.program_path", "/bin/|\\system32\\|/sbin/|cmd.exe|powershell", 8, 40,
     R"re((?:^|[;|&`$('"\s=])/(?:usr/)?(?:local/)?s?bin/\w+|system32\\\w+\.exe|\bcmd(?:\.exe)?\s*/[ck]\b|\bpowershell(?:\.exe)?\s+-(?:e|nop|w|c|exec)\w*)re",
     nullptr, "A program by its path", kOwasp},
    {"command_injection.quoted_substitution",
     "`id|`whoami|`cat|`ls|`ping|`curl|`wget|`uname|`sleep|`echo|`env|`dig|`cut|${ifs|$ifs|${"
     "path",
     2, 40,
     R"re(`\s*(?:)re" DATAMIGRATE_COMMANDS
     R"re()(?:\s+[^`]+)?`\s*(?:$|[;|&"'])|\$\{?ifs\b|\$\{path:)re",
     nullptr, "A command in backquotes, or a variable that stands for a blank", kOwasp},
    {"command_injection.download_and_run",
     "curl |wget |iwr |invoke-webrequest|downloadstring|invoke-expression|iex(", 4, 90,
     R"re((?:curl|wget)\s[^|;&]*(?:\||;|&&)\s*(?:sudo\s+)?(?:ba|z|k|da)?sh\b|(?:iex|invoke-expression)\s*[( ]|downloadstring\s*\(|;\s*(?:iwr|invoke-webrequest)\b)re",
     nullptr, "Something downloaded and run", kOwasp, 0.9F},
    {"command_injection.reverse_shell", "/dev/tcp/|/dev/udp/|nc -|ncat -|socket.socket|mkfifo", 24,
     48,
     R"re(/dev/(?:tcp|udp)/[\w.]+/\d|\b(?:nc|ncat|netcat)\s+-\w*[elp]\w*\s|mkfifo\s+/|socket\.socket\(.*connect)re",
     nullptr, "A shell that calls back", "https://attack.mitre.org/techniques/T1059/004/"},
    {"command_injection.server_side_include", "<!--#", 0, 40,
     R"re(<!--\s*#\s*(?:exec|include|echo|config|printenv)\b)re", nullptr, "A server side include",
     "https://owasp.org/www-community/attacks/Server-Side_Includes_(SSI)_Injection"},
    {"command_injection.code_evaluation",
     "system(|exec(|passthru(|shell_exec|popen(|proc_open|phpinfo|runtime|assert(|<?php|<%|"
     "eval(compile(|__import__(",
     8, 48,
     R"re((?:<\?(?:php|=)|<%=?)\s*.*|(?:^|[;{("'=\s@])(?:system|passthru|shell_exec|popen|proc_open|pcntl_exec)\s*\(\s*['"$]|\bphpinfo\s*\(\s*\)|getruntime\s*\(\s*\)\s*\.\s*exec|\beval\(compile\(|__import__\(\s*['"])re",
     nullptr, "Code for an interpreter on the server", kOwasp, 0.9F},
    {"command_injection.lookup", "jndi|${env|${sys|${lower|${upper|${::|ognl", 8, 40,
     R"re(\$\{[^}]*(?:jndi|j\}|lower|upper|env|sys|::-)[^}]*[:}]|jndi:(?:ldap|rmi|dns|iiop|corba)s?:)re",
     nullptr, "A lookup that loads code", "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"},
    {"command_injection.obfuscated_word",
     "$@|c''a|w''h|w''g|c\"\"a|\\at|bi[n]|/???|/"
     "e[|pa[s|pas[|i``n|{l,|{cat|{curl|{wget|{nc|{ping|$?at|$_at|[m-z]|i\"\"d",
     12, 24,
     R"re((?:^|[\s;|&/])(?:/(?:bi\[n\]|\?{2,3}|[bue][?*])/|c(?:\$@|''|""|\\|\$_|\$\?)at\b|/etc/(?:pa?[\[?*$'"\\]|\?|\*)|/e[?t*]c/p|w(?:\$@|''|""|\\)(?:h|get)|\{(?:l,-|cat|curl|wget|nc|ping),?)|cu\$@rl|pi``ng)re",
     nullptr, "A command's name broken up for filters", kOwasp},
    {"command_injection.batch_construct",
     "for /f|for /l|for /d|for /r|for %|if exist|if not|if   |cmdextversion", 2, 48,
     R"re((?:^|[;&|]\s*)for\s+(?:/[fldr]\s+.*)?%%?\w\s+in\s*\(|^\s*if\s+(?:/i\s+)?(?:not\s+)?(?:exist|defined|errorlevel|cmdextversion)\s+\S+\s+(?:echo|goto|set|del|call)\b)re",
     nullptr, "A construct of the Windows command line", kOwasp, 1, BeginsWithOrLeads<'f', 2>},
    {"command_injection.batch_variable", "if x%|if (%|if %|if \"%|if [%|if    |if not %", 2, 60,
     R"re(^\s*if\s+(?:/i\s+)?(?:not\s+)?[\[("{]?\w?%[\w~]+%?[\])"}]?\s*(?:==|equ|neq|gtr|lss|leq|geq)\s*\S+)re",
     nullptr, "A condition on a variable of the Windows command line", kOwasp, 1, LeadsText<2>},
    {"command_injection.alias", "alias ", 2, 40,
     R"re((?:^|[;&|]\s*)alias\s+(?:[+-]\w\s+)?[\w.!+-]+=\S)re", nullptr,
     "Another name for a command", kOwasp},
    {"command_injection.variable_command", ";$|&&$|; $|&& $|&&(", 200, 12,
     R"re((?:^|[\s;&|?="'])[a-z_]\w{0,12}=[^\s;&]{0,60}(?:;|&&)\s?(?:[^\s;&]{0,40}(?:;|&&)\s?){0,12}(?:\$[a-z_{(]|\(\w+\)))re",
     nullptr, "A command that is put together from variables", kOwasp},
    {"command_injection.shell_arithmetic", "$((|$[", 0, 24,
     R"re(\$\(\([\s\d$(]|\$\[\s*\d+\s*[-+*/]\s*\d+\s*\])re", nullptr,
     "Arithmetic that a shell works out", kOwasp, 0.8F},
    {"command_injection.fork_bomb", "() {|(){|(){:|() { ", 16, 40,
     R"re((?:\w+|:)\s*\(\)\s*\{\s*(?:\w+|:)(?:\(\))?\s*\|\s*(?:\w+|:)(?:\(\))?\s*[&;])re", nullptr,
     "A function that calls itself without end", kOwasp},
    {"command_injection.function_definition", "() {|(){|(){:", 16, 40,
     R"re((?:^|[\s"';&])(?:\w{0,8}|:)\s*\(\)\s*\{\s*(?:[:;\w|&]|\(\)).*)re", nullptr,
     "A shell function in a value", "https://nvd.nist.gov/vuln/detail/CVE-2014-6271", 0.6F},
    {"command_injection.glob_in_path", "/[|[?]|a[|bi[n|c[|/???|?at |{,|etc/pa|e[", 24, 24,
     R"re((?:^|[\s;|&=(/])/?(?:[\w?*]*/)*[a-z?*]*\[[a-z?*/!-]{1,4}\][a-z?*\[\]]*(?:/|\s|$)|/\?{2,}/|/etc/[a-z]*\?[a-z?]*|\{,?["'$]*\w+["']?,[^}\s]*\})re",
     nullptr, "A path whose names are spelled with wildcards", kOwasp, 0.6F},
    {"command_injection.batch_comparison",
     " equ | neq | gtr | lss | leq | geq |if defined|if exist|if not|if %|if (|if [|if \"|if /i|if "
     "errorlevel",
     24, 60,
     R"re(^\s*if\s+(?:/i\s+)?(?:not\s+)?(?:[\[("{%]\S*|x?%\S*|\d+|"[^"]*")\s*(?:==|equ|neq|gtr|lss|leq|geq)\s*\S+|^\s*if\s+(?:not\s+)?(?:defined|exist)\s+\S+\s+\()re",
     nullptr, "A condition of the Windows command line", kOwasp, 0.9F, LeadsText<24>},
    {"command_injection.shell_option",
     "sh -c|bash -c|ksh -c|python -c|perl -e|php -r|ruby -e|''thon|node -e", 6, 40,
     R"re(\b(?:ba|z|k|c|da)?sh\s+-c\s+\S|\b(?:python[0-9.]*|py''thon)\s+-c\s|\b(?:perl|ruby|node)\s+-e\s|\bphp\s+-r\s)re",
     nullptr, "An interpreter that is handed its program", kOwasp, 0.9F},
    {"command_injection.mail_command",
     "ehlo |helo |authenticate |append |uid store|rcpt to|mail from|status inbox|select "
     "inbox|fetch ",
     16, 40,
     R"re((?:^|[\r\n])\s*(?:(?:ehlo|helo)\s+[\w.-]+\s*$|(?:mail from|rcpt to)\s*:\s*<|[a-z]\d{3}\s+(?:authenticate|append|uid|status|select|fetch|login|list|store|copy|create|delete)\b))re",
     nullptr, "A command of a mail protocol",
     "https://owasp.org/www-project-web-security-testing-guide/"},
    {"command_injection.variable_in_word", "$@|$*|$_|$?|$!|y''t|n''t|c''a|h''o|l''s|e''c|u$u\\", 6,
     16,
     R"re((?:^|[\s;|&=])[a-z]{1,6}\$(?:@|\*|_|\?|!|u\\)[a-z]{0,8}[\s/+]|(?:^|[\s;|&])[a-z]{1,4}''[a-z]{1,8}\s)re",
     nullptr, "A command's name with empty variables in it", kOwasp, 0.8F},
};

#undef DATAMIGRATE_COMMANDS

}  // namespace

std::span<const Rule> CommandInjectionRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
