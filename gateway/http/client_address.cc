#include "gateway/http/client_address.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/match.h"
#include "gateway/http/field_value.h"

namespace datamigrate::gateway {
namespace {

using Bytes = AddressBytes;

// "192.0.2.1:80", "[2001:db8::1]:80" and "[2001:db8::1]" without port and brackets.
std::string_view WithoutPort(std::string_view node) {
  if (node.starts_with('[')) {
    const size_t close = node.find(']');
    return close == std::string_view::npos ? std::string_view() : node.substr(1, close - 1);
  }
  const size_t colon = node.find(':');
  const bool is_one = colon != std::string_view::npos && node.rfind(':') == colon;
  return is_one ? node.substr(0, colon) : node;
}

// The "for" of one element (RFC 7239 section 4): `for="[2001:db8::1]:80";proto=https`.
std::string_view ForOf(std::string_view element) {
  while (!element.empty()) {
    const size_t end = element.find(';');
    const std::string_view pair = Trim(element.substr(0, end));
    const size_t equals = pair.find('=');
    if (equals == 3 && absl::EqualsIgnoreCase({pair.data(), 3}, "for")) {
      std::string_view node = pair.substr(4);
      if (node.size() >= 2 && node.starts_with('"') && node.ends_with('"')) {
        node = node.substr(1, node.size() - 2);
      }
      return node;
    }
    if (end == std::string_view::npos) break;
    element.remove_prefix(end + 1);
  }
  return {};
}

// Values of every field of that name, as one list.
std::string Joined(const Headers& headers, std::string_view name) {
  std::string joined;
  for (const auto& [field, value] : headers.fields()) {
    if (!absl::EqualsIgnoreCase({field.data(), field.size()}, {name.data(), name.size()})) continue;
    if (!joined.empty()) joined += ',';
    joined += value;
  }
  return joined;
}

}  // namespace

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(std::string_view networks, Field field) {
  TrustedProxies proxies;
  proxies.field_ = field;
  while (!networks.empty()) {
    const size_t comma = networks.find(',');
    const std::string_view text = Trim(networks.substr(0, comma));
    networks = comma == std::string_view::npos ? "" : networks.substr(comma + 1);
    if (absl::Status added = proxies.networks_.Add(text); !added.ok()) return added;
  }
  return proxies;
}

bool TrustedProxies::Contains(std::string_view address) const {
  return networks_.Contains(address);
}

std::string TrustedProxies::ClientOf(const std::string& peer, const Headers& headers) const {
  if (networks_.empty() || !Contains(peer)) return peer;
  const bool is_forwarded = field_ == Field::kForwarded;
  const std::string list = Joined(headers, is_forwarded ? "Forwarded" : "X-Forwarded-For");
  std::string client = peer;
  for (std::string_view rest = list; !rest.empty();) {
    const size_t comma = rest.rfind(',');
    const std::string_view element = Trim(rest.substr(comma + 1));  // npos + 1 is 0
    rest = comma == std::string_view::npos ? "" : rest.substr(0, comma);
    const std::optional<Bytes> address =
        ParseAddress(WithoutPort(is_forwarded ? ForOf(element) : element));
    if (!address.has_value()) break;
    client = PrintAddress(*address);
    if (!Contains(client)) break;
  }
  return client;
}

namespace {

constexpr std::string_view kVersion2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kVersion1 = "PROXY ";
constexpr size_t kLongestVersion1 = 107;
constexpr size_t kVersion2Head = 16;
constexpr size_t kLongestVersion2 = 2048;  // addresses and what proxies add to them

ProxyRead ReadVersion1(std::string_view bytes, ProxyHeader& header, size_t& needed) {
  const size_t end = bytes.substr(0, kLongestVersion1).find("\r\n");
  if (end == std::string_view::npos) {
    needed = bytes.size() + 1;
    return bytes.size() >= kLongestVersion1 ? ProxyRead::kWrong : ProxyRead::kPartial;
  }
  header.length = end + 2;
  std::vector<std::string_view> words;
  for (std::string_view rest = bytes.substr(0, end);;) {
    const size_t space = rest.find(' ');
    words.push_back(rest.substr(0, space));
    if (space == std::string_view::npos) break;
    rest.remove_prefix(space + 1);
  }
  if (words.size() >= 2 && words[1] == "UNKNOWN") return ProxyRead::kWhole;
  if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) return ProxyRead::kWrong;
  const std::optional<Bytes> source = ParseAddress(words[2]);
  if (!source.has_value() || (words[1] == "TCP4") != (words[2].find(':') == std::string_view::npos))
    return ProxyRead::kWrong;
  header.address = PrintAddress(*source);
  return ProxyRead::kWhole;
}

ProxyRead ReadVersion2(std::string_view bytes, ProxyHeader& header, size_t& needed) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  needed = kVersion2Head;
  if (bytes.size() < kVersion2Head) return ProxyRead::kPartial;
  const size_t length = static_cast<size_t>(byte(14)) << 8 | byte(15);
  if (byte(12) >> 4 != 2 || length > kLongestVersion2) return ProxyRead::kWrong;
  needed = kVersion2Head + length;
  if (bytes.size() < needed) return ProxyRead::kPartial;
  header.length = needed;
  const int command = byte(12) & 15;
  const int family = byte(13) >> 4;
  if (command == 0) return ProxyRead::kWhole;  // LOCAL: the proxy's own health check
  if (command != 1) return ProxyRead::kWrong;
  const auto* const addresses = reinterpret_cast<const uint8_t*>(bytes.data()) + kVersion2Head;
  if (family == 1 && length >= 12) {
    header.address = PrintAddress(AddressOfIpv4(addresses));
  } else if (family == 2 && length >= 36) {
    Bytes source;
    std::copy_n(addresses, source.size(), source.begin());
    header.address = PrintAddress(source);
  } else if (family != 0) {
    return ProxyRead::kWrong;  // a Unix socket is nobody's address
  }
  return ProxyRead::kWhole;
}

}  // namespace

ProxyRead ReadProxyHeader(std::string_view bytes, ProxyHeader& header, size_t& needed) {
  header = {};
  needed = kVersion2.size();
  const std::string_view begin = bytes.substr(0, kVersion2.size());
  if (kVersion2.starts_with(begin)) {
    return begin.size() < kVersion2.size() ? ProxyRead::kPartial
                                           : ReadVersion2(bytes, header, needed);
  }
  const std::string_view word = bytes.substr(0, kVersion1.size());
  if (!kVersion1.starts_with(word)) return ProxyRead::kWrong;
  if (bytes.size() < kVersion2.size()) return ProxyRead::kPartial;
  return ReadVersion1(bytes, header, needed);
}

}  // namespace datamigrate::gateway
