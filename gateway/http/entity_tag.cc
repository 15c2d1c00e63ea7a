#include "gateway/http/entity_tag.h"

#include <fmt/format.h>
#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // XXH3_128bits by the widest registers that this processor has
#endif

#include <algorithm>
#include <array>

#include "common/crypto/encoding.h"
#include "gateway/http/problem.h"

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

std::string EtagOf(std::string_view body, std::string_view coding) {
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(body.data(), body.size()));
  const std::string fingerprint =
      crypto::Base64UrlEncode({reinterpret_cast<const char*>(hash.digest), sizeof hash.digest});
  return fmt::format("\"{}{}{}\"", fingerprint, coding.empty() ? "" : "-", coding);
}

std::optional<Response> RefuseUnlessMatch(const Request& request, std::string_view body) {
  if (!request.headers.Has("If-Match")) return std::nullopt;
  const std::string_view wanted = request.headers.Get("If-Match");
  constexpr std::array<std::string_view, 3> kCodings = {"", "gzip", "zstd"};
  const bool matches = std::ranges::any_of(kCodings, [&](std::string_view coding) {
    return MatchesEtagStrongly(wanted, EtagOf(body, coding));
  });
  if (matches) return std::nullopt;
  return Problem(request, 412, "It was changed meanwhile; get it again, and repeat the change.");
}

}  // namespace datamigrate::gateway
