#include "gateway/access/network_list.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace datamigrate::gateway {
namespace {

constexpr std::array<uint8_t, 12> kIpv4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kIpv4PrefixBits = 96;

bool IsIpv4(const AddressBytes& bytes) {
  return std::equal(kIpv4Prefix.begin(), kIpv4Prefix.end(), bytes.begin());
}

bool IsIn(const AddressBytes& address, const AddressBytes& network, int bits) {
  for (int i = 0; bits > 0; ++i, bits -= 8) {
    const auto mask = static_cast<uint8_t>(bits >= 8 ? 0xff : 0xff << (8 - bits));
    const auto at = static_cast<size_t>(i);
    if ((address[at] & mask) != (network[at] & mask)) return false;
  }
  return true;
}

}  // namespace

AddressBytes AddressOfIpv4(const uint8_t* four) {
  AddressBytes bytes;
  std::ranges::copy(kIpv4Prefix, bytes.begin());
  std::copy_n(four, 4, bytes.begin() + 12);
  return bytes;
}

std::optional<AddressBytes> ParseAddress(std::string_view text) {
  const std::string address(text);
  AddressBytes bytes;
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
  std::array<uint8_t, 4> four;
  if (inet_pton(AF_INET, address.c_str(), four.data()) == 1) return AddressOfIpv4(four.data());
  return std::nullopt;
}

std::string PrintAddress(const AddressBytes& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_ipv4 = IsIpv4(bytes);
  inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes.data() + (is_ipv4 ? 12 : 0), text.data(),
            text.size());
  return text.data();
}

absl::Status NetworkList::Add(std::string_view network) {
  const size_t slash = network.find('/');
  const std::optional<AddressBytes> bytes = ParseAddress(network.substr(0, slash));
  const auto wrong = absl::InvalidArgumentError(fmt::format(
      "\"{}\" is not an address or a network such as 10.0.0.0/8 or 2001:db8::/32", network));
  if (!bytes.has_value()) return wrong;
  const int most = IsIpv4(*bytes) ? 32 : 128;
  int bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = network.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > most) {
      return wrong;
    }
  }
  networks_.push_back({*bytes, bits + (most == 32 ? kIpv4PrefixBits : 0)});
  return absl::OkStatus();
}

bool NetworkList::Contains(std::string_view address) const {
  const std::optional<AddressBytes> bytes = ParseAddress(address);
  if (!bytes.has_value()) return false;
  return std::ranges::any_of(
      networks_, [&](const Network& network) { return IsIn(*bytes, network.bytes, network.bits); });
}

}  // namespace datamigrate::gateway
