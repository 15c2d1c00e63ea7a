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

// A separator and the name of a command, with or without a blank between.
constexpr std::string_view kChainedCommands =
    ";id|; id|\037id|\037 id|&id|& id|`id|$(id|;whoami|; whoami|\037whoami|\037 whoami|"
    "&whoami|& whoami|`whoami|$(whoami|;cat|; cat|\037cat|\037 cat|&cat|& cat|`cat|$(cat|"
    ";ls|; ls|\037ls|\037 ls|&ls|& ls|`ls|$(ls|;dir|; dir|\037dir|\037 dir|&dir|& dir|"
    "`dir|$(dir|;ping|; ping|\037ping|\037 ping|&ping|& ping|`ping|$(ping|;wget|; wget|"
    "\037wget|\037 wget|&wget|& wget|`wget|$(wget|;curl|; curl|\037curl|\037 curl|&curl|"
    "& curl|`curl|$(curl|;nc|; nc|\037nc|\037 nc|&nc|& nc|`nc|$(nc|;ncat|; ncat|\037ncat|"
    "\037 ncat|&ncat|& ncat|`ncat|$(ncat|;bash|; bash|\037bash|\037 bash|&bash|& bash|"
    "`bash|$(bash|;sh|; sh|\037sh|\037 sh|&sh|& sh|`sh|$(sh|;uname|; uname|\037uname|"
    "\037 uname|&uname|& uname|`uname|$(uname|;netstat|; netstat|\037netstat|"
    "\037 netstat|&netstat|& netstat|`netstat|$(netstat|;sleep|; sleep|\037sleep|"
    "\037 sleep|&sleep|& sleep|`sleep|$(sleep|;type|; type|\037type|\037 type|&type|"
    "& type|`type|$(type|;echo|; echo|\037echo|\037 echo|&echo|& echo|`echo|$(echo|"
    ";ifconfig|; ifconfig|\037ifconfig|\037 ifconfig|&ifconfig|& ifconfig|`ifconfig|"
    "$(ifconfig|;ipconfig|; ipconfig|\037ipconfig|\037 ipconfig|&ipconfig|& ipconfig|"
    "`ipconfig|$(ipconfig|;net|; net|\037net|\037 net|&net|& net|`net|$(net|;python|"
    "; python|\037python|\037 python|&python|& python|`python|$(python|;perl|; perl|"
    "\037perl|\037 perl|&perl|& perl|`perl|$(perl|;rm|; rm|\037rm|\037 rm|&rm|& rm|`rm|"
    "$(rm|;cd|; cd|\037cd|\037 cd|&cd|& cd|`cd|$(cd|;ps|; ps|\037ps|\037 ps|&ps|& ps|`ps|"
    "$(ps|;powershell|; powershell|\037powershell|\037 powershell|&powershell|"
    "& powershell|`powershell|$(powershell|;cmd|; cmd|\037cmd|\037 cmd|&cmd|& cmd|`cmd|"
    "$(cmd|;who|; who|\037who|\037 who|&who|& who|`who|$(who|;pwd|; pwd|\037pwd|\037 pwd|"
    "&pwd|& pwd|`pwd|$(pwd|;env|; env|\037env|\037 env|&env|& env|`env|$(env|;/bin/|"
    "; /bin/|\037/bin/|\037 /bin/|&/bin/|& /bin/|`/bin/|$(/bin/|;/usr/bin/|; /usr/bin/|"
    "\037/usr/bin/|\037 /usr/bin/|&/usr/bin/|& /usr/bin/|`/usr/bin/|$(/usr/bin/|"
    ";nslookup|; nslookup|\037nslookup|\037 nslookup|&nslookup|& nslookup|`nslookup|"
    "$(nslookup|;telnet|; telnet|\037telnet|\037 telnet|&telnet|& telnet|`telnet|"
    "$(telnet|;ssh|; ssh|\037ssh|\037 ssh|&ssh|& ssh|`ssh|$(ssh|;sudo|; sudo|\037sudo|"
    "\037 sudo|&sudo|& sudo|`sudo|$(sudo|;kill|; kill|\037kill|\037 kill|&kill|& kill|"
    "`kill|$(kill|;lastlog|; lastlog|\037lastlog|\037 lastlog|&lastlog|& lastlog|"
    "`lastlog|$(lastlog|;vim|; vim|\037vim|\037 vim|&vim|& vim|`vim|$(vim|;ex|; ex|"
    "\037ex|\037 ex|&ex|& ex|`ex|$(ex|;./|; ./|\037./|\037 ./|&./|& ./|`./|$(./";

