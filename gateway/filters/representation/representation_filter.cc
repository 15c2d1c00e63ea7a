#include "gateway/filters/representation/representation_filter.h"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <optional>
#include <string>
#include <utility>

#include "common/crypto/encoding.h"
#include "gateway/filters/representation/content_coding.h"
#include "gateway/http/entity_tag.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kSmallestPacked = 1024;  // below it the packed text is hardly shorter

bool IsText(std::string_view media_type) {
  return media_type.starts_with("application/json") || media_type.starts_with("text/");
}

bool MayPack(const Request& request, const Response& response) {
  const bool holds_secrets =
      request.route == nullptr || request.route->rate_class == RateClass::kCredentials;
  return !holds_secrets && response.body.size() >= kSmallestPacked &&
         IsText(response.headers.Get("Content-Type")) && !response.headers.Has("Content-Encoding");
}

// The same in every gateway, so that a client may ask another one. Its collisions harm only who
// makes them.
std::string Fingerprint(std::string_view text) {
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(text.data(), text.size()));
  return crypto::Base64UrlEncode({reinterpret_cast<const char*>(hash.digest), sizeof hash.digest});
}

void Pack(Response& response) {
  std::optional<std::string> packed = Gzip(response.body);
  if (!packed.has_value()) return;
  response.body = *std::move(packed);
  response.headers.Set("Content-Encoding", "gzip");
}

}  // namespace

void RepresentationFilter::OnResponse(const Request& request, Response& response) {
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read || response.status != 200 || response.stream != nullptr) return;
  if (response.headers.Has("ETag")) return;
  const bool may_pack = MayPack(request, response);
  const bool packs = may_pack && WantsGzip(request.headers.Get("Accept-Encoding"));
  if (may_pack) response.headers.Add("Vary", "Accept-Encoding");
  // Each coding is a representation of its own.
  const std::string etag =
      fmt::format("\"{}{}\"", Fingerprint(response.body), packs ? "-gzip" : "");
  response.headers.Set("ETag", etag);
  if (MatchesEtag(request.headers.Get("If-None-Match"), etag)) {
    response.status = 304;
    response.body.clear();
    response.headers.Remove("Content-Type");
    return;
  }
  if (packs) Pack(response);
}

}  // namespace datamigrate::gateway
