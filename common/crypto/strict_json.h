// JSON from those who may want to be misread.
#ifndef DATAMIGRATE_COMMON_CRYPTO_STRICT_JSON_H_
#define DATAMIGRATE_COMMON_CRYPTO_STRICT_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace datamigrate::crypto {

// The object that `text` is. Nothing for anything else, for an object with two members of one name,
// at any depth (RFC 8259 section 4: two readers may take different ones), and beyond 16 levels.
std::optional<nlohmann::json> ParseStrictObject(std::string_view text);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_STRICT_JSON_H_
