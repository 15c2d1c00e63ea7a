#include "gateway/endpoints/identity_descriptions.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <vector>

#include "gateway/endpoints/path_parameters.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kAccounts = "accounts";
constexpr std::string_view kOrganizations = "organizations";
constexpr std::string_view kKeys = "api keys";

// The text of a body's field, of at most so many characters.
#define TEXT(longest) \
  R"({"type": "string", "maxLength": )" #longest R"(, "pattern": "^[^\\x00]*$"})"
// A body of one or two fields, which must be there.
#define ONE_FIELD(name, schema)                                                 \
  R"({"type": "object", "required": [")" name R"("], "additionalProperties": )" \
  R"(false, "properties": {")" name R"(": )" schema "}}"
#define TWO_FIELDS(name, schema, other, other_schema)                                      \
  R"({"type": "object", "required": [")" name R"(", ")" other R"("], )"                    \
  R"("additionalProperties": false, "properties": {")" name R"(": )" schema R"(, ")" other \
  R"(": )" other_schema "}}"

constexpr NamedSchema kToken = {.name = "LinkToken", .text = ONE_FIELD("token", TEXT(1000))};
constexpr NamedSchema kEmail = {.name = "EmailAddress", .text = ONE_FIELD("email", TEXT(1000))};
constexpr NamedSchema kReset = {.name = "PasswordReset",
                                .text = TWO_FIELDS("token", TEXT(1000), "password", TEXT(1000))};
constexpr NamedSchema kChange = {
    .name = "PasswordChange",
    .text = TWO_FIELDS("current_password", TEXT(1000), "password", TEXT(1000))};
constexpr NamedSchema kPassword = {.name = "PasswordProof",
                                   .text = ONE_FIELD("password", TEXT(1000))};
constexpr NamedSchema kCode = {.name = "Code", .text = ONE_FIELD("code", TEXT(100))};
constexpr NamedSchema kPasswordAndCode = {
    .name = "PasswordAndCode", .text = TWO_FIELDS("password", TEXT(1000), "code", TEXT(100))};
constexpr NamedSchema kRole = {.name = "RoleName", .text = ONE_FIELD("role", TEXT(64))};
constexpr NamedSchema kNewInvitation = {.name = "NewInvitation",
                                        .text = TWO_FIELDS("email", TEXT(254), "role", TEXT(64))};
#undef TWO_FIELDS
#undef ONE_FIELD
#undef TEXT

constexpr NamedSchema kName = {.name = "NewOrganization", .text = R"({
  "type": "object", "required": ["name"], "additionalProperties": false,
  "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 200,
                          "pattern": "^[^\\x00-\\x1f\\x7f]*$"}}
})"};
constexpr NamedSchema kOrganizationChange = {.name = "OrganizationChange", .text = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 200,
             "pattern": "^[^\\x00-\\x1f\\x7f]*$"},
    "requires_totp": {"type": "boolean"}
  }
})"};
constexpr NamedSchema kPermissionList = {.name = "PermissionList", .text = R"({
  "type": "object", "required": ["permissions"], "additionalProperties": false,
  "properties": {"permissions": {"type": "array", "maxItems": 100,
                                 "items": {"type": "string", "maxLength": 64}}}
})"};
constexpr NamedSchema kNewKey = {.name = "NewApiKey", .text = R"({
  "type": "object", "required": ["name", "scopes"], "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\x00]*$"},
    "scopes": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 64}},
    "expires_in_days": {"type": "integer", "minimum": 1, "maximum": 3650}
  }
})"};
// Answers whose members the guide tells.
constexpr NamedSchema kStatus = {.name = "StatusText", .text = R"({
  "type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}
})"};
constexpr NamedSchema kSessions = {.name = "SessionList", .text = R"({
  "type": "object", "required": ["sessions"], "properties": {"sessions": {"type": "array", "items": {
    "type": "object", "required": ["id", "remote_address", "user_agent", "created_at",
                                   "last_used_at", "expires_at", "is_current"],
    "properties": {"id": {"type": "string"}, "remote_address": {"type": "string"},
      "user_agent": {"type": "string"}, "created_at": {"type": "string"},
      "last_used_at": {"type": "string"}, "expires_at": {"type": "string"},
      "is_current": {"type": "boolean"}}}}}
})"};
constexpr NamedSchema kEnrollment = {.name = "Enrollment", .text = R"({
  "type": "object", "required": ["secret", "uri"],
  "properties": {"secret": {"type": "string"}, "uri": {"type": "string"}}
})"};
constexpr NamedSchema kRecoveryCodes = {.name = "RecoveryCodes", .text = R"({
  "type": "object", "required": ["recovery_codes"],
  "properties": {"recovery_codes": {"type": "array", "items": {"type": "string"}}}
})"};
constexpr NamedSchema kOrganization = {.name = "Organization", .text = R"({
  "type": "object", "required": ["id", "name", "requires_totp"],
  "properties": {"id": {"type": "string"}, "name": {"type": "string"},
                 "requires_totp": {"type": "boolean"}}
})"};
constexpr NamedSchema kOrganizationList = {.name = "OrganizationList", .text = R"({
  "type": "object", "required": ["organizations"], "properties": {"organizations": {
    "type": "array", "items": {"type": "object", "required": ["id", "name", "role", "is_current"],
      "properties": {"id": {"type": "string"}, "name": {"type": "string"},
                     "role": {"type": "string"}, "is_current": {"type": "boolean"}}}}}
})"};
constexpr NamedSchema kSwitched = {.name = "SwitchedToken", .text = R"({
  "type": "object", "required": ["access_token", "token_type", "expires_in", "user"],
  "properties": {"access_token": {"type": "string"}, "token_type": {"type": "string"},
                 "expires_in": {"type": "integer"}, "user": {"type": "object"}}
})"};
constexpr NamedSchema kMembers = {.name = "MemberList", .text = R"({
  "type": "object", "required": ["users"], "properties": {"users": {"type": "array", "items": {
    "type": "object", "required": ["id", "email", "name", "role", "joined_at"],
    "properties": {"id": {"type": "string"}, "email": {"type": "string"},
      "name": {"type": "string"}, "role": {"type": "string"}, "joined_at": {"type": "string"}}}}}
})"};
constexpr NamedSchema kInvitation = {.name = "Invitation", .text = R"({
  "type": "object", "required": ["id", "email", "role", "created_at", "expires_at"],
  "properties": {"id": {"type": "string"}, "email": {"type": "string"}, "role": {"type": "string"},
                 "created_at": {"type": "string"}, "expires_at": {"type": "string"},
                 "token": {"type": "string", "description": "Only where mail is off."}}
})"};
constexpr NamedSchema kInvitations = {.name = "InvitationList", .text = R"({
  "type": "object", "required": ["invitations"],
  "properties": {"invitations": {"type": "array", "items": {"type": "object"}}}
})"};
constexpr NamedSchema kJoined = {.name = "JoinedOrganization", .text = R"({
  "type": "object", "required": ["organization_id"],
  "properties": {"organization_id": {"type": "string"}}
})"};
constexpr NamedSchema kRoles = {.name = "RoleList", .text = R"({
  "type": "object", "required": ["roles", "permissions"],
  "properties": {"roles": {"type": "array", "items": {"type": "object"}},
                 "permissions": {"type": "array", "items": {"type": "object"}}}
})"};
constexpr NamedSchema kApiKey = {.name = "ApiKey", .text = R"({
  "type": "object", "required": ["id", "name", "beginning", "scopes", "user_id", "created_at"],
  "properties": {"id": {"type": "string"}, "name": {"type": "string"},
    "beginning": {"type": "string"}, "scopes": {"type": "array", "items": {"type": "string"}},
    "user_id": {"type": "string"}, "created_at": {"type": "string"},
    "key": {"type": "string", "description": "The secret: in the answer to its creation alone."}}
})"};
constexpr NamedSchema kApiKeys = {.name = "ApiKeyList", .text = R"({
  "type": "object", "required": ["api_keys"],
  "properties": {"api_keys": {"type": "array", "items": {"type": "object"}}}
})"};

