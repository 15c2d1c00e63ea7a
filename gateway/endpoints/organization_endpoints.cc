#include "gateway/endpoints/organization_endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/crypto/random.h"
#include "gateway/endpoints/identity_route.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"
#include "gateway/mail/templates.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;
using Parts = OrganizationParts;

constexpr absl::Duration kInvitationLifetime = absl::Hours(24 * 7);
constexpr size_t kLongestName = 200;
constexpr size_t kLongestRole = 64;

const Principal& Who(const Request& request) {
  return *request.principal;
}

absl::Status CheckName(const std::string& name) {
  const bool has_controls =
      std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (name.empty() || name.size() > kLongestName || has_controls) {
    return absl::InvalidArgumentError(
        "\"name\" must have 1 to 200 bytes and no control characters");
  }
  return absl::OkStatus();
}

// The permissions of `role`, if the principal may give them to somebody.
absl::Status CheckGift(const Parts& parts, const Principal& principal, const std::string& role) {
  const auto permissions = parts.organizations->FindRole(principal.organization_id, role);
  if (!permissions.ok()) return permissions.status();
  if (!permissions->has_value()) {
    return absl::InvalidArgumentError(
        "\"role\" is neither owner, admin, editor, viewer, auditor nor a role of the organization");
  }
  const bool needs_owner = role == "owner" && principal.role != "owner";
  if (needs_owner || !principal.permissions.Contains(**permissions)) {
    return absl::PermissionDeniedError(
        "this role may do what you may not, so you cannot give it; ask an owner");
  }
  return absl::OkStatus();
}

void EndTokens(const Parts& parts, const std::vector<ChangedSession>& changed) {
  for (const ChangedSession& session : changed) {
    parts.ended_sessions->Add(session.id, session.generation);
  }
}

// 404 unless the path names the principal's present organization: whether another one exists is
// nobody's business.
std::optional<Response> RefuseOther(const Request& request) {
  if (request.parameters.at("id") == Who(request).organization_id) return std::nullopt;
  return ProblemOf(request, absl::NotFoundError("this is not the organization that you are signed "
                                                "in to; switch to it first"));
}

Json OrganizationJson(const Organization& organization) {
  return {{"id", organization.id},
          {"name", organization.name},
          {"requires_totp", organization.requires_totp}};
}

Response ListOrganizations(const Parts& parts, const Request& request) {
  const auto memberships = parts.organizations->MembershipsOf(Who(request).user_id);
  if (!memberships.ok()) return ProblemOf(request, memberships.status());
  Json list = Json::array();
  for (const Membership& membership : *memberships) {
    list.push_back({{"id", membership.organization.id},
                    {"name", membership.organization.name},
                    {"role", membership.role},
                    {"is_current", membership.organization.id == Who(request).organization_id}});
  }
  return JsonResponse(200, Json{{"organizations", list}}.dump());
}

Response CreateOrganization(const Parts& parts, const Request& request) {
  std::string name;
  absl::Status read = ReadTexts(request, {{"name", &name, true}});
  if (read.ok()) read = CheckName(name);
  if (!read.ok()) return ProblemOf(request, read);
  const auto id = parts.organizations->Create(name, Who(request).user_id);
  if (!id.ok()) return ProblemOf(request, id.status());
  Response response = JsonResponse(201, OrganizationJson({*id, name, false}).dump());
  response.headers.Set("Location", "/api/v1/orgs/" + *id);
  response.audit.object = *id;
  return response;
}

Response SwitchOrganization(const Parts& parts, const Request& request) {
  const auto signed_in = parts.sign_in->Switch(Who(request), request.parameters.at("id"));
  if (!signed_in.ok()) return ProblemOf(request, signed_in.status());
  const Json body = {
      {"access_token", signed_in->access_token},
      {"token_type", "Bearer"},
      {"expires_in", absl::ToInt64Seconds(signed_in->access_token_lifetime)},
      {"user", {{"id", signed_in->user_id}, {"organization_id", signed_in->organization_id}}}};
  return JsonResponse(200, body.dump());
}

Response ShowOrganization(const Parts& parts, const Request& request) {
  if (auto refused = RefuseOther(request)) return *std::move(refused);
  const auto organization = parts.organizations->Find(Who(request).organization_id);
  if (!organization.ok()) return ProblemOf(request, organization.status());
  return JsonResponse(200, OrganizationJson(*organization).dump());
}

Response ChangeOrganization(const Parts& parts, const Request& request) {
  if (auto refused = RefuseOther(request)) return *std::move(refused);
  const auto body = ReadObject(request);
  if (!body.ok()) return ProblemOf(request, body.status());
  auto organization = parts.organizations->Find(Who(request).organization_id);
  if (!organization.ok()) return ProblemOf(request, organization.status());
  absl::Status read = ReadTexts(*body, {{"name", &organization->name, false}});
  if (read.ok()) read = CheckName(organization->name);
  if (!read.ok()) return ProblemOf(request, read);
  if (const auto found = body->find("requires_totp"); found != body->end()) {
    if (!found->is_boolean()) {
      return ProblemOf(request,
                       absl::InvalidArgumentError("\"requires_totp\" must be true or false"));
    }
    organization->requires_totp = found->get<bool>();
  }
  const auto updated = parts.organizations->Update(*organization);
  if (!updated.ok()) return ProblemOf(request, updated.status());
  return JsonResponse(200, OrganizationJson(*updated).dump());
}

