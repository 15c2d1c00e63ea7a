#include "gateway/store/organization_store.h"

#include <string_view>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/random.h"
#include "common/pg/transaction.h"
#include "gateway/store/statements.h"
#include "gateway/store/tenant.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kFind = {"find_organization",
                                 "SELECT id, name, requires_totp FROM organizations WHERE id = $1"};
constexpr pg::Statement kUpdate = {
    "update_organization", "UPDATE organizations SET name = $2, requires_totp = $3 WHERE id = $1"};
constexpr pg::Statement kListMembers = {
    "list_members",
    "SELECT m.user_id, u.email, u.name, m.role, m.created_at FROM memberships m"
    " JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1"
    " ORDER BY u.email LIMIT 10000"};
// Owners are locked, so that two of them cannot demote each other at once.
constexpr pg::Statement kLockOwners = {
    "lock_owners",
    "SELECT user_id FROM memberships WHERE organization_id = $1 AND role = 'owner'"
    " ORDER BY user_id FOR UPDATE"};
constexpr pg::Statement kSetRole = {
    "set_member_role",
    "UPDATE memberships SET role = $3 WHERE organization_id = $1 AND user_id = $2"};
constexpr pg::Statement kRemoveMember = {
    "remove_member", "DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2"};
constexpr pg::Statement kRaiseGeneration = {
    "raise_generation",
    "UPDATE sessions SET generation = generation + 1, generation_at = now()"
    " WHERE organization_id = $1 AND user_id = $2 AND ended_at IS NULL RETURNING id, generation"};
constexpr pg::Statement kEndSessions = {
    "end_member_sessions",
    "UPDATE sessions SET ended_at = now(), end_reason = 'removed' WHERE organization_id = $1"
    " AND user_id = $2 AND ended_at IS NULL RETURNING id, 2147483647 AS generation"};
constexpr pg::Statement kListRoles = {
    "list_roles",
    "SELECT name, array_to_string(permissions, ' ') AS scope FROM roles"
    " WHERE organization_id = $1 ORDER BY name"};
constexpr pg::Statement kFindRole = {"find_role",
                                     "SELECT array_to_string(permissions, ' ') AS scope FROM roles"
                                     " WHERE organization_id = $1 AND name = $2"};
constexpr pg::Statement kPutRole = {
    "put_role",
    "INSERT INTO roles (organization_id, name, permissions) VALUES ($1, $2, $3)"
    " ON CONFLICT (organization_id, name) DO UPDATE SET permissions = excluded.permissions"};
constexpr pg::Statement kRaiseRole = {
    "raise_generation_of_role",
    "UPDATE sessions s SET generation = generation + 1, generation_at = now() FROM memberships m"
    " WHERE m.organization_id = $1 AND m.role = $2 AND s.organization_id = m.organization_id"
    " AND s.user_id = m.user_id AND s.ended_at IS NULL RETURNING s.id, s.generation"};
constexpr pg::Statement kDeleteRole = {
    "delete_role",
    "DELETE FROM roles r WHERE organization_id = $1 AND name = $2"
    " AND NOT EXISTS (SELECT FROM memberships m WHERE m.organization_id = $1 AND m.role = $2)"
    " AND NOT EXISTS (SELECT FROM invitations i WHERE i.organization_id = $1 AND i.role = $2)"};
constexpr pg::Statement kListInvitations = {
    "list_invitations",
    "SELECT id, email, role, created_at, expires_at FROM invitations"
    " WHERE organization_id = $1 ORDER BY created_at LIMIT 10000"};
constexpr pg::Statement kForgetInvitation = {
    "forget_invitation", "DELETE FROM invitations WHERE organization_id = $1 AND email = $2"};
constexpr pg::Statement kInvite = {
    "invite",
    "INSERT INTO invitations (id, organization_id, email, role, token_sha256, invited_by,"
    " expires_at) VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)"
    " RETURNING id, email, role, created_at, expires_at"};
