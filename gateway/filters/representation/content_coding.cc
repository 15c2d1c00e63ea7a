#include "gateway/filters/representation/content_coding.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "gateway/http/accept.h"
#include "gateway/http/field_value.h"

namespace datamigrate::gateway {
namespace {

struct Offer {
  std::string_view coding;
  int weight;
};

std::optional<Offer> ParseOffer(std::string_view element) {
  const size_t semicolon = element.find(';');
  const std::string_view coding = Trim(element.substr(0, semicolon));
  if (semicolon == std::string_view::npos) return Offer{coding, 1000};
  const std::string_view parameter = Trim(element.substr(semicolon + 1));
  if (parameter.size() < 2 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') {
    return std::nullopt;
  }
  const std::optional<int> weight = ParseWeight(parameter.substr(2));
  return weight.has_value() ? std::optional(Offer{coding, *weight}) : std::nullopt;
}

bool Is(std::string_view coding, std::string_view name) {
  return absl::EqualsIgnoreCase({coding.data(), coding.size()}, {name.data(), name.size()});
}

}  // namespace

Coding ChooseCoding(std::string_view accept_encoding) {
  std::optional<int> zstd;
  std::optional<int> gzip;
  std::optional<int> any;
  std::optional<int> identity;
  while (!accept_encoding.empty()) {
    const size_t comma = accept_encoding.find(',');
    const std::string_view element = Trim(accept_encoding.substr(0, comma));
    accept_encoding = comma == std::string_view::npos ? "" : accept_encoding.substr(comma + 1);
    if (element.empty()) continue;
    const std::optional<Offer> offer = ParseOffer(element);
    if (!offer.has_value()) return Coding::kIdentity;
    if (Is(offer->coding, "zstd")) zstd = offer->weight;
    if (Is(offer->coding, "gzip") || Is(offer->coding, "x-gzip")) gzip = offer->weight;
    if (offer->coding == "*") any = offer->weight;
    if (Is(offer->coding, "identity")) identity = offer->weight;
  }
  const int of_zstd = zstd.value_or(any.value_or(0));
  const int of_gzip = gzip.value_or(any.value_or(0));
  const int best = std::max(of_zstd, of_gzip);
  if (best == 0 || best < identity.value_or(0)) return Coding::kIdentity;
  return of_zstd == best ? Coding::kZstd : Coding::kGzip;
}

std::string_view NameOf(Coding coding) {
  switch (coding) {
    case Coding::kZstd:
      return "zstd";
    case Coding::kGzip:
      return "gzip";
    case Coding::kIdentity:
      break;
  }
  return "identity";
}

}  // namespace datamigrate::gateway
