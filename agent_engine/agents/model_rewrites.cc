#include "agent_engine/agents/model_rewrites.h"

#include <algorithm>
#include <set>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/complexity.h"
#include "agent_engine/agents/generation.h"
#include "agent_engine/agents/object_references.h"
#include "agent_engine/agents/plan.h"
#include "agent_engine/catalog/catalog_proto.h"
#include "agent_engine/rewriting/rewrite_question.h"
#include "agent_engine/rewriting/rewrite_trial.h"
#include "agent_engine/routing/token_count.h"
#include "agent_engine/store/migration_writer.h"
#include "agent_engine/tsql/parser/parser.h"
#include "agent_engine/workflow/parallel_for.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace datamigrate::agents {
namespace {

using routing::Complexity;

constexpr size_t kCallsAtOnce = 4;
constexpr size_t kMostSolvedCases = 2;
constexpr size_t kMostSolvedBytes = 8 * 1024;
constexpr absl::Duration kCallTimeout = absl::Minutes(5);
constexpr int64_t kExplanationTokens = 200;

// ---- Which objects

// Objects whose models are refused, "schema.name".
std::set<std::string> RefusedObjects(const dbt::Project& project) {
  std::set<std::string> refused;
  for (const dbt::Model& model : project.models) {
    if (model.status == dbt::ModelStatus::kRefused) refused.insert(model.source_object.ToString());
  }
  return refused;
}

std::vector<catalog::ObjectName> ReadsOf(const catalog::CatalogIndex& index,
                                         const dbt::Model& model) {
  diagnostics::DiagnosticSink sink;
  const tsql::ParseResult parsed = tsql::ParseBatch(model.source_sql, {}, sink);
  std::vector<catalog::ObjectName> reads = ReferencedObjects(parsed.tree.Root(), index);
  std::erase(reads, model.source_object);
  return reads;
}

// The tier that is asked first; nothing where the plan wants no model to be asked.
std::optional<int> FirstTier(const v1::MigrationState& state, const std::string& object) {
  for (const v1::PlannedObject& planned : state.plan()) {
    if (planned.name().schema() + "." + planned.name().name() != object) continue;
    if (planned.translator() == kByPerson) return std::nullopt;
    const auto tier = routing::ComplexityNamed(
        planned.translator() == kByRules ? planned.complexity() : planned.translator());
    if (tier) return static_cast<int>(*tier);
  }
  return static_cast<int>(Complexity::kComplex);
}

// The tier that is asked next; nothing when all were.
std::optional<Complexity> NextTier(const v1::MigrationState& state, const std::string& object) {
  const auto found = state.rewrites().find(object);
  const int asked = found == state.rewrites().end() ? 0 : found->second.attempts_size();
  if (asked > 0 && found->second.is_decided()) return std::nullopt;
  const std::optional<int> first = FirstTier(state, object);
  if (!first || *first + asked >= kTiers) return std::nullopt;
  return static_cast<Complexity>(*first + asked);
}

// ---- One object

struct Job {
  std::string object;  // "schema.name".
  Complexity tier = Complexity::kMedium;
  const dbt::Model* model = nullptr;  // Its refused model.
};

struct Round {
  const Environment& environment;
  const v1::MigrationState& state;
  workflow::NodeContext& context;
  const catalog::Catalog& catalog;
  const catalog::CatalogIndex& index;
  const verify::CapturedResults* results;
};

std::vector<rewriting::SolvedCase> SolvedCases(const v1::MigrationState& state,
                                               const catalog::CatalogIndex& index,
                                               const dbt::Model& model) {
  std::vector<rewriting::SolvedCase> solved;
  std::vector<std::string> codes;
  for (const auto& diagnostic : model.diagnostics) {
    codes.emplace_back(diagnostics::KindOf(diagnostic.id).code);
  }
  for (const auto& [object, rewrite] : state.rewrites()) {
    if (solved.size() == kMostSolvedCases) break;
    if (rewrite.accepted() < 0 || rewrite.attempts_size() <= rewrite.accepted()) continue;
    const v1::RewriteAttempt& attempt = rewrite.attempts(rewrite.accepted());
    const bool is_alike = std::ranges::any_of(rewrite.codes(), [&](const std::string& code) {
      return std::ranges::find(codes, code) != codes.end();
    });
    if (attempt.verdict() != v1::REWRITE_VERDICT_PROVEN || !is_alike) continue;
    const size_t dot = object.find('.');
    const auto* view = index.FindView(object.substr(0, dot), object.substr(dot + 1));
    const auto* routine = index.FindRoutine(object.substr(0, dot), object.substr(dot + 1));
    const std::string& original = view ? view->definition : routine ? routine->definition : object;
    if (original.size() > kMostSolvedBytes) continue;
    solved.push_back({original, attempt.definition()});
  }
  return solved;
}

rewriting::RewriteCase CaseOf(const v1::MigrationState& state, const catalog::CatalogIndex& index,
                              const dbt::Model& model) {
  rewriting::RewriteCase asked;
  asked.object = {model.source_object, model.source_kind, model.source_sql};
  asked.target = state.target_warehouse();
  asked.findings = model.diagnostics;
  asked.reads = ReadsOf(index, model);
  asked.solved = SolvedCases(state, index, model);
  const auto before = state.rewrites().find(model.source_object.ToString());
  if (before == state.rewrites().end()) return asked;
  for (const v1::RewriteAttempt& attempt : before->second.attempts()) {
    if (!attempt.definition().empty()) {
      asked.earlier.push_back({attempt.definition(), attempt.reason()});
    }
  }
  return asked;
}

routing::CallContext CallContextOf(const Round& round, const Job& job) {
  routing::CallContext call;
  call.tenant = round.state.tenant();
  call.migration = round.context.run_id();
  call.agent = "rebuilder";
  call.task = job.tier;
  call.timeout = kCallTimeout;
  call.idempotency_key = fmt::format("{}/{}/{}", round.context.run_id(),
                                     round.context.place().effects_step, job.object);
  return call;
}

// Calls the model. An answer that the Guardian does not let in is a receipt, too: it was billed.
// Errors: kPermissionDenied when the text may not be sent; the model's, whose cause CauseOf tells.
absl::StatusOr<std::string> Call(const Round& round, const Job& job,
                                 const rewriting::RewriteQuestion& question) {
  std::stop_source stop;
  const auto subscription = round.context.token().OnCancel([&stop] { stop.request_stop(); });
  routing::CallContext call = CallContextOf(round, job);
  call.stop = stop.get_token();
  const std::vector<std::string_view> texts(question.source_texts.begin(),
                                            question.source_texts.end());
  const auto answer = rewriting::AskGuarded(*round.environment.guard, *round.environment.models,
                                            round.environment.on_guarded, question.prompt, texts,
                                            question.request, call, job.object);
  if (round.context.token().IsCancelled()) return round.context.token().status();
  if (!answer.ok()) return answer.status();
  v1::ModelReceipt receipt;
  receipt.set_refusal(answer->refusal);
  if (answer->refusal.empty()) receipt.set_text(answer->answer.text);
  receipt.set_model(answer->answer.model);
  receipt.set_cost_microdollars(answer->answer.cost_microdollars);
  receipt.set_input_tokens(answer->answer.usage.input);
  receipt.set_output_tokens(answer->answer.usage.output);
  return receipt.SerializeAsString();
}

void Judge(v1::RewriteAttempt& attempt, v1::RewriteVerdict verdict, std::string reason) {
  attempt.set_verdict(verdict);
  attempt.set_reason(std::move(reason));
}

v1::RewriteVerdict VerdictOf(rewriting::Outcome outcome) {
  switch (outcome) {
    case rewriting::Outcome::kNotTranslated:
      return v1::REWRITE_VERDICT_REFUSED;
    case rewriting::Outcome::kDoesNotRun:
      return v1::REWRITE_VERDICT_DOES_NOT_RUN;
    case rewriting::Outcome::kDiffers:
      return v1::REWRITE_VERDICT_DIFFERS;
    case rewriting::Outcome::kUnproven:
      return v1::REWRITE_VERDICT_UNPROVEN;
    case rewriting::Outcome::kProven:
      return v1::REWRITE_VERDICT_PROVEN;
  }
  return v1::REWRITE_VERDICT_UNSPECIFIED;
}

// Runs what was written over the loaded rows.
absl::Status Try(const Round& round, const Job& job, v1::RewriteAttempt& attempt) {
  dbt::BuildOptions options;
  for (const auto& [object, reason] : round.state.quarantined()) {
    if (object != job.object) options.quarantined[object] = reason;
  }
  options.placements = PlacementsOf(round.state);
  options.rewrites = AcceptedRewrites(round.state);
  options.rewrites[job.object] = {attempt.definition(), attempt.model(), ""};
  rewriting::TrialPlace place;
  place.raw_file = PathsOf(round.environment, round.context.run_id()).database;
  place.results = round.results;
  place.tolerance = ToleranceOf(round.state);
  place.is_cancelled = [token = round.context.token()] { return token.IsCancelled(); };
  const auto trial =
      rewriting::TryRewrite(round.catalog, std::move(options), job.model->source_object, place);
  if (!trial.ok()) return trial.status();
  Judge(attempt, VerdictOf(trial->outcome), trial->finding);
  return absl::OkStatus();
}

// Reads, reviews and tries an answer.
absl::Status Examine(const Round& round, const Job& job, const rewriting::RefusedObject& object,
                     const v1::ModelReceipt& receipt, v1::RewriteAttempt& attempt) {
  attempt.set_model(receipt.model());
  attempt.set_cost_microdollars(receipt.cost_microdollars());
  attempt.set_input_tokens(receipt.input_tokens());
  attempt.set_output_tokens(receipt.output_tokens());
  if (!receipt.refusal().empty()) {
    Judge(attempt, v1::REWRITE_VERDICT_REFUSED, receipt.refusal());
    return absl::OkStatus();
  }
  const auto answer = rewriting::ParseAnswer(receipt.text());
  if (!answer.ok()) {
    Judge(attempt, v1::REWRITE_VERDICT_REFUSED, std::string(answer.status().message()));
    return absl::OkStatus();
  }
  if (answer->definition.empty()) {
    Judge(attempt, v1::REWRITE_VERDICT_REFUSED, "the model says that it cannot be done");
    return absl::OkStatus();
  }
  attempt.set_definition(answer->definition);
  const std::vector<std::string> faults = rewriting::ReviewRewrite(object, answer->definition);
  if (faults.empty()) return Try(round, job, attempt);
  std::string reason;
  for (const std::string& fault : faults) reason += (reason.empty() ? "" : "; ") + fault;
  Judge(attempt, v1::REWRITE_VERDICT_REFUSED, std::move(reason));
  return absl::OkStatus();
}

absl::StatusOr<v1::RewriteAttempt> RewriteOne(const Round& round, const Job& job) {
  v1::RewriteAttempt attempt;
  attempt.set_tier(std::string(routing::NameOf(job.tier)));
  attempt.set_round(round.state.rebuild_round());
  const rewriting::RewriteCase asked = CaseOf(round.state, round.index, *job.model);
  const auto question = rewriting::AskForRewrite(asked, round.index, *round.environment.guard);
  if (!question.ok()) {
    Judge(attempt, v1::REWRITE_VERDICT_NOT_ASKED, std::string(question.status().message()));
    return attempt;
  }
  attempt.set_prompt(question->prompt.id);
  // A fork of the run that asks the same has the answer, too: it is not billed again.
  const auto bytes =
      round.context.OnceFor("model/" + job.object, attempt.tier() + rewriting::FingerprintOf(asked),
                            [&](bool) { return Call(round, job, *question); });
  if (!bytes.ok()) {
    const bool may_not_leave = absl::IsPermissionDenied(bytes.status());
    if (may_not_leave) attempt.clear_prompt();
    // The journal's troubles, and the end of the lease, are the node's.
    if (!may_not_leave && !routing::CauseOf(bytes.status())) return bytes.status();
    if (round.context.token().IsCancelled()) return bytes.status();
    Judge(attempt, v1::REWRITE_VERDICT_NOT_ASKED, std::string(bytes.status().message()));
    return attempt;
  }
  v1::ModelReceipt receipt;
  if (!receipt.ParseFromString(*bytes)) {
    return absl::DataLossError(
        fmt::format("the receipt of the model's call about {} cannot be read", job.object));
  }
  const absl::Status examined = Examine(round, job, asked.object, receipt, attempt);
  if (!examined.ok()) return examined;
  return attempt;
}

// ---- What becomes of it

// From now on the attempt's T-SQL stands for the object, even where the rules' own model did not
// run.
void Accept(const std::string& object, int attempt, v1::MigrationState& state) {
  v1::Rewrite& rewrite = (*state.mutable_rewrites())[object];
  rewrite.set_accepted(attempt);
  rewrite.set_is_decided(true);
  state.mutable_quarantined()->erase(object);
}

void Note(const Job& job, v1::RewriteAttempt attempt, v1::MigrationState& state) {
  v1::Rewrite& rewrite = (*state.mutable_rewrites())[job.object];
  if (rewrite.attempts_size() == 0) rewrite.set_accepted(-1);
  rewrite.clear_codes();
  for (const auto& diagnostic : job.model->diagnostics) {
    const std::string code(diagnostics::KindOf(diagnostic.id).code);
    if (std::ranges::find(rewrite.codes(), code) == rewrite.codes().end()) rewrite.add_codes(code);
  }
  const bool is_proven = attempt.verdict() == v1::REWRITE_VERDICT_PROVEN;
  // Asking again would meet the same wall.
  const bool is_hopeless =
      attempt.verdict() == v1::REWRITE_VERDICT_NOT_ASKED && attempt.prompt().empty();
  *rewrite.add_attempts() = std::move(attempt);
  rewrite.set_is_decided(is_hopeless);
  if (is_proven) Accept(job.object, rewrite.attempts_size() - 1, state);
}

// "does_not_run" for REWRITE_VERDICT_DOES_NOT_RUN.
std::string VerdictName(v1::RewriteVerdict verdict) {
  constexpr std::string_view kPrefix = "REWRITE_VERDICT_";
  return absl::AsciiStrToLower(v1::RewriteVerdict_Name(verdict).substr(kPrefix.size()));
}

bool IsWaiting(const v1::Rewrite& rewrite) {
  return !rewrite.is_decided() && rewrite.attempts_size() > 0 &&
         rewrite.attempts(rewrite.attempts_size() - 1).verdict() == v1::REWRITE_VERDICT_UNPROVEN;
}

}  // namespace