constexpr pg::Statement kDeleteInvitation = {
    "delete_invitation", "DELETE FROM invitations WHERE organization_id = $1 AND id = $2"};
constexpr pg::Statement kMemberships = {
    "memberships_of_user",
    "SELECT o.id, o.name, o.requires_totp, m.role, array_to_string(r.permissions, ' ') AS scope,"
    " o.requires_totp AND NOT EXISTS (SELECT FROM totp t WHERE t.user_id = m.user_id"
    " AND t.confirmed_at IS NOT NULL) AS lacks_totp"
    " FROM memberships m JOIN organizations o ON o.id = m.organization_id"
    " LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.name = m.role"
    " WHERE m.user_id = $1 ORDER BY o.id::text <> $2, m.created_at LIMIT 1000"};
constexpr pg::Statement kCreate = {"create_organization",
                                   "INSERT INTO organizations (id, name) VALUES ($1, $2)"};
constexpr pg::Statement kJoin = {
    "join_organization",
    "INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, $3)"
    " ON CONFLICT DO NOTHING"};
constexpr pg::Statement kPutMember = {
    "put_member",
    "INSERT INTO memberships AS m (organization_id, user_id, role) VALUES ($1, $2, $3)"
    " ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role"
    " WHERE m.role <> 'owner' AND m.role <> excluded.role"};
constexpr pg::Statement kSpendInvitation = {
    "spend_invitation",
    "DELETE FROM invitations WHERE token_sha256 = $1 AND email = $2 AND expires_at > now()"
    " RETURNING organization_id, role"};

Organization ReadOrganization(const pg::Row& row) {
  return {row.Get<std::string>("id"), row.Get<std::string>("name"), row.Get<bool>("requires_totp")};
}

Invitation ReadInvitation(const pg::Row& row) {
  return {row.Get<std::string>("id"), row.Get<std::string>("email"), row.Get<std::string>("role"),
          row.Get<absl::Time>("created_at"), row.Get<absl::Time>("expires_at")};
}

Member ReadMember(const pg::Row& row) {
  return {row.Get<std::string>("user_id"), row.Get<std::string>("email"),
          row.Get<std::string>("name"), row.Get<std::string>("role"),
          row.Get<absl::Time>("created_at")};
}

Role ReadRole(const pg::Row& row) {
  return {row.Get<std::string>("name"), PermissionSet::FromScope(row.Get<std::string>("scope"))};
}

// Without its permissions.
Membership ReadMembership(const pg::Row& row) {
  return {ReadOrganization(row), row.Get<std::string>("role"), {}};
}

void ReadChanged(const pg::Result& rows, std::vector<ChangedSession>& changed) {
  changed.clear();
  for (const pg::Row row : rows) {
    changed.push_back({row.Get<std::string>("id"), row.Get<int>("generation")});
  }
}

absl::Status NoSuch(std::string_view what) {
  return absl::NotFoundError(std::string("there is no such ").append(what));
}

// True when `user_id` is the one owner that the organization has.
bool IsLastOwner(const pg::Result& owners, const std::string& user_id) {
  return owners.size() == 1 && owners.front().Get<std::string>("user_id") == user_id;
}

}  // namespace

