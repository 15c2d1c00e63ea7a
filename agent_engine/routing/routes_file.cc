#include <yaml-cpp/yaml.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "agent_engine/routing/routes.h"
#include "agent_engine/routing/routes_check.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr double kMicroDollars = 1e6;
constexpr double kMostDollars = 1e9;

// The first fault of a file, with its line.
class Faults {
 public:
  explicit Faults(std::string_view file_name) : file_name_(file_name) {}

  void Add(const YAML::Node& node, std::string_view message) {
    if (!status_.ok()) return;
    status_ = At(node.IsDefined() ? node.Mark().line : 0, message);
  }
  absl::Status At(int line, std::string_view message) const {
    return absl::InvalidArgumentError(text::Cat(file_name_, ":", line + 1, ": ", message));
  }
  const absl::Status& status() const { return status_; }

 private:
  const std::string file_name_;
  absl::Status status_;
};

// A map's members by name. Members that nobody asks for are faults.
class MapReader {
 public:
  MapReader(const YAML::Node& node, std::string what, Faults* faults)
      : node_(node), what_(std::move(what)), faults_(faults) {
    if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap()) {
      faults_->Add(node_, text::Cat(what_, " must be a map of \"name: value\""));
      node_ = YAML::Node();
    }
    LookForDoubles();
  }

  ~MapReader() {
    if (!node_.IsMap()) return;
    for (const auto& member : node_) {
      const auto name = member.first.as<std::string>("");
      if (asked_.contains(name)) continue;
      faults_->Add(member.first,
                   text::Cat(what_, " has no \"", name, "\"; it takes ", text::Join(asked_, ", ")));
    }
  }

  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  YAML::Node Find(const std::string& name) {
    asked_.insert(name);
    return node_.IsMap() ? node_[name] : YAML::Node(YAML::NodeType::Undefined);
  }

  void Read(const std::string& name, std::string* value) {
    const YAML::Node node = Find(name);
    if (!node.IsDefined() || node.IsNull()) return;
    if (!node.IsScalar()) return Refuse(node, name, "a text");
    *value = node.Scalar();
  }

  void Read(const std::string& name, bool* value) {
    const YAML::Node node = Find(name);
    if (!node.IsDefined()) return;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, *value)) {
      Refuse(node, name, "true or false");
    }
  }

  // Whole numbers from `least` on.
  template <typename Number>
  void Read(const std::string& name, Number least, Number* value) {
    const YAML::Node node = Find(name);
    if (!node.IsDefined()) return;
    Number read = 0;
    if (!node.IsScalar() || !YAML::convert<Number>::decode(node, read) || read < least) {
      return Refuse(node, name, text::Cat("a whole number from ", least, " on"));
    }
    *value = read;
  }

  void ReadDollars(const std::string& name, double* value) {
    const YAML::Node node = Find(name);
    if (!node.IsDefined()) return;
    double read = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, read) || !(read >= 0) ||
        !(read <= kMostDollars)) {
      return Refuse(node, name, "dollars from 0 on, as 2.50");
    }
    *value = read;
  }

  void Read(const std::string& name, absl::Duration* value) {
    const YAML::Node node = Find(name);
    if (!node.IsDefined()) return;
    absl::Duration read;
    if (!node.IsScalar() || !absl::ParseDuration(node.Scalar(), &read) ||
        read < absl::ZeroDuration() || read > absl::Hours(24 * 366)) {
      return Refuse(node, name, "a time as 500ms, 30s or 2m");
    }
    *value = read;
  }

  void Read(const std::string& name, std::vector<std::string>* values) {
    const YAML::Node node = Find(name);
    if (!node.IsDefined() || node.IsNull()) return;
    if (!node.IsSequence()) return Refuse(node, name, "a list as [a, b]");
    values->clear();
    for (const YAML::Node& item : node) {
      if (!item.IsScalar()) return Refuse(item, name, "a list of texts");
      values->push_back(item.Scalar());
    }
  }

 private:
  void Refuse(const YAML::Node& node, const std::string& name, std::string_view wanted) {
    faults_->Add(node, text::Cat("\"", name, "\" of ", what_, " must be ", wanted));
  }

  void LookForDoubles() {
    if (!node_.IsMap()) return;
    std::set<std::string> names;
    for (const auto& member : node_) {
      const auto name = member.first.as<std::string>("");
      if (!names.insert(name).second) {
        faults_->Add(member.first, text::Cat(what_, " has \"", name, "\" twice"));
      }
    }
  }

  YAML::Node node_;
  const std::string what_;
  Faults* const faults_;
  std::set<std::string> asked_;
};

