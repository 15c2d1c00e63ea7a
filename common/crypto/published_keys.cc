#include "common/crypto/published_keys.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/crypto/encoding.h"
#include "common/crypto/strict_json.h"

namespace datamigrate::crypto {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostKeys = 64;
constexpr size_t kLongestId = 256;

const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool IsForSignatures(const Json& key) {
  const std::string algorithm = TextOf(key, "alg");
  const std::string use = TextOf(key, "use");
  return TextOf(key, "kty") == "OKP" && TextOf(key, "crv") == "Ed25519" &&
         (algorithm.empty() || algorithm == "EdDSA") && (use.empty() || use == "sig");
}

}  // namespace

std::string PublishKeys(const TokenKeys& keys) {
  Json list = Json::array();
  for (const TokenKeys::Entry& entry : keys.entries()) {
    if (entry.key.public_key() == nullptr) continue;
    list.push_back({{"kty", "OKP"},
                    {"crv", "Ed25519"},
                    {"alg", entry.key.algorithm_name()},
                    {"use", "sig"},
                    {"kid", entry.key.id()},
                    {"x", Base64UrlEncode(*entry.key.public_key())}});
  }
  return Json{{"keys", list}}.dump();
}

absl::StatusOr<PublishedKeys> PublishedKeys::Parse(std::string_view document) {
  const std::optional<Json> object = ParseStrictObject(document);
  const auto list = object.has_value() ? object->find("keys") : Json::const_iterator();
  if (!object.has_value() || list == object->end() || !list->is_array()) {
    return absl::InvalidArgumentError("this is no set of JSON Web Keys");
  }
  PublishedKeys keys;
  for (const Json& key : *list) {
    if (!key.is_object() || !IsForSignatures(key) || keys.keys_.size() == kMostKeys) continue;
    std::string id = TextOf(key, "kid");
    std::optional<std::string> public_key = Base64UrlDecode(TextOf(key, "x"));
    if (id.empty() || id.size() > kLongestId || !public_key.has_value() ||
        public_key->size() != crypto_sign_PUBLICKEYBYTES) {
      continue;
    }
    keys.keys_.push_back({std::move(id), *std::move(public_key)});
  }
  if (keys.keys_.empty()) {
    return absl::InvalidArgumentError("this set of JSON Web Keys has no Ed25519 key");
  }
  return keys;
}

std::optional<Verifier> PublishedKeys::Find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &Key::id);
  if (found == keys_.end()) return std::nullopt;
  const Key* const key = &*found;
  return Verifier{"EdDSA", [key](std::string_view message, std::string_view signature) {
                    return signature.size() == crypto_sign_BYTES &&
                           crypto_sign_verify_detached(Raw(signature), Raw(message), message.size(),
                                                       Raw(key->public_key)) == 0;
                  }};
}

}  // namespace datamigrate::crypto
