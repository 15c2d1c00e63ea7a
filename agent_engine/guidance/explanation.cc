#include "agent_engine/guidance/explanation.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/guidance/topics.h"
#include "fmt/format.h"

namespace datamigrate::guidance {
namespace {

using Section = v1::Explanation::Section;

constexpr size_t kShownObjects = 3;
constexpr double kMicroDollars = 1e6;

struct StepText {
  std::string_view node;
  std::string_view text;  // What happens in it, to follow "Just now ".
};

constexpr auto kSteps = std::to_array<StepText>({
    {"assessment",
     "the source is being read: its tables, views and procedures are counted and "
     "weighed."},
    {"planner",
     "the plan is being made: what becomes of each object, in which order, and by whom."},
    {"executor", "the queries are being translated, and the dbt project written."},
    {"data", "the rows are being loaded into the target."},
    {"tester",
     "everything is being tried: each model is run on the loaded rows, and what comes "
     "out is compared with the source."},
    {"rebuilder",
     "what failed is being mended: models that do not run are taken out, and language "
     "models, where there are any, are asked about what the rules refuse."},
    {"optimizer",
     "it is being decided which results are kept as tables, so that reports are "
     "fast."},
    {"evaluation", "the last runs are under way, and the report is being written."},
});

struct CheckText {
  std::string_view check;
  std::string_view text;  // What it says when all of it passed; follows "N of M ".
};

constexpr auto kChecks = std::to_array<CheckText>({
    {"schema", "tables and columns are there"},
    {"type_mapping", "columns have the type that the source's type calls for"},
    {"referential_integrity", "references between tables lead to a row that exists"},
    {"execution", "models run on the loaded rows"},
    {"test_coverage", "of the source's own rules on its rows have a test that passes"},
});

template <typename Table, typename Field>
std::string_view Find(const Table& table, Field field, std::string_view name) {
  for (const auto& row : table) {
    if (row.*field == name) return row.text;
  }
  return "";
}

std::string Counted(int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

Section& Add(v1::Explanation& explanation, std::string_view title) {
  Section& section = *explanation.add_sections();
  section.set_title(std::string(title));
  return section;
}

std::string Headline(const v1::Migration& migration) {
  const std::string name = migration.name().empty() ? migration.id() : migration.name();
  switch (migration.status()) {
    case v1::MIGRATION_STATUS_QUEUED:
      return fmt::format("{} waits for an engine to take it.", name);
    case v1::MIGRATION_STATUS_RUNNING:
      return fmt::format("{} is under way: {:.0f} % are done.", name, migration.progress() * 100);
    case v1::MIGRATION_STATUS_WAITING:
      return fmt::format("{} waits for a decision of yours.", name);
    case v1::MIGRATION_STATUS_SUCCEEDED:
      return migration.validation_result().approved()
                 ? fmt::format("{} is done, and what was checked holds.", name)
                 : fmt::format("{} is done, but it is not approved: read what is missing.", name);
    case v1::MIGRATION_STATUS_FAILED:
      return fmt::format("{} has stopped with an error.", name);
    case v1::MIGRATION_STATUS_CANCELLED:
      return fmt::format("{} was stopped by somebody.", name);
    default:
      return fmt::format("{} is in the hands of its operators.", name);
  }
}

void AddStep(const v1::Migration& migration, v1::Explanation& explanation) {
  if (migration.status() != v1::MIGRATION_STATUS_RUNNING) return;
  const std::string_view text = Find(kSteps, &StepText::node, migration.current_step());
  if (text.empty()) return;
  Add(explanation, "What happens now").add_paragraphs("Just now " + std::string(text));
}

void AddQuestion(const v1::Migration& migration, v1::Explanation& explanation) {
  if (!migration.has_question()) return;
  const v1::Question& question = migration.question();
  Section& section = Add(explanation, "What you are asked");
  section.add_paragraphs(question.text());
  for (const v1::Question::Option& option : question.options()) {
    std::string text = fmt::format("\"{}\": {}", option.id(), option.text());
    if (!option.risk().empty()) text += " What it risks: " + option.risk();
    if (option.id() == question.recommended()) text += " This is what we would choose.";
    section.add_paragraphs(text);
    section.add_commands(fmt::format("datamigrate decide {} --question {} --option {}",
                                     migration.id(), question.id(), option.id()));
  }
}

struct Cause {
  std::string_view word;  // Of the error's text.
  std::string_view meaning;
};

constexpr auto kCauses = std::to_array<Cause>({
    {"No space left", "The disk is full. Nothing is lost: make room and go on."},
    {"disk is full", "The disk is full. Nothing is lost: make room and go on."},
    {"dbt", "dbt, the program that builds the models in the target, failed or is missing."},
    {"rejected", "Somebody rejected the plan, so nothing was migrated."},
    {"does not exist", "A file or folder that it needs is not where it was."},
    {"not found", "Something that it needs is not where it was."},
    {"attempts",
     "It was tried as often as it may be. A cause that passes would have passed by "
     "then, so look at the reason before you go on."},
});

void AddFailure(const v1::Migration& migration, v1::Explanation& explanation) {
  if (migration.error().empty()) return;
  Section& section = Add(explanation, "What went wrong");
  const auto cause = std::ranges::find_if(kCauses, [&](const Cause& known) {
    return migration.error().find(known.word) != std::string::npos;
  });
  if (cause != kCauses.end()) section.add_paragraphs(std::string(cause->meaning));
  section.add_paragraphs("The program's own words: " + migration.error());
  section.add_paragraphs(
      "What was done before that is kept: going on begins at the last step "
      "that was completed, not at the beginning.");
  section.add_commands("datamigrate resume " + migration.id());
}

void AddObjects(const v1::MigrationState& state, Section& section) {
  int found = 0, converted = 0, refused = 0;
  for (const v1::ObjectCount& count : state.object_counts()) {
    found += count.found();
    converted += count.converted();
    refused += count.refused();
  }
  if (found == 0) return;
  section.add_paragraphs(
      converted + refused == 0
          ? fmt::format("The source holds {}.", Counted(found, "object", "objects"))
          : fmt::format("Of {} in the source, {} were converted; {} could not be.",
                        Counted(found, "object", "objects"), converted, refused));
}

void AddChecks(const v1::ValidationResult& result, Section& section) {
  if (result.checks().empty()) return;
  section.add_paragraphs(fmt::format(
      "What was checked gives {:.1f} of 100 points; from 95 on a migration is approved.",
      result.score()));
  for (const v1::Check& check : result.checks()) {
    const std::string_view text = Find(kChecks, &CheckText::check, check.name());
    if (text.empty() || check.total() == 0) continue;
    section.add_paragraphs(fmt::format("{} of {} {}.", check.passed(), check.total(), text));
  }
}

void AddResults(const v1::MigrationState& state, Section& section) {
  if (state.result_comparisons().empty()) return;
  const auto equal = std::ranges::count_if(
      state.result_comparisons(),
      [](const v1::ResultComparison& result) { return result.difference().empty(); });
  section.add_paragraphs(fmt::format(
      "{} of {} results that were taken from SQL Server are the same in the target, row by row.",
      equal, state.result_comparisons_size()));
}

void AddDone(const v1::MigrationState& state, v1::Explanation& explanation) {
  Section section;
  section.set_title("What was done");
  AddObjects(state, section);
  const v1::DeploymentResult& deployed = state.deployment_result();
  if (deployed.tables_loaded() > 0) {
    section.add_paragraphs(fmt::format("{} were loaded into {}.",
                                       Counted(deployed.rows_loaded(), "row", "rows"),
                                       Counted(deployed.tables_loaded(), "table", "tables")));
  }
  AddChecks(state.validation_result(), section);
  AddResults(state, section);
  if (!section.paragraphs().empty()) *explanation.add_sections() = section;
}

struct Cost {
  int64_t answers = 0;
  int64_t accepted = 0;
  int64_t microdollars = 0;
};

void AddModels(const v1::MigrationState& state, v1::Explanation& explanation) {
  Cost cost;
  for (const auto& [object, rewrite] : state.rewrites()) {
    cost.accepted += rewrite.accepted() >= 0;
    for (const v1::RewriteAttempt& attempt : rewrite.attempts()) {
      cost.answers += !attempt.model().empty();
      cost.microdollars += attempt.cost_microdollars();
    }
  }
  if (cost.answers == 0) return;
  Add(explanation, "What language models did")
      .add_paragraphs(fmt::format(
          "They were asked about {} that the rules do not translate, gave {} for ${:.2f}, and {} "
          "in the project now. None is used because a model says that it is right: each was run, "
          "and compared with the source's rows or shown to a person.",
          Counted(static_cast<int64_t>(state.rewrites().size()), "object", "objects"),
          Counted(cost.answers, "answer", "answers"),
          static_cast<double>(cost.microdollars) / kMicroDollars,
          Counted(cost.accepted, "stands", "stand")));
}

// The findings of a topic: how many, and where the first ones are.
struct Findings {
  int count = 0;
  std::vector<std::string> objects;

  void Add(const v1::Diagnostic& diagnostic) {
    ++count;
    if (diagnostic.object().empty() || objects.size() > kShownObjects) return;
    if (std::ranges::find(objects, diagnostic.object()) == objects.end()) {
      objects.push_back(diagnostic.object());
    }
  }

  std::string Where() const {
    std::string text;
    for (size_t i = 0; i < std::min(objects.size(), kShownObjects); ++i) {
      text += (i == 0 ? "" : ", ") + objects[i];
    }
    return text + (objects.size() > kShownObjects ? " and others" : "");
  }
};

void AddFindings(const v1::MigrationState& state, v1::Explanation& explanation) {
  std::map<const Topic*, Findings> by_topic;
  for (const v1::Diagnostic& diagnostic : state.diagnostics()) {
    if (const Topic* topic = TopicOf(diagnostic.code())) by_topic[topic].Add(diagnostic);
  }
  for (const Topic& topic : Topics()) {
    const auto found = by_topic.find(&topic);
    if (found == by_topic.end()) continue;
    const Findings& findings = found->second;
    Section& section = Add(explanation, topic.title);
    const std::string where = findings.Where();
    section.add_paragraphs(fmt::format("{}{}.", Counted(findings.count, "place", "places"),
                                       where.empty() ? "" : ": " + where));
    section.add_paragraphs(std::string(topic.meaning));
    section.add_paragraphs("What to do: " + std::string(topic.advice));
  }
}

void AddNext(const v1::Migration& migration, v1::Explanation& explanation) {
  Section& section = Add(explanation, "What you can do next");
  if (migration.status() == v1::MIGRATION_STATUS_RUNNING) {
    section.add_commands("datamigrate watch " + migration.id());
  }
  if (migration.status() == v1::MIGRATION_STATUS_CANCELLED) {
    section.add_commands("datamigrate resume " + migration.id());
  }
  section.add_commands("datamigrate plan show " + migration.id());
  if (!migration.dbt_project_path().empty()) {
    section.add_commands("datamigrate download " + migration.id());
  }
  if (!migration.deployment_result().report_path().empty()) {
    section.add_paragraphs("The report with every figure: " +
                           migration.deployment_result().report_path());
  }
}

}  // namespace

v1::Explanation Explain(const v1::Migration& migration, const v1::MigrationState& state) {
  v1::Explanation explanation;
  explanation.set_headline(Headline(migration));
  AddStep(migration, explanation);
  AddQuestion(migration, explanation);
  AddFailure(migration, explanation);
  AddDone(state, explanation);
  AddModels(state, explanation);
  AddFindings(state, explanation);
  AddNext(migration, explanation);
  return explanation;
}

std::string PlainText(const v1::Explanation& explanation) {
  std::string text = explanation.headline() + "\n";
  for (const Section& section : explanation.sections()) {
    text += "\n" + section.title() + "\n";
    for (const std::string& paragraph : section.paragraphs()) text += paragraph + "\n";
    for (const std::string& command : section.commands()) text += "  " + command + "\n";
  }
  return text;
}

}  // namespace datamigrate::guidance
