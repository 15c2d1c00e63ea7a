#include "gateway/identity/oidc/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <string_view>

#include "absl/cleanup/cleanup.h"

namespace datamigrate::gateway {
namespace {

struct Download {
  std::string body;
  size_t max_bytes;
};

size_t Take(char* bytes, size_t size, size_t count, void* to) {
  auto& download = *static_cast<Download*>(to);
  if (download.body.size() + size * count > download.max_bytes) return 0;  // ends the transfer
  download.body.append(bytes, size * count);
  return size * count;
}

bool IsThisMachine(std::string_view url) {
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view rest = url.substr(host.size());
    return rest.empty() || rest.front() == ':' || rest.front() == '/';
  }
  return false;
}

}  // namespace

absl::StatusOr<std::string> Fetch(const FetchRequest& request, const FetchOptions& options) {
  if (!request.url.starts_with("https://") && !IsThisMachine(request.url)) {
    return absl::InvalidArgumentError("a URL must begin with https://");
  }
  CURL* curl = curl_easy_init();
  if (curl == nullptr) return absl::UnavailableError("no memory for a request");
  absl::Cleanup end = [curl] { curl_easy_cleanup(curl); };
  Download download{"", options.max_bytes};
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options.timeout)));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &download);
  if (!request.form.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.form.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.form.c_str());
  }
  if (!request.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request.password.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    return absl::UnavailableError(
        fmt::format("the identity provider was not reached: {}", curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return absl::UnavailableError(fmt::format("the identity provider answered {}", status));
  }
  return std::move(download.body);
}

}  // namespace datamigrate::gateway