bool HasOwnReason(const dbt::Model& model) {
  return std::ranges::any_of(model.diagnostics, [](const diagnostics::Diagnostic& diagnostic) {
    return diagnostics::KindOf(diagnostic.id).severity == diagnostics::Severity::kError &&
           diagnostic.id != diagnostics::DiagnosticId::kReadsRefusedObject;
  });
}

std::map<std::string, dbt::Rewrite> AcceptedRewrites(const v1::MigrationState& state) {
  std::map<std::string, dbt::Rewrite> accepted;
  for (const auto& [object, rewrite] : state.rewrites()) {
    if (rewrite.accepted() < 0 || rewrite.accepted() >= rewrite.attempts_size()) continue;
    const v1::RewriteAttempt& attempt = rewrite.attempts(rewrite.accepted());
    accepted[object] = {attempt.definition(), attempt.model(), attempt.reason()};
  }
  return accepted;
}

std::optional<v1::PlanEstimate> EstimateRewrite(const Environment& environment,
                                                const v1::MigrationState& state,
                                                const catalog::CatalogIndex& index,
                                                const dbt::Model& model, routing::Complexity tier) {
  if (environment.models == nullptr || !environment.models->IsConfigured(tier)) return std::nullopt;
  const auto question =
      rewriting::AskForRewrite(CaseOf(state, index, model), index, *environment.guard);
  if (!question.ok()) return std::nullopt;
  const int64_t output_tokens = routing::EstimateTokens(model.source_sql) + kExplanationTokens;
  const auto call = environment.models->Estimate(question->request, tier, output_tokens);
  if (!call) return std::nullopt;
  v1::PlanEstimate estimate;
  estimate.set_model(call->model);
  estimate.set_input_tokens(call->input_tokens);
  estimate.set_output_tokens(output_tokens);
  estimate.set_cost_microdollars(call->cost_microdollars);
  return estimate;
}

