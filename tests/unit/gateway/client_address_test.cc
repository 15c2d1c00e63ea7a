// Who the client is when proxies stand between.
#include "gateway/http/client_address.h"

#include <catch2/catch.hpp>

namespace datamigrate::gateway {
namespace {

using Field = TrustedProxies::Field;

TEST_CASE("Networks contain addresses by their leading bits", "[gateway][proxy]") {
  const auto proxies =
      *TrustedProxies::Parse("10.0.0.0/8, 192.0.2.1,2001:db8::/33", Field::kXForwardedFor);
  for (const char* inside : {"10.0.0.1", "10.255.255.255", "192.0.2.1", "2001:db8::1",
                             "2001:db8:7fff::", "::ffff:10.1.2.3"}) {
    INFO(inside);
    CHECK(proxies.Contains(inside));
  }
  for (const char* outside :
       {"11.0.0.1", "192.0.2.2", "2001:db8:8000::", "::", "", "10.0.0", "10.0.0.1 ", "::a00:1"}) {
    INFO(outside);
    CHECK_FALSE(proxies.Contains(outside));
  }
  CHECK(TrustedProxies::Parse("0.0.0.0/0", Field::kForwarded)->Contains("8.8.8.8"));
  CHECK_FALSE(TrustedProxies::Parse("0.0.0.0/0", Field::kForwarded)->Contains("2001:db8::1"));
  for (const char* wrong :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "host", "2001:db8::/129", "10.0.0.0/8x", ","}) {
    INFO(wrong);
    CHECK_FALSE(TrustedProxies::Parse(wrong, Field::kForwarded).ok());
  }
}

std::string Client(Field field, const std::string& peer,
                   const std::vector<std::pair<std::string, std::string>>& fields) {
  const auto proxies = *TrustedProxies::Parse("10.0.0.0/8,2001:db8::/32", field);
  Headers headers;
  for (const auto& [name, value] : fields) headers.Add(name, value);
  return proxies.ClientOf(peer, headers);
}

TEST_CASE("Only listed proxies may say who the client is", "[gateway][proxy]") {
  const auto x = [](const std::string& peer, const std::string& value) {
    return Client(Field::kXForwardedFor, peer, {{"X-Forwarded-For", value}});
  };
  CHECK(x("198.51.100.1", "203.0.113.9") == "198.51.100.1");
  CHECK(x("10.0.0.1", "203.0.113.9") == "203.0.113.9");
  CHECK(x("10.0.0.1", "") == "10.0.0.1");
  // What a client writes itself stands before what the proxies add.
  CHECK(x("10.0.0.1", "1.1.1.1, 203.0.113.9") == "203.0.113.9");
  CHECK(x("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2") == "203.0.113.9");
  CHECK(x("10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3");
  CHECK(x("10.0.0.1", "203.0.113.9:4711") == "203.0.113.9");
  CHECK(x("10.0.0.1", "[2002::1]:4711") == "2002::1");
  CHECK(x("10.0.0.1", "2002::1") == "2002::1");
  // Noise ends the search.
  CHECK(x("10.0.0.1", "203.0.113.9, unknown") == "10.0.0.1");
  CHECK(x("10.0.0.1", "203.0.113.9, <script>, 10.0.0.2") == "10.0.0.2");
  CHECK(x("10.0.0.1", ",,,") == "10.0.0.1");
  CHECK(Client(Field::kXForwardedFor, "10.0.0.1",
               {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "203.0.113.9"}}) ==
        "203.0.113.9");
  CHECK(Client(Field::kXForwardedFor, "10.0.0.1", {{"Forwarded", "for=203.0.113.9"}}) ==
        "10.0.0.1");
}

TEST_CASE("The Forwarded field is read where it is the proxies'", "[gateway][proxy]") {
  const auto forwarded = [](const std::string& value) {
    return Client(Field::kForwarded, "10.0.0.1", {{"Forwarded", value}});
  };
  CHECK(forwarded("for=203.0.113.9") == "203.0.113.9");
  CHECK(forwarded("proto=https; For=\"[2002::1]:80\";by=10.0.0.1") == "2002::1");
  CHECK(forwarded("for=1.1.1.1, for=203.0.113.9;proto=http, for=10.0.0.7") == "203.0.113.9");
  CHECK(forwarded("for=_hidden") == "10.0.0.1");
  CHECK(forwarded("for=\"[2002::1") == "10.0.0.1");
  CHECK(forwarded("proto=https") == "10.0.0.1");
  CHECK(Client(Field::kForwarded, "10.0.0.1", {{"X-Forwarded-For", "1.1.1.1"}}) == "10.0.0.1");
}

struct Read {
  ProxyRead result;
  ProxyHeader header;
};

// Feeds bytes as a connection does: never more than was asked for.
Read Feed(std::string_view bytes) {
  Read read{};
  std::string got;
  for (size_t needed = 0;;) {
    read.result = ReadProxyHeader(got, read.header, needed);
    if (read.result != ProxyRead::kPartial) return read;
    REQUIRE(needed > got.size());
    if (needed > bytes.size()) return read;
    got = bytes.substr(0, needed);
  }
}

std::string Version2(int command, int family, const std::string& rest) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n", 12);
  bytes += static_cast<char>(0x20 | command);
  bytes += static_cast<char>(family << 4 | 1);
  bytes += static_cast<char>(rest.size() >> 8);
  bytes += static_cast<char>(rest.size() & 0xff);
  return bytes + rest;
}

