#include "agent_engine/service/model_routing.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "agent_engine/routing/clock.h"
#include "common/text/text.h"
#include "fmt/format.h"

namespace datamigrate::service {
namespace {

constexpr absl::Duration kLookPause = absl::Seconds(2);
constexpr int kConnections = 12;
constexpr int kLooksPerCleaning = 1800;  // an hour
constexpr int kMostCleanings = 100;

}  // namespace

absl::StatusOr<std::unique_ptr<ModelRouting>> ModelRouting::Start(
    const pg::ConnectionOptions& database, const ModelRoutingOptions& options) {
  auto sealing = crypto::SealingKey::LoadOrCreate(
      (std::filesystem::path(options.home) / "model_keys.key").string());
  if (!sealing.ok()) return sealing.status();
  std::unique_ptr<ModelRouting> routing(new ModelRouting(database, options, *sealing));
  const auto text = routing->ReadFile();
  if (!text.ok()) return text.status();
  auto file = routing->FileRoutes(*text);
  if (!file.ok()) return file.status();
  auto whole = routing->WholeRoutes(*file);
  if (!whole.ok()) return whole.status();
  {
    absl::MutexLock lock(&routing->mutex_);
    routing->text_ = *text;
    routing->file_ = *std::move(file);
  }
  routing::RouterParts parts;
  parts.transport = &routing->transport_;
  parts.clock = &routing::SystemClock();
  parts.keys = &routing->keys_;
  parts.ledger = &routing->ledger_;
  parts.cache = &routing->answers_;
  routing->router_ = std::make_unique<routing::Router>(*std::move(whole), parts);
  routing->watcher_ = std::thread([self = routing.get()] { self->Watch(); });
  return routing;
}

ModelRouting::ModelRouting(const pg::ConnectionOptions& database,
                           const ModelRoutingOptions& options, crypto::SealingKey sealing)
    : options_(options),
      pool_({.connection = database, .max_connections = kConnections}),
      register_(&pool_, sealing),
      answers_(&pool_),
      ledger_(&pool_, options.on_trouble),
      grades_(&pool_),
      transport_({.ca_file = options.ca_file}),
      keys_(&routing::SystemClock(),
            [this](std::string_view name) { return register_.FindKey(name); }) {}

ModelRouting::~ModelRouting() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  if (watcher_.joinable()) watcher_.join();
}

absl::StatusOr<std::string> ModelRouting::ReadFile() const {
  if (options_.routes_file.empty()) return std::string(routing::kDefaultRoutes);
  std::ifstream file(options_.routes_file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file && !text.empty()) return text;
  return absl::FailedPreconditionError(
      fmt::format("cannot read the routing file {}", options_.routes_file));
}

absl::StatusOr<routing::Routes> ModelRouting::FileRoutes(const std::string& text) const {
  auto routes = routing::ParseRoutes(
      text, options_.routes_file.empty() ? "default_routes.yaml" : options_.routes_file);
  if (routes.ok() && options_.is_local_only) routes->local.is_local_only = true;
  return routes;
}

absl::StatusOr<routing::Routes> ModelRouting::WholeRoutes(const routing::Routes& file) {
  auto models = register_.All();
  if (!models.ok()) return models.status();
  routing::Routes whole = file;
  for (routing::Model& model : *models) {
    auto with = routing::WithCustomModel(whole, model);
    if (with.ok()) {
      whole = *std::move(with);
    } else {
      Tell(fmt::format("leaving out the registered model {}", model.name), with.status());
    }
  }
  return whole;
}

void ModelRouting::Tell(std::string_view what, const absl::Status& status) const {
  if (options_.on_trouble) options_.on_trouble(what, status);
}

void ModelRouting::Watch() {
  for (int looks = 1;; ++looks) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&is_stopping_), kLookPause)) return;
    }
    LookAgain();
    if (looks % kLooksPerCleaning != 0) continue;
    for (int i = 0; i < kMostCleanings; ++i) {
      const auto dropped = answers_.DropExpired(absl::Now());
      if (!dropped.ok() || *dropped == 0) break;
    }
  }
}

void ModelRouting::LookAgain() {
  absl::MutexLock lock(&mutex_);
  const auto text = ReadFile();
  // Each state of the file is told of once.
  if (!text.ok() && !std::exchange(text_, "").empty()) Tell("the routes stay", text.status());
  if (text.ok() && *text != text_) {
    text_ = *text;
    auto routes = FileRoutes(*text);
    if (routes.ok()) {
      file_ = *std::move(routes);
    } else {
      Tell("the routes stay", routes.status());
    }
  }
  auto whole = WholeRoutes(file_);
  if (whole.ok() && !(*whole == *router_->routes())) router_->SetRoutes(*std::move(whole));
}

absl::StatusOr<routing::Model> ModelRouting::Register(routing::Model model, std::string_view key) {
  absl::MutexLock lock(&mutex_);
  auto whole = WholeRoutes(file_);
  if (!whole.ok()) return whole.status();
  const routing::Model* before = whole->Find(routing::Task(model.name), model.tenant);
  // A key that was given before is kept.
  const bool had_key = before != nullptr && before->is_custom &&
                       !before->deployments.front().key.empty() &&
                       before->deployments.front().url == model.deployments.front().url;
  if (!key.empty() || had_key) {
    model.deployments.front().key = store::ModelRegister::KeyReference(model.tenant, model.name);
  }
  auto with = routing::WithCustomModel(*whole, model);
  if (!with.ok()) return with.status();
  if (absl::Status put = register_.Put(model, key); !put.ok()) return put;
  const routing::Model registered = *with->Find(routing::Task(model.name), model.tenant);
  router_->SetRoutes(*std::move(with));
  return registered;
}

absl::Status ModelRouting::Remove(std::string_view tenant, std::string_view name) {
  absl::MutexLock lock(&mutex_);
  if (absl::Status removed = register_.Remove(tenant, name); !removed.ok()) return removed;
  auto whole = WholeRoutes(file_);
  if (whole.ok()) router_->SetRoutes(*std::move(whole));
  return absl::OkStatus();
}

}  // namespace datamigrate::service