constexpr NamedSchema kEngineToken = {.name = "EngineToken", .text = R"({
  "type": "object", "required": ["token", "token_type", "expires_in", "scopes", "organization_id"],
  "properties": {
    "token": {"type": "string", "description": "For metadata of gRPC: authorization: Bearer TOKEN."},
    "token_type": {"type": "string", "enum": ["Bearer"]},
    "expires_in": {"type": "integer", "description": "Seconds that the token is good for."},
    "scopes": {"type": "array", "items": {"type": "string"}},
    "organization_id": {"type": "string"}}
})"};

struct Row {
  std::string_view operation_id;
  std::string_view tag;
  std::string_view summary;
  const NamedSchema* body;  // null: none
  int status;
  const NamedSchema* answer;  // null: none, or no JSON
  std::string_view media_type = "application/json";
  const Parameter* of_path = nullptr;  // null: there is none
};

constexpr Parameter kId = {.name = "id",
                           .schema = kUuidSchema,
                           .description = "what is meant",
                           .place = Parameter::Place::kPath};
constexpr Parameter kRoleOfPath = {
    .name = "name",
    .schema = R"({"type":"string","minLength":1,"maxLength":64,)"
              R"("pattern":"^[^\\x00-\\x1f\\x7f]+$","description":"no control characters"})",
    .description = "the role",
    .place = Parameter::Place::kPath};

