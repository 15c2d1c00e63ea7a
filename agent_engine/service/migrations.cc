#include <filesystem>

#include "agent_engine/agents/migration_graph.h"
#include "agent_engine/agents/plan.h"
#include "agent_engine/service/messages.h"
#include "agent_engine/service/migration_service.h"
#include "common/pg/statement.h"
#include "fmt/format.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace datamigrate::service {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 200;
constexpr int kDefaultModelPage = 200;
constexpr int kMaxModelPage = 1000;
constexpr int kMostBefore = 32;
constexpr int64_t kLastSecond = 253402300799;  // of the year 9999, where timestamps end

int PageSize(int wanted, int by_default, int most) {
  return wanted <= 0 ? by_default : std::min(wanted, most);
}

// Maps have no order in a message: the same request must give the same bytes.
std::string SerializeDeterministically(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

store::MigrationOrder OrderOf(v1::MigrationOrder order) {
  if (order == v1::MIGRATION_ORDER_OLDEST) return store::MigrationOrder::kOldest;
  if (order == v1::MIGRATION_ORDER_NAME) return store::MigrationOrder::kName;
  return store::MigrationOrder::kNewest;
}

// Whether a job can be put into the queue as these say.
absl::Status CheckQueueing(const v1::MigrationOptions& options) {
  if (absl::Status priority = store::CheckPriority(options.priority()); !priority.ok()) {
    return priority;
  }
  if (options.after_size() > kMostBefore) {
    return absl::InvalidArgumentError(
        fmt::format("a migration comes after {} others at most", kMostBefore));
  }
  for (const std::string& id : options.after()) {
    if (!store::CheckId(id).ok()) {
      return absl::InvalidArgumentError("after must be ids of migrations, which are UUIDs");
    }
  }
  const google::protobuf::Timestamp& start = options.start_at();
  const bool is_time = start.seconds() >= 0 && start.seconds() <= kLastSecond &&
                       start.nanos() >= 0 && start.nanos() < 1'000'000'000;
  return is_time ? absl::OkStatus() : absl::InvalidArgumentError("start_at is not a time");
}

std::string NameOf(const v1::CreateMigrationRequest& request) {
  if (!request.name().empty()) return request.name();
  const std::filesystem::path path(request.source());
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

absl::Status NoPlan() {
  return absl::FailedPreconditionError(
      "the migration has no plan yet; it has one when its source has been assessed");
}

// Whether the request answers the question that is open.
absl::Status CheckAnswer(const v1::Migration& migration,
                         const v1::DecideMigrationRequest& request) {
  if (!migration.has_question()) {
    return absl::FailedPreconditionError("the migration does not wait for an answer");
  }
  if (migration.question().id() != request.question_id()) {
    return absl::InvalidArgumentError(
        fmt::format("the open question is {}", migration.question().id()));
  }
  const bool is_known =
      std::ranges::any_of(migration.question().options(),
                          [&](const auto& option) { return option.id() == request.option_id(); });
  if (is_known) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("the question has no option '{}'", request.option_id()));
}

}  // namespace

absl::StatusOr<v1::Migration> Migrations::Find(const Caller& caller, const std::string& id) {
  auto record = store_->Get(caller.tenant, id);
  if (!record.ok()) return record.status();
  std::vector<store::DecisionRecord> decisions;
  if (record->status == store::MigrationStatus::kAwaitingDecision ||
      record->status == store::MigrationStatus::kPaused) {
    auto found = store_->Decisions(caller.tenant, id);
    if (!found.ok()) return found.status();
    decisions = *std::move(found);
  }
  v1::Migration migration = ToMessage(*record, decisions);
  if (record->status == store::MigrationStatus::kPending) {
    auto reason = store_->WhyQueued(caller.tenant, id, ceiling_);
    if (!reason.ok()) return reason.status();
    migration.set_waits_for(*std::move(reason));
  }
  return migration;
}

absl::Status Migrations::Check(const Caller& caller,
                               const v1::CreateMigrationRequest& request) const {
  const absl::Status checked = agents::CheckRequest(request);
  if (!checked.ok()) return checked;
  const absl::Status queueing = CheckQueueing(request.options());
  if (!queueing.ok()) return queueing;
  const absl::Status source = CheckPath(caller, request.source());
  if (!source.ok() || request.options().results().empty()) return source;
  return CheckPath(caller, request.options().results());
}

