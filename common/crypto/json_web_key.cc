#include "common/crypto/json_web_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/crypto/encoding.h"

namespace datamigrate::crypto {
namespace {

template <typename T, void (*free)(T*)>
struct Freed {
  void operator()(T* object) const { free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM, OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;

constexpr int kFewestRsaBits = 2048;  // RFC 7518 section 3.3
constexpr size_t kP256Bytes = 32;

const unsigned char* Raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string Text(const nlohmann::json& key, const char* name) {
  const auto found = key.find(name);
  return found != key.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string Decoded(const nlohmann::json& key, const char* name) {
  return Base64UrlDecode(Text(key, name)).value_or("");
}

Number ToNumber(std::string_view bytes) {
  return Number(BN_bin2bn(Raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

Key FromParams(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return Key(key);
}

Key RsaKey(const nlohmann::json& key) {
  const std::string modulus = Decoded(key, "n");
  const std::string exponent = Decoded(key, "e");
  if (Text(key, "kty") != "RSA" || modulus.empty() || exponent.empty() || modulus.size() > 1024 ||
      exponent.size() > 8) {
    return nullptr;
  }
  const Number n = ToNumber(modulus);
  const Number e = ToNumber(exponent);
  if (n == nullptr || e == nullptr || BN_num_bits(n.get()) < kFewestRsaBits) return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return FromParams("RSA", builder.get());
}

Key P256Key(const nlohmann::json& key) {
  const std::string x = Decoded(key, "x");
  const std::string y = Decoded(key, "y");
  if (Text(key, "kty") != "EC" || Text(key, "crv") != "P-256" || x.size() != kP256Bytes ||
      y.size() != kP256Bytes) {
    return nullptr;
  }
  const std::string point = "\x04" + x + y;  // uncompressed
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return FromParams("EC", builder.get());
}

Key Ed25519Key(const nlohmann::json& key) {
  const std::string x = Decoded(key, "x");
  if (Text(key, "kty") != "OKP" || Text(key, "crv") != "Ed25519" || x.size() != 32) return nullptr;
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Raw(x), x.size()));
}

// A signature's two numbers (RFC 7518 section 3.4) as OpenSSL takes them.
std::string ToDer(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return "";
  std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>> pair(ECDSA_SIG_new());
  Number r = ToNumber(signature.substr(0, kP256Bytes));
  Number s = ToNumber(signature.substr(kP256Bytes));
  if (ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return "";
  static_cast<void>(r.release());  // the pair owns them now
  static_cast<void>(s.release());
  unsigned char* bytes = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &bytes);
  if (length <= 0) return "";
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

bool VerifyWith(const Key& key, const EVP_MD* hash, std::string_view message,
                std::string_view signature) {
  const Digest digest(EVP_MD_CTX_new());
  return key != nullptr && !signature.empty() &&
         EVP_DigestVerifyInit(digest.get(), nullptr, hash, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(digest.get(), Raw(signature), signature.size(), Raw(message),
                          message.size()) == 1;
}

}  // namespace

bool VerifyWithJsonWebKey(const nlohmann::json& key, std::string_view algorithm,
                          std::string_view message, std::string_view signature) {
  if (!key.is_object()) return false;
  if (const std::string own = Text(key, "alg"); !own.empty() && own != algorithm) return false;
  if (const std::string use = Text(key, "use"); !use.empty() && use != "sig") return false;
  if (algorithm == "RS256") return VerifyWith(RsaKey(key), EVP_sha256(), message, signature);
  if (algorithm == "ES256") {
    return VerifyWith(P256Key(key), EVP_sha256(), message, ToDer(signature));
  }
  if (algorithm == "EdDSA") return VerifyWith(Ed25519Key(key), nullptr, message, signature);
  return false;
}

}  // namespace datamigrate::crypto
