#include "tests/unit/gateway/tls_client.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <vector>

namespace datamigrate::testing {
namespace {

constexpr long kSecondsADay = 24 * 3600;

template <typename Write>
void WritePem(const std::string& path, Write write) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr || write(file) != 1) throw std::runtime_error("cannot write " + path);
  std::fclose(file);
}

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{30, 0};  // also for a machine that does much else
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd);
    throw std::runtime_error("cannot connect to the server under test");
  }
  return fd;
}

// A read of a socket with a timeout comes back when the process was stopped and goes on
// (signal(7)).
template <typename Call>
int Uninterrupted(const SSL* ssl, Call call) {
  while (true) {
    const int result = call();
    if (result > 0 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ || errno != EINTR) {
      return result;
    }
  }
}

}  // namespace

TestCertificate WriteCertificate(const std::filesystem::path& folder, const std::string& name,
                                 int good_for_days) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kSecondsADay * 365);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kSecondsADay * good_for_days);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_sign(certificate, key, EVP_sha256());
  const TestCertificate files{folder / (name + ".crt"), folder / (name + ".key")};
  WritePem(files.certificate_file, [&](std::FILE* f) { return PEM_write_X509(f, certificate); });
  WritePem(files.key_file, [&](std::FILE* f) {
    return PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

struct TlsClient::State {
  State(uint16_t port, const TlsOffer& offer, std::string_view before, SSL_SESSION* session)
      : fd(Connect(port)), context(SSL_CTX_new(TLS_client_method())) {
    // The lowest security level, so that it is the server that refuses.
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, offer.lowest);
    SSL_CTX_set_max_proto_version(context, offer.highest);
    if (!offer.ciphers.empty()) SSL_CTX_set_cipher_list(context, offer.ciphers.c_str());
    if (!offer.groups.empty()) SSL_CTX_set1_groups_list(context, offer.groups.c_str());
    if (offer.packs) SSL_CTX_clear_options(context, SSL_OP_NO_COMPRESSION);
    if (offer.fell_back) SSL_CTX_set_mode(context, SSL_MODE_SEND_FALLBACK_SCSV);
    SSL_CTX_set_client_cert_cb(context, [](SSL* of, X509**, EVP_PKEY**) {
      *static_cast<bool*>(SSL_get_app_data(of)) = true;
      return 0;
    });
    ssl = SSL_new(context);
    SSL_set_app_data(ssl, &was_asked);
    if (!offer.server_name.empty()) SSL_set_tlsext_host_name(ssl, offer.server_name.c_str());
    SSL_set_fd(ssl, fd);
    if (session != nullptr) SSL_set_session(ssl, session);
    if (!offer.protocol.empty()) {
      std::vector<unsigned char> wire = {static_cast<unsigned char>(offer.protocol.size())};
      wire.insert(wire.end(), offer.protocol.begin(), offer.protocol.end());
      SSL_set_alpn_protos(ssl, wire.data(), static_cast<unsigned>(wire.size()));
    }
    if (!before.empty() && write(fd, before.data(), before.size()) < 0) return;
    is_open = Uninterrupted(ssl, [this] { return SSL_connect(ssl); }) == 1;
  }
  ~State() {
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
  }

  int fd;
  SSL_CTX* context;
  SSL* ssl = nullptr;
  bool is_open = false;
  bool was_asked = false;  // for a certificate
};

TlsClient::TlsClient(uint16_t port, const TlsOffer& offer, std::string_view before_handshake)
    : state_(std::make_unique<State>(port, offer, before_handshake, nullptr)) {}
TlsClient::TlsClient(uint16_t port, const TlsClient& other)
    : state_(std::make_unique<State>(port, TlsOffer{}, "", SSL_get0_session(other.state_->ssl))) {}
TlsClient::~TlsClient() = default;

bool TlsClient::is_open() const {
  return state_->is_open;
}
std::string TlsClient::version() const {
  return SSL_get_version(state_->ssl);
}
std::string TlsClient::cipher() const {
  return SSL_get_cipher_name(state_->ssl);
}
bool TlsClient::is_resumed() const {
  return SSL_session_reused(state_->ssl) == 1;
}

std::string TlsClient::group() const {
  EVP_PKEY* key = nullptr;
  if (SSL_get_server_tmp_key(state_->ssl, &key) != 1) return "";
  std::array<char, 64> name{};
  EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr);
  EVP_PKEY_free(key);
  return name.data();
}
bool TlsClient::packs() const {
  return SSL_get_current_compression(state_->ssl) != nullptr;
}
bool TlsClient::was_asked_for_certificate() const {
  return state_->was_asked;
}
bool TlsClient::renegotiates_securely() const {
  return SSL_get_secure_renegotiation_support(state_->ssl) == 1;
}
bool TlsClient::has_extended_master_secret() const {
  return SSL_get_extms_support(state_->ssl) == 1;
}
uint32_t TlsClient::most_early_bytes() const {
  return SSL_SESSION_get_max_early_data(SSL_get0_session(state_->ssl));
}

std::string TlsClient::protocol() const {
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(state_->ssl, &chosen, &length);
  return {reinterpret_cast<const char*>(chosen), length};
}

std::string TlsClient::subject() const {
  X509* const certificate = SSL_get1_peer_certificate(state_->ssl);
  if (certificate == nullptr) return "";
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            name.size());
  X509_free(certificate);
  return name.data();
}

bool TlsClient::Renegotiates() {
  SSL* const ssl = state_->ssl;
  return SSL_renegotiate(ssl) == 1 &&
         Uninterrupted(ssl, [ssl] { return SSL_do_handshake(ssl); }) == 1;
}

std::string TlsClient::Ask(std::string_view bytes, std::string_view until) {
  std::string text;
  if (SSL_write(state_->ssl, bytes.data(), static_cast<int>(bytes.size())) <= 0) return text;
  std::array<char, 4096> block;
  while (until.empty() || text.find(until) == std::string::npos) {
    const int length = Uninterrupted(
        state_->ssl, [&] { return SSL_read(state_->ssl, block.data(), block.size()); });
    if (length <= 0) break;
    text.append(block.data(), static_cast<size_t>(length));
  }
  return text;
}

bool TlsClient::was_closed_cleanly() const {
  return (SSL_get_shutdown(state_->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

}  // namespace datamigrate::testing
