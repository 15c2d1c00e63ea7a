// The routing file: models, deployments, prices, tiers, chains, budgets and limits.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTES_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTES_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/routing/model_call.h"

namespace datamigrate::routing {

// Dollars for a million tokens, which is micro-dollars for one.
struct Price {
  double input = 0;
  double output = 0;
  double cached_input = 0;
  double cache_write = 0;
  friend bool operator==(const Price&, const Price&) = default;
};

// What holds for requests with more input tokens than `above`.
struct PriceStep {
  int64_t above = 0;
  Price price;
  friend bool operator==(const PriceStep&, const PriceStep&) = default;
};

// One place where a model is served.
struct Deployment {
  std::string name;            // unique in the file
  std::string protocol;        // "anthropic", "openai", "openai_responses", "ollama", "vllm"
  std::string url;             // up to the protocol's own path, without a slash at the end
  std::string provider_model;  // as the provider names it
  // Where the API key is: "env:NAME", "file:/path", "sealed:NAME" (in the store); "": needs none.
  std::string key;
  std::string if_set;           // an environment variable without which it is not asked; "": always
  int requests_per_minute = 0;  // 0: no limit of ours
  int64_t tokens_per_minute = 0;  // 0: no limit of ours
  int max_in_flight = 0;          // 0: no limit of ours
  absl::Duration connect_timeout = absl::Seconds(3);
  absl::Duration first_token_timeout = absl::Seconds(60);  // of streams
  absl::Duration idle_timeout = absl::Seconds(60);         // between two pieces
  absl::Duration answer_timeout = absl::Minutes(2);        // of what is not a stream
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

struct Model {
  std::string name;
  int64_t context_tokens = 0;  // input and output together
  int64_t max_output_tokens = 0;
  std::vector<PriceStep> prices;  // ascending; the first is above 0
  bool takes_temperature = true;
  bool continues_prefix = false;       // goes on with an assistant's message that comes last
  bool forces_tools = true;            // tool_choice "required" is taken
  bool takes_schema = true;            // answer_schema is enforced by the provider
  std::vector<std::string> fallbacks;  // models asked next, in order
  std::vector<Deployment> deployments;
  bool is_custom = false;  // registered, not of the file
  std::string tenant;      // of a custom model: the only one that may use it; "": all
  friend bool operator==(const Model&, const Model&) = default;
};

struct RetryRules {
  int attempts_per_model = 3;  // over all of its deployments
  absl::Duration first_pause = absl::Milliseconds(500);
  absl::Duration longest_pause = absl::Seconds(20);
  // A provider that wants a longer wait than this is left for the next one.
  absl::Duration longest_retry_after = absl::Seconds(30);
  friend bool operator==(const RetryRules&, const RetryRules&) = default;
};

struct CooldownRules {
  int failures = 3;  // in a row
  absl::Duration first = absl::Seconds(5);
  absl::Duration longest = absl::Minutes(5);
  friend bool operator==(const CooldownRules&, const CooldownRules&) = default;
};

enum class BudgetWindow { kDay, kMonth, kTotal };  // days and months of UTC
std::string_view NameOf(BudgetWindow window);

// The most that may be spent.
struct Budget {
  std::string name;  // unique; refusals call it so
  enum class Scope { kOrganization, kMigration, kSite };
  Scope scope = Scope::kOrganization;
  std::string of;  // an organization or migration; "": each has this budget
  BudgetWindow window = BudgetWindow::kDay;
  int64_t limit_microdollars = 0;
  friend bool operator==(const Budget&, const Budget&) = default;
};

struct LocalRules {
  bool is_local_only = false;
  std::vector<std::string> hosts;     // names that may be looked up
  std::vector<std::string> networks;  // CIDR, besides loopback and private ones
  friend bool operator==(const LocalRules&, const LocalRules&) = default;
};

// A value, consistent: every name that is used is defined.
struct Routes {
  std::array<std::string, 4> tiers;                  // a model for each Complexity
  std::map<std::string, Model, std::less<>> models;  // registered ones by "NAME@TENANT"
  std::vector<std::string> custom_fallbacks;         // of registered models that name none
  // Where registered models may be, besides the hosts of the file's own: whoever may register one
  // must not reach every machine that the engine reaches.
  std::vector<std::string> custom_hosts;
  std::vector<Budget> budgets;
  RetryRules retry;
  CooldownRules cooldown;
  LocalRules local;
  bool allows_proxy = false;  // of the environment: HTTPS_PROXY and its like
  size_t max_answer_bytes = 16 << 20;
  absl::Duration cache_for = absl::Hours(24 * 30);  // how long an answer is kept; 0: not at all
  // An answer of more tokens than this is asked for as a stream, so that a provider that hangs is
  // noticed before the whole answer is due.
  int stream_above = 4096;
  friend bool operator==(const Routes&, const Routes&) = default;

  // The model of a tier or by name, for `tenant`; null: there is none.
  const Model* Find(const Task& task, std::string_view tenant) const;
};

// The file that is shipped: current names and prices of the four tiers.
extern const std::string_view kDefaultRoutes;

// Errors: kInvalidArgument, "FILE:LINE: what is wrong; what to write instead".
absl::StatusOr<Routes> ParseRoutes(std::string_view yaml, std::string_view file_name = "routes");

// A copy with `model` added or replaced, checked as the file's are.
// Its one deployment is named after it. Errors: kInvalidArgument; kAlreadyExists when the file has
// a model of the name.
absl::StatusOr<Routes> WithCustomModel(const Routes& routes, Model model);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTES_H_
