// Organizations over HTTP: members, roles, invitations, API keys, and the walls between tenants.
#include <catch2/catch.hpp>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/pg/pool.h"
#include "gateway/access/permission.h"
#include "gateway/store/tenant.h"
#include "tests/service/gateway/gateway_fixture.h"

namespace datamigrate::gateway {
namespace {

using nlohmann::json;
using testing::RawResponse;
using Fixture = testing::GatewayFixture;

struct Team : Fixture {
  Team()
      : Fixture([](Config& changed) {
          changed.credential_rate_limit = 10000;
          changed.rate_limit = 1000000;
        }) {}

  // Asks as the holder of `credential`.
  RawResponse As(const std::string& credential, const std::string& method, const std::string& path,
                 const json& body = nullptr) {
    token = credential;
    return Ask(method, path, body.is_null() ? "" : body.dump());
  }

  json Register(const std::string& email) {
    token.clear();
    return SignUp(email);
  }

  // Registers a user who then works in the organization of `inviter`; returns an access token.
  std::string Join(const std::string& inviter, const std::string& email, const std::string& role) {
    const RawResponse invited =
        As(inviter, "POST", "/api/v1/invitations", {{"email", email}, {"role", role}});
    INFO(invited.body);
    REQUIRE(invited.status == 201);
    const std::string own = Register(email)["access_token"];
    const RawResponse accepted = As(own, "POST", "/api/v1/invitations/accept",
                                    {{"token", json::parse(invited.body)["token"]}});
    REQUIRE(accepted.status == 200);
    const std::string id = json::parse(accepted.body)["organization_id"];
    const RawResponse switched = As(own, "POST", "/api/v1/orgs/" + id + "/switch");
    REQUIRE(switched.status == 200);
    CHECK(As(own, "GET", "/api/v1/auth/me").status == 401);
    return json::parse(switched.body)["access_token"];
  }

  std::string UserId(const std::string& credential) {
    return json::parse(As(credential, "GET", "/api/v1/auth/me").body)["id"];
  }

