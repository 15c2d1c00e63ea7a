// What a client may agree on with the TLS listener, and what it may not: testssl's questions.
#include "gateway/http/tls.h"

#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

#include "gateway/http/server.h"
#include "tests/support/child_process.h"
#include "tests/unit/gateway/raw_client.h"
#include "tests/unit/gateway/tls_client.h"

namespace datamigrate::gateway {
namespace {

using testing::RawClient;
using testing::TestCertificate;
using testing::TlsClient;
using testing::TlsOffer;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

class AddressService : public Service {
 public:
  uint64_t MaxBodyBytes(const Request&) const override { return 100000; }
  void Handle(Request request, Respond respond) override {
    respond(TextResponse(200, "text/plain",
                         request.remote_address + (request.is_secure ? " secure" : " plain") +
                             std::string(request.target == "/large" ? 100000 : 0, 'x')));
  }
  Response Refuse(Request, int status, std::string_view detail) override {
    return TextResponse(status, "text/plain", std::string(detail));
  }
};

struct Fixture {
  explicit Fixture(ServerOptions options = {},
                   std::chrono::seconds ticket_lifetime = std::chrono::hours(1)) {
    const TestCertificate files = testing::WriteCertificate(folder.path(), "first");
    tls = *Tls::Load({files.certificate_file, files.key_file, ticket_lifetime});
    options.tls = tls.get();
    server = *HttpServer::Start(options, &service);
  }

  uint16_t port() const { return server->port(); }

