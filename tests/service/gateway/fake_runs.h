// A RunService in this process, with a run of two steps behind every migration.
#ifndef DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_RUNS_H_
#define DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_RUNS_H_

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "datamigrate/v1/runs.grpc.pb.h"

namespace datamigrate::testing {

// The id of every fork.
inline constexpr std::string_view kForkId = "00000000-0000-4000-8000-00000000f04c";

class FakeRuns : public v1::RunService::Service {
 public:
  // The source of the caller's migration of that id; "" for none.
  using SourceOf = std::function<std::string(grpc::ServerContext* context, const std::string& id)>;
  explicit FakeRuns(SourceOf source_of) : source_of_(std::move(source_of)) {}

  v1::ForkRunRequest last_fork() const;

  grpc::Status GetHistory(grpc::ServerContext* context, const v1::GetHistoryRequest* request,
                          v1::RunHistory* answer) override;
  grpc::Status GetState(grpc::ServerContext* context, const v1::GetStateRequest* request,
                        v1::RunState* answer) override;
  grpc::Status DiffStates(grpc::ServerContext* context, const v1::DiffStatesRequest* request,
                          v1::StateDiff* answer) override;
  grpc::Status ForkRun(grpc::ServerContext* context, const v1::ForkRunRequest* request,
                       v1::Run* answer) override;
  grpc::Status DrawGraph(grpc::ServerContext* context, const v1::DrawGraphRequest* request,
                         v1::GraphDrawing* answer) override;

 private:
  const SourceOf source_of_;
  mutable std::mutex mutex_;
  v1::ForkRunRequest last_fork_;
};

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_RUNS_H_
