#include "gateway/http/tls.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace datamigrate::gateway {
namespace {

namespace ssl = boost::asio::ssl;
using ErrorCode = boost::system::error_code;
using Context = std::shared_ptr<ssl::context>;

// RFC 9325 section 4.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing
// else.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

absl::StatusOr<std::string> ReadFile(const std::string& path, std::string_view what) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file) {
    std::string text((std::istreambuf_iterator<char>(file)), {});
    if (!file.bad() && !text.empty()) return text;
  }
  const std::string message = fmt::format("cannot read {} {}: {}", what, path,
                                          errno == 0 ? "it is empty" : std::strerror(errno));
  if (errno == ENOENT) return absl::NotFoundError(message);
  if (errno == EACCES) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

// RFC 7301 section 3.2: a client that offers protocols, but not ours, is refused.
int SelectProtocol(SSL*, const unsigned char** chosen, unsigned char* length,
                   const unsigned char* offered, unsigned offered_length, void*) {
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, length, kHttp11.data(), kHttp11.size(), offered,
                                           offered_length);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

absl::Status CheckDates(SSL_CTX* context, const std::string& file) {
  const X509* const certificate = SSL_CTX_get0_certificate(context);
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    return absl::FailedPreconditionError(fmt::format("the certificate {} is not good yet", file));
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    return absl::FailedPreconditionError(fmt::format("the certificate {} has expired", file));
  }
  return absl::OkStatus();
}

void SetPolicy(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set1_groups_list(context, kGroups);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Idle connections give their buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  constexpr std::string_view kName = "datamigrate";
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(kName.data()),
                                 static_cast<unsigned>(kName.size()));
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol, nullptr);
}

}  // namespace

absl::StatusOr<Tls::Files> Tls::Read() const {
  absl::StatusOr<std::string> certificates = ReadFile(options_.certificate_file, "the certificate");
  if (!certificates.ok()) return certificates.status();
  absl::StatusOr<std::string> key = ReadFile(options_.key_file, "the certificate's key");
  if (!key.ok()) return key.status();
  return Files{*std::move(certificates), *std::move(key)};
}

namespace {

// A context of its own has ticket keys of its own, which OpenSSL draws at random.
absl::StatusOr<Context> MakeContext(const std::string& certificates, const std::string& key,
                                    const TlsOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SetPolicy(context->native_handle());
  ErrorCode error;
  if (context->use_certificate_chain(boost::asio::buffer(certificates), error)) {
    return absl::InvalidArgumentError(
        fmt::format("{} is not a certificate in PEM form", options.certificate_file));
  }
  // Asio would ask for a pass phrase on the terminal.
  context->set_password_callback([](size_t, ssl::context::password_purpose) { return ""; }, error);
  if (context->use_private_key(boost::asio::buffer(key), ssl::context::pem, error)) {
    return absl::InvalidArgumentError(
        fmt::format("{} is not the private key of {}, in PEM form and not encrypted",
                    options.key_file, options.certificate_file));
  }
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return absl::InvalidArgumentError(
        fmt::format("{} does not belong to {}", options.key_file, options.certificate_file));
  }
  return context;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tls>> Tls::Load(const TlsOptions& options) {
  std::unique_ptr<Tls> tls(new Tls(options));
  if (absl::Status loaded = tls->Reload(); !loaded.ok()) return loaded;
  return tls;
}

absl::Status Tls::Reload() {
  absl::StatusOr<Files> files = Read();
  if (!files.ok()) return files.status();
  absl::StatusOr<Context> context = MakeContext(files->certificates, files->key, options_);
  if (!context.ok()) return context.status();
  const absl::Status dates = CheckDates((*context)->native_handle(), options_.certificate_file);
  if (!dates.ok()) return dates;
  std::lock_guard lock(mutex_);
  files_ = *std::move(files);
  context_ = *std::move(context);
  renewed_at_ = std::chrono::steady_clock::now();
  return absl::OkStatus();
}

std::shared_ptr<ssl::context> Tls::Current() {
  std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - renewed_at_ >= options_.ticket_lifetime) {
    // What was good for the last context is good for this one.
    absl::StatusOr<Context> context = MakeContext(files_.certificates, files_.key, options_);
    if (context.ok()) context_ = *std::move(context);
    renewed_at_ = now;
  }
  return context_;
}

}  // namespace datamigrate::gateway
