#include "agent_engine/routing/routes.h"

#include <algorithm>
#include <array>
#include <set>

#include "agent_engine/providers/protocol.h"
#include "agent_engine/routing/routes_check.h"
#include "common/net/address_rule.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr std::array<std::string_view, 3> kWindows = {"day", "month", "total"};
constexpr size_t kMaxName = 64;

// Two organizations may register one name.
std::string CustomKey(std::string_view name, std::string_view tenant) {
  return text::Cat(name, "@", tenant);
}

absl::Status Wrong(std::string_view what, std::string_view name, std::string_view why) {
  return absl::InvalidArgumentError(text::Cat(what, " \"", name, "\" ", why));
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return text::IsAsciiAlnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '/';
         });
}

bool IsKeyReference(std::string_view key) {
  if (key.empty()) return true;
  for (const std::string_view scheme : {"env:", "file:/", "sealed:"}) {
    if (key.starts_with(scheme) && key.size() > scheme.size()) return true;
  }
  return false;
}

absl::Status CheckDeployment(const Deployment& deployment) {
  // Those of registered models are named by us.
  if (!deployment.key.starts_with("sealed:") && !IsName(deployment.name)) {
    return Wrong("deployment", deployment.name,
                 "needs a \"name\" of 1 to 64 letters, digits and -_.:/");
  }
  const auto wrong = [&](std::string_view why) {
    return Wrong("deployment", deployment.name, why);
  };
  if (providers::ProtocolNamed(deployment.protocol) == nullptr) {
    return wrong(text::Cat("speaks \"", deployment.protocol, "\"; \"protocol\" is one of ",
                           providers::ProtocolNames()));
  }
  const bool is_http =
      deployment.url.starts_with("https://") || deployment.url.starts_with("http://");
  if (!is_http || net::HostOfUrl(deployment.url).empty() ||
      deployment.url.find_first_of("?# \t\r\n") != std::string::npos) {
    return wrong("needs a \"url\" as https://HOST[:PORT][/PATH], without a user, ? or #");
  }
  if (deployment.provider_model.empty()) {
    return wrong("needs a \"model\", the name that its provider has for it");
  }
  // The text may be the key itself, so it is not repeated.
  if (!IsKeyReference(deployment.key)) {
    return wrong(
        "has a \"key\" that says not where it is; write env:NAME, file:/PATH or sealed:NAME, and "
        "never the key itself");
  }
  if (deployment.connect_timeout <= absl::ZeroDuration() ||
      deployment.first_token_timeout <= absl::ZeroDuration() ||
      deployment.idle_timeout <= absl::ZeroDuration() ||
      deployment.answer_timeout <= absl::ZeroDuration()) {
    return wrong("has a time-out of 0; nothing would be waited for");
  }
  return absl::OkStatus();
}

// Requests over plain HTTP, and their keys, may not cross the Internet.
absl::Status CheckPlainText(const Deployment& deployment, const net::AddressRule& local) {
  if (deployment.url.starts_with("https://")) return absl::OkStatus();
  if (local.AllowsHost(net::HostOfUrl(deployment.url))) return absl::OkStatus();
  return Wrong("deployment", deployment.name,
               "is asked over http:// at a host that is not on the site; write https://, or put "
               "the host into \"hosts\" of \"local\"");
}

absl::Status CheckFallbacks(const Routes& routes, std::string_view of,
                            const std::vector<std::string>& fallbacks) {
  for (const std::string& name : fallbacks) {
    if (name == of) return Wrong("model", of, "falls back to itself");
    if (!routes.models.contains(name)) {
      return Wrong("model", of, text::Cat("falls back to \"", name, "\", which is none"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view NameOf(BudgetWindow window) {
  return kWindows[static_cast<size_t>(window)];
}

const Model* Routes::Find(const Task& task, std::string_view tenant) const {
  const std::string* name = std::get_if<std::string>(&task);
  if (name == nullptr) name = &tiers[static_cast<size_t>(std::get<Complexity>(task))];
  auto found = models.find(*name);
  if (found == models.end()) found = models.find(CustomKey(*name, tenant));
  if (found == models.end()) return nullptr;
  const Model& model = found->second;
  return model.tenant.empty() || model.tenant == tenant ? &model : nullptr;
}

absl::Status CheckModel(const Model& model) {
  if (!IsName(model.name)) {
    return Wrong("model", model.name, "needs a name of 1 to 64 letters, digits and -_.:/");
  }
  const auto wrong = [&](std::string_view why) { return Wrong("model", model.name, why); };
  if (model.context_tokens < 1) return wrong("needs \"context\", its size in tokens");
  if (model.max_output_tokens < 1) return wrong("needs \"max_output\", in tokens");
  if (model.prices.empty()) {
    return wrong("needs a \"price\"; one that costs nothing has {input: 0, output: 0}");
  }
  if (model.prices.front().above != 0) return wrong("needs a price that holds above 0 tokens");
  for (size_t i = 1; i < model.prices.size(); ++i) {
    if (model.prices[i].above <= model.prices[i - 1].above) {
      return wrong("has prices that do not go up by \"above\"");
    }
  }
  if (model.deployments.empty()) return wrong("needs a list of \"deployments\"");
  for (const Deployment& deployment : model.deployments) {
    if (absl::Status status = CheckDeployment(deployment); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckRoutes(const Routes& routes) {
  const auto local = net::AddressRule::Make(routes.local.hosts, routes.local.networks);
  if (!local.ok()) return local.status();
  for (const auto& [name, model] : routes.models) {
    if (absl::Status status = CheckFallbacks(routes, name, model.fallbacks); !status.ok()) {
      return status;
    }
    for (const Deployment& deployment : model.deployments) {
      if (absl::Status status = CheckPlainText(deployment, *local); !status.ok()) return status;
    }
  }
  return CheckFallbacks(routes, "custom_models", routes.custom_fallbacks);
}

absl::StatusOr<Routes> WithCustomModel(const Routes& routes, Model model) {
  if (absl::Status status = CheckModel(model); !status.ok()) return status;
  if (routes.models.contains(model.name)) {
    return absl::AlreadyExistsError(
        text::Cat("there is a model \"", model.name, "\" already; choose another name"));
  }
  std::set<std::string> hosts(routes.custom_hosts.begin(), routes.custom_hosts.end());
  for (const auto& [name, other] : routes.models) {
    if (other.is_custom) continue;
    for (const Deployment& deployment : other.deployments) {
      hosts.insert(net::HostOfUrl(deployment.url));
    }
  }
  for (const Deployment& deployment : model.deployments) {
    // Else whoever registers could have any variable or file of the engine sent to the host.
    if (!deployment.key.empty() && !deployment.key.starts_with("sealed:")) {
      return Wrong("deployment", deployment.name,
                   "is registered, so its key is in the store alone");
    }
    const std::string host = net::HostOfUrl(deployment.url);
    if (hosts.contains(host)) continue;
    return Wrong("host", host,
                 "may not serve registered models; its operator can put it into \"hosts\" of "
                 "\"custom_models\" in the routing file");
  }
  if (model.fallbacks.empty()) model.fallbacks = routes.custom_fallbacks;
  model.is_custom = true;
  Routes changed = routes;
  const std::string key = CustomKey(model.name, model.tenant);
  for (Deployment& deployment : model.deployments) deployment.name = key;
  changed.models.insert_or_assign(key, std::move(model));
  if (absl::Status status = CheckRoutes(changed); !status.ok()) return status;
  return changed;
}

}  // namespace datamigrate::routing
