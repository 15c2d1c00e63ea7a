#include "gateway/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <limits>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gateway/http/head_scanner.h"

namespace datamigrate::gateway {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kReadAhead = 4096;
constexpr size_t kFilePiece = 256 * 1024;
constexpr size_t kBufferSlack = 64 * 1024;  // for a body that arrives with its head
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::chrono::milliseconds kCloseTime{500};
constexpr std::chrono::milliseconds kRepeatCancel{50};
constexpr size_t kJoinedBytes = 16 * 1024;
constexpr size_t kMaxExtensionBytes = 16 * 1024;  // in all chunks of a body
constexpr size_t kLingerBytes = 4 * 1024 * 1024;

std::string AddressOf(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

Headers CopyHeaders(const http::fields& fields) {
  Headers headers;
  for (const auto& field : fields) {
    headers.Add({field.name_string().data(), field.name_string().size()},
                {field.value().data(), field.value().size()});
  }
  return headers;
}

// Whoever waits for a value.
template <typename Value>
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void Resume(Value value) = 0;
};

// The request's coroutine while another thread works for it. The loop goes last: the coroutine's
// socket and timer belong to it.
template <typename Value, typename Handler>
class WaitingCoroutine : public Waiter<Value> {
 public:
  WaitingCoroutine(std::shared_ptr<void> loop, asio::any_io_executor executor, Handler handler)
      : loop_(std::move(loop)), executor_(executor), handler_(std::move(handler)) {}

  void Resume(Value value) override {
    // What is posted belongs to the loop, so it must not hold the loop.
    asio::post(executor_, [handler = std::move(handler_), value = std::move(value)]() mutable {
      handler(std::move(value));
    });
  }

 private:
  const std::shared_ptr<void> loop_;
  const asio::any_io_executor executor_;
  Handler handler_;
};

// Where a value and whoever waits for it meet, whichever comes first. Thread safe.
template <typename Value>
class MeetingPlace {
 public:
  void Put(Value value) {
    std::unique_ptr<Waiter<Value>> waiter;
    {
      std::lock_guard lock(mutex_);
      if (waiter_ == nullptr) {
        value_ = std::move(value);
        return;
      }
      waiter = std::move(waiter_);
    }
    waiter->Resume(std::move(value));
  }

  // The value, if it is there already.
  std::optional<Value> Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(value_, std::nullopt);
  }

  void Await(std::unique_ptr<Waiter<Value>> waiter) {
    std::optional<Value> value;
    {
      std::lock_guard lock(mutex_);
      if (!value_.has_value()) {
        waiter_ = std::move(waiter);
        return;
      }
      value = std::exchange(value_, std::nullopt);
    }
    waiter->Resume(*std::move(value));
  }

 private:
  std::mutex mutex_;
  std::optional<Value> value_;             // guarded by mutex_
  std::unique_ptr<Waiter<Value>> waiter_;  // guarded by mutex_
};

// Extensions mean nothing here (RFC 9112 section 7.1.1), and cost the sender next to nothing.
struct ExtensionCount {
  size_t bytes = 0;

  template <typename Text>
  void operator()(uint64_t, Text extensions, boost::system::error_code& wrong) {
    bytes += extensions.size();
    if (bytes > kMaxExtensionBytes) wrong = http::error::bad_chunk_extension;
  }
};

bool IsAllDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

}  // namespace

constexpr Connection::Refusal Connection::kMalformed{400, "The request is not valid HTTP/1.1."};
constexpr Connection::Refusal Connection::kLargeHead{
    431, "The request line and header fields are too large."};
constexpr Connection::Refusal Connection::kTooLarge{
    413, "The request's body is larger than this route allows."};
constexpr Connection::Refusal Connection::kNoSpace{
    507, "The gateway's disk is full; ask whoever runs it for space."};
constexpr Connection::Refusal Connection::kNotTaken{
    503, "The gateway could not keep the request's body; try again."};