constexpr auto kTable = std::to_array<Row>({
    {"verifyEmail", kAccounts, "Confirms an address with the token of a link.", &kToken, 204,
     nullptr},
    {"forgotPassword", kAccounts, "Sends a link to set a new password.", &kEmail, 202, &kStatus},
    {"resetPassword", kAccounts, "Sets a password with the token of a link.", &kReset, 204,
     nullptr},
    {"changePassword", kAccounts, "Changes the password, ends other sessions.", &kChange, 204,
     nullptr},
    {"showAccountPage", kAccounts, "The page that links in mails lead to.", nullptr, 200, nullptr,
     "text/html; charset=utf-8"},
    {"listSessions", kAccounts, "The user's open sessions.", nullptr, 200, &kSessions},
    {"endOtherSessions", kAccounts, "Ends every session but this one.", nullptr, 204, nullptr},
    {"endSession", kAccounts, "Ends one of the user's sessions.", nullptr, 204, nullptr,
     "application/json", &kId},
    {"beginTotp", kAccounts, "Makes a secret for a second factor.", &kPassword, 200, &kEnrollment},
    {"confirmTotp", kAccounts, "Turns the second factor on.", &kCode, 200, &kRecoveryCodes},
    {"removeTotp", kAccounts, "Removes the second factor.", &kPasswordAndCode, 204, nullptr},
    {"beginOidc", kAccounts, "Sends the browser to the identity provider.", nullptr, 302, nullptr},
    {"finishOidc", kAccounts, "Takes the identity provider's answer.", nullptr, 302, nullptr},
    {"listOrganizations", kOrganizations, "The user's organizations.", nullptr, 200,
     &kOrganizationList},
    {"createOrganization", kOrganizations, "Makes an organization.", &kName, 201, &kOrganization},
    {"switchOrganization", kOrganizations, "Moves the session to another organization.", nullptr,
     200, &kSwitched, "application/json", &kId},
    {"showOrganization", kOrganizations, "The present organization.", nullptr, 200, &kOrganization,
     "application/json", &kId},
    {"changeOrganization", kOrganizations, "Changes the organization.", &kOrganizationChange, 200,
     &kOrganization, "application/json", &kId},
    {"listUsers", kOrganizations, "The organization's members.", nullptr, 200, &kMembers},
    {"changeUser", kOrganizations, "Gives a member a role.", &kRole, 204, nullptr,
     "application/json", &kId},
    {"removeUser", kOrganizations, "Ends a membership.", nullptr, 204, nullptr, "application/json",
     &kId},
    {"listInvitations", kOrganizations, "Open invitations.", nullptr, 200, &kInvitations},
    {"invite", kOrganizations, "Invites an address.", &kNewInvitation, 201, &kInvitation},
    {"deleteInvitation", kOrganizations, "Withdraws an invitation.", nullptr, 204, nullptr,
     "application/json", &kId},
    {"acceptInvitation", kOrganizations, "Joins an organization.", &kToken, 200, &kJoined},
    {"listRoles", kOrganizations, "Roles and permissions.", nullptr, 200, &kRoles},
    {"putRole", kOrganizations, "Makes or changes a role.", &kPermissionList, 204, nullptr,
     "application/json", &kRoleOfPath},
    {"deleteRole", kOrganizations, "Removes a role that nobody has.", nullptr, 204, nullptr,
     "application/json", &kRoleOfPath},
    {"listApiKeys", kKeys, "The organization's API keys.", nullptr, 200, &kApiKeys},
    {"createApiKey", kKeys, "Makes an API key.", &kNewKey, 201, &kApiKey},
    {"createEngineToken", kKeys, "Trades a credential for a token to call the engine with by gRPC.",
     nullptr, 201, &kEngineToken},
    {"revokeApiKey", kKeys, "Revokes an API key.", nullptr, 204, nullptr, "application/json", &kId},
});

}  // namespace

Description DescribeIdentity(std::string_view operation_id) {
  const auto row = std::ranges::find(kTable, operation_id, &Row::operation_id);
  if (row == kTable.end()) return {};
  const bool has_content = row->answer != nullptr || row->status == 200;
  return {.operation_id = row->operation_id,
          .tag = row->tag,
          .summary = row->summary,
          .parameters = row->of_path == nullptr ? std::vector<Parameter>()
                                                : std::vector<Parameter>{*row->of_path},
          .body = row->body,
          .answers = {{row->status, "Done.", row->answer, has_content ? row->media_type : ""}}};
}

}  // namespace datamigrate::gateway
