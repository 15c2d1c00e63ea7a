#include "gateway/http/accept.h"

#include <algorithm>
#include <vector>

#include "gateway/http/field_value.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {
namespace {

// Up to `end`, which is taken away with it.
std::string_view TakeUntil(std::string_view& rest, char end) {
  const size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return Trim(taken);
}

struct MediaRange {
  std::string_view type;
  int weight = 1000;
};

std::vector<MediaRange> ParseAccept(std::string_view accept) {
  std::vector<MediaRange> ranges;
  while (!accept.empty()) {
    std::string_view element = TakeUntil(accept, ',');
    MediaRange range{TakeUntil(element, ';')};
    while (!element.empty()) {
      const std::string_view parameter = TakeUntil(element, ';');
      if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
      range.weight = ParseWeight(parameter.substr(2)).value_or(0);
    }
    if (!range.type.empty()) ranges.push_back(range);
  }
  return ranges;
}

// How exactly `range` names `type`: 3 by its name, 2 by "text/*", 1 by "*/*", 0 not at all.
int Exactness(std::string_view range, std::string_view type) {
  if (IsSameName(range, type)) return 3;
  const std::string_view group = type.substr(0, type.find('/') + 1);
  if (range.ends_with("/*") && IsSameName(range.substr(0, range.size() - 1), group)) return 2;
  return range == "*/*" ? 1 : 0;
}

// The weight of the range that names the type best.
int WeightOf(std::string_view type, const std::vector<MediaRange>& ranges) {
  int best = 0;
  int weight = 0;
  for (const MediaRange& range : ranges) {
    const int exactness = Exactness(range.type, type);
    if (exactness <= best) continue;
    best = exactness;
    weight = range.weight;
  }
  return weight;
}

}  // namespace

std::optional<int> ParseWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  int place = 100;
  for (const char c : text.substr(std::min<size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

std::optional<size_t> ChooseMediaType(std::string_view accept,
                                      std::span<const std::string_view> offered) {
  const std::vector<MediaRange> ranges = ParseAccept(accept);
  if (ranges.empty()) return 0;
  std::optional<size_t> chosen;
  int best = 0;
  for (size_t i = 0; i < offered.size(); ++i) {
    const int weight = WeightOf(offered[i], ranges);
    if (weight <= best) continue;
    best = weight;
    chosen = i;
  }
  return chosen;
}

}  // namespace datamigrate::gateway
