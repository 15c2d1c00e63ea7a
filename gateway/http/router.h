// Finds the endpoint for a method and a path.
#ifndef DATAMIGRATE_GATEWAY_HTTP_ROUTER_H_
#define DATAMIGRATE_GATEWAY_HTTP_ROUTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "gateway/access/permission.h"
#include "gateway/http/description.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Request in, response out. Thread safe.
using Endpoint = std::function<Response(const Request&)>;

// The same for work that others do: returns at once and calls `respond` once, from any thread,
// possibly before it returns. The request lives until then. Throws only where it will not call it.
using Respond = std::function<void(Response)>;
using AsyncEndpoint = std::function<void(const Request&, Respond respond)>;

enum class RunsOn {
  kIoThread,         // takes microseconds and never waits; a long body makes it kWorkers
  kWorkers,          // waits for the engine or the database
  kPasswordWorkers,  // hashes a password: few threads, so that logins cannot starve the rest
};

enum class RateClass {
  kNone,  // probes and metrics
  kOrdinary,
  kCredentials,  // guesses at passwords and tokens: a smaller limit, by address
};

// A route that will go away. Its answers say so (RFC 9745, RFC 8594), and so does the document.
struct Deprecation {
  absl::Time since;
  std::optional<absl::Time> sunset;  // from when it may be gone
  std::string_view instead;          // URL of what to read about it; "" for none
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/api/v1/migrations/{id}": {name} matches one segment
  RunsOn runs_on = RunsOn::kWorkers;
  bool needs_principal = true;
  // What the principal must be allowed to do; nobody may what is not named. Not looked at when
  // needs_principal is false.
  Permission permission = Permission::kNotNamed;
  RateClass rate_class = RateClass::kOrdinary;
  uint64_t max_body_bytes = 64 * 1024;
  // The body holds a secret, of which not even a hash is recorded; so do those of kCredentials.
  bool has_secret_body = false;
  // Media types of a body that goes to a file as it arrives, once the head was let in; none: the
  // body is kept in memory.
  std::vector<std::string_view> file_types = {};
  Endpoint endpoint = nullptr;  // or else async_endpoint
  AsyncEndpoint async_endpoint = nullptr;
  Description description = {};
  std::optional<Deprecation> deprecation = {};
};

class Router {
 public:
  // Patterns must not overlap, except that a literal segment wins over a {name}, whatever the
  // methods; routes of one path name its parameters alike.
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  // null when nothing matches
    std::map<std::string, std::string> parameters;
    std::vector<std::string_view> allowed_methods;  // of the path, whatever the method
  };

  // `segments` are decoded. HEAD finds the route of GET.
  Match Find(std::string_view method, const std::vector<std::string>& segments) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Entry {
    std::vector<std::string> segments;  // of the pattern
    const Route* route;
  };

  const std::vector<Route> routes_;
  std::vector<Entry> entries_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_ROUTER_H_