  testing::TemporaryDirectory folder;
  AddressService service;
  std::unique_ptr<Tls> tls;
  std::unique_ptr<HttpServer> server;
};

TEST_CASE("TLS 1.2 and 1.3 are spoken with forward secrecy", "[gateway][tls]") {
  Fixture fixture;
  TlsClient newest(fixture.port());
  REQUIRE(newest.is_open());
  CHECK(newest.version() == "TLSv1.3");
  CHECK(newest.Ask(kGet).ends_with("127.0.0.1 secure"));
  CHECK(newest.was_closed_cleanly());
  TlsClient older(fixture.port(), {.highest = TLS1_2_VERSION});
  REQUIRE(older.is_open());
  CHECK(older.version() == "TLSv1.2");
  CHECK(older.cipher() == "ECDHE-ECDSA-AES128-GCM-SHA256");
  CHECK(older.Ask("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").size() > 100000);
}

TEST_CASE("Old versions and weak ciphers are refused", "[gateway][tls]") {
  Fixture fixture;
  const TlsOffer offer = GENERATE(
      TlsOffer{.lowest = SSL3_VERSION, .highest = TLS1_1_VERSION},
      TlsOffer{.lowest = TLS1_1_VERSION, .highest = TLS1_1_VERSION},
      TlsOffer{.highest = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256:AES256-SHA"},  // no DH
      TlsOffer{.highest = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA256"},     // CBC
      TlsOffer{.highest = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES256-SHA"},
      TlsOffer{.highest = TLS1_2_VERSION, .ciphers = "DHE-RSA-AES128-GCM-SHA256"},
      TlsOffer{.highest = TLS1_2_VERSION, .ciphers = "aNULL:eNULL"},
      TlsOffer{.highest = TLS1_2_VERSION, .ciphers = "PSK"});
  CHECK_FALSE(TlsClient(fixture.port(), offer).is_open());
}

TEST_CASE("ALPN chooses HTTP/1.1 and refuses who does not speak it", "[gateway][tls]") {
  Fixture fixture;
  CHECK(TlsClient(fixture.port(), {.protocol = "http/1.1"}).protocol() == "http/1.1");
  CHECK_FALSE(TlsClient(fixture.port(), {.protocol = "h2"}).is_open());
  CHECK(TlsClient(fixture.port()).protocol().empty());
}

TEST_CASE("Renegotiation is refused", "[gateway][tls]") {
  Fixture fixture;
  TlsClient client(fixture.port(), {.highest = TLS1_2_VERSION});
  REQUIRE(client.is_open());
  CHECK_FALSE(client.Renegotiates());
}

TEST_CASE("What is old or dangerous in TLS is not offered", "[gateway][tls]") {
  Fixture fixture;
  TlsClient older(fixture.port(), {.highest = TLS1_2_VERSION, .packs = true});
  REQUIRE(older.is_open());
  CHECK_FALSE(older.packs());
  CHECK(older.renegotiates_securely());
  CHECK(older.has_extended_master_secret());
  CHECK_FALSE(older.was_asked_for_certificate());
  TlsClient newest(fixture.port());
  REQUIRE(newest.Ask(kGet).ends_with("secure"));
  CHECK_FALSE(newest.was_asked_for_certificate());
  // Early data can be sent again by whoever recorded it (RFC 8446 section 8).
  CHECK(newest.most_early_bytes() == 0);
}

TEST_CASE("A client that was made to fall back is told so", "[gateway][tls]") {
  Fixture fixture;
  CHECK_FALSE(TlsClient(fixture.port(), {.highest = TLS1_2_VERSION, .fell_back = true}).is_open());
  CHECK(TlsClient(fixture.port(), {.fell_back = true}).is_open());
}

TEST_CASE("Keys are agreed on over strong curves only", "[gateway][tls]") {
  Fixture fixture;
  const int highest = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CAPTURE(highest);
  const auto group = [&](const std::string& groups) {
    const TlsClient client(fixture.port(), {.highest = highest, .groups = groups});
    return client.is_open() ? client.group() : "none";
  };
  CHECK(group("P-256:X25519") != "none");
  CHECK(group("P-256") == "prime256v1");
  CHECK(group("P-224") == "none");
  // In TLS 1.2 a client that does not know P-256 does not know the certificate's key either.
  const bool is_known = highest == TLS1_3_VERSION;
  CHECK(group("P-384") == (is_known ? "secp384r1" : "none"));
  CHECK(group("P-521:P-384") == (is_known ? "secp384r1" : "none"));
}

TEST_CASE("Any name of a server is taken, as there is one certificate", "[gateway][tls]") {
  Fixture fixture;
  for (const char* name : {"localhost", "other.example", "xn--bcher-kva.example"}) {
    TlsClient client(fixture.port(), {.server_name = name});
    REQUIRE(client.is_open());
    CHECK(client.subject() == "first");
  }
}

TEST_CASE("A session is resumed until the ticket's key is replaced", "[gateway][tls]") {
  const bool is_rotated = GENERATE(false, true);
  Fixture fixture({}, is_rotated ? std::chrono::seconds(0) : std::chrono::seconds(3600));
  TlsClient first(fixture.port());
  REQUIRE(first.Ask(kGet).ends_with("secure"));
  TlsClient second(fixture.port(), first);
  REQUIRE(second.is_open());
  CHECK(second.is_resumed() == !is_rotated);
}

TEST_CASE("Plain HTTP and noise on the TLS port end the connection, and others go on",
          "[gateway][tls]") {
  Fixture fixture;
  RawClient plain(fixture.port());
  plain.Send(kGet);
  CHECK(plain.Read().status == 0);
  RawClient noise(fixture.port());
  noise.Send(std::string(5000, '\x16'));
  CHECK(noise.Read().status == 0);
  CHECK(TlsClient(fixture.port()).is_open());
}

TEST_CASE("A client that does not finish the handshake is cut", "[gateway][tls]") {
  ServerOptions options;
  options.header_timeout = std::chrono::milliseconds(50);
  Fixture fixture(options);
  RawClient client(fixture.port());
  client.Send("\x16\x03\x01");
  CHECK(client.IsClosed());
}

TEST_CASE("A drain does not wait for a handshake", "[gateway][tls]") {
  Fixture fixture;
  RawClient client(fixture.port());
  while (fixture.server->open_connections() == 0) std::this_thread::yield();
  CHECK(fixture.server->Drain(std::chrono::seconds(5)));
}

TEST_CASE("A new certificate serves new connections, and a bad one is refused", "[gateway][tls]") {
  Fixture fixture;
  TlsClient before(fixture.port());
  CHECK(before.subject() == "first");
  const auto replace = [&](const TestCertificate& files) {
    using std::filesystem::copy_options;
    std::filesystem::copy_file(files.certificate_file, fixture.folder.path() / "first.crt",
                               copy_options::overwrite_existing);
    std::filesystem::copy_file(files.key_file, fixture.folder.path() / "first.key",
                               copy_options::overwrite_existing);
    return fixture.tls->Reload();
  };
  CHECK(replace(testing::WriteCertificate(fixture.folder.path(), "second")).ok());
  CHECK(TlsClient(fixture.port()).subject() == "second");
  CHECK(before.Ask(kGet).ends_with("secure"));

  CHECK(absl::IsFailedPrecondition(
      replace(testing::WriteCertificate(fixture.folder.path(), "old", -1))));
  CHECK(TlsClient(fixture.port()).subject() == "second");
  TestCertificate mixed = testing::WriteCertificate(fixture.folder.path(), "third");
  mixed.key_file = testing::WriteCertificate(fixture.folder.path(), "fourth").key_file;
  CHECK(absl::IsInvalidArgument(replace(mixed)));
  CHECK(TlsClient(fixture.port()).subject() == "second");
}

TEST_CASE("Files that are missing or no certificate are named", "[gateway][tls]") {
  const testing::TemporaryDirectory folder;
  const TestCertificate good = testing::WriteCertificate(folder.path(), "good");
  const auto load = [&](const std::string& certificate, const std::string& key) {
    return Tls::Load({.certificate_file = certificate, .key_file = key}).status();
  };
  const absl::Status missing = load("/nonexistent.crt", good.key_file);
  CHECK(absl::IsNotFound(missing));
  CHECK(missing.message().find("/nonexistent.crt") != std::string::npos);
  const std::string junk = folder.path() / "junk";
  std::ofstream(junk) << "junk";
  CHECK(absl::IsInvalidArgument(load(junk, good.key_file)));
  CHECK(absl::IsInvalidArgument(load(good.certificate_file, junk)));
  const std::string empty = folder.path() / "empty";
  std::ofstream{empty};
  CHECK(absl::IsInvalidArgument(load(empty, good.key_file)));
}

TEST_CASE("A PROXY header before the handshake names the client", "[gateway][tls][proxy]") {
  ServerOptions options;
  options.proxies = *TrustedProxies::Parse("127.0.0.1", TrustedProxies::Field::kXForwardedFor);
  options.takes_proxy_protocol = true;
  Fixture fixture(options);
  TlsClient client(fixture.port(), {}, "PROXY TCP4 192.0.2.7 192.0.2.8 1000 443\r\n");
  REQUIRE(client.is_open());
  CHECK(client.Ask(kGet).ends_with("192.0.2.7 secure"));
}

}  // namespace
}  // namespace datamigrate::gateway
