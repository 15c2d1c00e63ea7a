#include "common/guardian/guards.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kTraversal = "https://owasp.org/www-community/attacks/Path_Traversal";
constexpr std::string_view kInclusion = "https://owasp.org/www-project-web-security-testing-guide/";

constexpr Rule kRules[] = {
    {"file_inclusion.climb", "../|..\\|./.|.\\.|../../", 8, 12,
     R"re((?:\.\.[/\\]+){2,}|(?:\.{2,}[/\\]+){2,}|(?:^|[=/\\])\.\.[/\\]+(?:\.\.|etc|windows|winnt|boot|proc|var|usr|web-inf|\{file|\.ht|\.history))re",
     nullptr, "Folders climbed up one after another", kTraversal, 0.9F},
    {"file_inclusion.deep_climb", "../../../..|..\\..\\..\\..", 4, 4, "", nullptr,
     "Folders climbed up further than links in documents go", kTraversal},
    {"file_inclusion.hidden_folder", "/.", 2, 24, R"re(^\W?/\.[a-z][\w-]*/[\w.-])re",
     [](std::string_view match) { return match.find("/.well-known/") == std::string_view::npos; },
     "A hidden folder at the root", kInclusion, 1, LeadsText<1>},
    {"file_inclusion.kernel_folder", "/sys/|/proc/", 2, 12,
     R"re(^\W?/(?:sys/(?:class|kernel|firmware|devices|block|fs)|proc/\d+)\b)re", nullptr,
     "A folder of the kernel", kInclusion, 1, LeadsText<1>},
    {"file_inclusion.disguised_climb", "0x2e|0x2f|0x5c|%c0|%%32|..%|.../|....//|..;/|/..//|\\..\\",
     8, 24,
     R"re((?:0x2e){2}|(?:0x2f|0x5c).*0x2e|%c0%?[a-z.%]|%%32|\.\.(?:%|0x)|\.{3,}[/\\]{2}|\.\.;/|(?:/\.\.[/\\]+){2,}|(?:\\\.\.\\){1,})re",
     nullptr, "Folders climbed up in an encoding", kTraversal, 0.9F},
    {"file_inclusion.system_file",
     "etc/passwd|etc/shadow|etc/group|etc/hosts|etc/issue|etc/motd|etc/master|proc/self|proc/"
     "version|proc/"
     "cmdline|boot.ini|win.ini|system32|system.ini|php.ini|httpd.conf|access.log|error.log|access_"
     "log|error_log|.htaccess|.htpasswd|web.config|web-inf|.bash_history|.ssh/"
     "|id_rsa|global.asa|wp-config|.git/|.svn/|.env|.aws/|windows/repair|drivers/"
     "etc|inetpub|autoexec.bat",
     24, 24,
     R"re((?:^|[/\\=\s'"{:;|&])(?:[a-z]:)?[/\\]*(?:[\w.%{}*-]+[/\\]+)*(?:(?:etc[/\\]+(?:passwd|shadow|group|hosts|issue|motd|master\.passwd))|proc[/\\]+(?:self|version|cmdline)|boot\.ini|(?:windows|winnt)[/\\]+(?:win\.ini|system32|system\.ini|repair)|web-inf|\.htaccess|\.htpasswd|\.bash_history|id_rsa|global\.asa|wp-config\.php|\.git[/\\]|\.svn[/\\]|\.aws[/\\]|autoexec\.bat)(?:$|[\s\x00'"?&;|{./\\%]))re",
     nullptr, "A file that gives a system away", kInclusion},
    {"file_inclusion.stream_wrapper",
     "php://|expect://|zip://|phar://|data://|glob://|file://|ogg://|compress.zlib|jar:|gopher://"
     "|dict://|ldap://",
     8, 40,
     R"re((?:^|[=\s'"(])(?:php://(?:filter|input|stdin|memory)|expect://|phar://|zip://.*#|data://text|glob://|compress\.zlib://|gopher://|dict://|file:///?(?:etc|c:|proc|windows|var))re"
     R"re())re",
     nullptr, "A stream that is not a file", kInclusion},
    {"file_inclusion.null_byte", "%00|.php?|\\0", 40, 12,
     R"re((?:\.\./|/etc/|\.ini|passwd).*(?:%00|\\0|\x00))re", nullptr, "A name cut off by a NUL",
     kInclusion},
};

}  // namespace

std::span<const Rule> FileInclusionRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
