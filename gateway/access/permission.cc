#include "gateway/access/permission.h"

#include <algorithm>
#include <array>

namespace datamigrate::gateway {
namespace {

using P = Permission;

constexpr auto kTable = std::to_array<PermissionRow>({
    {P::kMigrationsRead, "migrations:read", "see migrations, their events, models and projects",
     "oaevu"},
    {P::kMigrationsWrite, "migrations:write",
     "create, pause, cancel, resume and schedule migrations", "oae"},
    {P::kMigrationsDecide, "migrations:decide", "answer a migration's questions", "oae"},
    {P::kModelsRead, "models:read", "see language models and what they cost", "oaevu"},
    {P::kModelsUse, "models:use", "ask language models", "oae"},
    {P::kModelsWrite, "models:write", "register and remove the organization's own models", "oa"},
    {P::kOrganizationRead, "organization:read", "see the organization's settings", "oaevu"},
    {P::kOrganizationWrite, "organization:write", "change the organization's settings", "oa"},
    {P::kMembersRead, "members:read", "see members, invitations and roles", "oaevu"},
    {P::kMembersWrite, "members:write", "invite and remove members and give them roles", "oa"},
    {P::kRolesWrite, "roles:write", "make and change the organization's own roles", "oa"},
    {P::kApiKeysRead, "api-keys:read", "see API keys, never their secrets", "oau"},
    {P::kApiKeysWrite, "api-keys:write", "make and revoke API keys", "oae"},
    {P::kAuditRead, "audit:read", "read the audit log", "oau"},
    {P::kAuditErase, "audit:erase", "erase a person from the audit log", "o"},
    {P::kPoliciesRead, "policies:read", "see the security policies", "oau"},
    {P::kPoliciesWrite, "policies:write", "change the security policies", "oa"},
});
static_assert(std::ranges::is_sorted(kTable, {}, &PermissionRow::permission));

constexpr auto kRoles =
    std::to_array<std::string_view>({"owner", "admin", "editor", "viewer", "auditor"});
constexpr std::string_view kInitials = "oaevu";

}  // namespace

std::span<const PermissionRow> Permissions() {
  return kTable;
}

std::string PermissionSet::ToScope() const {
  std::string scope;
  for (const std::string& name : Names()) scope.append(scope.empty() ? "" : " ").append(name);
  return scope;
}

std::vector<std::string> PermissionSet::Names() const {
  std::vector<std::string> names;
  for (const PermissionRow& row : kTable) {
    if (Has(row.permission)) names.emplace_back(row.name);
  }
  return names;
}

PermissionSet PermissionSet::FromScope(std::string_view scope) {
  PermissionSet set;
  while (!scope.empty()) {
    const size_t end = std::min(scope.find(' '), scope.size());
    const PermissionRow* row = FindPermission(scope.substr(0, end));
    if (row != nullptr) set.Add(row->permission);
    scope.remove_prefix(std::min(end + 1, scope.size()));
  }
  return set;
}

const PermissionRow* FindPermission(std::string_view name) {
  const auto found = std::ranges::find(kTable, name, &PermissionRow::name);
  return found == kTable.end() ? nullptr : &*found;
}

std::string_view NameOf(Permission permission) {
  const auto found = std::ranges::find(kTable, permission, &PermissionRow::permission);
  return found == kTable.end() ? "" : found->name;
}

std::span<const std::string_view> BuiltInRoles() {
  return kRoles;
}

std::optional<PermissionSet> PermissionsOfRole(std::string_view role) {
  const auto found = std::ranges::find(kRoles, role);
  if (found == kRoles.end()) return std::nullopt;
  const char initial = kInitials[static_cast<size_t>(found - kRoles.begin())];
  PermissionSet set;
  for (const PermissionRow& row : kTable) {
    if (row.roles.find(initial) != std::string_view::npos) set.Add(row.permission);
  }
  return set;
}

}  // namespace datamigrate::gateway