void ChooseRewrites(const Environment& environment, const catalog::Catalog& catalog,
                    const dbt::Project& project, v1::MigrationState& state) {
  state.clear_to_rewrite();
  if (environment.models == nullptr) return;
  const catalog::CatalogIndex index(catalog);
  const std::set<std::string> refused = RefusedObjects(project);
  for (const dbt::Model& model : project.models) {
    if (model.status != dbt::ModelStatus::kRefused || !HasOwnReason(model)) continue;
    const std::string object = model.source_object.ToString();
    const bool can_be_tried = std::ranges::none_of(
        ReadsOf(index, model),
        [&](const catalog::ObjectName& read) { return refused.contains(read.ToString()); });
    const auto tier = NextTier(state, object);
    if (can_be_tried && tier && environment.models->IsConfigured(*tier))
      state.add_to_rewrite(object);
  }
}

absl::Status RewriteObjects(const Environment& environment, v1::MigrationState& state,
                            workflow::NodeContext& context) {
  if (state.to_rewrite().empty() || environment.models == nullptr) return absl::OkStatus();
  const auto catalog = catalog::FromProto(state.metadata());
  if (!catalog.ok()) return catalog.status();
  const absl::StatusOr<dbt::Project> project = ProjectOf(environment, state);
  if (!project.ok()) return project.status();
  const catalog::CatalogIndex index(*catalog);
  const auto results = OpenResults(state);
  if (!results.ok()) return results.status();
  const Round round{environment, state, context, *catalog, index, results->get()};

  std::vector<Job> jobs;
  for (const dbt::Model& model : project->models) {
    const std::string object = model.source_object.ToString();
    if (model.status != dbt::ModelStatus::kRefused ||
        std::ranges::find(state.to_rewrite(), object) == state.to_rewrite().end()) {
      continue;
    }
    if (const auto tier = NextTier(state, object)) jobs.push_back({object, *tier, &model});
  }
  auto attempts = workflow::ParallelFor(jobs, kCallsAtOnce, context.token(),
                                        [&](const Job& job) { return RewriteOne(round, job); });
  if (!attempts.ok()) return attempts.status();
  for (size_t i = 0; i < jobs.size(); ++i) {
    const v1::RewriteAttempt& attempt = (*attempts)[i];
    Log(environment, context,
        fmt::format("{}: {} by {}: {}", jobs[i].object, v1::RewriteVerdict_Name(attempt.verdict()),
                    attempt.model().empty() ? "nobody" : attempt.model(), attempt.reason()));
    Note(jobs[i], attempt, state);
  }
  state.clear_to_rewrite();
  return absl::OkStatus();
}

