// Content codings: gzip (RFC 1952) and zstd (RFC 8878), of a text that is there or comes in pieces.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_PACKER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_PACKER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/filters/representation/content_coding.h"
#include "gateway/http/body_stream.h"

namespace datamigrate::gateway {

// One text. Used by one thread at a time.
class Packer {
 public:
  virtual ~Packer() = default;

  // What there is of the packed text after `piece`, possibly nothing yet; with `is_last`, all that
  // is left. Nothing when the library fails, for want of memory.
  virtual std::optional<std::string> Add(std::string_view piece, bool is_last) = 0;
};

// Null when there is no memory for it. `coding` is not kIdentity.
std::unique_ptr<Packer> MakePacker(Coding coding);

// All of `text`; nothing when the library fails.
std::optional<std::string> Pack(Coding coding, std::string_view text);

// The pieces of `inner`, packed. Ends with an error where packing fails.
std::unique_ptr<BodyStream> PackedStream(std::unique_ptr<BodyStream> inner,
                                         std::unique_ptr<Packer> packer);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_PACKER_H_
