#include "common/errors/error_context.h"

#include <catch2/catch.hpp>

#include "absl/strings/cord.h"

namespace datamigrate::errors {
namespace {

TEST_CASE("Each layer adds what it knows, and the inner one knows better", "[errors]") {
  absl::Status status = absl::UnavailableError("the server is away");
  status.SetPayload("another", absl::Cord("kept"));
  status = WithContext(status, {.operation = "append rows", .sql_state = "08006"});
  status = WithContext(status, {.operation = "load", .object = "dbo.Orders", .rows = 0});
  status = At("node data", WithContext(status, {.agent = "data", .attempt = 2, .step = 4}));
  const ErrorContext context = ContextOf(status);
  CHECK(context.agent == "data");
  CHECK(context.operation == "append rows");
  CHECK(context.object == "dbo.Orders");
  CHECK(context.sql_state == "08006");
  CHECK(context.rows == 0);
  CHECK(context.attempt == 2);
  CHECK(context.step == 4);
  CHECK(context.code == "UNAVAILABLE");
  CHECK(context.message == "node data: the server is away");
  CHECK(status.GetPayload("another").has_value());
}

TEST_CASE("No error has no context", "[errors]") {
  CHECK(WithContext(absl::OkStatus(), {.agent = "data"}) == absl::OkStatus());
  const ErrorContext context = ContextOf(absl::InvalidArgumentError("wrong"));
  CHECK(context.step == -1);
  CHECK_FALSE(context.rows.has_value());
  CHECK(Describe(context).empty());
}

TEST_CASE("A context is the same after JSON, and what is no context is an empty one", "[errors]") {
  const ErrorContext context{.agent = "outer/inner",
                             .phase = "item",
                             .object = "dbo.Größe \"x\"",
                             .rows = 12,
                             .strategy = "bulk",
                             .attempt = 3,
                             .tried = {"first (no)"},
                             .step = 0,
                             .message = "m"};
  CHECK(ToJson(FromJson(ToJson(context))) == ToJson(context));
  CHECK(FromJson(ToJson(context)).tried == context.tried);
  for (const char* bad : {"", "7", "{\"rows\":\"x\",\"tried\":3,\"agent\":[]}", "{"}) {
    CHECK(ToJson(FromJson(bad)) == "{}");
  }
  CHECK(FromJson(ToJson({.message = "\xff"})).message == "\xEF\xBF\xBD");
}

TEST_CASE("A description says what the message does not", "[errors]") {
  CHECK(Describe({.operation = "append rows",
                  .object = "dbo.Orders",
                  .batch = "chunk 3",
                  .rows = 200,
                  .tried = {"first (locked)", "second (full)"}}) ==
        "during append rows, dbo.Orders, chunk 3, after 200 rows; tried before: first (locked); "
        "second (full)");
  CHECK(Describe({.tried = {"first (locked)"}}) == "tried before: first (locked)");
}

TEST_CASE("An error comes back from its context", "[errors]") {
  const absl::Status status =
      WithContext(absl::ResourceExhaustedError("the disk is full"), {.object = "dbo.Orders"});
  const absl::Status again = StatusOf(FromJson(ToJson(ContextOf(status))));
  CHECK(again == status);
  CHECK(Summary(ContextOf(again)) == "the disk is full (dbo.Orders)");
  CHECK(StatusOf({.code = "?", .message = "m"}) == absl::UnknownError("m"));
}

TEST_CASE("Long texts are cut between characters", "[errors]") {
  std::string text(1999, 'a');
  for (int i = 0; i < 1000; ++i) text += "ü";
  const std::string cut = ContextOf(absl::InternalError(text)).message;
  CHECK(cut == std::string(1999, 'a') + "…");
}

}  // namespace
}  // namespace datamigrate::errors
