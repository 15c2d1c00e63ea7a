#include "gateway/http/entity_tag.h"

namespace datamigrate::gateway {
namespace {

// A tag of ours holds neither quotes nor commas: a plain search between quotes finds it.
bool Matches(std::string_view list, std::string_view etag, bool is_strong) {
  if (list == "*") return true;
  for (size_t at = list.find(etag); at != std::string_view::npos; at = list.find(etag, at + 1)) {
    const std::string_view before = list.substr(0, at);
    if (before.empty() || before.ends_with(' ') || before.ends_with(',') ||
        (!is_strong && before.ends_with("W/"))) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool MatchesEtag(std::string_view list, std::string_view etag) {
  return Matches(list, etag, /*is_strong=*/false);
}

bool MatchesEtagStrongly(std::string_view list, std::string_view etag) {
  return Matches(list, etag, /*is_strong=*/true);
}

}  // namespace datamigrate::gateway
