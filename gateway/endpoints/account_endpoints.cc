#include "gateway/endpoints/account_endpoints.h"

#include <fmt/format.h>

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/crypto/encoding.h"
#include "gateway/endpoints/account_descriptions.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxBodyBytes = 8 * 1024;

// A field of a body: its name, where its text goes, and whether it must be there.
struct TextField {
  const char* name;
  std::string* text;
  bool is_required;
};

absl::Status ReadTexts(const Request& request, std::initializer_list<TextField> fields) {
  const Json body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return absl::InvalidArgumentError("the body is not a JSON object");
  for (const TextField& field : fields) {
    const auto found = body.find(field.name);
    if (found == body.end() || found->is_null()) {
      if (!field.is_required) continue;
      return absl::InvalidArgumentError(fmt::format("\"{}\" is missing", field.name));
    }
    if (!found->is_string() ||
        found->get_ref<const std::string&>().find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("\"{}\" must be a text", field.name));
    }
    *field.text = found->get<std::string>();
  }
  return absl::OkStatus();
}

Response TokensResponse(int status, const SignedIn& signed_in) {
  const Json body = {
      {"access_token", signed_in.access_token},
      {"token_type", "Bearer"},
      {"expires_in", absl::ToInt64Seconds(signed_in.access_token_lifetime)},
      {"refresh_token", signed_in.refresh_token},
      {"user", {{"id", signed_in.user_id}, {"organization_id", signed_in.organization_id}}}};
  Response response = JsonResponse(status, body.dump());
  response.audit = {signed_in.organization_id, signed_in.user_id, signed_in.user_id};
  return response;
}

Response Answer(const Request& request, int status, const absl::StatusOr<SignedIn>& signed_in) {
  return signed_in.ok() ? TokensResponse(status, *signed_in)
                        : ProblemOf(request, signed_in.status());
}

Response Register(SignIn* sign_in, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  Registration registration;
  const absl::Status read =
      ReadTexts(request, {{"email", &registration.email, true},
                          {"password", &registration.password, true},
                          {"name", &registration.name, false},
                          {"organization", &registration.organization_name, false}});
  if (!read.ok()) return ProblemOf(request, read);
  return Answer(request, 201, sign_in->Register(registration));
}

Response LogIn(SignIn* sign_in, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  std::string email;
  std::string password;
  const absl::Status read =
      ReadTexts(request, {{"email", &email, true}, {"password", &password, true}});
  if (!read.ok()) return ProblemOf(request, read);
  return Answer(request, 200, sign_in->LogIn(email, password));
}

Response Refresh(SignIn* sign_in, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  std::string token;
  const absl::Status read = ReadTexts(request, {{"refresh_token", &token, true}});
  if (!read.ok()) return ProblemOf(request, read);
  return Answer(request, 200, sign_in->Refresh(token));
}

Response LogOut(SignIn* sign_in, const Request& request) {
  const absl::Status ended = sign_in->LogOut(*request.principal);
  if (!ended.ok()) return ProblemOf(request, ended);
  Response response;
  response.status = 204;
  response.audit.object = request.principal->user_id;
  return response;
}

Response ShowUser(AccountStore* accounts, const Request& request) {
  absl::StatusOr<std::optional<User>> user = accounts->FindById(request.principal->user_id);
  if (!user.ok()) return ProblemOf(request, user.status());
  if (!user->has_value()) return Problem(request, 404, "This user is no longer there.");
  const Json body = {{"id", (*user)->id},
                     {"organization_id", (*user)->organization_id},
                     {"email", (*user)->email},
                     {"name", (*user)->name},
                     {"role", (*user)->role}};
  return JsonResponse(200, body.dump());
}

// RFC 8037 section 2: an Ed25519 key as a JSON Web Key.
Response ShowKeys(const crypto::SigningKey& key) {
  const Json body = {{"keys", Json::array({{{"kty", "OKP"},
                                            {"crv", "Ed25519"},
                                            {"alg", "EdDSA"},
                                            {"use", "sig"},
                                            {"kid", key.id()},
                                            {"x", crypto::Base64UrlEncode(key.public_key())}}})}};
  return JsonResponse(200, body.dump());
}

}  // namespace

void AddAccountRoutes(SignIn* sign_in, AccountStore* accounts, std::vector<Route>& routes) {
  const auto add_credential = [&](std::string_view pattern, RunsOn runs_on, auto endpoint,
                                  Description description) {
    routes.push_back(
        {.method = "POST",
         .pattern = pattern,
         .runs_on = runs_on,
         .needs_principal = false,
         .rate_class = RateClass::kCredentials,
         .max_body_bytes = kMaxBodyBytes,
         .endpoint = [=](const Request& request) { return endpoint(sign_in, request); },
         .description = std::move(description)});
  };
  add_credential("/api/v1/auth/register", RunsOn::kPasswordWorkers, Register, DescribeRegister());
  add_credential("/api/v1/auth/login", RunsOn::kPasswordWorkers, LogIn, DescribeLogIn());
  add_credential("/api/v1/auth/refresh", RunsOn::kWorkers, Refresh, DescribeRefresh());
  routes.push_back({.method = "POST",
                    .pattern = "/api/v1/auth/logout",
                    .endpoint = [=](const Request& request) { return LogOut(sign_in, request); },
                    .description = DescribeLogOut()});
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/auth/me",
                    .endpoint = [=](const Request& request) { return ShowUser(accounts, request); },
                    .description = DescribeShowUser()});
  routes.push_back({.method = "GET",
                    .pattern = "/.well-known/jwks.json",
                    .runs_on = RunsOn::kIoThread,
                    .needs_principal = false,
                    .endpoint = [=](const Request&) { return ShowKeys(sign_in->key()); },
                    .description = DescribeShowKeys()});
}

}  // namespace datamigrate::gateway
