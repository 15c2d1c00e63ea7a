#include "common/guardian/unanchored_secrets.h"

#include <algorithm>
#include <cstddef>

#include "common/guardian/ascii.h"
#include "common/guardian/entropy.h"
#include "common/guardian/secret_formats.h"
#include "common/guardian/text/byte_blocks.h"

namespace datamigrate::guardian {
namespace {

constexpr size_t kTimeLength = 6;
constexpr size_t kShortestId = 24, kLongestId = 26;
constexpr size_t kShortestSignature = 27, kLongestSignature = 38;
constexpr size_t kShortestHeader = 15;  // {"alg":"none"} takes 19, an empty "alg" 15
constexpr size_t kLongestHeader = 8192;
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr size_t kShortestBody = 20;  // of base64, so that a mere mention of a key is none

bool IsBase64Url(char c) {
  return IsLetterOrDigit(c) || c == '-' || c == '_';
}

const Rule* RowOf(std::string_view id) {
  for (const Rule& rule : SecretRules()) {
    if (rule.id == id) return &rule;
  }
  return nullptr;
}

// The first point at or after `from` behind which "ey" or "ew" stands, as a part of a web token
// begins, or another point behind so many bytes as a Discord token has there; or the text's size.
size_t NextPoint(std::string_view text, size_t from) {
  return FindPlace<kTimeLength + 1>(text, from, [](const char* at) -> ByteMask {
    const ByteVector third = LoadBlock(at + 2);
    return (LoadBlock(at) == '.') &
           (((LoadBlock(at + 1) == 'e') & ((third == 'y') | (third == 'w'))) |
            (LoadBlock(at + 1 + kTimeLength) == '.'));
  });
}

// The first kBegin at or after `from`, or the size of the text.
size_t NextArmour(std::string_view text, size_t from) {
  constexpr size_t kLast = kBegin.size() - 1;
  const auto is_likely = [](const char* at) -> ByteMask {
    return (LoadBlock(at) == kBegin[0]) & (LoadBlock(at + 5) == kBegin[5]) &
           (LoadBlock(at + kLast) == kBegin[kLast]);
  };
  size_t at = from;
  while ((at = FindPlace<kLast>(text, at, is_likely)) < text.size()) {
    if (text.substr(at, kBegin.size()) == kBegin) return at;
    ++at;
  }
  return text.size();
}

// The end of the run of base64url that begins at `position`, at most `longest` bytes on.
size_t EndOfRun(std::string_view text, size_t position, size_t longest) {
  const size_t stop = position + std::min(longest, text.size() - position);
  while (position < stop && IsBase64Url(text[position])) ++position;
  return position;
}

class TokenScan {
 public:
  TokenScan(std::string_view text, std::vector<Finding>& findings)
      : text_(text), findings_(findings) {}

  void Run() {
    static const Rule* const web_token = RowOf("secret.json_web_token");
    static const Rule* const discord = RowOf("secret.discord_bot_token");
    while ((point_ = NextPoint(text_, position_)) < text_.size()) {
      const size_t searched = position_;
      position_ = point_ + 1;
      const char third = text_[point_ + 2];
      if (text_[point_ + 1] == 'e' && (third == 'y' || third == 'w')) {
        Add(web_token, WebToken(searched));
      } else {
        Add(discord, DiscordToken(searched));
      }
    }
  }

 private:
  struct Range {
    size_t begin = 0;
    size_t end = 0;
  };

  void Add(const Rule* rule, Range range) {
    if (range.end == 0) return;
    findings_.push_back({rule, range.begin, range.end - range.begin});
    position_ = range.end;
  }

  // RFC 7515 section 7.1: two parts that are JSON in base64url, and a signature unless it is none.
  Range WebToken(size_t searched) const {
    size_t begin = point_;
    while (begin > searched && text_[begin - 1] == '=') --begin;
    while (begin > searched && point_ - begin < kLongestHeader && IsBase64Url(text_[begin - 1])) {
      --begin;
    }
    begin = text_.substr(0, point_).find("ey", begin);
    if (begin == std::string_view::npos || point_ - begin < kShortestHeader) return {};
    size_t end = EndOfRun(text_, point_ + 1, text_.size());
    if (end - point_ < 10) return {};
    while (end < text_.size() && text_[end] == '=') ++end;
    if (end < text_.size() && text_[end] == '.') end = EndOfRun(text_, end + 1, text_.size());
    if (!IsJsonWebToken(text_.substr(begin, end - begin))) return {};
    return {begin, end};
  }

