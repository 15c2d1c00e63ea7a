// Model calls as the contract's messages.
#pragma once

#include "absl/status/statusor.h"
#include "agent_engine/routing/model_call.h"
#include "agent_engine/routing/router.h"
#include "agent_engine/routing/routes.h"
#include "agent_engine/store/model_grades.h"
#include "agent_engine/store/model_ledger.h"
#include "datamigrate/v1/models.pb.h"

namespace datamigrate::service {

routing::ModelRequest ModelRequestOf(const v1::CompleteRequest& request);
// Without tenant, timeout and stop.
routing::CallContext CallContextOf(const v1::CompleteRequest& request);

v1::CompleteResponse ToMessage(const routing::ModelAnswer& answer);
v1::ModelDeployment ToMessage(const routing::DeploymentStatus& status, const routing::Model& model);
v1::ModelUsageRow ToMessage(const store::ModelUsageRow& row);
v1::ModelBudgetRow ToMessage(const store::ModelBudgetRow& row);
v1::ModelReportRow ToMessage(const store::ModelGradeSum& sum);

// `has_key`: the model has one in the register.
routing::Model ModelOf(const v1::CustomModel& message, std::string_view tenant, bool has_key);
v1::CustomModel ToMessage(const routing::Model& model);

}  // namespace datamigrate::service