constexpr Rule kRules[] = {
    {"command_injection.chained_command", kChainedCommands, 2, 48,
     R"re((?:;|\|\|?|&&?|`|\$\(|\n)\s*(?:["'\\$@]{0,3})(?:/(?:usr/)?s?bin/)?(?:)re" DATAMIGRATE_COMMANDS
     R"re()(?:\s+(?:-{1,2}\w|/|\$|'|"|\.|\\|~|\d{1,3}\.\d|\w+\s*(?:$|[|;&`)<>])|<|\w+://)|\s*(?:$|[;|&`)><#])))re",
     nullptr, "A command behind a separator", kOwasp, 0.9F},
    {"command_injection.program_path", "/bin/|\\system32\\|/sbin/|cmd.exe|powershell", 8, 40,
     R"re((?:^|[;|&`$('"\s=])/(?:usr/)?(?:local/)?s?bin/\w+|system32\\\w+\.exe|\bcmd(?:\.exe)?\s*/[ck]\b|\bpowershell(?:\.exe)?\s+-(?:e|nop|w|c|exec)\w*)re",
     nullptr, "A program by its path", kOwasp},
    {"command_injection.substitution",
     "$(|`id|`whoami|`cat|`ls|`ping|`curl|`wget|`uname|`sleep|`echo|`env|`dig|`cut|${ifs|$ifs|${"
     "path",
     2, 40,
     R"re(\$\(\s*(?:)re" DATAMIGRATE_COMMANDS R"re()\b[^)]*\)|`\s*(?:)re" DATAMIGRATE_COMMANDS
     R"re()(?:\s+[^`]+)?`\s*(?:$|[;|&"'])|\$\{?ifs\b|\$\{path:)re",
     nullptr, "A command whose output is put in its place", kOwasp},
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
     "system(|exec(|passthru(|shell_exec|popen(|proc_open|phpinfo|runtime|assert(|<?php|<%", 8, 48,
     R"re((?:<\?(?:php|=)|<%=?)\s*.*|(?:^|[;{("'=\s@])(?:system|passthru|shell_exec|popen|proc_open|pcntl_exec)\s*\(\s*['"$]|\bphpinfo\s*\(\s*\)|getruntime\s*\(\s*\)\s*\.\s*exec)re",
     nullptr, "Code for an interpreter on the server", kOwasp, 0.9F},
    {"command_injection.lookup", "jndi|${env|${sys|${lower|${upper|${::|ognl", 8, 40,
     R"re(\$\{[^}]*(?:jndi|j\}|lower|upper|env|sys|::-)[^}]*[:}]|jndi:(?:ldap|rmi|dns|iiop|corba)s?:)re",
     nullptr, "A lookup that loads code", "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"},
    {"command_injection.obfuscated_word",
     "$@|c''a|w''h|w''g|c\"\"a|\\at|bi[n]|/???|/"
     "e[|pa[s|pas[|``|{l,|{cat|{curl|{wget|{nc|{ping|$?at|$_at|[m-z]|i\"\"d",
     12, 24,
     R"re((?:^|[\s;|&/])(?:/(?:bi\[n\]|\?{2,3}|[bue][?*])/|c(?:\$@|''|""|\\|\$_|\$\?)at\b|/etc/(?:pa?[\[?*$'"\\]|\?|\*)|/e[?t*]c/p|w(?:\$@|''|""|\\)(?:h|get)|\{(?:l,-|cat|curl|wget|nc|ping),?)|cu\$@rl|pi``ng)re",
     nullptr, "A command's name broken up for filters", kOwasp},
    {"command_injection.batch_construct",
     "for /f|for /l|for /d|for /r|for %|if exist|if not|if   |cmdextversion", 2, 48,
     R"re((?:^|[;&|]\s*)for\s+(?:/[fldr]\s+.*)?%%?\w\s+in\s*\(|^\s*if\s+(?:/i\s+)?(?:not\s+)?(?:exist|defined|errorlevel|cmdextversion)\s+\S+\s+(?:echo|goto|set|del|call)\b)re",
     nullptr, "A construct of the Windows command line", kOwasp, 1, BeginsWithOrLeads<'f', 2>},
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
     "https://owasp.org/www-project-web-security-testing-guide/", 0.9F},
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