  Range DiscordToken(size_t searched) const {
    const size_t second = point_ + 1 + kTimeLength;
    if (EndOfRun(text_, point_ + 1, kTimeLength) != second) return {};
    const size_t end = EndOfRun(text_, second + 1, kLongestSignature);
    if (end - second - 1 < kShortestSignature) return {};
    size_t run = 0;
    while (run < point_ - searched && run < kLongestId && IsBase64Url(text_[point_ - run - 1]))
      ++run;
    // The id is a decimal number, so its base64 begins with M, N or O.
    for (size_t length = run; length >= kShortestId; --length) {
      const std::string_view id = text_.substr(point_ - length, length);
      if (id[0] >= 'M' && id[0] <= 'O' && CharacterClasses(id) >= 3) return {point_ - length, end};
    }
    return {};
  }

  std::string_view text_;
  std::vector<Finding>& findings_;
  size_t position_ = 0;
  size_t point_ = 0;
};

// Past what stands between the lines of a body that a program's text holds: blanks, quotes, plus
// signs and commas, escaped line ends.
size_t SkipBetweenLines(std::string_view text, size_t position) {
  while (position < text.size()) {
    const char c = text[position];
    if (c == '\\' && position + 1 < text.size() &&
        std::string_view("nrt").find(text[position + 1]) != std::string_view::npos) {
      position += 2;
    } else if (std::string_view(" \t\r\n\"'+,").find(c) != std::string_view::npos) {
      ++position;
    } else {
      break;
    }
  }
  return position;
}

// The end of the armour headers that begin at `position`: lines like "Version: GnuPG v2".
size_t SkipHeaders(std::string_view text, size_t position) {
  for (int line = 0; line < 8; ++line) {
    size_t end = position;
    while (end < text.size() && end - position < 24 && (IsLetter(text[end]) || text[end] == '-'))
      ++end;
    if (end == position || end >= text.size() || text[end] != ':') break;
    const size_t line_end = text.substr(end, 200).find('\n');
    if (line_end == std::string_view::npos) break;
    position = SkipBetweenLines(text, end + line_end);
  }
  return position;
}

bool IsBase64(char c) {
  return IsLetterOrDigit(c) || c == '+' || c == '/' || c == '=';
}

void FindPrivateKeys(std::string_view text, std::vector<Finding>& findings) {
  static const Rule* const rule = RowOf("secret.private_key");
  constexpr std::string_view kEnd = "-----END ";
  for (size_t begin = 0; (begin = NextArmour(text, begin)) < text.size();) {
    const std::string_view label = text.substr(begin + kBegin.size(), 80);
    const size_t dashes = label.find("-----");
    size_t next = begin + kBegin.size();
    if (dashes != std::string_view::npos &&
        label.substr(0, dashes).find("PRIVATE KEY") != std::string_view::npos) {
      size_t position = SkipBetweenLines(text, next + dashes + 5);
      position = SkipHeaders(text, position);
      size_t body = 0, end = position;
      while (position < text.size()) {
        if (IsBase64(text[position])) {
          ++body;
          end = ++position;
          continue;
        }
        const size_t line = SkipBetweenLines(text, position);
        if (line == position) break;
        position = line;
      }
      if (body >= kShortestBody) {
        if (text.substr(position, kEnd.size()) == kEnd) {
          const size_t close = text.substr(position + kEnd.size(), 80).find("-----");
          if (close != std::string_view::npos) end = position + kEnd.size() + close + 5;
        }
        findings.push_back({rule, begin, end - begin});
      }
      next = std::max(next, end);
    }
    begin = next;
  }
}

}  // namespace

void FindUnanchoredSecrets(std::string_view text, std::vector<Finding>& findings) {
  if (text.empty()) return;
  TokenScan(text, findings).Run();
  FindPrivateKeys(text, findings);
}

}  // namespace datamigrate::guardian
