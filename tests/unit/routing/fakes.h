// A clock that goes as far as it is told, and a network that answers from a script.
#ifndef DATAMIGRATE_TESTS_UNIT_ROUTING_FAKES_H_
#define DATAMIGRATE_TESTS_UNIT_ROUTING_FAKES_H_

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "agent_engine/routing/clock.h"
#include "agent_engine/routing/key_source.h"
#include "agent_engine/routing/router.h"
#include "common/net/http_transport.h"
#include "common/text/text.h"

namespace datamigrate::routing {

// Thread safe. Sleeping moves it.
class FakeClock : public Clock {
 public:
  absl::Time Now() override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  absl::Duration Steady() override {
    const std::lock_guard lock(mutex_);
    return steady_;
  }
  bool Sleep(absl::Duration pause, const std::stop_token& stop) override {
    if (stop.stop_requested()) return false;
    Advance(pause);
    const std::lock_guard lock(mutex_);
    slept_.push_back(pause);
    return true;
  }

  void Advance(absl::Duration time) {
    const std::lock_guard lock(mutex_);
    now_ += time;
    steady_ += time;
  }
  // As when somebody sets the computer's clock.
  void Jump(absl::Duration by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
  }
  std::vector<absl::Duration> slept() const {
    const std::lock_guard lock(mutex_);
    return slept_;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1795305600);  // 2026-11-22T00:00:00Z
  absl::Duration steady_ = absl::Hours(1);
  std::vector<absl::Duration> slept_;
};

// What a server does with one request.
struct Reply {
  int status = 200;
  std::vector<net::HeaderField> fields = {{"content-type", "application/json"}};
  std::string body;
  size_t piece = 0;                                  // bytes of the body at a time; 0: all
  absl::Duration delay = absl::ZeroDuration();       // before the head
  absl::Duration body_delay = absl::ZeroDuration();  // before each piece of the body
  size_t cut_at = std::string::npos;                 // the connection breaks after as many bytes
  absl::Status refuses = {};                         // instead of the head
};

// Answers by the beginning of the URL. The last reply of a place is given again and again.
class FakeNetwork : public net::HttpTransport {
 public:
  explicit FakeNetwork(FakeClock* clock) : clock_(clock) {}

  void On(const std::string& url, Reply reply) { replies_[url].push_back(std::move(reply)); }

  std::unique_ptr<net::HttpExchange> Send(net::HttpRequest request) override {
    const std::lock_guard lock(mutex_);
    Reply reply;
    reply.refuses = absl::UnavailableError(text::Cat(request.peer, " refused the connection"));
    for (auto& [url, replies] : replies_) {
      if (!request.url.starts_with(url) || replies.empty()) continue;
      reply = replies.front();
      if (replies.size() > 1) replies.pop_front();
      break;
    }
    requests_.push_back(std::move(request));
    return std::make_unique<Exchange>(clock_, std::move(reply));
  }

  // What was sent so far.
  std::vector<net::HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  class Exchange : public net::HttpExchange {
   public:
    Exchange(FakeClock* clock, Reply reply) : clock_(clock), reply_(std::move(reply)) {}

    absl::StatusOr<net::HttpHead> ReadHead(absl::Duration patience,
                                           const std::stop_token& stop) override {
      if (absl::Status waited = Wait(reply_.delay, patience, stop); !waited.ok()) return waited;
      if (!reply_.refuses.ok()) return reply_.refuses;
      return net::HttpHead{reply_.status, reply_.fields};
    }

    absl::StatusOr<std::string> ReadBody(absl::Duration patience,
                                         const std::stop_token& stop) override {
      if (absl::Status waited = Wait(reply_.body_delay, patience, stop); !waited.ok()) {
        return waited;
      }
      const size_t end = std::min(reply_.cut_at, reply_.body.size());
      if (at_ >= end) {
        if (end < reply_.body.size()) return absl::UnavailableError("the answer was cut");
        return "";
      }
      const size_t size = reply_.piece == 0 ? end - at_ : std::min(reply_.piece, end - at_);
      at_ += size;
      return reply_.body.substr(at_ - size, size);
    }

   private:
    absl::Status Wait(absl::Duration delay, absl::Duration patience, const std::stop_token& stop) {
      if (stop.stop_requested()) return absl::CancelledError("the call was ended");
      clock_->Advance(std::min(delay, patience));
      if (delay <= patience) return absl::OkStatus();
      return absl::DeadlineExceededError(
          text::Cat("nothing came for ", absl::FormatDuration(patience)));
    }

    FakeClock* const clock_;
    const Reply reply_;
    size_t at_ = 0;
  };

