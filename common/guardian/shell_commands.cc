#include "common/guardian/shell_commands.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "common/guardian/ascii.h"
#include "common/guardian/text/byte_blocks.h"

namespace datamigrate::guardian {
namespace {

constexpr size_t kLongestWord = 48;    // as it is written, quotes and all
constexpr size_t kLongestEntry = 300;  // of a text that is nothing but a command
constexpr size_t kMostFindings = 16;

// Programs whose names are no words of English or SQL. Sources: POSIX.1-2017 utilities, GNU
// coreutils, https://gtfobins.github.io, https://lolbas-project.github.io, and the cmdlets of
// https://learn.microsoft.com/powershell. Sorted.
constexpr auto kPrograms = std::to_array<std::string_view>({
    "aa-exec",
    "ab",
    "adduser",
    "add-content",
    "addgroup",
    "ansible",
    "ansible-pull",
    "apk",
    "apt",
    "apt-get",
    "aptitude",
    "ar",
    "aria2c",
    "arp",
    "ash",
    "awk",
    "aws",
    "az",
    "base32",
    "base64",
    "basenc",
    "bash",
    "bcdboot",
    "bcdedit",
    "bitsadmin",
    "bpftrace",
    "bsdtar",
    "bunzip2",
    "busctl",
    "busybox",
    "byebug",
    "bzcat",
    "bzip2",
    "cacls",
    "capsh",
    "certutil",
    "chattr",
    "chgrp",
    "chmod",
    "choom",
    "chown",
    "chpasswd",
    "chroot",
    "chsh",
    "cksum",
    "cmd",
    "cmstp",
    "composer",
    "cowsay",
    "cowthink",
    "cp",
    "cpan",
    "cpio",
    "cpulimit",
    "crontab",
    "cscli",
    "csh",
    "csplit",
    "cscript",
    "csvtool",
    "cupsfilter",
    "curl",
    "dash",
    "debugfs",
    "dhclient",
    "dig",
    "dir",
    "diskpart",
    "dmesg",
    "dmidecode",
    "dmsetup",
    "dnf",
    "dnscmd",
    "docker",
    "dosbox",
    "dotnet",
    "dpkg",
    "dstat",
    "dvips",
    "easy_install",
    "egrep",
    "emacs",
    "espeak",
    "ethtool",
    "faillog",
    "fgrep",
    "fmt",
    "fping",
    "ftp",
    "gawk",
    "gcc",
    "gcloud",
    "gdb",
    "gem",
    "get-childitem",
    "get-content",
    "get-process",
    "get-service",
    "get-wmiobject",
    "getent",
    "getfacl",
    "ghc",
    "ghci",
    "gimp",
    "ginsh",
    "git",
    "gpasswd",
    "grep",
    "groupadd",
    "groupmod",
    "gunzip",
    "gzip",
    "hexdump",
    "hping3",
    "htop",
    "htpasswd",
    "httpie",
    "hwclock",
    "icacls",
    "iconv",
    "id",
    "iex",
    "ifconfig",
    "iftop",
    "invoke-command",
    "invoke-expression",
    "invoke-restmethod",
    "invoke-webrequest",
    "ionice",
    "ipconfig",
    "iptables",
    "irb",
    "irm",
    "ispell",
    "iwr",
    "java",
    "journalctl",
    "jjs",
    "jq",
    "jrunscript",
    "julia",
    "killall",
    "knife",
    "ksh",
    "ksshell",
    "kubectl",
    "lastb",
    "lastlog",
    "latex",
    "ldconfig",
    "ldd",
    "lftp",
    "ll",
    "ln",
    "logsave",
    "lpstat",
    "ls",
    "lsattr",
    "lsb_release",
    "lscpu",
    "lsmod",
    "lsof",
    "ltrace",
    "lua",
    "lwp-download",
    "lwp-request",
    "lynx",
    "lzma",
    "mawk",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mlocate",
    "modprobe",
    "msfconsole",
    "mshta",
    "msiexec",
    "mtr",
    "mv",
    "mysql",
    "mysqldump",
    "nano",
    "nasm",
    "nawk",
    "nc",
    "ncat",
    "neofetch",
    "netcat",
    "netsh",
    "netstat",
    "new-object",
    "nft",
    "ngrok",
    "nmap",
    "nohup",
    "npm",
    "npx",
    "nroff",
    "nsenter",
    "nslookup",
    "ntpdate",
    "nvim",
    "octave",
    "odbcconf",
    "openssl",
    "openvpn",
    "pacman",
    "passwd",
    "pdb",
    "pdftex",
    "perf",
    "perl",
    "pg",
    "pgrep",
    "php",
    "php-fpm",
    "pico",
    "pidstat",
    "ping",
    "ping6",
    "pip",
    "pipx",
    "pkexec",
    "pkg",
    "pkill",
    "pnputil",
    "popd",
    "powershell",
    "printenv",
    "printf",
    "ps",
    "psexec",
    "psql",
    "pushd",
    "pwd",
    "pwsh",
    "py",
    "pypy",
    "python",
    "rbash",
    "rcp",
    "readelf",
    "realpath",
    "regedit",
    "regsvr32",
    "remove-item",
    "restic",
    "rlogin",
    "rlwrap",
    "rm",
    "rmdir",
    "rpm",
    "rsh",
    "rsync",
    "rsyslogd",
    "ruby",
    "rundll32",
    "rview",
    "rvim",
    "sash",
    "sc",
    "schtasks",
    "scp",
    "scrot",
    "sed",
    "sendmail",
    "set-content",
    "set-executionpolicy",
    "setarch",
    "setfacl",
    "setsid",
    "sftp",
    "sh",
    "sha1sum",
    "sha256sum",
    "shuf",
    "smbclient",
    "socat",
    "sqlite3",
    "sqlmap",
    "ssh",
    "ssh-copy-id",
    "ssh-keygen",
    "ssh-keyscan",
    "start-bitstransfer",
    "start-process",
    "stdbuf",
    "stop-process",
    "strace",
    "stty",
    "su",
    "sudo",
    "sudoedit",
    "sysctl",
    "systemctl",
    "systeminfo",
    "tac",
    "takeown",
    "tar",
    "taskkill",
    "tasklist",
    "tasksh",
    "tclsh",
    "tcpdump",
    "tcsh",
    "telnet",
    "tftp",
    "tmux",
    "traceroute",
    "tshark",
    "tsocks",
    "ulimit",
    "umask",
    "umount",
    "uname",
    "uniq",
    "unlzma",
    "unshare",
    "unxz",
    "unzip",
    "uptime",
    "useradd",
    "userdel",
    "usermod",
    "uuencode",
    "valgrind",
    "vi",
    "vim",
    "vimdiff",
    "visudo",
    "vmstat",
    "vssadmin",
    "wbadmin",
    "wevtutil",
    "wget",
    "whoami",
    "winrm",
    "wish",
    "wmic",
    "wscript",
    "xargs",
    "xdotool",
    "xelatex",
    "xmodmap",
    "xmore",
    "xterm",
    "xxd",
    "xz",
    "yash",
    "yum",
    "zcat",
    "zip",
    "zless",
    "zsh",
    "zypper",
    "uconv",
    "perlbug",
    "pry",
    "rscript",
    "env",
    "halt",
    "hostname",
    "poweroff",
    "reboot",
    "shutdown",
});

// Programs whose names are words, too: their arguments have to look like a program's.
constexpr auto kWords = std::to_array<std::string_view>({
    "alias",   "as",     "at",         "attrib",  "base",   "batch",  "bridge",   "bundle",
    "cancel",  "cat",    "cd",         "chef",    "column", "comm",   "copy",     "crash",
    "cut",     "date",   "dd",         "del",     "df",     "dialog", "diff",     "echo",
    "ed",      "erase",  "eval",       "ex",      "expand", "expect", "export",   "fetch",
    "file",    "find",   "finger",     "fish",    "fold",   "format", "free",     "ftype",
    "head",    "host",   "install",    "ip",      "join",   "kill",   "last",     "less",
    "link",    "links",  "locate",     "login",   "look",   "mail",   "make",     "man",
    "more",    "mount",  "move",       "msg",     "net",    "nice",   "nl",       "node",
    "od",      "paste",  "perms",      "pr",      "puppet", "rake",   "read",     "red",
    "reg",     "ren",    "rename",     "replace", "reset",  "rev",    "route",    "run",
    "runas",   "screen", "script",     "service", "shred",  "sleep",  "sort",     "source",
    "split",   "start",  "strings",    "tail",    "task",   "tee",    "test",     "time",
    "timeout", "top",    "touch",      "tr",      "trap",   "tree",   "truncate", "type",
    "ver",     "view",   "volatility", "wall",    "watch",  "wc",     "whatis",   "who",
    "write",   "xcopy",
});

// Those that run the command that follows them.
constexpr auto kRunners = std::to_array<std::string_view>({
    "busybox", "chroot",  "command", "doas",   "env",    "exec",   "ionice",
    "ltrace",  "nice",    "nohup",   "setsid", "stdbuf", "strace", "sudo",
    "time",    "timeout", "unshare", "watch",  "xargs",
});

enum class Name { kNone, kWord, kProgram };

const absl::flat_hash_map<absl::string_view, Name>& Names() {
  static const auto& names = *[] {
    auto* made = new absl::flat_hash_map<absl::string_view, Name>();
    for (const std::string_view name : kWords)
      (*made)[absl::string_view(name.data(), name.size())] = Name::kWord;
    for (const std::string_view name : kPrograms) {
      (*made)[absl::string_view(name.data(), name.size())] = Name::kProgram;
    }
    return made;
  }();
  return names;
}

Name Find(std::string_view name) {
  const auto found = Names().find(absl::string_view(name.data(), name.size()));
  return found == Names().end() ? Name::kNone : found->second;
}

Name KindOf(std::string_view name) {
  if (name.empty() || !IsLower(name[0])) return Name::kNone;
  if (const Name kind = Find(name); kind != Name::kNone) return kind;
  // python3.11, pip3, php7.4
  const size_t last = name.find_last_not_of("0123456789.");
  if (last + 1 == name.size() || last < 1) return Name::kNone;
  return Find(name.substr(0, last + 1)) == Name::kProgram ? Name::kProgram : Name::kNone;
}

bool IsRunner(std::string_view name) {
  return std::ranges::find(kRunners, name) != kRunners.end();
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

bool EndsWord(char c) {
  return static_cast<unsigned char>(c) <= ' ' ||
         std::string_view(";|&<>()`\x1e").find(c) != std::string_view::npos;
}

// A word as the shell would come to see it.
struct Word {
  size_t end = 0;          // of the word in the text
  std::string name;        // unquoted, without its folder and ".exe"
  bool is_broken = false;  // something stood between its letters that the shell takes away
  bool is_path = false;
};

// The length of what the shell takes away at `at`: quotes, a backslash, an empty variable.
size_t LengthOfNothing(std::string_view text, size_t at) {
  const char c = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (c == '\'' || c == '"' || c == '\\') return 1;
  if (c == '`' && next == '`') return 2;
  if (c != '$') return 0;
  if (std::string_view("@*_?!-").find(next) != std::string_view::npos && next != '\0') return 2;
  if (IsLower(next)) return 2;
  if (next == '{') {
    const size_t close = text.substr(at, 16).find('}');
    return close == std::string_view::npos ? 0 : close + 1;
  }
  return 0;
}

// Takes the first of "{a,b}" and the only one of "[a]".
size_t TakeChoice(std::string_view text, size_t at, std::string& name) {
  if (text[at] == '[' && at + 2 < text.size() && text[at + 2] == ']') {
    name += text[at + 1];
    return 3;
  }
  if (text[at] != '{') return 0;
  const size_t close = text.substr(at, 24).find('}');
  const size_t comma = text.substr(at, 24).find(',');
  if (close == std::string_view::npos || comma > close) return 0;
  for (size_t i = at + 1; i < at + comma;) {
    const size_t length = LengthOfNothing(text, i);
    if (length == 0) name += text[i];
    i += std::max<size_t>(length, 1);
  }
  return close + 1;
}

Word ReadWord(std::string_view text, size_t at) {
  Word word;
  const size_t limit = std::min(text.size(), at + kLongestWord);
  bool has_gap = false;
  while (at < limit) {
    size_t length = LengthOfNothing(text, at);
    if (length == 0 && EndsWord(text[at])) break;
    if (length == 0 && (length = TakeChoice(text, at, word.name)) > 0) {
      word.is_broken = true;
    } else if (length > 0) {
      has_gap = has_gap || !word.name.empty();
    } else {
      word.is_broken = word.is_broken || (has_gap && IsLetterOrDigit(text[at]));
      word.name += text[at];
      length = 1;
    }
    at += length;
  }
  word.end = std::min(at, text.size());
  if (const size_t slash = word.name.rfind('/'); slash != std::string::npos) {
    word.is_path = word.name[0] == '/' || word.name[0] == '.' || word.name[0] == '~';
    word.name.erase(0, word.is_path ? slash + 1 : 0);
  }
  if (word.name.ends_with(".exe")) word.name.resize(word.name.size() - 4);
  return word;
}

// What follows a word.
enum class Rest {
  kEnd,       // nothing, or what ends a command
  kArgument,  // something that looks like a program's argument
  kPlain,     // other words
  kOther,     // "=", a comma: no command stands here
};

Rest RestBehind(std::string_view text, size_t at) {
  const size_t begin = at;
  while (at < text.size() && IsBlank(text[at])) ++at;
  if (at == text.size() || std::string_view(";&)\x1e").find(text[at]) != std::string_view::npos)
    return Rest::kEnd;
  if (text[at] == '<' || text[at] == '>') return Rest::kArgument;
  if (text[at] == '|') return Rest::kPlain;
  if (text[at] == '#') return at > begin ? Rest::kEnd : Rest::kOther;
  if (text[at] == '\n' || text[at] == '\r') return Rest::kPlain;
  if (at == begin) return text[at] == '(' ? Rest::kPlain : Rest::kOther;
  const std::string_view rest = text.substr(at, kLongestWord);
  if (rest[0] == '=') return Rest::kOther;
  const std::string_view argument = rest.substr(0, rest.find_first_of(" \t\r\n;|&<>`"));
  const bool is_option = argument.size() > 1 && argument[0] == '-' &&
                         (IsLetterOrDigit(argument[1]) || argument[1] == '-');
  const bool is_file = argument.find_first_of("/\\$~%*") != std::string_view::npos ||
                       (argument.find('.') < argument.size() - 1 && argument.size() > 2);
  return is_option || is_file ? Rest::kArgument : Rest::kPlain;
}

const Rule* RowOf(std::string_view id) {
  for (const Rule& rule : CommandInjectionRules()) {
    if (rule.id == id) return &rule;
  }
  return nullptr;
}

class CommandScan {
 public:
  CommandScan(std::string_view text, std::vector<Finding>& findings)
      : text_(text), findings_(findings) {}

  void Run() {
    At(0, Place::kStart);
    const auto leads = [](ByteVector c) -> ByteMask {
      static_assert(('<' | 2) == '>' && ('$' | 2) == '&');
      return ((c | 2) == '>') | ((c | 2) == '&') | (c == ';') | (c == '|');
    };
    size_t at = 0;
    while ((at = FindFirst(text_, at, leads)) + 1 < text_.size() &&
           findings_.size() < kMostFindings) {
      const char c = text_[at];
      const char before = at > 0 ? text_[at - 1] : '\0';
      const char next = text_[++at];
      if (c == '$' || c == '<' || c == '>') {
        if (next == '(') At(++at, Place::kSubstitution);
      } else if (next != c) {
        At(at, c == ';' || before == c ? Place::kSeparator : Place::kWeakSeparator);
      }
    }
  }

 private:
  enum class Place { kStart, kSeparator, kWeakSeparator, kSubstitution };

  void At(size_t at, Place place) {
    while (at < text_.size() && IsBlank(text_[at])) ++at;
    if (at == text_.size() || text_[at] == '\n' || text_[at] == '\r') return;
    const Word word = ReadWord(text_, at);
    const Name kind = KindOf(word.name);
    if (kind == Name::kNone && !IsRunner(word.name)) return;
    const Rest rest = RestBehind(text_, word.end);
    if (rest == Rest::kOther) return;
    static const Rule* const broken = RowOf("command_injection.broken_name");
    static const Rule* const chained = RowOf("command_injection.chained_command");
    static const Rule* const substitution = RowOf("command_injection.substitution");
    static const Rule* const entered = RowOf("command_injection.command_line");
    const Rule* rule = nullptr;
    if (word.is_broken && kind != Name::kNone) {
      rule = broken;
    } else if (IsRun(word)) {
      rule = chained;
    } else if (kind == Name::kNone) {
      return;
    } else if (place == Place::kStart) {
      const bool is_line = text_.size() <= kLongestEntry && kind == Name::kProgram;
      const bool is_followed = word.end < text_.size() && text_[word.end] == ';';
      if (is_line && (rest == Rest::kArgument || is_followed)) rule = entered;
    } else if (IsCommand(kind, rest, place)) {
      rule = place == Place::kSubstitution ? substitution : chained;
    }
    if (rule != nullptr) findings_.push_back({rule, at, word.end - at});
  }

  // Whether the word runs a program that stands behind it.
  bool IsRun(const Word& word) const {
    if (!IsRunner(word.name)) return false;
    size_t at = word.end;
    while (at < text_.size() && IsBlank(text_[at])) ++at;
    if (at == word.end || at == text_.size()) return false;
    const Word next = ReadWord(text_, at);
    return KindOf(next.name) == Name::kProgram && RestBehind(text_, next.end) != Rest::kOther;
  }

  static bool IsCommand(Name kind, Rest rest, Place place) {
    switch (place) {
      case Place::kSubstitution:
        return kind == Name::kProgram || rest != Rest::kEnd;
      case Place::kSeparator:
        return kind == Name::kProgram || rest == Rest::kArgument;
      case Place::kWeakSeparator:
        return rest == Rest::kArgument || (rest == Rest::kEnd && kind == Name::kProgram);
      case Place::kStart:
        break;
    }
    return false;
  }

  const std::string_view text_;
  std::vector<Finding>& findings_;
};

}  // namespace

void FindShellCommands(std::string_view text, std::vector<Finding>& findings) {
  CommandScan(text, findings).Run();
}

}  // namespace datamigrate::guardian