  std::string MakeKey(const std::string& credential, const std::vector<std::string>& scopes) {
    const RawResponse made =
        As(credential, "POST", "/api/v1/api-keys", {{"name", "ci"}, {"scopes", scopes}});
    INFO(made.body);
    REQUIRE(made.status == 201);
    return json::parse(made.body)["key"];
  }
};

TEST_CASE("A role says what its holder may do", "[gateway][service][organization]") {
  Team team;
  const std::string owner = team.Register("owner@example.com")["access_token"];
  team.token = owner;
  const std::string migration = team.Create();
  const auto statuses = [&](const std::string& who) {
    return std::vector<int>{
        team.As(who, "GET", "/api/v1/migrations").status,
        team.As(who, "POST", "/api/v1/migrations/" + migration + "/decide",
                {{"question_id", "q"}, {"option_id", "o"}})
            .status,
        team.As(who, "GET", "/api/v1/users").status,
        team.As(who, "PUT", "/api/v1/roles/x", {{"permissions", json::array()}}).status,
        team.As(who, "GET", "/api/v1/api-keys").status};
  };
  CHECK(statuses(owner) == std::vector<int>{200, 200, 200, 204, 200});
  CHECK(statuses(team.Join(owner, "editor@example.com", "editor")) ==
        std::vector<int>{200, 200, 200, 403, 403});
  CHECK(statuses(team.Join(owner, "viewer@example.com", "viewer")) ==
        std::vector<int>{200, 403, 200, 403, 403});
  CHECK(statuses(team.Join(owner, "auditor@example.com", "auditor")) ==
        std::vector<int>{200, 403, 200, 403, 200});
  const RawResponse refused =
      team.As(team.Join(owner, "v2@example.com", "viewer"), "GET", "/api/v1/api-keys");
  CHECK(refused.body.find("api-keys:read") != std::string::npos);
}

TEST_CASE("A changed role counts at once", "[gateway][service][organization]") {
  Team team;
  const std::string owner = team.Register("owner@example.com")["access_token"];
  const std::string member = team.Join(owner, "ann@example.com", "viewer");
  const std::string id = team.UserId(member);
  CHECK(team.As(owner, "PUT", "/api/v1/roles/helper",
                {{"permissions", {"members:read", "api-keys:read"}}})
            .status == 204);
  CHECK(team.As(owner, "PATCH", "/api/v1/users/" + id, {{"role", "helper"}}).status == 204);
  CHECK(team.As(member, "GET", "/api/v1/users").status == 401);  // refresh, and go on
  CHECK(team.As(owner, "DELETE", "/api/v1/roles/helper").status == 409);
  CHECK(team.As(owner, "DELETE", "/api/v1/users/" + id).status == 204);
  CHECK(team.As(owner, "DELETE", "/api/v1/roles/helper").status == 204);
  CHECK(team.As(owner, "DELETE", "/api/v1/roles/helper").status == 404);
}

TEST_CASE("Nobody gives away what they do not have", "[gateway][service][organization]") {
  Team team;
  const std::string owner = team.Register("owner@example.com")["access_token"];
  const std::string admin = team.Join(owner, "admin@example.com", "admin");
  const std::string owner_id = team.UserId(owner);
  const std::string admin_id = team.UserId(admin);
  const auto invite = [&](const std::string& who, const std::string& role) {
    return team.As(who, "POST", "/api/v1/invitations", {{"email", "x@example.com"}, {"role", role}})
        .status;
  };
  CHECK(invite(admin, "owner") == 403);
  CHECK(invite(admin, "admin") == 201);
  CHECK(invite(admin, "nonsense") == 400);
  CHECK(team.As(admin, "PATCH", "/api/v1/users/" + admin_id, {{"role", "owner"}}).status == 403);
  CHECK(team.As(admin, "PATCH", "/api/v1/users/" + owner_id, {{"role", "viewer"}}).status == 403);
  CHECK(team.As(admin, "DELETE", "/api/v1/users/" + owner_id).status == 403);
  CHECK(team.As(owner, "DELETE", "/api/v1/users/" + owner_id).status == 409);
  CHECK(team.As(owner, "PATCH", "/api/v1/users/" + owner_id, {{"role", "admin"}}).status == 409);
  CHECK(team.As(admin, "PUT", "/api/v1/roles/owner", {{"permissions", json::array()}}).status ==
        409);
  const std::string editor = team.Join(owner, "editor@example.com", "editor");
  CHECK(team.As(editor, "POST", "/api/v1/api-keys", {{"name", "k"}, {"scopes", {"members:write"}}})
            .status == 403);
}

TEST_CASE("An invitation is for one address, once", "[gateway][service][organization]") {
  Team team;
  const std::string owner = team.Register("owner@example.com")["access_token"];
  const json invitation = json::parse(team.As(owner, "POST", "/api/v1/invitations",
                                              {{"email", "Ann@example.com"}, {"role", "viewer"}})
                                          .body);
  const std::string eve = team.Register("eve@example.com")["access_token"];
  const std::string ann = team.Register("ann@example.com")["access_token"];
  const auto accept = [&](const std::string& who) {
    return team.As(who, "POST", "/api/v1/invitations/accept", {{"token", invitation["token"]}})
        .status;
  };
  CHECK(accept(eve) == 400);
  CHECK(accept(ann) == 200);
  CHECK(accept(ann) == 400);
  CHECK(json::parse(team.As(ann, "GET", "/api/v1/orgs").body)["organizations"].size() == 2);
  CHECK(json::parse(team.As(owner, "GET", "/api/v1/users").body)["users"].size() == 2);
}

TEST_CASE("An API key does what its scopes say, until it is revoked",
          "[gateway][service][organization]") {
  Team team;
  const std::string owner = team.Register("owner@example.com")["access_token"];
  const RawResponse made =
      team.As(owner, "POST", "/api/v1/api-keys",
              {{"name", "ci"}, {"scopes", {"migrations:read"}}, {"expires_in_days", 30}});
  REQUIRE(made.status == 201);
  const json shown = json::parse(made.body);
  const std::string key = shown["key"];
  CHECK(key.starts_with("dm_"));
  CHECK(key.starts_with(shown["beginning"].get<std::string>()));
  CHECK(team.As(key, "GET", "/api/v1/migrations").status == 200);
  CHECK(team.As(key, "GET", "/api/v1/migrations").status == 200);
  CHECK(team.As(key, "POST", "/api/v1/migrations", {{"source", "/a"}}).status == 403);
  CHECK(team.As(key, "GET", "/api/v1/auth/sessions").status == 403);
  CHECK(team.As(key, "POST", "/api/v1/auth/logout").status == 403);
  CHECK(json::parse(team.As(key, "GET", "/api/v1/auth/me").body)["api_key_id"] == shown["id"]);

  const RawResponse listed = team.As(owner, "GET", "/api/v1/api-keys");
  CHECK(json::parse(listed.body)["api_keys"].size() == 1);
  CHECK(listed.body.find(key) == std::string::npos);
  std::string wrong = key;
  wrong[10] = wrong[10] == 'a' ? 'b' : 'a';
  CHECK(team.As(wrong, "GET", "/api/v1/migrations").status == 401);

  const std::string path = "/api/v1/api-keys/" + shown["id"].get<std::string>();
  CHECK(team.As(owner, "DELETE", path).status == 204);
  CHECK(team.As(owner, "DELETE", path).status == 404);
  CHECK(team.As(key, "GET", "/api/v1/migrations").status == 401);
}

TEST_CASE("A key ends with its maker's membership", "[gateway][service][organization]") {
  Team team;
  const std::string owner = team.Register("owner@example.com")["access_token"];
  const std::string editor = team.Join(owner, "editor@example.com", "editor");
  const std::string key = team.MakeKey(editor, {"migrations:read", "migrations:write"});
  const std::string id = team.UserId(editor);
  CHECK(team.As(owner, "DELETE", "/api/v1/users/" + id).status == 204);
  CHECK(team.As(key, "GET", "/api/v1/migrations").status == 401);
  CHECK(team.As(editor, "GET", "/api/v1/migrations").status == 401);
}

TEST_CASE("Every route names what it needs or is open on purpose",
          "[gateway][service][organization]") {
  Team team;
  const std::set<std::string> open = {
      "POST /api/v1/auth/register",        "POST /api/v1/auth/login",
      "POST /api/v1/auth/refresh",         "POST /api/v1/auth/verify",
      "POST /api/v1/auth/password/forgot", "POST /api/v1/auth/password/reset",
      "GET /.well-known/jwks.json",        "GET /account",
      "GET /api/v1/auth/oidc/start",       "GET /api/v1/auth/oidc/callback"};
  const json api = json::parse(team.Ask("GET", "/api").body);
  for (const json& route : api["routes"]) {
    const std::string name =
        route["method"].get<std::string>() + " " + route["path"].get<std::string>();
    INFO(name);
    if (route["needs_sign_in"].get<bool>()) {
      CHECK(route["permission"] != "");
    } else if (!route["path"].get<std::string>().starts_with("/api/v1")) {
      SUCCEED("pages, probes and figures");
    } else {
      CHECK(open.contains(name));
    }
  }
}

// What an organization has, as its owner sees it: nothing of it may be seen or changed by others.
struct Tenant {
  std::string token;
  std::map<std::string, std::string> ids;  // by kind
  std::string marker;

