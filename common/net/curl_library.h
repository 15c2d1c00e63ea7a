// libcurl, loaded when something is first sent by it: with the libraries behind it and what it reads
// of OpenSSL, it takes one to three megabytes.
//
// In namespace datamigrate::net the names of libcurl's functions mean those below; elsewhere say
// `using net::curl_easy_init`.
#ifndef DATAMIGRATE_COMMON_NET_CURL_LIBRARY_H_
#define DATAMIGRATE_COMMON_NET_CURL_LIBRARY_H_

#include <curl/curl.h>

#include "absl/status/status.h"
#include "common/loading/deferred_library.h"

namespace datamigrate::net {

// Braces: some of the names are macros of libcurl as well, which a parenthesis would call.
#define CURL_FUNCTION(name) \
  inline constinit loading::DeferredFunction<decltype(::name)> name{#name};
#include "common/net/curl_functions.def"
#undef CURL_FUNCTION

// Comes before the first call of these functions; costs next to nothing once it was done.
// kFailedPrecondition where libcurl cannot be loaded.
absl::Status LoadCurl();

}  // namespace datamigrate::net

#endif  // DATAMIGRATE_COMMON_NET_CURL_LIBRARY_H_