Connection::Connection(asio::ip::tcp::socket socket, const ServerOptions& options, Service* service,
                       std::weak_ptr<void> loop)
    : options_(options),
      service_(service),
      loop_(std::move(loop)),
      stream_(std::move(socket), options.tls == nullptr ? nullptr : options.tls->Current()),
      timer_(stream_.get_executor()),
      buffer_(options.max_header_bytes + kBufferSlack),
      remote_address_(AddressOf(stream_.socket())) {
  ErrorCode ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<void> Connection::Run() {
  const bool can_serve = co_await Begin();
  while (can_serve && !is_draining_) {
    const bool has_bytes = co_await WaitForBytes();
    if (!has_bytes) break;
    const bool goes_on = co_await ServeOne();
    if (!goes_on) break;
  }
  if (stream_.is_tls() && has_begun_) co_await CloseTls();
  co_await Linger();
  ++deadline_->number;
  timer_.cancel();
}

asio::awaitable<bool> Connection::Begin() {
  is_idle_ = true;  // a drain need not wait for it
  if (options_.takes_proxy_protocol && options_.proxies.Contains(remote_address_)) {
    SetDeadline(options_.header_timeout);
    const bool was_good = co_await ReadProxyHeader();
    if (!was_good) co_return false;
  }
  if (stream_.is_tls()) {
    SetDeadline(options_.header_timeout);
    const auto [error] =
        co_await stream_.tls().async_handshake(asio::ssl::stream_base::server, kAwait);
    if (error) co_return false;
  }
  is_idle_ = false;
  has_begun_ = true;
  co_return true;
}

asio::awaitable<bool> Connection::ReadProxyHeader() {
  std::string bytes;
  ProxyHeader header;
  // Not one byte more: what follows may be for TLS.
  for (size_t needed = 0; gateway::ReadProxyHeader(bytes, header, needed) != ProxyRead::kWhole;) {
    if (needed <= bytes.size()) co_return false;
    const size_t known = bytes.size();
    bytes.resize(needed);
    const auto [error, length] = co_await asio::async_read(
        stream_.socket(), asio::buffer(bytes.data() + known, needed - known), kAwait);
    if (error) co_return false;
  }
  if (!header.address.empty()) remote_address_ = header.address;
  co_return true;
}

void Connection::SetDeadline(std::chrono::milliseconds patience) {
  deadline_->is_late = false;
  deadline_->at = std::chrono::steady_clock::now() + patience;
  if (deadline_->at < deadline_->awaited_until) AwaitDeadline(deadline_->at);
}

void Connection::AwaitDeadline(std::chrono::steady_clock::time_point until) {
  deadline_->awaited_until = until;
  timer_.expires_at(until);
  timer_.async_wait([this, number = ++deadline_->number, deadline = deadline_](ErrorCode error) {
    if (error || number != deadline->number) return;  // `this` may be gone
    const auto now = std::chrono::steady_clock::now();
    if (now < deadline->at) return AwaitDeadline(deadline->at);
    deadline->is_late = true;
    ErrorCode ignored;
    stream_.socket().cancel(ignored);
    // A read that had just completed escapes the cancellation, and the next one follows it.
    deadline->at = now + kRepeatCancel;
    AwaitDeadline(deadline->at);
  });
}

void Connection::Drain() {
  is_draining_ = true;
  if (arrival_ != nullptr) arrival_->timer.cancel();
  if (web_socket_ != nullptr) web_socket_->Drain();
  if (!is_idle_) return;
  ErrorCode ignored;
  stream_.socket().cancel(ignored);
}

asio::awaitable<bool> Connection::WaitForBytes() {
  if (buffer_.size() > 0) co_return true;
  is_idle_ = true;
  SetDeadline(options_.idle_timeout);
  const auto space = buffer_.prepare(kReadAhead);
  const auto [error, length] = co_await stream_.async_read_some(space, kAwait);
  is_idle_ = false;
  if (error) co_return false;
  buffer_.commit(length);
  co_return true;
}

asio::awaitable<bool> Connection::ServeOne() {
  Parser parser;
  parser.header_limit(options_.max_header_bytes);
  parser.body_limit(boost::none);  // set once the head says what it is for
  SetDeadline(options_.header_timeout);
  std::optional<Refusal> refusal = co_await ReadHead(parser);

  Request request;
  request.remote_address = remote_address_;
  request.is_secure = stream_.is_tls();
  request.received_at = absl::Now();
  if (refusal.has_value()) {
    if (refusal->status != 0) co_await Refuse(std::move(request), *refusal);
    co_return false;
  }
  const auto& message = parser.get();
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.headers = CopyHeaders(message);
  request.remote_address = options_.proxies.ClientOf(remote_address_, request.headers);
  refusal = CheckHead(parser, request.headers);
  if (!refusal.has_value() && service_->IsJudgedByHead(request)) {
    const bool goes_on = co_await ServeFile(parser, std::move(request));
    co_return goes_on;
  }
  if (!refusal.has_value() && !parser.is_done()) refusal = co_await ReadBody(parser, request);
  if (refusal.has_value()) {
    // Status 0: the client has gone.
    if (refusal->status != 0) co_await Refuse(std::move(request), *refusal);
    co_return false;
  }
  request.body = std::move(parser.get().body());
  const bool keep_alive = parser.get().keep_alive();
  const unsigned version = parser.get().version();
  const bool is_head = request.method == "HEAD";
  Response response = co_await Await<Response>(
      [&](auto put) { service_->Handle(std::move(request), std::move(put)); });
  if (response.is_web_socket) {
    co_await ServeWebSocket(parser, std::move(response));
    co_return false;
  }
  const bool sent =
      co_await Send(std::move(response), keep_alive && !is_draining_, is_head, version);
  co_return sent&& keep_alive;
}

asio::awaitable<void> Connection::ServeWebSocket(const Parser& parser, Response response) {
  // A client waits for the answer before it goes on (RFC 6455 section 4.1).
  if (!boost::beast::websocket::is_upgrade(parser.get()) || buffer_.size() > 0) {
    Request head;
    head.target = std::string(parser.get().target());
    co_await Refuse(std::move(head), kMalformed);
    co_return;
  }
  deadline_->at = kNever;
  web_socket_ = MakeWebSocket(stream_, options_, loop_);
  if (is_draining_) web_socket_->Drain();
  co_await web_socket_->Run(parser.get(), std::move(response));
  web_socket_ = nullptr;
}

asio::awaitable<std::optional<Connection::Refusal>> Connection::ReadHead(Parser& parser) {
  HeadScanner scanner;
  while (true) {
    const std::string_view bytes(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    const HeadScanner::Finding finding = scanner.Scan(bytes.substr(0, options_.max_header_bytes));
    if (finding == HeadScanner::Finding::kWrong) co_return kMalformed;
    if (finding == HeadScanner::Finding::kWhole) break;
    if (bytes.size() >= options_.max_header_bytes) co_return kLargeHead;
    const auto space = buffer_.prepare(kReadAhead);
    const auto [error, length] = co_await stream_.async_read_some(space, kAwait);
    if (error) co_return RefusalOf(error, /*in_body=*/false).value_or(Refusal{0, ""});
    buffer_.commit(length);
  }
  buffer_.consume(scanner.begin());
  ErrorCode error;
  const size_t used =
      parser.put(asio::buffer(buffer_.data().data(), scanner.end() - scanner.begin()), error);
  buffer_.consume(used);
  if (!error && !parser.is_header_done()) error = http::error::partial_message;
  if (error == http::error::header_limit) co_return kLargeHead;
  if (error) co_return kMalformed;
  co_return std::nullopt;
}

std::optional<Connection::Refusal> Connection::CheckHead(const Parser& parser,
                                                         const Headers& headers) {
  const unsigned version = parser.get().version();  // 10 or 11: the parser refuses others
  if (headers.Count("Host") > 1 || (version == 11 && !headers.Has("Host"))) {
    return Refusal{400, "An HTTP/1.1 request has exactly one Host field."};
  }
  if (headers.Has("Transfer-Encoding")) {
    // RFC 9112 section 6.1: both framings together, or one that HTTP/1.0 does not know, are how
    // requests are smuggled.
    if (headers.Has("Content-Length") || version == 10) {
      return Refusal{400, "The request's length is ambiguous."};
    }
    if (headers.Count("Transfer-Encoding") > 1 ||
        !EqualsIgnoringCase(headers.Get("Transfer-Encoding"), "chunked")) {
      return Refusal{501, "The only supported transfer coding is chunked."};
    }
  }
  if (headers.Has("Content-Length") && !IsAllDigits(headers.Get("Content-Length"))) {
    return Refusal{400, "The request's Content-Length is not one number."};
  }
  if (headers.Count("Content-Length") > 1) {
    return Refusal{400, "The request has more than one Content-Length field."};
  }
  if (headers.Has("Expect") && !EqualsIgnoringCase(headers.Get("Expect"), "100-continue")) {
    return Refusal{417, "The only supported expectation is 100-continue."};
  }
  return std::nullopt;
}

asio::awaitable<std::optional<Connection::Refusal>> Connection::ReadBody(Parser& parser,
                                                                         const Request& head) {
  const uint64_t limit = service_->MaxBodyBytes(head);
  if (parser.content_length_remaining().value_or(0) > limit) co_return kTooLarge;
  parser.body_limit(limit);
  ExtensionCount count_extensions;
  parser.on_chunk_header(count_extensions);
  SetDeadline(options_.body_timeout);
  if (head.headers.Has("Expect")) {
    const bool sent = co_await Write("HTTP/1.1 100 Continue\r\n\r\n", "");
    if (!sent) co_return Refusal{0, ""};
    SetDeadline(options_.body_timeout);
  }
  const auto [error, length] = co_await http::async_read(stream_, buffer_, parser, kAwait);
  if (!error) co_return std::nullopt;
  if (error == http::error::body_limit) co_return kTooLarge;
  co_return RefusalOf(error, /*in_body=*/true).value_or(Refusal{0, ""});
}

std::optional<Connection::Refusal> Connection::RefusalOf(ErrorCode error, bool in_body) const {
  if (deadline_->is_late) {
    return Refusal{408, in_body ? "The request's body took too long to arrive."
                                : "The request's head took too long to arrive."};
  }
  if (error == http::error::header_limit) return kLargeHead;
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  static const auto& http_category = http::make_error_code(http::error::bad_method).category();
  if (error.category() == http_category) return kMalformed;
  return std::nullopt;
}

asio::awaitable<bool> Connection::Refuse(Request head, Refusal refusal) {
  has_unread_ = true;
  const bool is_head = head.method == "HEAD";
  Response response = service_->Refuse(std::move(head), refusal.status, refusal.detail);
  const bool sent = co_await Send(std::move(response), /*keep_alive=*/false, is_head, 11);
  co_return sent;
}

template <typename Value, typename Start>
asio::awaitable<Value> Connection::Await(Start start) {
  auto place = std::make_shared<MeetingPlace<Value>>();
  start([place](Value value) { place->Put(std::move(value)); });
  // Most answers need no other thread, so that nobody has to be woken.
  if (std::optional<Value> ready = place->Take(); ready.has_value()) co_return *std::move(ready);
  // From here on only whoever works on it holds the place, which holds this coroutine.
  auto initiate = [this](auto&& handler, std::shared_ptr<MeetingPlace<Value>> awaited) {
    using Waiting = WaitingCoroutine<Value, std::decay_t<decltype(handler)>>;
    awaited->Await(std::make_unique<Waiting>(loop_.lock(), stream_.get_executor(),
                                             std::forward<decltype(handler)>(handler)));
  };
  Value value = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Value)>(
      initiate, asio::use_awaitable, std::move(place));
  co_return value;
}

asio::awaitable<bool> Connection::ServeFile(Parser& parser, Request head) {
  const bool is_whole = parser.is_done();
  const bool expects_continue = head.headers.Has("Expect");
  const uint64_t limit = service_->MaxBodyBytes(head);
  const uint64_t announced = parser.content_length_remaining().value_or(0);
  const bool keep_alive = parser.get().keep_alive();
  const unsigned version = parser.get().version();
  Service::Judgement judgement = co_await Await<Service::Judgement>(
      [&](auto put) { service_->Admit(std::move(head), std::move(put)); });
  if (auto* refused = std::get_if<Response>(&judgement); refused != nullptr) {
    has_unread_ = !is_whole;
    const bool sent =
        co_await Send(std::move(*refused), keep_alive && is_whole && !is_draining_, false, version);
    co_return sent;
  }
  BodyReceiver& receiver = *std::get<std::unique_ptr<BodyReceiver>>(judgement);
  std::optional<Refusal> refusal;
  if (announced > limit) {
    refusal = kTooLarge;
  } else if (!is_whole) {
    FileParser file_parser(std::move(parser));
    file_parser.body_limit(limit);
    refusal = co_await ReceiveBody(file_parser, receiver, expects_continue);
  }
  if (refusal.has_value()) {
    if (refusal->status == 0) co_return false;
    has_unread_ = true;
    Response response = receiver.Refuse(refusal->status, refusal->detail);
    co_await Send(std::move(response), /*keep_alive=*/false, /*is_head=*/false, version);
    co_return false;
  }
  Response response = co_await Await<Response>([&](auto put) { receiver.Finish(std::move(put)); });
  const bool sent =
      co_await Send(std::move(response), keep_alive && !is_draining_, /*is_head=*/false, version);
  co_return sent&& keep_alive;
}

asio::awaitable<std::optional<Connection::Refusal>> Connection::ReceiveBody(FileParser& parser,
                                                                            BodyReceiver& receiver,
                                                                            bool expects_continue) {
  const auto end = std::chrono::steady_clock::now() + options_.long_body_timeout;
  ExtensionCount count_extensions;
  parser.on_chunk_header(count_extensions);
  if (expects_continue) {
    const bool sent = co_await Write("HTTP/1.1 100 Continue\r\n\r\n", "");
    if (!sent) co_return Refusal{0, ""};
  }
  while (!parser.is_done()) {
    std::string piece(kFilePiece, '\0');
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    parser.get().body().more = true;
    const auto left = end - std::chrono::steady_clock::now();
    SetDeadline(std::min<std::chrono::milliseconds>(
        options_.body_timeout, std::chrono::duration_cast<std::chrono::milliseconds>(left)));
    const auto [error, length] = co_await http::async_read(stream_, buffer_, parser, kAwait);
    if (error == http::error::body_limit) co_return kTooLarge;
    if (error && error != http::error::need_buffer) {
      co_return RefusalOf(error, /*in_body=*/true).value_or(Refusal{0, ""});
    }
    piece.resize(piece.size() - parser.get().body().size);
    if (piece.empty()) continue;
    const absl::Status taken = co_await Await<absl::Status>(
        [&](auto put) { receiver.Take(std::move(piece), std::move(put)); });
    if (absl::IsResourceExhausted(taken)) co_return kNoSpace;
    if (!taken.ok()) co_return kNotTaken;
  }
  co_return std::nullopt;
}

asio::awaitable<bool> Connection::Send(Response response, bool keep_alive, bool is_head,
                                       unsigned version) {
  const bool has_body = response.status != 204 && response.status != 304;
  Framing framing;
  const bool is_open_ended = response.stream != nullptr && !response.stream_length.has_value();
  framing.is_chunked = is_open_ended && version == 11;
  framing.has_length = has_body && !is_open_ended;
  framing.keep_alive = keep_alive && (!is_open_ended || framing.is_chunked);
  const std::string head = ResponseHead(response, framing, absl::Now());
  const bool sends_body = has_body && !is_head;
  const bool sent = co_await Write(
      head, sends_body && response.stream == nullptr ? response.body : std::string_view());
  if (!sent) co_return false;
  if (response.stream != nullptr && sends_body) {
    const bool whole = co_await SendStream(response, framing.is_chunked);
    if (!whole) co_return false;
  }
  co_return framing.keep_alive;
}

asio::awaitable<bool> Connection::SendStream(Response& response, bool is_chunked) {
  const auto end = std::chrono::steady_clock::now() + response.longest_stream;
  next_lease_check_ = response.lease == nullptr
                          ? kNever
                          : std::chrono::steady_clock::now() + options_.lease_interval;
  uint64_t left = response.stream_length.value_or(std::numeric_limits<uint64_t>::max());
  while (true) {
    std::optional<BodyStream::Piece> piece = co_await NextPiece(response, is_chunked, end);
    if (!piece.has_value() || (piece->ok() && !piece->value().has_value())) break;
    if (!piece->ok() || piece->value()->size() > left) co_return false;
    left -= piece->value()->size();
    const bool sent = co_await SendPiece(**piece.value(), is_chunked);
    if (!sent) co_return false;
  }
  if (!is_chunked) co_return left == 0 || !response.stream_length.has_value();
  const bool ended = co_await Write("0\r\n\r\n", "");
  co_return ended;
}

asio::awaitable<std::optional<BodyStream::Piece>> Connection::NextPiece(
    Response& response, bool is_chunked, std::chrono::steady_clock::time_point end) {
  auto executor = stream_.get_executor();
  auto arrival = std::make_shared<Arrival>(executor);
  arrival_ = arrival;
  // The timer in `arrival` belongs to the loop, so the loop is captured first and released last.
  response.stream->Next([loop = loop_.lock(), arrival, executor](BodyStream::Piece piece) {
    asio::post(executor, [arrival, piece = std::move(piece)]() mutable {
      arrival->piece = std::move(piece);
      arrival->timer.cancel();
    });
  });
  auto idle_at = std::chrono::steady_clock::now() + response.idle_after;
  while (!arrival->piece.has_value()) {
    const auto now = std::chrono::steady_clock::now();
    if (response.may_end_early && (is_draining_ || now >= end || HasLeaseEnded(response))) {
      response.stream->Cancel();
      break;
    }
    if (now >= idle_at) {
      const bool sent = co_await SendPiece(response.idle_piece, is_chunked);
      if (!sent) {
        response.stream->Cancel();
        arrival->piece = absl::CancelledError("the client has gone");
        break;
      }
      idle_at = std::chrono::steady_clock::now() + response.idle_after;
      continue;
    }
    arrival->timer.expires_at(response.may_end_early ? std::min({idle_at, end, next_lease_check_})
                                                     : idle_at);
    co_await arrival->timer.async_wait(kAwait);
  }
  arrival_ = nullptr;
  co_return std::move(arrival->piece);
}

bool Connection::HasLeaseEnded(const Response& response) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_lease_check_) return false;
  next_lease_check_ = now + options_.lease_interval;
  return !response.lease->MayGoOn();
}