  json Snapshot(Team& team) const {
    json seen;
    for (const char* path :
         {"/api/v1/migrations", "/api/v1/users", "/api/v1/invitations", "/api/v1/roles",
          "/api/v1/api-keys", "/api/v1/orgs", "/api/v1/limits", "/api/v1/models"}) {
      const RawResponse response = team.As(token, "GET", path);
      CHECK(response.status == 200);
      seen[path] = json::parse(response.body);
    }
    for (json& key : seen["/api/v1/api-keys"]["api_keys"]) key.erase("last_used_at");
    return seen;
  }
};

json CustomModel(const std::string& marker) {
  return {{"model",
           {{"protocol", "vllm"},
            {"url", "http://10.1.2.4:8000/" + marker},
            {"provider_model", "x"},
            {"context_tokens", "1000"},
            {"max_output_tokens", "100"}}},
          {"key", "key-of-" + marker}};
}

Tenant MakeTenant(Team& team, const std::string& marker) {
  Tenant tenant;
  tenant.marker = marker;
  tenant.token = team.Register(marker + "@example.com")["access_token"];
  team.token = tenant.token;
  tenant.ids["migration"] = team.Create("/data/" + marker);
  tenant.ids["user"] = team.UserId(tenant.token);
  tenant.ids["organization"] =
      json::parse(team.As(tenant.token, "GET", "/api/v1/orgs").body)["organizations"][0]["id"];
  tenant.ids["session"] =
      json::parse(team.As(tenant.token, "GET", "/api/v1/auth/sessions").body)["sessions"][0]["id"];
  tenant.ids["invitation"] =
      json::parse(team.As(tenant.token, "POST", "/api/v1/invitations",
                          {{"email", marker + "-guest@example.com"}, {"role", "viewer"}})
                      .body)["id"];
  tenant.ids["key"] = json::parse(team.As(tenant.token, "POST", "/api/v1/api-keys",
                                          {{"name", marker}, {"scopes", {"migrations:read"}}})
                                      .body)["id"];
  CHECK(team.As(tenant.token, "PUT", "/api/v1/roles/" + marker,
                {{"permissions", {"migrations:read"}}})
            .status == 204);
  tenant.ids["role"] = marker;
  CHECK(
      team.As(tenant.token, "PUT", "/api/v1/models/custom/" + marker, CustomModel(marker)).status ==
      200);
  tenant.ids["model"] = marker;
  CHECK(team.As(tenant.token, "PUT", "/api/v1/policies", {{"comment", marker}}).status == 200);
  CHECK(team.As(tenant.token, "PUT", "/api/v1/limits", {{"per_minute", 100000}}).status == 200);
  return tenant;
}

// Whose budget would pay.
json QuestionAbout(const std::string& migration) {
  const json part = {{"text", "hi"}};
  const json message = {{"parts", json::array({part})}};
  return {{"messages", json::array({message})}, {"migration_id", migration}};
}

TEST_CASE("No route shows or changes anything of another tenant",
          "[gateway][service][organization]") {
  Team team;
  const Tenant victim = MakeTenant(team, "victim-7f3a");
  const Tenant attacker = MakeTenant(team, "attacker-1c2d");
  const std::string key = team.MakeKey(
      attacker.token, {"migrations:read", "members:read", "api-keys:read", "members:write"});
  const json before = victim.Snapshot(team);
  const json api = json::parse(team.As(attacker.token, "GET", "/api").body);
  int asked = 0;
  for (const json& route : api["routes"]) {
    const std::string method = route["method"];
    const std::string pattern = route["path"];
    const size_t brace = pattern.find('{');
    if (!route["needs_sign_in"].get<bool>() || pattern == "/api/v1/auth/logout") continue;
    for (const auto& [kind, id] : victim.ids) {
      std::string path = pattern;
      for (size_t open; (open = path.find('{')) != std::string::npos;) {
        path.replace(open, path.find('}') - open + 1, id);
      }
      // Bodies that the routes take, where one is needed to come past the description.
      const std::map<std::string, json> bodies = {
          {"/api/v1/users/{id}", {{"role", "viewer"}}},
          {"/api/v1/orgs/{id}", {{"name", "taken"}, {"requires_totp", true}}},
          {"/api/v1/roles/{name}", {{"permissions", json::array()}}},
          {"/api/v1/models/custom/{name}", CustomModel("attacker")},
          {"/api/v1/models/complete", QuestionAbout(victim.ids.at("migration"))},
          {"/api/v1/models/complete/stream", QuestionAbout(victim.ids.at("migration"))},
          {"/api/v1/migrations/{id}/explanation", {{"question", "Why?"}}},
          {"/api/v1/migrations/{id}/run/fork", {{"step", 0}}},
          {"/api/v1/migrations/{id}/run/replay", {{"step", 0}}}};
      const json body = bodies.contains(pattern) ? bodies.at(pattern) : json::object();
      for (const std::string& who : {attacker.token, key}) {
        const RawResponse response =
            team.As(who, method, path, method == "GET" || method == "DELETE" ? json() : body);
        INFO(method << " " << path << " gives " << response.status << " " << response.body);
        ++asked;
        // The engine of this test does not resume.
        CHECK((response.status < 500 || response.status == 501));
        CHECK(response.body.find("victim-7f3a@") == std::string::npos);
        CHECK(response.body.find("/data/victim") == std::string::npos);
        CHECK(response.body.find("8000/victim") == std::string::npos);
        // Roles and models are found by their names, which may be those of the attacker's own.
        const bool is_own =
            pattern == "/api/v1/roles/{name}" || pattern == "/api/v1/models/custom/{name}";
        if (pattern.starts_with("/api/v1/models/complete")) CHECK(response.status >= 400);
        if (brace != std::string::npos && !is_own) CHECK(response.status >= 400);
      }
      if (brace == std::string::npos) break;
    }
  }
  CHECK(asked > 100);
  CHECK(victim.Snapshot(team) == before);
  const std::string organization = victim.ids.at("organization");
  CHECK(team.engine->models().key_of(organization, victim.marker) == "key-of-" + victim.marker);
  CHECK(team.As(attacker.token, "GET", "/api/v1/auth/me").status == 200);
}

TEST_CASE("Row-level security holds where a statement forgets its organization",
          "[gateway][service][organization]") {
  Team team;
  const Tenant victim = MakeTenant(team, "victim");
  const Tenant other = MakeTenant(team, "other");
  pg::PoolOptions options;
  options.connection.url = team.database.url();
  options.max_connections = 1;
  pg::Pool pool(options);
  const std::string table =
      GENERATE("organizations", "memberships", "users", "roles", "invitations", "api_keys",
               "sessions", "audit_logs", "policies", "chosen_limits");
  INFO(table);
  const std::string id = table == "organizations" || table == "users" ? "id" : "organization_id";
  const std::string count = "SELECT count(" + id + ") AS n FROM " + table;
  const auto all = pg::Execute(pool, {}, {"all", count});
  const auto seen = ExecuteInTenant(pool, other.ids.at("organization"), {}, {"seen", count}, {});
  REQUIRE(seen.ok());
  CHECK(seen->front().Get<int64_t>("n") >= 1);
  CHECK(seen->front().Get<int64_t>("n") < all->front().Get<int64_t>("n"));
  // What is foreign can neither be written nor taken over, and secrets are not to be read.
  const auto stolen = ExecuteInTenant(
      pool, other.ids.at("organization"), {},
      {"steal", "UPDATE api_keys SET revoked_at = now() WHERE organization_id = $1"},
      {victim.ids.at("organization")});
  CHECK((stolen.ok() && stolen->affected_rows() == 0));
  CHECK_FALSE(ExecuteInTenant(pool, other.ids.at("organization"), {},
                              {"insert", "INSERT INTO roles VALUES ($1, 'x', '{}')"},
                              {victim.ids.at("organization")})
                  .ok());
  CHECK_FALSE(ExecuteInTenant(pool, other.ids.at("organization"), {},
                              {"hashes", "SELECT password_hash FROM users"}, {})
                  .ok());
  // Without an organization there is nothing; and the role ends with the transaction.
  const auto none = ExecuteInTenant(pool, "", {}, {"none", count}, {});
  CHECK((none.ok() && none->front().Get<int64_t>("n") == 0));
  CHECK(pg::Execute(pool, {}, {"again", count})->front().Get<int64_t>("n") ==
        all->front().Get<int64_t>("n"));
}

}  // namespace
}  // namespace datamigrate::gateway
