#include "agent_engine/dialects/like_pattern.h"

#include <algorithm>

namespace datamigrate::dialects {
namespace {

using Kind = PatternPiece::Kind;

void AddText(std::vector<PatternPiece>& pieces, char c) {
  if (pieces.empty() || pieces.back().kind != Kind::kText)
    pieces.push_back({Kind::kText, "", false});
  pieces.back().text += c;
}

void AppendQuoted(std::string& regex, std::string_view text) {
  for (const char c : text) {
    if (std::string_view("\\.^$|()[]{}*+?").find(c) != std::string_view::npos) regex += '\\';
    regex += c;
  }
}

}  // namespace

std::vector<PatternPiece> ParseLikePattern(std::string_view pattern, char escape) {
  std::vector<PatternPiece> pieces;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (escape != 0 && c == escape && i + 1 < pattern.size()) {
      AddText(pieces, pattern[++i]);
    } else if (c == '%') {
      pieces.push_back({Kind::kAny, "", false});
    } else if (c == '_') {
      pieces.push_back({Kind::kOne, "", false});
    } else if (c == '[') {
      const size_t end = pattern.find(']', i + 1);
      if (end == std::string_view::npos) {
        AddText(pieces, c);
        continue;
      }
      std::string_view content = pattern.substr(i + 1, end - i - 1);
      const bool negated = content.starts_with('^');
      if (negated) content.remove_prefix(1);
      i = end;
      // [%], [_] and [[] are how the wildcards themselves are written.
      if (!negated && content.size() == 1) {
        AddText(pieces, content[0]);
      } else {
        pieces.push_back({Kind::kSet, std::string(content), negated});
      }
    } else {
      AddText(pieces, c);
    }
  }
  return pieces;
}

bool HasSets(const std::vector<PatternPiece>& pieces) {
  return std::ranges::any_of(pieces,
                             [](const PatternPiece& piece) { return piece.kind == Kind::kSet; });
}

std::string ToLikePattern(const std::vector<PatternPiece>& pieces, char escape, bool& used_escape) {
  std::string pattern;
  used_escape = false;
  const bool has_special = std::ranges::any_of(pieces, [](const PatternPiece& piece) {
    return piece.kind == Kind::kText && piece.text.find_first_of("%_") != std::string::npos;
  });
  for (const PatternPiece& piece : pieces) {
    if (piece.kind == Kind::kAny) pattern += '%';
    if (piece.kind == Kind::kOne) pattern += '_';
    if (piece.kind != Kind::kText) continue;
    for (const char c : piece.text) {
      if (c == '%' || c == '_' || (has_special && c == escape)) {
        pattern += escape;
        used_escape = true;
      }
      pattern += c;
    }
  }
  return pattern;
}

std::string ToRegex(const std::vector<PatternPiece>& pieces) {
  std::string regex;
  for (const PatternPiece& piece : pieces) {
    switch (piece.kind) {
      case Kind::kAny:
        regex += ".*";
        break;
      case Kind::kOne:
        regex += '.';
        break;
      case Kind::kText:
        AppendQuoted(regex, piece.text);
        break;
      case Kind::kSet:
        regex += piece.negated ? "[^" : "[";
        for (const char c : piece.text) {
          if (c == '\\' || c == '[' || c == ']' || c == '^') regex += '\\';
          regex += c;
        }
        regex += ']';
        break;
    }
  }
  return regex;
}

}  // namespace datamigrate::dialects