  FakeClock* const clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Reply>> replies_;
  std::vector<net::HttpRequest> requests_;
};

// Keys by their reference.
class FakeKeys : public KeySource {
 public:
  explicit FakeKeys(std::map<std::string, std::string, std::less<>> keys)
      : keys_(std::move(keys)) {}
  absl::StatusOr<std::string> Find(std::string_view reference) override {
    const auto found = keys_.find(reference);
    if (found == keys_.end()) return absl::NotFoundError(text::Cat("no ", reference));
    return found->second;
  }

 private:
  const std::map<std::string, std::string, std::less<>> keys_;
};

// ---- answers of providers ----

inline std::string AnthropicBody(std::string_view text, std::string_view model = "opus-x") {
  return text::Cat(R"({"id":"msg_1","type":"message","role":"assistant","model":")", model,
                   R"(","content":[{"type":"text","text":")", text,
                   R"("}],"stop_reason":"end_turn","usage":{"input_tokens":10,)",
                   R"("cache_read_input_tokens":4,"cache_creation_input_tokens":2,)",
                   R"("output_tokens":5}})");
}

inline std::string OpenAiBody(std::string_view text, std::string_view model = "gpt-x") {
  return text::Cat(R"({"id":"c1","object":"chat.completion","model":")", model,
                   R"(","choices":[{"index":0,"message":{"role":"assistant","content":")", text,
                   R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,)",
                   R"("completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}})");
}

// A stream with a delta for each of `texts`.
inline std::string AnthropicEvents(const std::vector<std::string>& texts) {
  std::string events =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"opus-x\","
      "\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"
      "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
      "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: ping\ndata: {\"type\": "
      "\"ping\"}\n\n";
  for (const std::string& text : texts) {
    events += text::Cat(
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
        "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"",
        text, "\"}}\n\n");
  }
  events += text::Cat(
      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}"
      "\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":"
      "{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\n"
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  return events;
}

inline std::string OpenAiEvents(const std::vector<std::string>& texts) {
  std::string events;
  for (const std::string& text : texts) {
    events +=
        text::Cat("data: {\"model\":\"gpt-x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
                  text, "\"},\"finish_reason\":null}]}\n\n");
  }
  events += text::Cat(
      "data: {\"model\":\"gpt-x\",\"choices\":[{\"index\":0,\"delta\":{},"
      "\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":"
      "{\"prompt_tokens\":12,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n");
  return events;
}

inline Reply JsonReply(std::string body, int status = 200) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

inline Reply StreamReply(std::string events) {
  Reply reply;
  reply.fields = {{"content-type", "text/event-stream; charset=utf-8"}};
  reply.body = std::move(events);
  return reply;
}

// Two providers: "main" is Anthropic's with deployments at a.test and b.test, "spare" is OpenAI's
// at o.test, "local" vLLM's on this machine.
inline constexpr char kTestRoutes[] = R"(
models:
  main:
    context: 100000
    max_output: 8000
    price: {input: 4, output: 20, cached_input: 0.4, cache_write: 5}
    fallbacks: [spare]
    deployments:
      - {name: main-a, protocol: anthropic, url: "https://a.test", model: opus-x, key: "env:A"}
      - {name: main-b, protocol: anthropic, url: "https://b.test", model: opus-x, key: "env:A"}
  spare:
    context: 200000
    max_output: 8000
    price: {input: 2, output: 10, cached_input: 1}
    deployments:
      - {name: spare-o, protocol: openai, url: "https://o.test", model: gpt-x, key: "env:O"}
  local:
    context: 50000
    max_output: 4000
    price: {input: 0, output: 0}
    continues: true
    deployments:
      - {name: local-v, protocol: vllm, url: "http://127.0.0.1:8000", model: llama-x}
tiers: {simple: local, medium: spare, complex: main, critical: main}
)";

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_TESTS_UNIT_ROUTING_FAKES_H_
