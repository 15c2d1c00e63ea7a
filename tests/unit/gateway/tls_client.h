// A TLS client that says which versions, ciphers and protocols it takes.
#ifndef DATAMIGRATE_TESTS_UNIT_GATEWAY_TLS_CLIENT_H_
#define DATAMIGRATE_TESTS_UNIT_GATEWAY_TLS_CLIENT_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace datamigrate::testing {

// A self-signed certificate for "localhost" with a new P-256 key, as two PEM files.
struct TestCertificate {
  std::string certificate_file;
  std::string key_file;
};
// `good_for_days` from today; negative for one that has expired. Throws std::runtime_error.
TestCertificate WriteCertificate(const std::filesystem::path& folder, const std::string& name,
                                 int good_for_days = 30);

struct TlsOffer {
  int lowest = 0;  // as TLS1_2_VERSION; 0: any
  int highest = 0;
  std::string ciphers = {};   // of TLS 1.2, as OpenSSL names them; "" for the default
  std::string protocol = {};  // by ALPN; "" for none
  std::string groups = {};    // as OpenSSL names them; "" for the default
  std::string server_name = {};
  bool packs = false;      // offers compression
  bool fell_back = false;  // says that it knows newer versions (RFC 7507)
};

// What the server agreed to.
class TlsClient {
 public:
  // Throws std::runtime_error when there is no connection; a refused handshake is not an error.
  TlsClient(uint16_t port, const TlsOffer& offer = {}, std::string_view before_handshake = "");
  // Resumes `other`'s session, if it gave one.
  TlsClient(uint16_t port, const TlsClient& other);
  ~TlsClient();

  bool is_open() const;          // the handshake succeeded
  std::string version() const;   // "TLSv1.3"
  std::string cipher() const;    // "ECDHE-ECDSA-AES128-GCM-SHA256"
  std::string protocol() const;  // what ALPN chose
  std::string subject() const;   // of the server's certificate
  bool is_resumed() const;
  std::string group() const;  // of the key exchange; "" where it was none of an elliptic curve
  bool packs() const;
  bool was_asked_for_certificate() const;
  bool renegotiates_securely() const;       // RFC 5746: only who says so can refuse it
  bool has_extended_master_secret() const;  // RFC 7627
  // Bytes that the session's ticket takes before the next handshake ends (0-RTT), once something
  // was read.
  uint32_t most_early_bytes() const;
  // Asks for new keys in TLS 1.2's way; true when the server went along.
  bool Renegotiates();
  // Sends, and reads until the server closes or `until` has arrived.
  std::string Ask(std::string_view bytes, std::string_view until = "");
  // True when the server said that no more follows.
  bool was_closed_cleanly() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_UNIT_GATEWAY_TLS_CLIENT_H_
