#include "agent_engine/routing/attempt.h"

#include <algorithm>
#include <utility>

#include "agent_engine/routing/retry_after.h"
#include "agent_engine/routing/token_count.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr size_t kMaxErrorBytes = 64 * 1024;
constexpr absl::Duration kErrorBodyPatience = absl::Seconds(5);

Fault FaultOfStatus(int status, const providers::ProviderError& error) {
  const std::string message = text::Lower(error.message);
  if (status == 429) {
    // developers.openai.com, "Error codes": waiting does not help.
    return error.type == "insufficient_quota" ? Fault::kKeyRefused : Fault::kRateLimited;
  }
  if (status == 401 || status == 403 || status == 402) return Fault::kKeyRefused;
  if (status == 404) return Fault::kNotFound;
  if (status == 408 || status == 409 || status >= 500) return Fault::kServer;
  if (status < 400) return Fault::kBadAnswer;
  const bool is_too_large = status == 413 || error.type == "context_length_exceeded" ||
                            text::Contains(message, "prompt is too long") ||
                            text::Contains(message, "maximum context length") ||
                            text::Contains(message, "context window");
  return is_too_large ? Fault::kTooLarge : Fault::kBadRequest;
}

class AttemptRun {
 public:
  AttemptRun(net::HttpTransport& transport, Clock& clock, const AttemptRequest& attempt,
             const providers::AnswerStream::TextSink& sink)
      : transport_(transport),
        clock_(clock),
        attempt_(attempt),
        deployment_(*attempt.deployment),
        protocol_(*providers::ProtocolNamed(attempt.deployment->protocol)),
        sink_(sink),
        began_(clock.Steady()) {}

  AttemptResult Run() {
    const std::unique_ptr<net::HttpExchange> exchange = Send();
    const absl::Duration patience =
        attempt_.is_stream ? deployment_.first_token_timeout : deployment_.answer_timeout;
    auto head = exchange->ReadHead(Patience(patience), attempt_.stop);
    if (!head.ok()) {
      FailBy(head.status(), /*has_head=*/false);
    } else if (head->status != 200) {
      FailByStatus(*exchange, *head);
    } else {
      ReadAnswer(*exchange, *head);
    }
    CountUsage();
    result_.latency = clock_.Steady() - began_;
    return std::move(result_);
  }

 private:
  std::unique_ptr<net::HttpExchange> Send() {
    const Model& model = *attempt_.model;
    providers::WriteOptions options;
    options.model = deployment_.provider_model;
    options.is_stream = attempt_.is_stream;
    options.takes_temperature = model.takes_temperature;
    options.forces_tools = model.forces_tools;
    options.takes_schema = model.takes_schema;
    options.context_tokens = model.context_tokens;
    providers::ProviderRequest written = protocol_.Write(*attempt_.request, options);
    net::HttpRequest request;
    request.url = deployment_.url + written.path;
    request.fields = std::move(written.fields);
    if (!attempt_.key.empty()) request.fields.push_back(protocol_.KeyField(attempt_.key));
    request.body = std::move(written.body);
    request.connect_timeout = std::min(deployment_.connect_timeout, TimeLeft());
    request.max_answer_bytes = attempt_.max_answer_bytes;
    request.allows_proxy = attempt_.allows_proxy;
    request.addresses = attempt_.addresses;
    request.peer = deployment_.name;
    return transport_.Send(std::move(request));
  }

  absl::Duration TimeLeft() const { return began_ + attempt_.time_left - clock_.Steady(); }

  absl::Duration Patience(absl::Duration most) {
    is_last_moment_ = TimeLeft() <= most;
    return std::max(absl::ZeroDuration(), std::min(most, TimeLeft()));
  }

  void Fail(Fault fault, std::string reason) {
    result_.fault = fault;
    result_.reason = std::move(reason);
  }

  void FailBy(const absl::Status& status, bool has_head) {
    const std::string message = text::MessageOf(status);
    switch (status.code()) {
      case absl::StatusCode::kCancelled:
        return Fail(Fault::kStopped, "the caller ended the call");
      case absl::StatusCode::kDeadlineExceeded:
        was_sent_ = true;
        if (is_last_moment_) return Fail(Fault::kTimeout, "the call's time was over");
        return Fail(Fault::kSilent, message);
      case absl::StatusCode::kPermissionDenied:
      case absl::StatusCode::kInvalidArgument:
        return Fail(Fault::kUnreachable, message);
      case absl::StatusCode::kResourceExhausted:
      case absl::StatusCode::kDataLoss:
        return Fail(Fault::kBadAnswer, message);
      default:
        was_sent_ = has_head;
        return Fail(has_head ? Fault::kCut : Fault::kUnreachable, message);
    }
  }

  // The key, should a provider repeat it, and what such messages show of it.
  std::string WithoutKey(const std::string& text) const {
    if (attempt_.key.empty()) return text;
    std::string clean = text;
    for (size_t at = 0; (at = clean.find(attempt_.key, at)) != std::string::npos;) {
      clean.replace(at, attempt_.key.size(), "[key]");
    }
    return clean;
  }