absl::Status Migrations::CheckPath(const Caller& caller, const std::string& named) const {
  const absl::StatusOr<std::string> path = SourcePathOf(caller.tenant, named);
  return path.ok() ? source_roots_.Check(caller.tenant, *path) : path.status();
}

absl::StatusOr<std::string> Migrations::SourcePathOf(std::string_view tenant,
                                                     std::string_view source) const {
  return source_roots_.PathOf(tenant, source);
}

void Migrations::FindAgain(const Caller& caller, const std::string& id, const Created& created) {
  const bool is_queued = pool_->Submit([this, caller, id, created] { created(Find(caller, id)); });
  if (!is_queued) created(absl::ResourceExhaustedError(kOverloaded));
}

absl::StatusOr<store::NewMigration> Migrations::Prepare(
    const Caller& caller, const v1::CreateMigrationRequest& request) const {
  if (absl::Status checked = Check(caller, request); !checked.ok()) return checked;
  store::NewMigration migration;
  migration.tenant = caller.tenant;
  migration.created_by = caller.user;
  migration.name = pg::ToStorableText(NameOf(request));
  migration.target = request.target();
  migration.priority = request.options().priority();
  migration.after.assign(request.options().after().begin(), request.options().after().end());
  migration.goes_on_after_failure = request.options().after_failure() == v1::AFTER_FAILURE_GO_ON;
  if (request.options().has_start_at()) migration.start_at = TimeOf(request.options().start_at());
  migration.idempotency_key = request.idempotency_key();
  migration.request = SerializeDeterministically(request);
  return migration;
}

std::optional<store::CreationQueue::Item> Migrations::ItemOf(const Creation& creation) {
  const auto& [caller, request, created] = creation;
  absl::StatusOr<store::NewMigration> prepared = Prepare(caller, *request);
  if (!prepared.ok()) {
    created(prepared.status());
    return std::nullopt;
  }
  store::MigrationRecord record{.created_by = caller.user,
                                .name = prepared->name,
                                .request = prepared->request,
                                .target = prepared->target,
                                .priority = prepared->priority};
  auto answer = [this, caller = caller, record,
                 created = created](absl::StatusOr<store::CreatedMigration> written) mutable {
    if (!written.ok()) return created(written.status());
    if (!written->is_new) return FindAgain(caller, written->id, created);
    record.id = written->id;
    record.created_at = written->created_at;
    record.updated_at = written->created_at;
    created(ToMessage(record, {}));
  };
  return store::CreationQueue::Item{*std::move(prepared), std::move(answer)};
}

void Migrations::CreateAll(const std::vector<Creation>& creations) {
  std::vector<store::CreationQueue::Item> items;
  items.reserve(creations.size());
  for (const Creation& creation : creations) {
    if (auto item = ItemOf(creation); item.has_value()) items.push_back(*std::move(item));
  }
  for (const auto& refused : creations_->Submit(std::move(items))) {
    refused.done(absl::ResourceExhaustedError(kOverloaded));
  }
}

absl::StatusOr<v1::Migration> Migrations::Get(const Caller& caller,
                                              const v1::GetMigrationRequest& request) {
  return Find(caller, request.id());
}

absl::StatusOr<v1::ListMigrationsResponse> Migrations::List(
    const Caller& caller, const v1::ListMigrationsRequest& request) {
  store::MigrationFilter filter;
  if (request.status() != v1::MIGRATION_STATUS_UNSPECIFIED) {
    const auto status = FromMessage(request.status());
    if (!status.ok()) return status.status();
    filter.status = *status;
  }
  filter.target = request.target();
  filter.name = request.name();
  filter.is_set_aside = request.set_aside();
  if (request.has_created_from()) filter.created_from = TimeOf(request.created_from());
  if (request.has_created_before()) filter.created_before = TimeOf(request.created_before());
  const auto page =
      store_->List(caller.tenant, filter, PageSize(request.page_size(), kDefaultPage, kMaxPage),
                   request.page_token(), OrderOf(request.order()));
  if (!page.ok()) return page.status();
  v1::ListMigrationsResponse response;
  for (const auto& record : page->items) *response.add_migrations() = ToMessage(record, {});
  response.set_next_page_token(page->next_token);
  return response;
}

