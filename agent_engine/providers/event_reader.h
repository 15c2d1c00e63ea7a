// Streams of events, however the bytes are cut.
#ifndef DATAMIGRATE_AGENT_ENGINE_PROVIDERS_EVENT_READER_H_
#define DATAMIGRATE_AGENT_ENGINE_PROVIDERS_EVENT_READER_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace datamigrate::providers {

// Lines that end with \n, \r or \r\n. One thread at a time.
class LineReader {
 public:
  // Returns at once what `take` returns when it is not OK.
  // Errors: kDataLoss for a line of more than 8 MiB.
  absl::Status Feed(std::string_view bytes,
                    const std::function<absl::Status(std::string_view line)>& take);

  // What came after the last line's end.
  const std::string& rest() const { return line_; }

 private:
  std::string line_;
  bool was_carriage_return_ = false;
};

// Server-sent events: HTML Living Standard, section 9.2.6 "Interpreting an event stream". Ids and
// retry times are passed over, as no connection is made again. One thread at a time.
class EventReader {
 public:
  using Take = std::function<absl::Status(std::string_view event, std::string_view data)>;

  // As LineReader's, for each event that is complete and has data. Events of more than 8 MiB are
  // refused, too.
  absl::Status Feed(std::string_view bytes, const Take& take);

 private:
  absl::Status TakeLine(std::string_view line, const Take& take);

  LineReader lines_;
  std::string event_;
  std::string data_;
  bool has_data_ = false;
  bool is_first_line_ = true;
};

}  // namespace datamigrate::providers

#endif  // DATAMIGRATE_AGENT_ENGINE_PROVIDERS_EVENT_READER_H_
