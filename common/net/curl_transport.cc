#include "common/net/curl_transport.h"
#include "common/net/curl_library.h"
#include "common/text/text.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace datamigrate::net {
namespace {

constexpr size_t kMaxHeadBytes = 64 * 1024;
constexpr size_t kMaxBuffered = 256 * 1024;  // of a body that nobody reads; then the sender waits

// A header list whose text is wiped, as it holds keys.
struct FreeFields {
  void operator()(curl_slist* fields) const {
    for (curl_slist* field = fields; field != nullptr; field = field->next) {
      explicit_bzero(field->data, std::strlen(field->data));
    }
    curl_slist_free_all(fields);
  }
};
using Fields = std::unique_ptr<curl_slist, FreeFields>;

struct EndEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EndEasy>;

Fields FieldsOf(const HttpRequest& request) {
  // Nobody waits for "100 Continue".
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const HeaderField& field : request.fields) {
    std::string line = field.name + ": " + field.value;
    list = curl_slist_append(list, line.c_str());
    explicit_bzero(line.data(), line.size());
  }
  return Fields(list);
}

std::optional<AddressBytes> BytesOf(const sockaddr* address) {
  AddressBytes bytes{};
  if (address->sa_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
    return bytes;
  }
  if (address->sa_family != AF_INET) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
  return bytes;
}

// What the curl thread and the reader share. The curl thread owns the handle.
struct Transfer {
  explicit Transfer(HttpRequest to_send) : request(std::move(to_send)) {}

  HttpRequest request;

  // Of the curl thread alone.
  Easy easy;
  Fields fields;
  HttpHead head_so_far;
  size_t head_bytes = 0;
  size_t body_bytes = 0;
  bool is_address_refused = false;
  bool is_too_large = false;

  std::mutex mutex;
  std::condition_variable news;
  HttpHead head;  // guarded by mutex, as all below
  bool has_head = false;
  std::string body;
  bool is_paused = false;
  bool is_over = false;
  absl::Status result;

  // The head is complete once a byte of the body or the end has come: 1xx heads come before it.
  void PublishHead() {
    if (has_head || head_so_far.status == 0) return;
    head = std::move(head_so_far);
    has_head = true;
  }
};

void AddHeadLine(Transfer& transfer, std::string_view line) {
  HttpHead& head = transfer.head_so_far;
  if (line.starts_with("HTTP/")) {
    head = {};
    const size_t space = line.find(' ');
    if (space != std::string_view::npos) {
      std::from_chars(line.data() + space + 1, line.data() + line.size(), head.status);
    }
    return;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  head.fields.push_back(
      {std::string(line.substr(0, colon)), std::string(text::Trimmed(line.substr(colon + 1)))});
}

size_t OnHeadLine(char* bytes, size_t size, size_t count, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  const std::string_view line(bytes, size * count);
  transfer.head_bytes += line.size();
  if (transfer.head_bytes > kMaxHeadBytes) {
    transfer.is_too_large = true;
    return 0;  // ends the transfer
  }
  const bool is_end = line == "\r\n" || line == "\n";
  if (!is_end) {
    AddHeadLine(transfer, line);
  } else if (transfer.head_so_far.status >= 200) {
    const std::lock_guard lock(transfer.mutex);
    transfer.PublishHead();
    transfer.news.notify_all();
  }
  return line.size();
}

size_t OnBody(char* bytes, size_t size, size_t count, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  const size_t length = size * count;
  if (transfer.body_bytes + length > transfer.request.max_answer_bytes) {
    transfer.is_too_large = true;
    return 0;
  }
  const std::lock_guard lock(transfer.mutex);
  if (!transfer.body.empty() && transfer.body.size() + length > kMaxBuffered) {
    transfer.is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  transfer.body_bytes += length;
  transfer.PublishHead();
  transfer.body.append(bytes, length);
  transfer.news.notify_all();
  return length;
}

curl_socket_t OnOpenSocket(void* of, curlsocktype /*purpose*/, curl_sockaddr* to) {
  auto& transfer = *static_cast<Transfer*>(of);
  if (transfer.request.addresses != nullptr) {
    const auto bytes = BytesOf(&to->addr);
    if (!bytes.has_value() || !transfer.request.addresses->Allows(*bytes)) {
      transfer.is_address_refused = true;
      return CURL_SOCKET_BAD;
    }
  }
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

Easy MakeEasy(Transfer& transfer, const CurlTransportOptions& options) {
  Easy easy(curl_easy_init());
  if (easy == nullptr) return easy;
  CURL* curl = easy.get();
  const HttpRequest& request = transfer.request;
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(request.connect_timeout)));
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, 60L);
  if (!request.allows_proxy) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer.fields.get());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeadLine);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, OnOpenSocket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_PRIVATE, &transfer);
  return easy;
}