Response ListMembers(const Parts& parts, const Request& request) {
  const auto members = parts.organizations->ListMembers(Who(request).organization_id);
  if (!members.ok()) return ProblemOf(request, members.status());
  Json list = Json::array();
  for (const Member& member : *members) {
    list.push_back({{"id", member.user_id},
                    {"email", member.email},
                    {"name", member.name},
                    {"role", member.role},
                    {"joined_at", IsoTime(member.joined_at)}});
  }
  return JsonResponse(200, Json{{"users", list}}.dump());
}

// Errors: kPermissionDenied when the member has a role that the principal could not give, which
// could be an owner's.
absl::Status CheckReach(const Parts& parts, const Request& request) {
  const auto members = parts.organizations->ListMembers(Who(request).organization_id);
  if (!members.ok()) return members.status();
  const auto member = std::ranges::find(*members, request.parameters.at("id"), &Member::user_id);
  if (member == members->end()) return absl::NotFoundError("there is no such member");
  const absl::Status reach = CheckGift(parts, Who(request), member->role);
  return absl::IsInvalidArgument(reach) ? absl::OkStatus() : reach;
}

Response ChangeMember(const Parts& parts, const Request& request) {
  std::string role;
  absl::Status good = ReadTexts(request, {{"role", &role, true}});
  if (good.ok()) good = CheckReach(parts, request);
  if (good.ok()) good = CheckGift(parts, Who(request), role);
  if (!good.ok()) return ProblemOf(request, good);
  const std::string& id = request.parameters.at("id");
  const auto changed = parts.organizations->SetMemberRole(Who(request).organization_id, id, role);
  if (changed.ok()) EndTokens(parts, *changed);
  return DoneOrProblem(request, changed.status(), id);
}

Response RemoveMember(const Parts& parts, const Request& request) {
  const absl::Status good = CheckReach(parts, request);
  if (!good.ok()) return ProblemOf(request, good);
  const std::string& id = request.parameters.at("id");
  const auto changed = parts.organizations->RemoveMember(Who(request).organization_id, id);
  if (changed.ok()) EndTokens(parts, *changed);
  return DoneOrProblem(request, changed.status(), id);
}

Json InvitationJson(const Invitation& invitation) {
  return {{"id", invitation.id},
          {"email", invitation.email},
          {"role", invitation.role},
          {"created_at", IsoTime(invitation.created_at)},
          {"expires_at", IsoTime(invitation.expires_at)}};
}

Response ListInvitations(const Parts& parts, const Request& request) {
  const auto invitations = parts.organizations->ListInvitations(Who(request).organization_id);
  if (!invitations.ok()) return ProblemOf(request, invitations.status());
  Json list = Json::array();
  for (const Invitation& invitation : *invitations) list.push_back(InvitationJson(invitation));
  return JsonResponse(200, Json{{"invitations", list}}.dump());
}

Response Invite(const Parts& parts, const Request& request) {
  std::string email;
  std::string role;
  absl::Status good = ReadTexts(request, {{"email", &email, true}, {"role", &role, true}});
  if (good.ok()) good = CheckGift(parts, Who(request), role);
  if (!good.ok()) return ProblemOf(request, good);
  const auto normalized = NormalizeEmail(email);
  if (!normalized.ok()) return ProblemOf(request, normalized.status());
  const auto organization = parts.organizations->Find(Who(request).organization_id);
  if (!organization.ok()) return ProblemOf(request, organization.status());
  const std::string token = crypto::RandomToken();
  const auto invitation = parts.organizations->Invite(organization->id, *normalized, role, token,
                                                      Who(request).user_id, kInvitationLifetime);
  if (!invitation.ok()) return ProblemOf(request, invitation.status());
  Json body = InvitationJson(*invitation);
  if (!parts.office->is_open()) {
    body["token"] = token;
  } else if (!parts.office->Post(
                 [office = parts.office, to = *normalized, name = organization->name, token] {
                   office->Send(InvitationMail(to, name, office->LinkTo("invitation", token)));
                 })) {
    return ProblemOf(request, absl::ResourceExhaustedError("too many mails wait"));
  }
  Response response = JsonResponse(201, body.dump());
  response.audit.object = invitation->id;
  return response;
}

Response DeleteInvitation(const Parts& parts, const Request& request) {
  const std::string& id = request.parameters.at("id");
  return DoneOrProblem(request,
                       parts.organizations->DeleteInvitation(Who(request).organization_id, id), id);
}

