// Which media type a client wants (RFC 9110 section 12.5.1).
#ifndef DATAMIGRATE_GATEWAY_HTTP_ACCEPT_H_
#define DATAMIGRATE_GATEWAY_HTTP_ACCEPT_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace datamigrate::gateway {

// A weight in thousandths; nothing for what is none (section 12.4.2).
std::optional<int> ParseWeight(std::string_view text);

// The place in `offered` of the type that the value of Accept has the highest weight for; the first
// of equals. The first of all for an empty value; nothing where it takes none of them. Parameters
// but the weight are passed over.
std::optional<size_t> ChooseMediaType(std::string_view accept,
                                      std::span<const std::string_view> offered);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_ACCEPT_H_
