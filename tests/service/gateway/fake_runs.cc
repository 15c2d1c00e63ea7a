#include "tests/service/gateway/fake_runs.h"

namespace datamigrate::testing {
namespace {

grpc::Status NotFound() {
  return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no such run");
}

}  // namespace

v1::ForkRunRequest FakeRuns::last_fork() const {
  std::lock_guard lock(mutex_);
  return last_fork_;
}

grpc::Status FakeRuns::GetHistory(grpc::ServerContext* context,
                                  const v1::GetHistoryRequest* request, v1::RunHistory* answer) {
  const std::string source = source_of_(context, request->id());
  if (source.empty()) return NotFound();
  answer->mutable_run()->set_id(request->id());
  answer->mutable_run()->set_name(source);
  answer->add_steps()->set_next_node("assessment");
  answer->add_steps()->set_node("assessment");
  answer->add_effects()->set_key("read");
  return grpc::Status::OK;
}

grpc::Status FakeRuns::GetState(grpc::ServerContext* context, const v1::GetStateRequest* request,
                                v1::RunState* answer) {
  const std::string source = source_of_(context, request->id());
  if (source.empty() || request->step() > 1) return NotFound();
  answer->set_step(request->step() < 0 ? 1 : request->step());
  answer->set_node("assessment");
  answer->set_state_json("{\"source_connection\":\"" + source + "\"}");
  return grpc::Status::OK;
}

grpc::Status FakeRuns::DiffStates(grpc::ServerContext* context,
                                  const v1::DiffStatesRequest* request, v1::StateDiff* answer) {
  const std::string source = source_of_(context, request->id());
  if (source.empty()) return NotFound();
  answer->set_from_step(request->from_step());
  answer->set_to_step(request->to_step() < 0 ? 1 : request->to_step());
  v1::StateDiff::Change* change = answer->add_changes();
  change->set_operation("add");
  change->set_path("/errors");
  change->set_after_json("[\"" + source + "\"]");
  answer->set_total(1);
  return grpc::Status::OK;
}

grpc::Status FakeRuns::ForkRun(grpc::ServerContext* context, const v1::ForkRunRequest* request,
                               v1::Run* answer) {
  if (source_of_(context, request->id()).empty()) return NotFound();
  std::lock_guard lock(mutex_);
  last_fork_ = *request;
  answer->set_id(std::string(kForkId));
  answer->set_parent_run(request->id());
  answer->set_parent_step(request->step());
  return grpc::Status::OK;
}

grpc::Status FakeRuns::DrawGraph(grpc::ServerContext* context, const v1::DrawGraphRequest* request,
                                 v1::GraphDrawing* answer) {
  const std::string source = source_of_(context, request->id());
  if (source.empty()) return NotFound();
  answer->set_text(request->format() == v1::GRAPH_FORMAT_SVG ? "<svg>" + source + "</svg>"
                                                             : "graph TD " + source);
  return grpc::Status::OK;
}

}  // namespace datamigrate::testing
