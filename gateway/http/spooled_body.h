// A request's body in a file without a name, which goes with the last that holds it: a crash leaves
// nothing behind.
#ifndef DATAMIGRATE_GATEWAY_HTTP_SPOOLED_BODY_H_
#define DATAMIGRATE_GATEWAY_HTTP_SPOOLED_BODY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/digest.h"

namespace datamigrate::gateway {

// Used by one thread at a time.
class SpooledBody {
 public:
  // In `folder`, which must exist. Errors: kUnavailable when no file can be made there.
  static absl::StatusOr<std::shared_ptr<SpooledBody>> Create(const std::string& folder);

  ~SpooledBody();
  SpooledBody(const SpooledBody&) = delete;
  SpooledBody& operator=(const SpooledBody&) = delete;

  // Errors: kResourceExhausted when the disk is full; kUnavailable otherwise.
  absl::Status Append(std::string_view piece);

  // For reading and writing, at no particular place; stays this object's.
  int descriptor() const { return descriptor_; }
  uint64_t size() const { return size_; }
  // Of what was appended.
  std::string Sha256Hex() const { return sha256_.Hex(); }

 private:
  explicit SpooledBody(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
  uint64_t size_ = 0;
  crypto::Sha256Stream sha256_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_SPOOLED_BODY_H_