  void FailByStatus(net::HttpExchange& exchange, const net::HttpHead& head) {
    std::string body;
    while (body.size() < kMaxErrorBytes) {
      auto piece = exchange.ReadBody(Patience(kErrorBodyPatience), attempt_.stop);
      if (!piece.ok() || piece->empty()) break;
      body += *piece;
    }
    body.resize(std::min(body.size(), kMaxErrorBytes));
    const providers::ProviderError error = protocol_.ReadError(body);
    const Fault fault = FaultOfStatus(head.status, error);
    std::string reason = text::Cat(head.status);
    if (!error.type.empty()) reason += text::Cat(" ", error.type);
    if (head.status >= 300 && head.status < 400) {
      reason += text::Cat(", a redirect, which is not followed");
    }
    Fail(fault, std::move(reason));
    // What is said of a refused key may be most of the key.
    if (fault != Fault::kKeyRefused) result_.detail = WithoutKey(error.message);
    if (fault == Fault::kRateLimited || fault == Fault::kServer) {
      result_.retry_after = RetryAfter(head, clock_.Now());
    }
  }

  void ReadAnswer(net::HttpExchange& exchange, const net::HttpHead& head) {
    was_sent_ = true;
    const std::string type = text::Lower(head.Find("content-type"));
    if (type.starts_with("text/html")) {
      return Fail(Fault::kBadAnswer, "the answer is HTML; is the URL that of an API?");
    }
    // Servers that know no streams answer with the whole.
    const bool is_whole = !attempt_.is_stream || type.starts_with("application/json");
    if (is_whole) {
      ReadWhole(exchange);
    } else {
      ReadStream(exchange);
    }
  }

  // The next piece; false at the end and for a failure, which is then noted.
  bool Read(net::HttpExchange& exchange, absl::Duration patience, std::string* piece) {
    auto read = exchange.ReadBody(Patience(patience), attempt_.stop);
    if (!read.ok()) {
      FailBy(read.status(), /*has_head=*/true);
      return false;
    }
    *piece = *std::move(read);
    bytes_ += piece->size();
    if (bytes_ <= attempt_.max_answer_bytes) return !piece->empty();
    Fail(Fault::kBadAnswer, text::Cat(deployment_.name, " answered with more than ",
                                      attempt_.max_answer_bytes, " bytes"));
    return false;
  }

  void ReadWhole(net::HttpExchange& exchange) {
    std::string body, piece;
    while (Read(exchange, deployment_.idle_timeout, &piece)) body += piece;
    if (result_.fault != Fault::kNone) return;
    auto answer = protocol_.Read(body);
    if (!answer.ok()) return Fail(Fault::kBadAnswer, text::MessageOf(answer.status()));
    result_.answer = *std::move(answer);
    if (attempt_.is_stream && !result_.answer.text.empty() && !sink_(result_.answer.text)) {
      Fail(Fault::kStopped, "the caller ended the call");
    }
    NoteFirstToken();
  }

  void ReadStream(net::HttpExchange& exchange) {
    const std::unique_ptr<providers::AnswerStream> stream = protocol_.NewStream();
    const auto sink = [this](std::string_view text) {
      NoteFirstToken();
      return sink_(text);
    };
    std::string piece;
    // Until the first text comes its own time-out holds: pings would put it off.
    while (Read(exchange, StreamPatience(), &piece)) {
      const absl::Status fed = stream->Feed(piece, sink);
      if (!fed.ok()) {
        FailInStream(fed, *stream);
        break;
      }
    }
    if (result_.fault == Fault::kNone) {
      const absl::Status ended = stream->End();
      if (!ended.ok()) Fail(Fault::kCut, text::MessageOf(ended));
    }
    result_.answer = stream->answer();
  }

  absl::Duration StreamPatience() const {
    if (has_text_) return deployment_.idle_timeout;
    return began_ + deployment_.first_token_timeout - clock_.Steady();
  }

  void FailInStream(const absl::Status& status, const providers::AnswerStream& stream) {
    if (status.code() != absl::StatusCode::kUnavailable) return FailBy(status, true);
    const providers::ProviderError& error = stream.error();
    Fail(
        error.type == "rate_limit_error" ? Fault::kRateLimited : Fault::kServer,
        text::Cat("an error in the stream", error.type.empty() ? "" : text::Cat(": ", error.type)));
    result_.detail = WithoutKey(error.message);
  }

  void NoteFirstToken() {
    if (std::exchange(has_text_, true)) return;
    result_.first_token = clock_.Steady() - began_;
  }

  // Whoever breaks off a call has most likely been billed for it so far.
  void CountUsage() {
    result_.usage = result_.answer.usage;
    if (!was_sent_) return;
    if (result_.usage.input == 0) {
      result_.usage.input = EstimateInputTokens(*attempt_.request);
      result_.usage.is_estimated = true;
    }
    if (result_.usage.output == 0 || result_.fault != Fault::kNone) {
      int64_t output = EstimateTokens(result_.answer.text);
      for (const ToolCall& call : result_.answer.tool_calls) {
        output += EstimateTokens(call.arguments);
      }
      if (output > result_.usage.output) {
        result_.usage.output = output;
        result_.usage.is_estimated = true;
      }
    }
    result_.answer.usage = result_.usage;
  }

  net::HttpTransport& transport_;
  Clock& clock_;
  const AttemptRequest& attempt_;
  const Deployment& deployment_;
  const providers::Protocol& protocol_;
  const providers::AnswerStream::TextSink& sink_;
  const absl::Duration began_;
  AttemptResult result_;
  bool is_last_moment_ = false;  // the call's own time ends before the deployment's
  bool was_sent_ = false;
  bool has_text_ = false;
  size_t bytes_ = 0;
};

}  // namespace

AttemptResult RunAttempt(net::HttpTransport& transport, Clock& clock, const AttemptRequest& attempt,
                         const providers::AnswerStream::TextSink& sink) {
  return AttemptRun(transport, clock, attempt, sink).Run();
}

}  // namespace datamigrate::routing