absl::Status ResultOf(const Transfer& transfer, CURLcode code) {
  const std::string& peer = transfer.request.peer;
  if (code == CURLE_OK) return absl::OkStatus();
  if (transfer.is_address_refused) {
    return absl::PermissionDeniedError(fmt::format("{} has no address that is on the site", peer));
  }
  if (transfer.is_too_large) {
    return absl::ResourceExhaustedError(
        transfer.head_bytes > kMaxHeadBytes
            ? fmt::format("{} answered with a head of more than {} bytes", peer, kMaxHeadBytes)
            : fmt::format("{} answered with more than {} bytes", peer,
                          transfer.request.max_answer_bytes));
  }
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    return absl::UnavailableError(fmt::format("the name of {} could not be looked up", peer));
  }
  if (code == CURLE_COULDNT_CONNECT) {
    return absl::UnavailableError(fmt::format("{} refused the connection", peer));
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return absl::UnavailableError(fmt::format(
        "no connection to {} in {}", peer, absl::FormatDuration(transfer.request.connect_timeout)));
  }
  if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
      code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM) {
    return absl::UnavailableError(fmt::format("the answer of {} was cut", peer));
  }
  return absl::UnavailableError(fmt::format("{}: {}", peer, curl_easy_strerror(code)));
}

}  // namespace

// The curl thread. It alone touches curl's handles once they are given to it.
class CurlTransport::Loop {
 public:
  explicit Loop(const CurlTransportOptions& options)
      : options_(options), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, options.kept_connections);
    thread_ = std::thread([this] { Run(); });
  }

  ~Loop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void Start(std::shared_ptr<Transfer> transfer) {
    Tell([&] { to_start_.push_back(std::move(transfer)); });
  }
  void GoOn(std::shared_ptr<Transfer> transfer) {
    Tell([&] { to_go_on_.push_back(std::move(transfer)); });
  }
  void BreakOff(std::shared_ptr<Transfer> transfer) {
    Tell([&] { to_break_off_.push_back(std::move(transfer)); });
  }

 private:
  using Transfers = std::vector<std::shared_ptr<Transfer>>;

  template <typename Change>
  void Tell(Change change) {
    bool must_wake = false;
    {
      const std::lock_guard lock(mutex_);
      change();
      must_wake = !std::exchange(is_told_, true);
    }
    if (must_wake) curl_multi_wakeup(multi_);
  }

  void Run() {
    while (true) {
      Transfers starting, going_on, breaking_off;
      {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) break;
        is_told_ = false;
        starting.swap(to_start_);
        going_on.swap(to_go_on_);
        breaking_off.swap(to_break_off_);
      }
      for (const auto& transfer : starting) Begin(transfer);
      for (const auto& transfer : going_on) {
        if (transfer->easy) curl_easy_pause(transfer->easy.get(), CURLPAUSE_CONT);
      }
      for (const auto& transfer : breaking_off) {
        End(transfer.get(), absl::CancelledError("the call was ended"));
      }
      int running = 0;
      curl_multi_perform(multi_, &running);
      ReadEnds();
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
    while (!running_.empty()) {
      End(running_.begin()->first, absl::UnavailableError("the process is ending"));
    }
  }

  void Begin(const std::shared_ptr<Transfer>& transfer) {
    transfer->fields = FieldsOf(transfer->request);
    transfer->easy = MakeEasy(*transfer, options_);
    running_.emplace(transfer.get(), transfer);
    if (!transfer->easy || curl_multi_add_handle(multi_, transfer->easy.get()) != CURLM_OK) {
      End(transfer.get(), absl::UnavailableError("no memory for a request"));
    }
  }

  void ReadEnds() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      End(transfer, ResultOf(*transfer, message->data.result));
    }
  }

  void End(Transfer* transfer, absl::Status result) {
    const auto found = running_.find(transfer);
    if (found == running_.end()) return;
    const std::shared_ptr<Transfer> kept = std::move(found->second);
    running_.erase(found);
    if (kept->easy) curl_multi_remove_handle(multi_, kept->easy.get());
    kept->easy.reset();
    kept->fields.reset();
    const std::lock_guard lock(kept->mutex);
    if (result.ok()) kept->PublishHead();
    kept->result = std::move(result);
    kept->is_over = true;
    kept->news.notify_all();
  }

  const CurlTransportOptions& options_;
  CURLM* const multi_;
  std::map<Transfer*, std::shared_ptr<Transfer>> running_;  // of the thread alone

  std::mutex mutex_;
  bool is_stopping_ = false;  // guarded by mutex_, as all below
  bool is_told_ = false;
  Transfers to_start_;
  Transfers to_go_on_;
  Transfers to_break_off_;

  std::thread thread_;
};

