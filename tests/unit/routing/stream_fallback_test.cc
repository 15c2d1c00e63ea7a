#include <catch2/catch.hpp>

#include "agent_engine/routing/router.h"
#include "agent_engine/routing/stream_joiner.h"
#include "common/text/text.h"
#include "tests/unit/routing/fakes.h"

namespace datamigrate::routing {
namespace {

// What a reader sees: the text since the last restart, and how many there were.
struct Reader {
  ModelCaller::PieceSink sink = [this](const StreamPiece& piece) {
    if (piece.kind == StreamPiece::Kind::kRestart) {
      ++restarts;
      text.clear();
    }
    text += piece.text;
    return true;
  };
  std::string text;
  int restarts = 0;
};

TEST_CASE("A text that begins like the one that broke off goes on in silence",
          "[routing][stream]") {
  Reader reader;
  StreamJoiner joiner(&reader.sink);
  joiner.Begin("a");
  joiner.Add("SELECT 1");
  joiner.Begin("b");
  joiner.Add("SEL");
  CHECK(reader.text == "SELECT 1");
  joiner.Add("ECT 1, 2");
  joiner.End();
  CHECK(reader.text == "SELECT 1, 2");
  CHECK(reader.restarts == 0);
}

TEST_CASE("A text that differs begins anew, whole", "[routing][stream]") {
  Reader reader;
  StreamJoiner joiner(&reader.sink);
  joiner.Begin("a");
  joiner.Add("SELECT 1");
  joiner.Begin("b");
  joiner.Add("SELE");
  joiner.Add("CT 2 AS n");
  joiner.End();
  CHECK(reader.text == "SELECT 2 AS n");
  CHECK(reader.restarts == 1);
}

TEST_CASE("A text that ends before the one that broke off is the answer", "[routing][stream]") {
  Reader reader;
  StreamJoiner joiner(&reader.sink);
  joiner.Begin("a");
  joiner.Add("SELECT 1, 2");
  joiner.Begin("b");
  joiner.Add("SELECT 1");
  CHECK(reader.restarts == 0);
  joiner.End();
  CHECK(reader.text == "SELECT 1");
  CHECK(reader.restarts == 1);
}

TEST_CASE("Whatever breaks off where, the reader has the answer's text", "[routing][stream]") {
  const std::vector<std::string> texts = {"abcabd", "abcabcabd", "abc", "", "xyz", "abcabd"};
  for (const std::string& first : texts) {
    for (const std::string& second : texts) {
      for (size_t cut = 0; cut <= first.size(); ++cut) {
        for (size_t piece = 1; piece <= 3; ++piece) {
          Reader reader;
          StreamJoiner joiner(&reader.sink);
          joiner.Begin("a");
          if (cut > 0) joiner.Add(first.substr(0, cut));
          joiner.Begin("b");
          for (size_t at = 0; at < second.size(); at += piece) {
            joiner.Add(second.substr(at, piece));
          }
          joiner.End();
          REQUIRE(reader.text == second);
          REQUIRE(joiner.text() == second);
        }
      }
    }
  }
}

TEST_CASE("Another model's stream goes on where one broke off", "[routing][stream]") {
  FakeClock clock;
  FakeNetwork network(&clock);
  FakeKeys keys({{"env:A", "a"}, {"env:O", "o"}});
  Router router(*ParseRoutes(kTestRoutes), {&network, &clock, &keys, nullptr, nullptr, {}});
  Reply cut = StreamReply(AnthropicEvents({"SELECT ", "a, ", "b FROM t"}));
  cut.cut_at = cut.body.find("b FROM");
  network.On("https://a.test", cut);
  network.On("https://b.test", JsonReply("{}", 500));
  Reader reader;
  ModelRequest request;
  request.messages = {UserMessage("translate")};
  CallContext context;
  context.task = Complexity::kComplex;

  SECTION("in silence when it says the same") {
    network.On("https://o.test", StreamReply(OpenAiEvents({"SELECT a, b", " FROM t"})));
    const auto answer = router.Stream(request, context, reader.sink);
    REQUIRE(answer.ok());
    CHECK(answer->model == "spare");
    CHECK(reader.text == "SELECT a, b FROM t");
    CHECK(answer->text == reader.text);
    CHECK(reader.restarts == 0);
  }
  SECTION("anew when it says something else") {
    network.On("https://o.test", StreamReply(OpenAiEvents({"WITH x AS", " (SELECT 1)"})));
    const auto answer = router.Stream(request, context, reader.sink);
    REQUIRE(answer.ok());
    CHECK(reader.text == "WITH x AS (SELECT 1)");
    CHECK(answer->text == reader.text);
    CHECK(reader.restarts == 1);
  }
}

TEST_CASE("A model that can go on with a prefix is asked to", "[routing][stream]") {
  FakeClock clock;
  FakeNetwork network(&clock);
  FakeKeys keys{std::map<std::string, std::string, std::less<>>()};
  Router router(*ParseRoutes(kTestRoutes), {&network, &clock, &keys, nullptr, nullptr, {}});
  Reply cut = StreamReply(OpenAiEvents({"SELECT ", "a, ", "b FROM t"}));
  cut.cut_at = cut.body.find("b FROM");
  network.On("http://127.0.0.1:8000", cut);
  network.On("http://127.0.0.1:8000", StreamReply(OpenAiEvents({" b", " FROM t"})));
  Reader reader;
  ModelRequest request;
  request.messages = {UserMessage("translate")};
  CallContext context;
  context.task = Complexity::kSimple;
  const auto answer = router.Stream(request, context, reader.sink);
  REQUIRE(answer.ok());
  CHECK(reader.text == "SELECT a, b FROM t");
  CHECK(answer->text == reader.text);
  CHECK(reader.restarts == 0);
  const auto sent = network.requests();
  REQUIRE(sent.size() == 2);
  CHECK(text::Contains(sent[1].body, R"({"content":"SELECT a,","role":"assistant"})"));
  CHECK(text::Contains(sent[1].body, R"("continue_final_message":true)"));
}

TEST_CASE("A reader who has had enough ends the call", "[routing][stream]") {
  FakeClock clock;
  FakeNetwork network(&clock);
  std::map<std::string, std::string, std::less<>> one = {{"env:A", "a"}};
  FakeKeys keys(one);
  Router router(*ParseRoutes(kTestRoutes), {&network, &clock, &keys, nullptr, nullptr, {}});
  network.On("https://a.test", StreamReply(AnthropicEvents({"one", "two"})));
  ModelRequest request;
  request.messages = {UserMessage("hi")};
  CallContext context;
  context.task = Complexity::kComplex;
  const auto answer =
      router.Stream(request, context, [](const StreamPiece& /*piece*/) { return false; });
  CHECK(CauseOf(answer.status()) == FailureCause::kStopped);
  CHECK(network.requests().size() == 1);
}

}  // namespace
}  // namespace datamigrate::routing
