#include "agent_engine/cli/runs_view.h"

#include "agent_engine/cli/migration_view.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"

namespace datamigrate::cli {
namespace {

using google::protobuf::util::TimeUtil;

// Seconds are enough for people.
std::string TimeOf(google::protobuf::Timestamp time) {
  time.set_nanos(0);
  return TimeUtil::ToString(time);
}

// What was under way, besides the node and its strategy.
std::string PlaceOf(const v1::ErrorContext& error) {
  std::string place;
  auto add = [&place](const std::string& part) {
    if (!part.empty()) place += (place.empty() ? "" : ", ") + part;
  };
  add(error.phase());
  add(error.operation());
  add(error.object());
  add(error.batch());
  if (error.has_rows()) add(fmt::format("after {} rows", error.rows()));
  if (!error.sql_state().empty()) add("SQLSTATE " + error.sql_state());
  return place;
}

std::string RenderFailures(const v1::RunHistory& history, const Terminal& terminal) {
  if (history.failures().empty()) return "";
  TextTable failures({"step", "failed", "strategy", "tries", "where", "at", "error"});
  for (const auto& failure : history.failures()) {
    const v1::ErrorContext& error = failure.error();
    failures.Add({std::to_string(failure.step()), error.agent(), error.strategy(),
                  std::to_string(error.attempt()), PlaceOf(error), TimeOf(failure.at()),
                  error.message()});
  }
  return "\n" + failures.Render(terminal);
}

}  // namespace

std::string RenderRuns(const v1::ListRunsResponse& response, const Terminal& terminal) {
  TextTable table({"run", "status", "node", "step", "attempts", "parent", "updated", "name"});
  for (const v1::Run& run : response.runs()) {
    const std::string parent =
        run.parent_run().empty()
            ? ""
            : fmt::format("{}/{}", run.parent_run().substr(0, 8), run.parent_step());
    table.Add({run.id(), StatusName(run.status()), run.node(), std::to_string(run.steps()),
               std::to_string(run.attempts()), parent, TimeOf(run.updated_at()), run.name()});
  }
  std::string text = table.empty() ? "no runs\n" : table.Render(terminal);
  if (!response.next_page_token().empty()) {
    text += fmt::format("more: --page-token {}\n", response.next_page_token());
  }
  return text;
}

std::string RenderRun(const v1::Run& run, const Terminal& terminal) {
  std::string text = fmt::format("{} {}  {}\n", terminal.Paint(Style::kBold, run.id()),
                                 StatusName(run.status()), Printable(run.name()));
  if (!run.parent_run().empty()) {
    text += fmt::format("forked from {} at step {}\n", run.parent_run(), run.parent_step());
  }
  if (!run.owner().empty()) text += fmt::format("run by {}\n", Printable(run.owner()));
  if (run.error().empty()) return text;
  return text + terminal.Paint(Style::kRed, Printable(run.error())) +
         fmt::format("\nrun it on with: datamigrate resume {}\n", run.id());
}

std::string RenderHistory(const v1::RunHistory& history, const Terminal& terminal) {
  TextTable steps({"step", "node", "then", "status", "state", "at", "answer"});
  for (const auto& step : history.steps()) {
    steps.Add({std::to_string(step.step()), step.node().empty() ? "-" : step.node(),
               step.next_node() == "__end__" ? "end" : step.next_node(), step.status(),
               fmt::format("{} B", step.state_bytes()), TimeOf(step.at()),
               step.answer().empty()
                   ? ""
                   : fmt::format("{} ({})", Shortened(step.answer()), step.decided_by())});
  }
  std::string text = RenderRun(history.run(), terminal) + "\n" + steps.Render(terminal) +
                     RenderFailures(history, terminal);
  if (history.effects().empty()) return text;
  TextTable effects({"step", "effect", "begun", "ended"});
  for (const auto& effect : history.effects()) {
    std::string end = effect.has_completed_at() ? TimeOf(effect.completed_at()) : "not known";
    if (effect.is_reused()) end = "taken from another run";
    effects.Add({std::to_string(effect.step()), effect.key(), TimeOf(effect.started_at()), end});
  }
  return text + "\n" + effects.Render(terminal);
}

std::string RenderDiff(const v1::StateDiff& diff, const Terminal& terminal) {
  std::string text = fmt::format("step {} to step {}: {} changes\n", diff.from_step(),
                                 diff.to_step(), diff.total());
  for (const auto& change : diff.changes()) {
    const std::string path = Printable(change.path());
    if (change.operation() != "add") {
      text += terminal.Paint(Style::kRed, fmt::format("- {} {}", path,
                                                      Printable(Shortened(change.before_json())))) +
              "\n";
    }
    if (change.operation() != "remove") {
      text +=
          terminal.Paint(Style::kGreen,
                         fmt::format("+ {} {}", path, Printable(Shortened(change.after_json())))) +
          "\n";
    }
  }
  if (diff.total() > diff.changes_size()) {
    text += fmt::format("the first {} are shown\n", diff.changes_size());
  }
  return text;
}

std::string RenderMessages(const v1::ListMessagesResponse& response, const Terminal& terminal) {
  TextTable table({"message", "from", "to", "kind", "priority", "sent", "taken", "answer", "body"});
  for (const auto& message : response.messages()) {
    std::string answer = message.reply_expected() ? "expected" : "";
    if (message.has_answered_at()) answer = TimeOf(message.answered_at());
    if (message.reply_to() > 0) answer = fmt::format("to {}", message.reply_to());
    table.Add({std::to_string(message.number()), message.from(), message.to(), message.kind(),
               std::to_string(message.priority()), TimeOf(message.sent_at()),
               message.has_taken_at() ? TimeOf(message.taken_at()) : "", answer,
               Shortened(message.body_json())});
  }
  return table.empty() ? "no messages\n" : table.Render(terminal);
}

std::string RenderDecisions(const v1::ListDecisionsResponse& response, const Terminal& terminal) {
  TextTable table({"step", "node", "question", "options", "answer", "by", "at", "comment"});
  for (const auto& decision : response.decisions()) {
    std::string by = decision.is_default() ? "nobody, in time" : decision.decided_by();
    if (decision.answer().empty() && decision.has_deadline()) {
      by = "until " + TimeOf(decision.deadline());
    }
    std::string options;
    for (const std::string& option : decision.options()) {
      options += (options.empty() ? "" : ", ") + option;
    }
    table.Add({std::to_string(decision.step()), decision.node(), Shortened(decision.text()),
               options, decision.answer().empty() ? "open" : decision.answer(), by,
               TimeOf(decision.has_decided_at() ? decision.decided_at() : decision.asked_at()),
               decision.comment()});
  }
  return table.empty() ? "no decisions\n" : table.Render(terminal);
}

std::string RenderMemory(const v1::ListMemoryResponse& response, const Terminal& terminal) {
  TextTable table({"agent", "key", "since", "value"});
  for (const auto& memory : response.memories()) {
    table.Add({memory.agent(), memory.key(), TimeOf(memory.updated_at()),
               Shortened(memory.value_json())});
  }
  return table.empty() ? "no memories\n" : table.Render(terminal);
}

}  // namespace datamigrate::cli
