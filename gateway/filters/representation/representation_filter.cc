#include "gateway/filters/representation/representation_filter.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/filters/representation/content_coding.h"
#include "gateway/filters/representation/packer.h"
#include "gateway/http/entity_tag.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kSmallestPacked = 1024;  // below it the packed text is hardly shorter

bool IsText(std::string_view media_type) {
  return media_type.starts_with("application/json") || media_type.starts_with("text/") ||
         media_type.starts_with("application/x-ndjson");
}

// Packing a secret beside what a client sent tells the secret by its length (BREACH): the answers
// of sign-in routes stay as they are, and those that set cookies.
bool MayHoldSecrets(const Request& request, const Response& response) {
  return request.route == nullptr || request.route->rate_class == RateClass::kCredentials ||
         response.headers.Has("Set-Cookie");
}

bool MayPack(const Request& request, const Response& response) {
  return !MayHoldSecrets(request, response) && IsText(response.headers.Get("Content-Type")) &&
         !response.headers.Has("Content-Encoding");
}

Coding CodingOf(const Request& request) {
  return ChooseCoding(request.headers.Get("Accept-Encoding"));
}

void PackBody(Coding coding, Response& response) {
  std::optional<std::string> packed = Pack(coding, response.body);
  if (!packed.has_value()) return;
  response.body = *std::move(packed);
  response.headers.Set("Content-Encoding", NameOf(coding));
}

// Streams that hold back what they have, until it is worth packing, suit no reader of events.
void PackStream(const Request& request, Response& response) {
  if (response.stream_length.has_value() || response.may_end_early) return;
  if (!response.idle_piece.empty()) return;  // it would come between packed pieces
  if (!MayPack(request, response)) return;
  response.headers.Add("Vary", "Accept-Encoding");
  const Coding coding = CodingOf(request);
  if (coding == Coding::kIdentity) return;
  std::unique_ptr<Packer> packer = MakePacker(coding);
  if (packer == nullptr) return;
  response.stream = PackedStream(std::move(response.stream), std::move(packer));
  response.headers.Set("Content-Encoding", NameOf(coding));
}

}  // namespace

void RepresentationFilter::OnResponse(const Request& request, Response& response) {
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read || response.status != 200) return;
  if (response.stream != nullptr) return PackStream(request, response);
  if (response.headers.Has("ETag")) return;
  const bool may_pack = response.body.size() >= kSmallestPacked && MayPack(request, response);
  if (may_pack) response.headers.Add("Vary", "Accept-Encoding");
  const Coding coding = may_pack ? CodingOf(request) : Coding::kIdentity;
  const bool packs = coding != Coding::kIdentity;
  // Each coding is a representation of its own.
  const std::string etag = EtagOf(response.body, packs ? NameOf(coding) : "");
  response.headers.Set("ETag", etag);
  if (MatchesEtag(request.headers.Get("If-None-Match"), etag)) {
    response.status = 304;
    response.body.clear();
    response.headers.Remove("Content-Type");
    return;
  }
  if (packs) PackBody(coding, response);
}

}  // namespace datamigrate::gateway