workflow::Write RecordGrades(const v1::MigrationState& state) {
  std::vector<store::ModelGrade> grades;
  for (const auto& [object, rewrite] : state.rewrites()) {
    for (int i = 0; i < rewrite.attempts_size(); ++i) {
      const v1::RewriteAttempt& attempt = rewrite.attempts(i);
      if (attempt.model().empty()) continue;  // Nobody answered.
      grades.push_back({.object = object,
                        .attempt = i,
                        .tier = attempt.tier(),
                        .model = attempt.model(),
                        .prompt = attempt.prompt(),
                        .codes = {rewrite.codes().begin(), rewrite.codes().end()},
                        .verdict = VerdictName(attempt.verdict()),
                        .is_accepted = rewrite.accepted() == i,
                        .cost_microdollars = attempt.cost_microdollars(),
                        .input_tokens = attempt.input_tokens(),
                        .output_tokens = attempt.output_tokens()});
    }
  }
  return store::Change([grades = std::move(grades)](store::MigrationWriter& writer) {
    return writer.RecordGrades(grades);
  });
}

std::optional<workflow::Interrupt> QuestionAboutUnproven(const v1::MigrationState& state) {
  std::string objects;
  int count = 0;
  for (const auto& [object, rewrite] : state.rewrites()) {
    if (!IsWaiting(rewrite)) continue;
    const v1::RewriteAttempt& attempt = rewrite.attempts(rewrite.attempts_size() - 1);
    objects += fmt::format("{}{} (by {}: {})", count++ == 0 ? "" : "; ", object, attempt.model(),
                           attempt.reason());
  }
  if (count == 0) return std::nullopt;
  const nlohmann::json question = {
      {"text",
       fmt::format(
           "Models rewrote {} object{} that the rules refuse. The new T-SQL runs, but there "
           "is no result of the source to compare it with: {}. Shall it stand in the project?",
           count, count == 1 ? "" : "s", objects)},
      {"recommended", "reject"},
      {"options",
       {{{"id", "accept"},
         {"text", "Use it; both texts stand in the project's folder \"rewritten\"."},
         {"risk", "Rows may be others than in SQL Server: nobody has compared them."}},
        {{"id", "reject"},
         {"text", "Leave these objects out, as the rules did."},
         {"risk", "What reads them is left out, too."}}}},
  };
  return workflow::Interrupt{
      question.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

void DecideUnproven(bool accepts, v1::MigrationState& state) {
  for (auto& [object, rewrite] : *state.mutable_rewrites()) {
    if (!IsWaiting(rewrite)) continue;
    rewrite.set_is_decided(true);
    if (accepts) Accept(object, rewrite.attempts_size() - 1, state);
  }
}

}  // namespace datamigrate::agents
