// Which bytes of a representation a client asks for (RFC 9110 section 14).
#ifndef DATAMIGRATE_GATEWAY_HTTP_BYTE_RANGE_H_
#define DATAMIGRATE_GATEWAY_HTTP_BYTE_RANGE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace datamigrate::gateway {

// `length` bytes from the one numbered `first`, counted from 0.
struct ByteSpan {
  uint64_t first = 0;
  uint64_t length = 0;

  bool operator==(const ByteSpan&) const = default;
};

struct RangeChoice {
  enum class Kind {
    kWhole,          // nothing is asked for, or in words that section 14.2 has a server pass over
    kParts,          // `parts`
    kUnsatisfiable,  // all of it lies behind the end
    kTooMany,        // more than kMostRanges (section 17.15: a small request must not cost much)
  };
  Kind kind = Kind::kWhole;
  // In the order in which they were asked for. None overlap: those that do, or that are closer than
  // a part's own head is long, have become one, in the place of the earliest.
  std::vector<ByteSpan> parts;
};

inline constexpr size_t kMostRanges = 16;

// What the value of a Range field means for a representation of `size` bytes. A value of another
// unit than bytes, or one that breaks the grammar of section 14.1.1, is passed over.
RangeChoice ChooseRange(std::string_view field, uint64_t size);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_BYTE_RANGE_H_
