// Finds the end of a request's head, and what makes it mean two things to two servers.
#ifndef DATAMIGRATE_GATEWAY_HTTP_HEAD_SCANNER_H_
#define DATAMIGRATE_GATEWAY_HTTP_HEAD_SCANNER_H_

#include <cstddef>
#include <string_view>

namespace datamigrate::gateway {

// Looks at what is new since the last call, however slowly it arrives. For one head.
class HeadScanner {
 public:
  enum class Finding {
    kPartial,
    kWhole,
    // A line feed without its carriage return, a carriage return without its line feed, NUL, or a
    // line that goes on with a space (RFC 9112 sections 2.2 and 5.2, RFC 9110 section 5.5).
    kWrong,
  };

  // `bytes` is all that has arrived, beginning with what the last call saw.
  Finding Scan(std::string_view bytes);

  // Where the head begins, after the empty lines that section 2.2 lets a server pass over, and
  // ends. Once kWhole was found.
  size_t begin() const { return begin_; }
  size_t end() const { return seen_; }

 private:
  size_t begin_ = 0;
  size_t seen_ = 0;
  size_t line_ = 0;  // where the present line begins
  bool is_after_return_ = false;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_HEAD_SCANNER_H_