namespace {

// `Loop` is CurlTransport's own.
template <typename Loop>
class CurlExchange : public HttpExchange {
 public:
  // `loop` is null where the transfer is over already.
  CurlExchange(Loop* loop, std::shared_ptr<Transfer> transfer)
      : loop_(loop), transfer_(std::move(transfer)) {}

  ~CurlExchange() override {
    bool is_over = false;
    {
      const std::lock_guard lock(transfer_->mutex);
      is_over = transfer_->is_over;
    }
    if (!is_over) loop_->BreakOff(transfer_);
  }

  absl::StatusOr<HttpHead> ReadHead(absl::Duration patience, const std::stop_token& stop) override {
    std::unique_lock lock(transfer_->mutex);
    const absl::Status waited = Wait(lock, patience, stop, [&] { return transfer_->has_head; });
    if (!waited.ok()) return waited;
    if (transfer_->has_head) return transfer_->head;
    return Ended();
  }

  absl::StatusOr<std::string> ReadBody(absl::Duration patience,
                                       const std::stop_token& stop) override {
    std::string body;
    bool was_paused = false;
    {
      std::unique_lock lock(transfer_->mutex);
      const absl::Status waited =
          Wait(lock, patience, stop, [&] { return !transfer_->body.empty(); });
      if (!waited.ok()) return waited;
      if (transfer_->body.empty()) {
        if (transfer_->result.ok()) return "";
        return Ended();
      }
      body.swap(transfer_->body);
      was_paused = std::exchange(transfer_->is_paused, false);
    }
    if (was_paused) loop_->GoOn(transfer_);
    return body;
  }

 private:
  absl::Status Ended() {
    if (!transfer_->result.ok()) return transfer_->result;
    return absl::UnavailableError(
        fmt::format("{} ended the connection without an answer", transfer_->request.peer));
  }

  // OK when `is_there` or the transfer is over.
  template <typename Condition>
  absl::Status Wait(std::unique_lock<std::mutex>& lock, absl::Duration patience,
                    const std::stop_token& stop, Condition is_there) {
    // The callback must not take the lock while it is being destroyed under it.
    std::stop_callback wake(stop, [this] { transfer_->news.notify_all(); });
    const auto until = std::chrono::steady_clock::now() +
                       absl::ToChronoNanoseconds(std::min(patience, absl::Hours(24)));
    while (!is_there() && !transfer_->is_over) {
      if (stop.stop_requested()) return absl::CancelledError("the call was ended");
      // A stop that comes between the look at it and the wait is seen a moment later.
      const auto look_again =
          std::min(until, std::chrono::steady_clock::now() + std::chrono::milliseconds(250));
      transfer_->news.wait_until(lock, look_again);
      if (!is_there() && !transfer_->is_over && std::chrono::steady_clock::now() >= until) {
        return absl::DeadlineExceededError(fmt::format("nothing came from {} for {}",
                                                       transfer_->request.peer,
                                                       absl::FormatDuration(patience)));
      }
    }
    return absl::OkStatus();
  }

  Loop* const loop_;
  const std::shared_ptr<Transfer> transfer_;
};

}  // namespace

CurlTransport::CurlTransport(const CurlTransportOptions& options) : options_(options) {}

CurlTransport::~CurlTransport() = default;

std::unique_ptr<HttpExchange> CurlTransport::Send(HttpRequest request) {
  if (absl::Status loaded = LoadCurl(); !loaded.ok()) {
    auto unsent = std::make_shared<Transfer>(std::move(request));
    unsent->is_over = true;
    unsent->result = std::move(loaded);
    return std::make_unique<CurlExchange<Loop>>(nullptr, std::move(unsent));
  }
  Loop* loop = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    std::unique_ptr<Loop>& used = request.addresses == nullptr ? open_ : ruled_;
    if (used == nullptr) used = std::make_unique<Loop>(options_);
    loop = used.get();
  }
  auto transfer = std::make_shared<Transfer>(std::move(request));
  loop->Start(transfer);
  return std::make_unique<CurlExchange<Loop>>(loop, std::move(transfer));
}

}  // namespace datamigrate::net
