// What a fuzz target demands of every input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace datamigrate::fuzz {

// Stops the process when `holds` is false; the fuzzer keeps the input. `claim` says what was
// demanded.
inline void Demand(bool holds, std::string_view claim) {
  if (holds) return;
  std::fprintf(stderr, "not so: %.*s\n", static_cast<int>(claim.size()), claim.data());
  std::abort();
}

}  // namespace datamigrate::fuzz
