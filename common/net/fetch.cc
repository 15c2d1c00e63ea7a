#include "common/net/fetch.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/net/curl_library.h"

namespace datamigrate::net {
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

// Frees lists of header fields, whose text may be a secret.
void FreeFields(curl_slist* fields) {
  for (curl_slist* field = fields; field != nullptr; field = field->next) {
    explicit_bzero(field->data, std::strlen(field->data));
  }
  curl_slist_free_all(fields);
}

}  // namespace

bool IsFetchable(std::string_view url) {
  return url.starts_with("https://") || IsThisMachine(url);
}

absl::StatusOr<Answer> Ask(const FetchRequest& request, const FetchOptions& options) {
  if (!IsFetchable(request.url)) {
    return absl::InvalidArgumentError("a URL must begin with https://");
  }
  if (absl::Status loaded = LoadCurl(); !loaded.ok()) return loaded;
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
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_slist* fields = nullptr;
  absl::Cleanup free_fields = [&fields] { FreeFields(fields); };
  if (!request.bearer.empty()) {
    fields = curl_slist_append(nullptr, ("Authorization: Bearer " + request.bearer).c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    return absl::UnavailableError(
        fmt::format("{} was not reached: {}", request.peer, curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return Answer{static_cast<int>(status), std::move(download.body)};
}

absl::StatusOr<std::string> Fetch(const FetchRequest& request, const FetchOptions& options) {
  absl::StatusOr<Answer> answer = Ask(request, options);
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) {
    return absl::UnavailableError(fmt::format("{} answered {}", request.peer, answer->status));
  }
  return std::move(answer->body);
}

}  // namespace datamigrate::net
