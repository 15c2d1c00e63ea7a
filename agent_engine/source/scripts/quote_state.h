// What a script's characters are to the splitting of batches: code, or inside a string, a quoted
// name or a comment.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace datamigrate::source {

// What separates words within a line.
inline constexpr std::string_view kBlank = " \t\v\f\r";

enum class QuoteState : unsigned char {
  kCode,
  kLineComment,
  kBlockComment,
  kString,
  kQuotedName,
  kBracketedName
};

// Whether GO lines are not seen in this state.
constexpr bool HidesGo(QuoteState state) {
  return state != QuoteState::kCode && state != QuoteState::kLineComment;
}

// Walks over a script character by character. Comments nest: "Slash Star (Block Comment)".
class QuoteScanner {
 public:
  QuoteState state() const { return state_; }
  void Reset() { state_ = QuoteState::kCode; }

  // Takes in the token at `at`, one or two characters; returns where the next begins. A doubled
  // quote leaves its state and enters it again, which comes to the same.
  size_t Step(std::string_view text, size_t at);

 private:
  size_t StepCode(std::string_view text, size_t at);
  size_t StepBlockComment(std::string_view text, size_t at);

  QuoteState state_ = QuoteState::kCode;
  int comment_depth_ = 0;
};

// Whether the line that begins at `at` is GO, which ends a batch. The rest of the line may hold a
// count, a semicolon and a comment.
bool IsGoLine(std::string_view text, size_t at);

// Starts of the GO lines that must end a batch although a string, quoted name or comment is open:
// the script ends inside one, so that its closing mark is missing, most likely before the first GO
// that it hides. Empty for scripts whose marks are balanced. Ascending; a script with more than
// kMaxUnclosed such places is left alone after them.
inline constexpr size_t kMaxUnclosed = 16;
std::vector<size_t> UnclosedGoLines(std::string_view text);

}  // namespace datamigrate::source