PriceStep ReadPrice(const YAML::Node& node, const std::string& what, Faults* faults) {
  PriceStep step;
  MapReader reader(node, text::Cat("the price of ", what), faults);
  reader.Read<int64_t>("above", 0, &step.above);
  reader.ReadDollars("input", &step.price.input);
  reader.ReadDollars("output", &step.price.output);
  // What providers say of caches is a part of the input's price; silence means the whole.
  step.price.cached_input = step.price.cache_write = step.price.input;
  reader.ReadDollars("cached_input", &step.price.cached_input);
  reader.ReadDollars("cache_write", &step.price.cache_write);
  return step;
}

std::vector<PriceStep> ReadPrices(const YAML::Node& node, const std::string& what, Faults* faults) {
  std::vector<PriceStep> steps;
  if (!node.IsDefined()) return steps;
  if (!node.IsSequence()) return {ReadPrice(node, what, faults)};
  for (const YAML::Node& step : node) steps.push_back(ReadPrice(step, what, faults));
  return steps;
}

Deployment ReadDeployment(const YAML::Node& node, const std::string& model, Faults* faults) {
  Deployment deployment;
  MapReader reader(node, text::Cat("a deployment of ", model), faults);
  reader.Read("name", &deployment.name);
  reader.Read("protocol", &deployment.protocol);
  reader.Read("url", &deployment.url);
  reader.Read("model", &deployment.provider_model);
  reader.Read("key", &deployment.key);
  reader.Read("if_set", &deployment.if_set);
  reader.Read<int>("requests_per_minute", 0, &deployment.requests_per_minute);
  reader.Read<int64_t>("tokens_per_minute", 0, &deployment.tokens_per_minute);
  reader.Read<int>("in_flight", 0, &deployment.max_in_flight);
  reader.Read("connect_timeout", &deployment.connect_timeout);
  reader.Read("first_token_timeout", &deployment.first_token_timeout);
  reader.Read("idle_timeout", &deployment.idle_timeout);
  reader.Read("answer_timeout", &deployment.answer_timeout);
  while (deployment.url.ends_with('/')) deployment.url.pop_back();
  return deployment;
}

Model ReadModel(const std::string& name, const YAML::Node& node, Faults* faults) {
  Model model;
  model.name = name;
  {
    MapReader reader(node, text::Cat("model ", name), faults);
    reader.Read<int64_t>("context", 1, &model.context_tokens);
    reader.Read<int64_t>("max_output", 1, &model.max_output_tokens);
    model.prices = ReadPrices(reader.Find("price"), name, faults);
    reader.Read("temperature", &model.takes_temperature);
    reader.Read("continues", &model.continues_prefix);
    reader.Read("forced_tools", &model.forces_tools);
    reader.Read("schema", &model.takes_schema);
    reader.Read("fallbacks", &model.fallbacks);
    const YAML::Node deployments = reader.Find("deployments");
    if (deployments.IsDefined() && deployments.IsSequence()) {
      for (const YAML::Node& item : deployments) {
        model.deployments.push_back(ReadDeployment(item, name, faults));
      }
    }
  }
  if (const absl::Status status = CheckModel(model); !status.ok()) {
    faults->Add(node, text::MessageOf(status));
  }
  return model;
}

Budget ReadBudget(const YAML::Node& node, Faults* faults) {
  Budget budget;
  std::string scope = "organization", window = "day";
  double dollars = -1;
  {
    MapReader reader(node, "a budget", faults);
    reader.Read("name", &budget.name);
    reader.Read("scope", &scope);
    reader.Read("of", &budget.of);
    reader.Read("window", &window);
    reader.ReadDollars("dollars", &dollars);
  }
  if (budget.name.empty()) faults->Add(node, "a budget needs a \"name\", which refusals say");
  if (dollars < 0) faults->Add(node, "a budget needs \"dollars\", the most that may be spent");
  budget.limit_microdollars = std::llround(std::max(dollars, 0.0) * kMicroDollars);
  if (scope == "migration") {
    budget.scope = Budget::Scope::kMigration;
  } else if (scope == "site") {
    budget.scope = Budget::Scope::kSite;
  } else if (scope != "organization") {
    faults->Add(node, "a budget's \"scope\" is organization, migration or site");
  }
  if (window == "month") {
    budget.window = BudgetWindow::kMonth;
  } else if (window == "total") {
    budget.window = BudgetWindow::kTotal;
  } else if (window != "day") {
    faults->Add(node, "a budget's \"window\" is day, month or total");
  }
  return budget;
}