absl::StatusOr<Organization> OrganizationStore::Find(const std::string& organization_id) {
  auto rows = ExecuteInTenant(*pool_, organization_id, Repeatable(), kFind, {organization_id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return NoSuch("organization");
  return ReadOrganization(rows->front());
}

absl::StatusOr<Organization> OrganizationStore::Update(const Organization& organization) {
  auto rows = ExecuteInTenant(*pool_, organization.id, Repeatable(), kUpdate,
                              {organization.id, organization.name, organization.requires_totp});
  if (!rows.ok()) return rows.status();
  if (rows->affected_rows() == 0) return NoSuch("organization");
  return organization;
}

absl::StatusOr<std::vector<Member>> OrganizationStore::ListMembers(
    const std::string& organization_id) {
  return ReadEach(
      ExecuteInTenant(*pool_, organization_id, Repeatable(), kListMembers, {organization_id}),
      ReadMember);
}

absl::StatusOr<std::vector<ChangedSession>> OrganizationStore::SetMemberRole(
    const std::string& organization_id, const std::string& user_id, const std::string& role) {
  return ChangeMember(organization_id, user_id, role);
}

absl::StatusOr<std::vector<ChangedSession>> OrganizationStore::RemoveMember(
    const std::string& organization_id, const std::string& user_id) {
  return ChangeMember(organization_id, user_id, std::nullopt);
}

absl::StatusOr<std::vector<ChangedSession>> OrganizationStore::ChangeMember(
    const std::string& organization_id, const std::string& user_id,
    const std::optional<std::string>& role) {
  if (!IsUuid(user_id)) return NoSuch("member");
  std::vector<ChangedSession> changed;
  const absl::Status done =
      InTenant(*pool_, organization_id, Repeatable(), [&](pg::Transaction& transaction) {
        const auto owners = transaction.Execute(kLockOwners, {organization_id});
        if (!owners.ok()) return owners.status();
        if (role != "owner" && IsLastOwner(*owners, user_id)) {
          return absl::FailedPreconditionError("an organization must keep an owner");
        }
        const auto written = role.has_value()
                                 ? transaction.Execute(kSetRole, {organization_id, user_id, *role})
                                 : transaction.Execute(kRemoveMember, {organization_id, user_id});
        if (!written.ok()) return written.status();
        if (written->affected_rows() == 0) return NoSuch("member");
        const auto sessions = transaction.Execute(
            role.has_value() ? kRaiseGeneration : kEndSessions, {organization_id, user_id});
        if (sessions.ok()) ReadChanged(*sessions, changed);
        return sessions.status();
      });
  if (!done.ok()) return done;
  return changed;
}

absl::StatusOr<std::vector<Role>> OrganizationStore::ListRoles(const std::string& organization_id) {
  return ReadEach(
      ExecuteInTenant(*pool_, organization_id, Repeatable(), kListRoles, {organization_id}),
      ReadRole);
}

absl::StatusOr<std::optional<PermissionSet>> OrganizationStore::FindRole(
    const std::string& organization_id, const std::string& name) {
  if (const auto built_in = PermissionsOfRole(name); built_in.has_value()) return built_in;
  auto rows =
      ExecuteInTenant(*pool_, organization_id, Repeatable(), kFindRole, {organization_id, name});
  return ReadFirst(rows, [](const pg::Row& row) {
    return PermissionSet::FromScope(row.Get<std::string>("scope"));
  });
}

absl::StatusOr<std::vector<ChangedSession>> OrganizationStore::PutRole(
    const std::string& organization_id, const Role& role) {
  std::vector<ChangedSession> changed;
  const absl::Status done =
      InTenant(*pool_, organization_id, Repeatable(), [&](pg::Transaction& transaction) {
        const auto put =
            transaction.Execute(kPutRole, {organization_id, role.name, role.permissions.Names()});
        if (!put.ok()) return put.status();
        const auto sessions = transaction.Execute(kRaiseRole, {organization_id, role.name});
        if (sessions.ok()) ReadChanged(*sessions, changed);
        return sessions.status();
      });
  if (!done.ok()) return done;
  return changed;
}

absl::Status OrganizationStore::DeleteRole(const std::string& organization_id,
                                           const std::string& name) {
  const auto found = FindRole(organization_id, name);
  if (!found.ok()) return found.status();
  if (!found->has_value() || PermissionsOfRole(name).has_value()) return NoSuch("role");
  auto rows =
      ExecuteInTenant(*pool_, organization_id, Repeatable(), kDeleteRole, {organization_id, name});
  if (!rows.ok()) return rows.status();
  if (rows->affected_rows() == 1) return absl::OkStatus();
  return absl::FailedPreconditionError("members or invitations have this role; change them first");
}

absl::StatusOr<std::vector<Invitation>> OrganizationStore::ListInvitations(
    const std::string& organization_id) {
  return ReadEach(
      ExecuteInTenant(*pool_, organization_id, Repeatable(), kListInvitations, {organization_id}),
      ReadInvitation);
}

absl::StatusOr<Invitation> OrganizationStore::Invite(
    const std::string& organization_id, const std::string& email, const std::string& role,
    const std::string& token, const std::string& invited_by, absl::Duration lifetime) {
  Invitation invitation;
  const absl::Status done =
      InTenant(*pool_, organization_id, Repeatable(), [&](pg::Transaction& transaction) {
        const auto forgot = transaction.Execute(kForgetInvitation, {organization_id, email});
        if (!forgot.ok()) return forgot.status();
        const auto rows =
            transaction.Execute(kInvite, {crypto::RandomUuid(), organization_id, email, role,
                                          pg::Bytes{crypto::Sha256(token)}, invited_by, lifetime});
        if (rows.ok()) invitation = ReadInvitation(rows->front());
        return rows.status();
      });
  if (!done.ok()) return done;
  return invitation;
}

absl::Status OrganizationStore::DeleteInvitation(const std::string& organization_id,
                                                 const std::string& id) {
  if (!IsUuid(id)) return NoSuch("invitation");
  auto rows = ExecuteInTenant(*pool_, organization_id, Repeatable(), kDeleteInvitation,
                              {organization_id, id});
  if (!rows.ok()) return rows.status();
  return rows->affected_rows() == 0 ? NoSuch("invitation") : absl::OkStatus();
}

absl::StatusOr<std::vector<Membership>> OrganizationStore::MembershipsOf(
    const std::string& user_id) {
  return ReadEach(pg::Execute(*pool_, Repeatable(), kMemberships, {user_id, ""}), ReadMembership);
}

absl::StatusOr<std::optional<Membership>> OrganizationStore::MembershipOf(
    const std::string& user_id, const std::string& organization_id) {
  auto rows = pg::Execute(*pool_, Repeatable(), kMemberships, {user_id, organization_id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<Membership>();
  const pg::Row row = rows->front();
  Membership membership = ReadMembership(row);
  if (row.Get<bool>("lacks_totp")) {
    membership.role.clear();
    return std::optional(std::move(membership));
  }
  const auto built_in = PermissionsOfRole(membership.role);
  // An own role that is gone gives nothing.
  const auto scope = row.Get<std::optional<std::string>>("scope");
  membership.permissions =
      built_in.has_value() ? *built_in : PermissionSet::FromScope(scope.value_or(""));
  return std::optional(std::move(membership));
}

absl::StatusOr<std::string> OrganizationStore::Create(const std::string& name,
                                                      const std::string& owner_id) {
  const std::string id = crypto::RandomUuid();
  const absl::Status done = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    return RunAll(transaction, {{kCreate, {id, name}}, {kJoin, {id, owner_id, "owner"}}});
  });
  if (!done.ok()) return done;
  return id;
}

absl::Status OrganizationStore::PutMember(const std::string& organization_id,
                                          const std::string& user_id, const std::string& role) {
  return pg::Execute(*pool_, Repeatable(), kPutMember, {organization_id, user_id, role}).status();
}

absl::StatusOr<std::string> OrganizationStore::Accept(const std::string& token,
                                                      const std::string& user_id,
                                                      const std::string& email) {
  std::string organization_id;
  const absl::Status done = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    const auto rows =
        transaction.Execute(kSpendInvitation, {pg::Bytes{crypto::Sha256(token)}, email});
    if (!rows.ok()) return rows.status();
    if (rows->empty()) {
      return absl::InvalidArgumentError(
          "the invitation is not valid for your address: it was used, withdrawn, has expired or is "
          "for somebody else");
    }
    organization_id = rows->front().Get<std::string>("organization_id");
    return RunAll(transaction,
                  {{kJoin, {organization_id, user_id, rows->front().Get<std::string>("role")}}});
  });
  if (!done.ok()) return done;
  return organization_id;
}

}  // namespace datamigrate::gateway
