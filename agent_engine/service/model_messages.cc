#include "agent_engine/service/model_messages.h"

#include "agent_engine/store/model_register.h"

namespace datamigrate::service {
namespace {

routing::Part PartOf(const v1::ModelPart& part) {
  if (part.has_tool_call()) {
    return routing::ToolCall{part.tool_call().id(), part.tool_call().name(),
                             part.tool_call().arguments()};
  }
  if (part.has_tool_result()) {
    return routing::ToolResult{part.tool_result().call_id(), part.tool_result().text(),
                               part.tool_result().is_error()};
  }
  return routing::TextPart{part.text()};
}

}  // namespace

routing::ModelRequest ModelRequestOf(const v1::CompleteRequest& request) {
  routing::ModelRequest model_request;
  model_request.system = request.system();
  model_request.cache_system = request.cache_system();
  for (const v1::ModelMessage& message : request.messages()) {
    const bool is_assistant = message.role() == v1::MODEL_ROLE_ASSISTANT;
    routing::Message written{is_assistant ? routing::Role::kAssistant : routing::Role::kUser, {}};
    for (const v1::ModelPart& part : message.parts()) written.parts.push_back(PartOf(part));
    model_request.messages.push_back(std::move(written));
  }
  for (const v1::ModelTool& tool : request.tools()) {
    model_request.tools.push_back({tool.name(), tool.description(), tool.parameters()});
  }
  if (request.tool_choice() == v1::MODEL_TOOL_CHOICE_NONE) {
    model_request.tool_choice = routing::ToolChoice::kNone;
  } else if (request.tool_choice() == v1::MODEL_TOOL_CHOICE_REQUIRED) {
    model_request.tool_choice = routing::ToolChoice::kRequired;
  }
  model_request.answer_schema = request.answer_schema();
  if (request.max_output_tokens() != 0) {
    model_request.max_output_tokens = request.max_output_tokens();
  }
  if (request.has_temperature()) model_request.temperature = request.temperature();
  model_request.stop.assign(request.stop().begin(), request.stop().end());
  return model_request;
}

routing::CallContext CallContextOf(const v1::CompleteRequest& request) {
  routing::CallContext context;
  context.migration = request.migration_id();
  context.agent = request.agent();
  if (const auto tier = routing::ComplexityNamed(request.task())) {
    context.task = *tier;
  } else if (!request.task().empty()) {
    context.task = request.task();
  }
  context.idempotency_key = request.idempotency_key();
  if (request.cache() == v1::MODEL_CACHE_USE_WRITE) context.cache = routing::CacheUse::kWrite;
  if (request.cache() == v1::MODEL_CACHE_USE_NONE) context.cache = routing::CacheUse::kNone;
  context.may_fall_back = !request.may_not_fall_back();
  return context;
}

v1::CompleteResponse ToMessage(const routing::ModelAnswer& answer) {
  v1::CompleteResponse message;
  message.set_text(answer.text);
  for (const routing::ToolCall& call : answer.tool_calls) {
    v1::ModelToolCall* written = message.add_tool_calls();
    written->set_id(call.id);
    written->set_name(call.name);
    written->set_arguments(call.arguments);
  }
  message.set_stop_reason(std::string(NameOf(answer.stop_reason)));
  message.set_model(answer.model);
  message.set_deployment(answer.deployment);
  message.set_provider_model(answer.provider_model);
  message.mutable_usage()->set_input(answer.usage.input);
  message.mutable_usage()->set_cached_input(answer.usage.cached_input);
  message.mutable_usage()->set_cache_write(answer.usage.cache_write);
  message.mutable_usage()->set_output(answer.usage.output);
  message.mutable_usage()->set_is_estimated(answer.usage.is_estimated);
  message.set_cost_microdollars(answer.cost_microdollars);
  message.set_latency_microseconds(absl::ToInt64Microseconds(answer.latency));
  message.set_first_token_microseconds(absl::ToInt64Microseconds(answer.first_token));
  for (const routing::Attempt& attempt : answer.attempts) {
    v1::ModelAttempt* written = message.add_attempts();
    written->set_model(attempt.model);
    written->set_deployment(attempt.deployment);
    written->set_failure(attempt.failure);
    written->set_latency_microseconds(absl::ToInt64Microseconds(attempt.latency));
    written->set_cost_microdollars(attempt.cost_microdollars);
  }
  message.set_is_from_cache(answer.is_from_cache);
  return message;
}

v1::ModelDeployment ToMessage(const routing::DeploymentStatus& status,
                              const routing::Model& model) {
  v1::ModelDeployment message;
  message.set_model(status.model);
  message.set_name(status.deployment);
  message.set_protocol(status.protocol);
  message.set_url(status.url);
  message.set_provider_model(status.provider_model);
  message.set_has_key(status.has_key);
  message.set_closed(status.closed);
  message.set_in_flight(status.in_flight);
  message.set_failures_in_a_row(status.failures_in_a_row);
  message.set_last_failure(status.last_failure);
  message.set_cools_for_milliseconds(absl::ToInt64Milliseconds(status.cools_for));
  message.set_input_price(model.prices.front().price.input);
  message.set_output_price(model.prices.front().price.output);
  message.set_context_tokens(model.context_tokens);
  message.set_is_custom(model.is_custom);
  return message;
}

v1::ModelUsageRow ToMessage(const store::ModelUsageRow& row) {
  v1::ModelUsageRow message;
  message.set_day(row.day);
  message.set_model(row.model);
  message.set_agent(row.agent);
  message.set_task(row.task);
  message.set_calls(row.calls);
  message.set_answered(row.answered);
  message.set_from_cache(row.from_cache);
  message.set_failed(row.calls - row.answered - row.from_cache);
  message.set_input_tokens(row.input_tokens);
  message.set_cached_input_tokens(row.cached_input_tokens);
  message.set_output_tokens(row.output_tokens);
  message.set_cost_microdollars(row.cost_microdollars);
  message.set_latency_p50_microseconds(row.latency_p50_microseconds);
  message.set_latency_p95_microseconds(row.latency_p95_microseconds);
  return message;
}

v1::ModelBudgetRow ToMessage(const store::ModelBudgetRow& row) {
  v1::ModelBudgetRow message;
  message.set_name(row.budget);
  message.set_subject(row.subject);
  message.set_window(row.window);
  message.set_spent_microdollars(row.spent_microdollars);
  message.set_held_microdollars(row.held_microdollars);
  return message;
}

v1::ModelReportRow ToMessage(const store::ModelGradeSum& sum) {
  v1::ModelReportRow message;
  message.set_code(sum.code);
  message.set_tier(sum.tier);
  message.set_model(sum.model);
  message.set_answers(sum.answers);
  message.set_proven(sum.proven);
  message.set_accepted(sum.accepted);
  message.set_wrong(sum.wrong);
  message.set_cost_microdollars(sum.cost_microdollars);
  return message;
}

routing::Model ModelOf(const v1::CustomModel& message, std::string_view tenant, bool has_key) {
  routing::Model model;
  model.name = message.name();
  model.tenant = std::string(tenant);
  model.is_custom = true;
  model.context_tokens = message.context_tokens();
  model.max_output_tokens = message.max_output_tokens();
  routing::Price price;
  price.input = price.cached_input = price.cache_write = message.input_price();
  price.output = message.output_price();
  model.prices = {{0, price}};
  model.continues_prefix = message.continues_prefix();
  model.fallbacks.assign(message.fallbacks().begin(), message.fallbacks().end());
  routing::Deployment deployment;
  deployment.name = message.name();
  deployment.protocol = message.protocol();
  deployment.url = message.url();
  while (deployment.url.ends_with('/')) deployment.url.pop_back();
  deployment.provider_model = message.provider_model();
  if (has_key) deployment.key = store::ModelRegister::KeyReference(tenant, message.name());
  model.deployments = {deployment};
  return model;
}

v1::CustomModel ToMessage(const routing::Model& model) {
  const routing::Deployment& deployment = model.deployments.front();
  v1::CustomModel message;
  message.set_name(model.name);
  message.set_protocol(deployment.protocol);
  message.set_url(deployment.url);
  message.set_provider_model(deployment.provider_model);
  message.set_context_tokens(model.context_tokens);
  message.set_max_output_tokens(model.max_output_tokens);
  message.set_input_price(model.prices.front().price.input);
  message.set_output_price(model.prices.front().price.output);
  for (const std::string& name : model.fallbacks) message.add_fallbacks(name);
  message.set_continues_prefix(model.continues_prefix);
  message.set_has_key(!deployment.key.empty());
  return message;
}

}  // namespace datamigrate::service