void ReadBudgets(const YAML::Node& node, Routes* routes, Faults* faults) {
  std::set<std::string> names;
  if (!node.IsDefined() || node.IsNull()) return;
  if (!node.IsSequence()) return faults->Add(node, "\"budgets\" must be a list");
  for (const YAML::Node& item : node) {
    routes->budgets.push_back(ReadBudget(item, faults));
    if (!names.insert(routes->budgets.back().name).second) {
      faults->Add(item, "two budgets have one name");
    }
  }
}

void ReadModels(const YAML::Node& node, Routes* routes, Faults* faults) {
  if (!node.IsDefined() || !node.IsMap()) {
    return faults->Add(node, "\"models\" must be a map of models by name");
  }
  std::set<std::string> deployments;
  for (const auto& member : node) {
    const auto name = member.first.as<std::string>("");
    Model model = ReadModel(name, member.second, faults);
    for (const Deployment& deployment : model.deployments) {
      if (!deployments.insert(deployment.name).second) {
        faults->Add(member.second,
                    text::Cat("two deployments are named \"", deployment.name, "\""));
      }
    }
    if (!routes->models.emplace(name, std::move(model)).second) {
      faults->Add(member.first, text::Cat("two models are named \"", name, "\""));
    }
  }
}

void ReadTiers(const YAML::Node& node, Routes* routes, Faults* faults) {
  MapReader reader(node, "\"tiers\"", faults);
  for (size_t i = 0; i < routes->tiers.size(); ++i) {
    const std::string tier(NameOf(static_cast<Complexity>(i)));
    reader.Read(tier, &routes->tiers[i]);
    if (!routes->models.contains(routes->tiers[i])) {
      faults->Add(node, text::Cat("the tier \"", tier, "\" needs one of \"models\", and \"",
                                  routes->tiers[i], "\" is none"));
    }
  }
}

void ReadRules(MapReader& top, Routes* routes, Faults* faults) {
  {
    MapReader reader(top.Find("custom_models"), "\"custom_models\"", faults);
    reader.Read("fallbacks", &routes->custom_fallbacks);
    reader.Read("hosts", &routes->custom_hosts);
  }
  {
    MapReader reader(top.Find("retry"), "\"retry\"", faults);
    reader.Read<int>("attempts", 1, &routes->retry.attempts_per_model);
    reader.Read("first_pause", &routes->retry.first_pause);
    reader.Read("longest_pause", &routes->retry.longest_pause);
    reader.Read("longest_retry_after", &routes->retry.longest_retry_after);
  }
  {
    MapReader reader(top.Find("cooldown"), "\"cooldown\"", faults);
    reader.Read<int>("failures", 1, &routes->cooldown.failures);
    reader.Read("first", &routes->cooldown.first);
    reader.Read("longest", &routes->cooldown.longest);
  }
  MapReader reader(top.Find("local"), "\"local\"", faults);
  reader.Read("only", &routes->local.is_local_only);
  reader.Read("hosts", &routes->local.hosts);
  reader.Read("networks", &routes->local.networks);
}

Routes ReadRoutes(const YAML::Node& root, Faults* faults) {
  Routes routes;
  MapReader top(root, "the file", faults);
  ReadModels(top.Find("models"), &routes, faults);
  ReadTiers(top.Find("tiers"), &routes, faults);
  ReadBudgets(top.Find("budgets"), &routes, faults);
  ReadRules(top, &routes, faults);
  top.Read("proxy", &routes.allows_proxy);
  top.Read("cache_for", &routes.cache_for);
  top.Read<int>("stream_above", 0, &routes.stream_above);
  int64_t mebibytes = static_cast<int64_t>(routes.max_answer_bytes >> 20);
  top.Read<int64_t>("max_answer_mib", 1, &mebibytes);
  routes.max_answer_bytes = static_cast<size_t>(std::min<int64_t>(mebibytes, 1024)) << 20;
  return routes;
}

}  // namespace

absl::StatusOr<Routes> ParseRoutes(std::string_view yaml, std::string_view file_name) {
  Faults faults(file_name);
  if (yaml.size() > kMaxFileBytes) return faults.At(0, "the file has more than 1 MiB");
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    Routes routes = ReadRoutes(root, &faults);
    if (!faults.status().ok()) return faults.status();
    if (const absl::Status status = CheckRoutes(routes); !status.ok()) {
      return faults.At(0, text::MessageOf(status));
    }
    return routes;
  } catch (const YAML::Exception& error) {
    return faults.At(error.mark.is_null() ? 0 : error.mark.line, error.msg);
  }
}

}  // namespace datamigrate::routing