absl::StatusOr<v1::Migration> Migrations::Cancel(const Caller& caller,
                                                 const v1::CancelMigrationRequest& request) {
  const absl::Status done = store_->Cancel(caller.tenant, request.id());
  if (!done.ok()) return done;
  return Find(caller, request.id());
}

absl::StatusOr<v1::Migration> Migrations::Pause(const Caller& caller,
                                                const v1::PauseMigrationRequest& request) {
  const absl::Status done = store_->Pause(caller.tenant, request.id());
  if (!done.ok()) return done;
  return Find(caller, request.id());
}

absl::StatusOr<v1::Migration> Migrations::Resume(const Caller& caller,
                                                 const v1::ResumeMigrationRequest& request) {
  const absl::Status done = store_->Resume(caller.tenant, request.id());
  if (!done.ok()) return done;
  return Find(caller, request.id());
}

absl::StatusOr<v1::Migration> Migrations::SetPriority(
    const Caller& caller, const v1::SetMigrationPriorityRequest& request) {
  const absl::Status done = store_->SetPriority(caller.tenant, request.id(), request.priority());
  if (!done.ok()) return done;
  return Find(caller, request.id());
}

absl::StatusOr<v1::Migration> Migrations::Decide(const Caller& caller,
                                                 const v1::DecideMigrationRequest& request) {
  const auto migration = Find(caller, request.id());
  if (!migration.ok()) return migration.status();
  if (absl::Status answer = CheckAnswer(*migration, request); !answer.ok()) return answer;
  if (absl::Status edits = CheckPlanEdits(caller, request); !edits.ok()) return edits;
  const absl::Status done =
      store_->Decide(caller.tenant, request.id(), std::stoll(request.question_id()),
                     AnswerJson(request), caller.user);
  if (!done.ok()) return done;
  return Find(caller, request.id());
}

absl::Status Migrations::CheckPlanEdits(const Caller& caller,
                                        const v1::DecideMigrationRequest& request) {
  if (request.plan_edits().empty()) return absl::OkStatus();
  const auto newest = history_->State(caller.tenant, request.id(), store::kNewestStep);
  if (!newest.ok()) return newest.status();
  const bool takes_edits = newest->next_node == agents::kPlannerNode &&
                           (request.option_id() == "approve" || request.option_id() == "revise");
  if (!takes_edits) {
    return absl::InvalidArgumentError(
        "plan_edits are part of the answers \"approve\" and \"revise\" to the question about the "
        "plan");
  }
  const auto state = StateOf(newest->state);
  if (!state.ok()) return state.status();
  return agents::CheckPlanEdits(*state, request.plan_edits());
}

absl::StatusOr<v1::Plan> Migrations::Plan(const Caller& caller, const v1::GetPlanRequest& request) {
  const auto migration = Find(caller, request.id());
  if (!migration.ok()) return migration.status();
  const auto newest = history_->State(caller.tenant, request.id(), store::kNewestStep);
  if (!newest.ok()) return absl::IsNotFound(newest.status()) ? NoPlan() : newest.status();
  const auto state = StateOf(newest->state);
  if (!state.ok()) return state.status();
  if (state->plan().empty()) return NoPlan();
  v1::Plan plan = agents::PlanOf(*state);
  if (migration->has_question() && newest->next_node == agents::kPlannerNode) {
    plan.set_question_id(migration->question().id());
  }
  return plan;
}

absl::StatusOr<v1::ListModelsResponse> Migrations::ListModels(
    const Caller& caller, const v1::ListModelsRequest& request) {
  const auto page = store_->ListModels(
      caller.tenant, request.migration_id(), "",
      PageSize(request.page_size(), kDefaultModelPage, kMaxModelPage), request.page_token());
  if (!page.ok()) return page.status();
  v1::ListModelsResponse response;
  for (const auto& record : page->items) *response.add_models() = ToMessage(record);
  response.set_next_page_token(page->next_token);
  return response;
}

absl::StatusOr<v1::Model> Migrations::GetModel(const Caller& caller,
                                               const v1::GetModelRequest& request) {
  const auto record = store_->GetModel(caller.tenant, request.migration_id(), request.name());
  if (!record.ok()) return record.status();
  return ToMessage(*record);
}

}  // namespace datamigrate::service