asio::awaitable<bool> Connection::SendPiece(std::string_view piece, bool is_chunked) {
  if (piece.empty()) co_return true;
  const std::string framed =
      is_chunked ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : std::string(piece);
  const bool sent = co_await Write(framed, "");
  co_return sent;
}

asio::awaitable<bool> Connection::Write(std::string_view first, std::string_view second) {
  SetDeadline(options_.write_timeout);
  if (stream_.is_tls() && !second.empty() && second.size() < kJoinedBytes) {
    // One record instead of two.
    const std::string joined = fmt::format("{}{}", first, second);
    const auto [failed, written] =
        co_await asio::async_write(stream_, asio::buffer(joined), kAwait);
    co_return !failed;
  }
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(first.data(), first.size()),
                                                     asio::buffer(second.data(), second.size())};
  const auto [error, length] = co_await asio::async_write(stream_, buffers, kAwait);
  co_return !error;
}

asio::awaitable<void> Connection::CloseTls() {
  SetDeadline(kCloseTime);
  co_await stream_.tls().async_shutdown(kAwait);
}

asio::awaitable<void> Connection::Linger() {
  ErrorCode error;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error || !has_unread_) co_return;
  SetDeadline(kLingerTime);
  std::array<char, kReadAhead> dropped;
  size_t total = 0;
  while (total < kLingerBytes) {
    const auto [failed, length] =
        co_await stream_.socket().async_read_some(asio::buffer(dropped), kAwait);
    if (failed) break;
    total += length;
  }
}

}  // namespace datamigrate::gateway
