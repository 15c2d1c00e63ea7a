#include "common/net/curl_library.h"

namespace datamigrate::net {
namespace {

constinit loading::DeferredSymbol* const kSymbols[] = {
#define CURL_FUNCTION(name) &name,
#include "common/net/curl_functions.def"
#undef CURL_FUNCTION
};

constinit loading::DeferredLibrary library("libcurl.so.4", "Install Debian's package libcurl4.",
                                           kSymbols);

}  // namespace

absl::Status LoadCurl() {
  absl::Status loaded = library.Load();
  if (!loaded.ok()) return loaded;
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialized == CURLE_OK) return absl::OkStatus();
  return absl::ResourceExhaustedError("no memory for libcurl");
}

}  // namespace datamigrate::net
