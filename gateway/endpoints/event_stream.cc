#include "gateway/endpoints/event_stream.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/endpoints/json_body.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kReconnectTime = "retry: 2000\n\n";
constexpr std::string_view kEnd = "event: end\ndata: {}\n\n";

// A field's value ends with its line.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

class EventBodyStream : public BodyStream {
 public:
  explicit EventBodyStream(std::unique_ptr<MessageStream<v1::MigrationEvent>> events)
      : events_(std::move(events)) {}

  void Next(Done done) override {
    switch (std::exchange(*stage_, Stage::kEvents)) {
      case Stage::kPreamble:
        return done(std::string(kReconnectTime));
      case Stage::kEvents:
        // The stream may be gone when the event comes: the answer must not need it.
        return events_->Read(
            [stage = stage_, done = std::move(done)](auto event) { done(Convert(event, *stage)); });
      case Stage::kOver:
        return done(std::nullopt);
    }
  }

  void Cancel() override { events_->Cancel(); }

 private:
  enum class Stage { kPreamble, kEvents, kOver };

  static Piece Convert(const MessageStream<v1::MigrationEvent>::Next& event, Stage& stage) {
    if (!event.ok()) return std::nullopt;
    if (event->has_value()) return FormatEvent(**event);
    stage = Stage::kOver;
    return std::string(kEnd);
  }

  const std::unique_ptr<MessageStream<v1::MigrationEvent>> events_;
  const std::shared_ptr<Stage> stage_ = std::make_shared<Stage>(Stage::kPreamble);
};

class EventMessageStream : public BodyStream {
 public:
  explicit EventMessageStream(std::unique_ptr<MessageStream<v1::MigrationEvent>> events)
      : events_(std::move(events)) {}

  void Next(Done done) override {
    events_->Read([done = std::move(done)](MessageStream<v1::MigrationEvent>::Next event) {
      if (!event.ok()) return done(event.status());
      if (!event->has_value()) return done(std::nullopt);
      done(ToJson(**event));
    });
  }

  void Cancel() override { events_->Cancel(); }

 private:
  const std::unique_ptr<MessageStream<v1::MigrationEvent>> events_;
};

}  // namespace

Response EventStreamResponse() {
  Response response = TextResponse(200, "text/event-stream", "");
  response.idle_piece = ": still here\n\n";
  response.may_end_early = true;
  // For reverse proxies that would collect events.
  response.headers.Set("X-Accel-Buffering", "no");
  return response;
}

std::string FormatEvent(const v1::MigrationEvent& event) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.sequence(), OneLine(event.kind()),
                     OneLine(ToJson(event)));
}

std::unique_ptr<BodyStream> EventBody(std::unique_ptr<MessageStream<v1::MigrationEvent>> events) {
  return std::make_unique<EventBodyStream>(std::move(events));
}

std::unique_ptr<BodyStream> EventMessages(
    std::unique_ptr<MessageStream<v1::MigrationEvent>> events) {
  return std::make_unique<EventMessageStream>(std::move(events));
}

}  // namespace datamigrate::gateway