Response Accept(const Parts& parts, const Request& request) {
  std::string token;
  const absl::Status read = ReadTexts(request, {{"token", &token, true}});
  if (!read.ok()) return ProblemOf(request, read);
  const auto user = parts.accounts->FindById(Who(request).user_id);
  if (!user.ok()) return ProblemOf(request, user.status());
  if (!user->has_value()) return ProblemOf(request, absl::NotFoundError("the user is gone"));
  const auto id = parts.organizations->Accept(token, (*user)->id, (*user)->email);
  if (!id.ok()) return ProblemOf(request, id.status());
  Response response = JsonResponse(200, Json{{"organization_id", *id}}.dump());
  response.audit.object = *id;
  return response;
}

Response ListRoles(const Parts& parts, const Request& request) {
  const auto own = parts.organizations->ListRoles(Who(request).organization_id);
  if (!own.ok()) return ProblemOf(request, own.status());
  Json roles = Json::array();
  for (const std::string_view name : BuiltInRoles()) {
    roles.push_back(
        {{"name", name}, {"permissions", PermissionsOfRole(name)->Names()}, {"is_built_in", true}});
  }
  for (const Role& role : *own) {
    roles.push_back(
        {{"name", role.name}, {"permissions", role.permissions.Names()}, {"is_built_in", false}});
  }
  Json permissions = Json::array();
  for (const PermissionRow& row : Permissions()) {
    permissions.push_back({{"name", row.name}, {"meaning", row.meaning}});
  }
  return JsonResponse(200, Json{{"roles", roles}, {"permissions", permissions}}.dump());
}

absl::Status CheckRoleName(const std::string& name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!is_plain || name.empty() || name.size() > kLongestRole) {
    return absl::InvalidArgumentError(
        "a role's name has 1 to 64 lower-case letters, digits, \"-\" and \"_\"");
  }
  if (PermissionsOfRole(name).has_value()) {
    return absl::FailedPreconditionError("this role is built in and stays as it is");
  }
  return absl::OkStatus();
}

Response PutRole(const Parts& parts, const Request& request) {
  const std::string& name = request.parameters.at("name");
  const auto body = ReadObject(request);
  absl::Status good = body.ok() ? CheckRoleName(name) : body.status();
  if (!good.ok()) return ProblemOf(request, good);
  const auto permissions = ReadPermissions(*body, "permissions");
  if (!permissions.ok()) return ProblemOf(request, permissions.status());
  if (!Who(request).permissions.Contains(*permissions)) {
    return ProblemOf(request, absl::PermissionDeniedError(
                                  "a role cannot hold permissions that its maker lacks"));
  }
  const auto changed =
      parts.organizations->PutRole(Who(request).organization_id, {name, *permissions});
  if (changed.ok()) EndTokens(parts, *changed);
  return DoneOrProblem(request, changed.status(), name);
}

Response DeleteRole(const Parts& parts, const Request& request) {
  const std::string& name = request.parameters.at("name");
  return DoneOrProblem(request, parts.organizations->DeleteRole(Who(request).organization_id, name),
                       name);
}

}  // namespace

void AddOrganizationRoutes(const OrganizationParts& parts, std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view pattern, Permission permission,
                       std::string_view operation_id, auto endpoint) {
    routes.push_back(IdentityRoute(
        {.method = method, .pattern = pattern, .permission = permission}, operation_id,
        [=](const Request& request) { return endpoint(parts, request); }));
  };
  using P = Permission;
  add("GET", "/api/v1/orgs", P::kOwn, "listOrganizations", ListOrganizations);
  add("POST", "/api/v1/orgs", P::kOwn, "createOrganization", CreateOrganization);
  add("POST", "/api/v1/orgs/{id}/switch", P::kOwn, "switchOrganization", SwitchOrganization);
  add("GET", "/api/v1/orgs/{id}", P::kOrganizationRead, "showOrganization", ShowOrganization);
  add("PATCH", "/api/v1/orgs/{id}", P::kOrganizationWrite, "changeOrganization",
      ChangeOrganization);
  add("GET", "/api/v1/users", P::kMembersRead, "listUsers", ListMembers);
  add("PATCH", "/api/v1/users/{id}", P::kMembersWrite, "changeUser", ChangeMember);
  add("DELETE", "/api/v1/users/{id}", P::kMembersWrite, "removeUser", RemoveMember);
  add("GET", "/api/v1/invitations", P::kMembersRead, "listInvitations", ListInvitations);
  add("POST", "/api/v1/invitations", P::kMembersWrite, "invite", Invite);
  add("DELETE", "/api/v1/invitations/{id}", P::kMembersWrite, "deleteInvitation", DeleteInvitation);
  add("POST", "/api/v1/invitations/accept", P::kOwn, "acceptInvitation", Accept);
  add("GET", "/api/v1/roles", P::kMembersRead, "listRoles", ListRoles);
  add("PUT", "/api/v1/roles/{name}", P::kRolesWrite, "putRole", PutRole);
  add("DELETE", "/api/v1/roles/{name}", P::kRolesWrite, "deleteRole", DeleteRole);
}

}  // namespace datamigrate::gateway
