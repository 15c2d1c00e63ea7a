// The model router of an engine process, with what it needs: the network, the store, the routing
// file and the register of the organizations' own models.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/routing/key_source.h"
#include "agent_engine/routing/router.h"
#include "agent_engine/store/model_answers.h"
#include "agent_engine/store/model_grades.h"
#include "agent_engine/store/model_ledger.h"
#include "agent_engine/store/model_register.h"
#include "common/net/curl_transport.h"
#include "common/pg/pool.h"

namespace datamigrate::service {

struct ModelRoutingOptions {
  std::string routes_file;  // "": the routes that are shipped
  std::string ca_file;      // PEM, of the providers' certificates; "": this machine's authorities
  std::string home;         // the key of the register's keys lies here
  bool is_local_only = false;  // whatever the file says
  std::function<void(std::string_view what, const absl::Status& status)> on_trouble;
};

// Thread-safe. The file and the register are looked at every few seconds; a file that cannot be
// used is told to on_trouble, and the routes before it stay.
class ModelRouting {
 public:
  // Errors: the routing file's first fault, with its line; kUnavailable for the database.
  static absl::StatusOr<std::unique_ptr<ModelRouting>> Start(const pg::ConnectionOptions& database,
                                                             const ModelRoutingOptions& options);
  ~ModelRouting();

  routing::Router& router() { return *router_; }
  store::ModelLedger& ledger() { return ledger_; }
  store::ModelGrades& grades() { return grades_; }

  // The model as it is used from now on, by this engine at once and by others in a moment.
  // Errors: kInvalidArgument, kAlreadyExists, kUnavailable.
  absl::StatusOr<routing::Model> Register(routing::Model model, std::string_view key);
  absl::Status Remove(std::string_view tenant, std::string_view name);

 private:
  ModelRouting(const pg::ConnectionOptions& database, const ModelRoutingOptions& options,
               crypto::SealingKey sealing);

  absl::StatusOr<std::string> ReadFile() const;
  absl::StatusOr<routing::Routes> FileRoutes(const std::string& text) const;
  // The file's routes with the registered models. Those that no longer fit are left out.
  absl::StatusOr<routing::Routes> WholeRoutes(const routing::Routes& file);
  void Watch();
  void LookAgain() ABSL_LOCKS_EXCLUDED(mutex_);
  void Tell(std::string_view what, const absl::Status& status) const;

  const ModelRoutingOptions options_;
  pg::Pool pool_;
  store::ModelRegister register_;
  store::ModelAnswers answers_;
  store::ModelLedger ledger_;
  store::ModelGrades grades_;
  net::CurlTransport transport_;
  routing::KeyReader keys_;
  std::unique_ptr<routing::Router> router_;

  absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);      // of the file, as it was read last
  routing::Routes file_ ABSL_GUARDED_BY(mutex_);  // by the last text that was good
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread watcher_;
};

}  // namespace datamigrate::service