TEST_CASE("PROXY headers of both versions are read to their end", "[gateway][proxy]") {
  const std::string v1 = "PROXY TCP4 192.0.2.7 192.0.2.8 1000 443\r\n";
  Read read = Feed(v1 + "GET / HTTP/1.1\r\n");
  CHECK(read.result == ProxyRead::kWhole);
  CHECK(read.header.length == v1.size());
  CHECK(read.header.address == "192.0.2.7");
  CHECK(Feed("PROXY TCP6 2002::1 2002::2 1 2\r\n").header.address == "2002::1");
  read = Feed("PROXY UNKNOWN\r\nrest");
  CHECK(read.result == ProxyRead::kWhole);
  CHECK(read.header.address.empty());

  const std::string four("\xc0\x00\x02\x07\xc0\x00\x02\x08\x00\x01\x00\x02", 12);
  read = Feed(Version2(1, 1, four + "extra") + "GET /");
  CHECK(read.result == ProxyRead::kWhole);
  CHECK(read.header.address == "192.0.2.7");
  CHECK(read.header.length == 16 + 12 + 5);
  CHECK(Feed(Version2(1, 2, std::string("\x20\x02", 2) + std::string(34, '\1'))).header.address ==
        "2002:101:101:101:101:101:101:101");
  CHECK(Feed(Version2(0, 0, "")).result == ProxyRead::kWhole);
}

TEST_CASE("What is no PROXY header is told from one that has not all arrived", "[gateway][proxy]") {
  for (const std::string& wrong :
       {std::string("GET / HTTP/1.1\r\n"), std::string("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"),
        std::string("PROXY TCP4 2002::1 2002::2 1 2\r\n"),
        std::string("PROXY TCP6 1.2.3.4 a 1 2\r\n"),
        std::string("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"), "PROXY " + std::string(200, 'x'),
        std::string("PROXY HTTP 1.2.3.4 1.2.3.4 1 2\r\n"), Version2(2, 1, std::string(12, '\1')),
        Version2(1, 1, std::string(11, '\1')), Version2(1, 3, std::string(216, '\1')),
        Version2(1, 1, std::string(3000, '\1')),
        std::string("\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0", 16)}) {
    INFO(wrong);
    CHECK(Feed(wrong).result == ProxyRead::kWrong);
  }
  CHECK(Feed("").result == ProxyRead::kPartial);
  CHECK(Feed("PROXY TCP4 192.0").result == ProxyRead::kPartial);
  CHECK(Feed(Version2(1, 1, std::string(12, '\1')).substr(0, 20)).result == ProxyRead::kPartial);
}

}  // namespace
}  // namespace datamigrate::gateway
