#include "gateway/filters/representation/content_coding.h"

#include <zlib.h>

#include "absl/strings/match.h"

namespace datamigrate::gateway {
namespace {

constexpr int kLevel = 4;  // three quarters of what 9 gains, at a third of its time
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Thousandths; nothing for what is no weight (RFC 9110 section 12.4.2).
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

bool WantsGzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> any;
  std::optional<int> identity;
  while (!accept_encoding.empty()) {
    const size_t comma = accept_encoding.find(',');
    const std::string_view element = Trim(accept_encoding.substr(0, comma));
    accept_encoding = comma == std::string_view::npos ? "" : accept_encoding.substr(comma + 1);
    if (element.empty()) continue;
    const std::optional<Offer> offer = ParseOffer(element);
    if (!offer.has_value()) return false;
    if (Is(offer->coding, "gzip") || Is(offer->coding, "x-gzip")) gzip = offer->weight;
    if (offer->coding == "*") any = offer->weight;
    if (Is(offer->coding, "identity")) identity = offer->weight;
  }
  const int weight = gzip.value_or(any.value_or(0));
  return weight > 0 && weight >= identity.value_or(0);
}

std::optional<std::string> Gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return std::nullopt;
  }
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (!is_whole) return std::nullopt;
  return packed;
}

}  // namespace datamigrate::gateway
