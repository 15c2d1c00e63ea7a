#include "common/net/address_rule.h"
#include "common/text/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace datamigrate::net {
namespace {

constexpr int kAllBits = 128;
constexpr int kIpv4Prefix = 96;  // of ::ffff:0:0

constexpr std::string_view kLocalNetworks[] = {
    "127.0.0.0/8",   "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "100.64.0.0/10", "::1/128",    "fc00::/7",
};

}  // namespace

std::optional<AddressBytes> ParseAddress(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string address(text);
  AddressBytes bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
  bytes = {};
  bytes[10] = bytes[11] = 0xff;
  if (inet_pton(AF_INET, address.c_str(), bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

std::string FormatAddress(const AddressBytes& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const AddressBytes mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(address.begin(), address.begin() + 12, mapped.begin())) {
    inet_ntop(AF_INET, address.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, address.data(), text, sizeof text);
  }
  return text;
}

std::optional<AddressRule::Network> AddressRule::ParseNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view base = text.substr(0, slash);
  const auto address = ParseAddress(base);
  if (!address.has_value()) return std::nullopt;
  const bool is_ipv4 = base.find(':') == std::string_view::npos;
  int bits = is_ipv4 ? 32 : kAllBits;
  if (slash != std::string_view::npos) {
    const std::string_view length = text.substr(slash + 1);
    const int most = bits;
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (error != std::errc() || end != length.data() + length.size() || bits < 0 || bits > most) {
      return std::nullopt;
    }
  }
  return Network{*address, is_ipv4 ? kIpv4Prefix + bits : bits};
}

bool AddressRule::Contains(const Network& network, const AddressBytes& address) {
  const int whole = network.bits / 8;
  if (std::memcmp(network.address.data(), address.data(), static_cast<size_t>(whole)) != 0) {
    return false;
  }
  const int rest = network.bits % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest) & 0xff;
  const auto at = static_cast<size_t>(whole);
  return (network.address[at] & mask) == (address[at] & mask);
}

absl::StatusOr<AddressRule> AddressRule::Make(const std::vector<std::string>& hosts,
                                              const std::vector<std::string>& networks) {
  AddressRule rule;
  for (const std::string_view text : kLocalNetworks) rule.networks_.push_back(*ParseNetwork(text));
  for (const std::string& text : networks) {
    const auto network = ParseNetwork(text);
    if (!network.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("\"{}\" is no network; write one as 10.1.0.0/16 or fd00::/8", text));
    }
    rule.networks_.push_back(*network);
  }
  for (const std::string& host : hosts) {
    if (host.empty() || host.find_first_of("/ :@") != std::string::npos) {
      return absl::InvalidArgumentError(fmt::format(
          "\"{}\" is no host name; write one without a port, as models.internal", host));
    }
    rule.hosts_.push_back(text::Lower(host));
  }
  return rule;
}

bool AddressRule::Allows(const AddressBytes& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return Contains(network, address); });
}

bool AddressRule::AllowsHost(std::string_view host) const {
  if (const auto address = ParseAddress(host); address.has_value()) return Allows(*address);
  const std::string name = text::Lower(host);
  return name == "localhost" || std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end();
}

std::string HostOfUrl(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.find('@') != std::string_view::npos) return "";  // No user names: they hide the host.
  if (rest.starts_with('[')) return text::Lower(rest.substr(1, rest.find(']') - 1));
  return text::Lower(rest.substr(0, rest.find(':')));
}

}  // namespace datamigrate::net
