#include "agent_engine/cli/batch_input.h"

#include <cstring>
#include <vector>

namespace datamigrate::cli {

absl::Status ForEachBatch(std::FILE* input, const std::function<void(const std::string&)>& batch) {
  std::vector<char> buffer(1 << 16);
  std::string current;
  bool any = false;
  size_t count = 0;
  while ((count = std::fread(buffer.data(), 1, buffer.size(), input)) > 0) {
    any = true;
    const char* at = buffer.data();
    const char* const end = at + count;
    while (const void* found = std::memchr(at, '\0', static_cast<size_t>(end - at))) {
      const char* stop = static_cast<const char*>(found);
      current.append(at, stop);
      batch(current);
      current.clear();
      at = stop + 1;
    }
    current.append(at, end);
  }
  if (std::ferror(input)) return absl::DataLossError("reading standard input failed");
  if (any) batch(current);
  return absl::OkStatus();
}

}  // namespace datamigrate::cli
