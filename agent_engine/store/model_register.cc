#include "agent_engine/store/model_register.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

constexpr pg::Statement kAll = {
    "all_custom_models",
    "SELECT tenant, name, definition::text AS definition, key IS NOT NULL AS has_key "
    "FROM custom_models ORDER BY tenant, name"};

constexpr pg::Statement kPut = {
    "put_custom_model",
    "INSERT INTO custom_models AS m (tenant, name, definition, key) VALUES ($1, $2, $3::jsonb, $4) "
    "ON CONFLICT (tenant, name) DO UPDATE SET definition = excluded.definition, "
    "key = CASE WHEN $5 THEN coalesce(excluded.key, m.key) END, updated_at = clock_timestamp()"};

constexpr pg::Statement kRemove = {"remove_custom_model",
                                   "DELETE FROM custom_models WHERE tenant = $1 AND name = $2"};

constexpr pg::Statement kKey = {
    "custom_model_key",
    "SELECT key FROM custom_models WHERE tenant = $1 AND name = $2 AND key IS NOT NULL"};

constexpr std::string_view kSealed = "sealed:";

pg::RetryPolicy Policy() {
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  return policy;
}

// Whose secret a sealed key is.
std::string ContextOf(std::string_view tenant, std::string_view name) {
  return fmt::format("model key {}:{}{}", tenant.size(), tenant, name);
}

std::string ToJson(const routing::Model& model) {
  const routing::Deployment& deployment = model.deployments.front();
  const nlohmann::json definition = {{"protocol", deployment.protocol},
                                     {"url", deployment.url},
                                     {"provider_model", deployment.provider_model},
                                     {"context_tokens", model.context_tokens},
                                     {"max_output_tokens", model.max_output_tokens},
                                     {"input_price", model.prices.front().price.input},
                                     {"output_price", model.prices.front().price.output},
                                     {"continues_prefix", model.continues_prefix},
                                     {"fallbacks", model.fallbacks}};
  return pg::ToStorableJson(definition.dump());
}

routing::Model FromJson(const std::string& tenant, const std::string& name,
                        const nlohmann::json& definition, bool has_key) {
  routing::Model model;
  model.name = name;
  model.tenant = tenant;
  model.is_custom = true;
  model.context_tokens = definition.value("context_tokens", int64_t{0});
  model.max_output_tokens = definition.value("max_output_tokens", int64_t{0});
  routing::Price price;
  price.input = price.cached_input = price.cache_write = definition.value("input_price", 0.0);
  price.output = definition.value("output_price", 0.0);
  model.prices = {{0, price}};
  model.continues_prefix = definition.value("continues_prefix", false);
  model.fallbacks = definition.value("fallbacks", std::vector<std::string>());
  routing::Deployment deployment;
  deployment.name = name;
  deployment.protocol = definition.value("protocol", "");
  deployment.url = definition.value("url", "");
  deployment.provider_model = definition.value("provider_model", "");
  if (has_key) deployment.key = ModelRegister::KeyReference(tenant, name);
  model.deployments = {deployment};
  return model;
}

}  // namespace

std::string ModelRegister::KeyReference(std::string_view tenant, std::string_view name) {
  return fmt::format("{}{}/{}", kSealed, name, tenant);
}

absl::StatusOr<std::vector<routing::Model>> ModelRegister::All() {
  const auto rows = pg::Execute(*pool_, Policy(), kAll);
  if (!rows.ok()) return rows.status();
  std::vector<routing::Model> models;
  for (const pg::Row row : *rows) {
    const auto definition =
        nlohmann::json::parse(row.Get<std::string>("definition"), nullptr, false);
    if (!definition.is_object()) continue;  // Not written by any version of this.
    models.push_back(FromJson(row.Get<std::string>("tenant"), row.Get<std::string>("name"),
                              definition, row.Get<bool>("has_key")));
  }
  return models;
}

absl::Status ModelRegister::Put(const routing::Model& model, std::string_view key) {
  std::optional<pg::Bytes> sealed;
  if (!key.empty()) sealed = pg::Bytes{sealing_.Seal(key, ContextOf(model.tenant, model.name))};
  const bool has_key = !model.deployments.front().key.empty();
  return pg::Execute(*pool_, Policy(), kPut,
                     {model.tenant, model.name, ToJson(model), sealed, has_key})
      .status();
}

absl::Status ModelRegister::Remove(std::string_view tenant, std::string_view name) {
  const auto removed = pg::Execute(*pool_, Policy(), kRemove, {tenant, name});
  if (!removed.ok()) return removed.status();
  if (removed->affected_rows() > 0) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("the organization has registered no model \"{}\"", name));
}

absl::StatusOr<std::string> ModelRegister::FindKey(std::string_view reference) {
  if (reference.starts_with(kSealed)) reference.remove_prefix(kSealed.size());
  // Names hold no space and tenants may hold any sign, so the first part is looked for by rows.
  const auto models = pg::Execute(*pool_, Policy(),
                                  {"custom_model_of_reference",
                                   "SELECT tenant, name FROM custom_models "
                                   "WHERE name || '/' || tenant = $1"},
                                  {reference});
  if (!models.ok()) return models.status();
  if (models->size() != 1) return absl::NotFoundError("the register has no such key");
  const auto tenant = models->front().Get<std::string>("tenant");
  const auto name = models->front().Get<std::string>("name");
  const auto keys = pg::Execute(*pool_, Policy(), kKey, {tenant, name});
  if (!keys.ok()) return keys.status();
  if (keys->empty()) return absl::NotFoundError("the registered model has no key");
  return sealing_.Open(keys->front().Get<pg::Bytes>("key").value, ContextOf(tenant, name));
}

}  // namespace datamigrate::store
