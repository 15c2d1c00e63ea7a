// Organizations, their members, invitations and roles in PostgreSQL. Thread safe; every call
// blocks. Calls that take an organization's id run behind row-level security.
#ifndef DATAMIGRATE_GATEWAY_STORE_ORGANIZATION_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_ORGANIZATION_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"
#include "gateway/access/permission.h"
#include "gateway/store/session_store.h"

namespace datamigrate::gateway {

struct Organization {
  std::string id;
  std::string name;
  bool requires_totp = false;
};

struct Member {
  std::string user_id;
  std::string email;
  std::string name;
  std::string role;
  absl::Time joined_at;
};

struct Role {
  std::string name;
  PermissionSet permissions;
};

struct Invitation {
  std::string id;
  std::string email;
  std::string role;
  absl::Time created_at;
  absl::Time expires_at;
};

// What a user is in an organization.
struct Membership {
  Organization organization;
  std::string role;  // "" while the user lacks the second factor that the organization requires
  PermissionSet permissions;
};

class OrganizationStore {
 public:
  // `pool` must outlive the store.
  explicit OrganizationStore(pg::Pool* pool) : pool_(pool) {}

  absl::StatusOr<Organization> Find(const std::string& organization_id);
  absl::StatusOr<Organization> Update(const Organization& organization);

  absl::StatusOr<std::vector<Member>> ListMembers(const std::string& organization_id);
  // Both return the sessions whose tokens are no good any more.
  // Errors: kNotFound for somebody who is no member; kFailedPrecondition when no owner would be
  // left.
  absl::StatusOr<std::vector<ChangedSession>> SetMemberRole(const std::string& organization_id,
                                                            const std::string& user_id,
                                                            const std::string& role);
  absl::StatusOr<std::vector<ChangedSession>> RemoveMember(const std::string& organization_id,
                                                           const std::string& user_id);

  // The organization's own roles.
  absl::StatusOr<std::vector<Role>> ListRoles(const std::string& organization_id);
  // Nothing for a role that is neither built in nor the organization's own.
  absl::StatusOr<std::optional<PermissionSet>> FindRole(const std::string& organization_id,
                                                        const std::string& name);
  // Makes or changes a role; returns the sessions whose tokens are no good any more.
  absl::StatusOr<std::vector<ChangedSession>> PutRole(const std::string& organization_id,
                                                      const Role& role);
  // Errors: kNotFound; kFailedPrecondition while a member or an invitation has the role.
  absl::Status DeleteRole(const std::string& organization_id, const std::string& name);

  absl::StatusOr<std::vector<Invitation>> ListInvitations(const std::string& organization_id);
  // Replaces an earlier invitation of the address.
  absl::StatusOr<Invitation> Invite(const std::string& organization_id, const std::string& email,
                                    const std::string& role, const std::string& token,
                                    const std::string& invited_by, absl::Duration lifetime);
  absl::Status DeleteInvitation(const std::string& organization_id, const std::string& id);

  // The rest is the user's own and crosses organizations.
  absl::StatusOr<std::vector<Membership>> MembershipsOf(const std::string& user_id);
  // In `organization_id` if the user is a member, else in any. Nothing without one.
  absl::StatusOr<std::optional<Membership>> MembershipOf(const std::string& user_id,
                                                         const std::string& organization_id);
  // Makes an organization that the user owns; returns its id.
  absl::StatusOr<std::string> Create(const std::string& name, const std::string& owner_id);
  // Makes the user a member with this role, or gives a member who is no owner the role: who it is
  // for comes from outside, so that owners stay.
  absl::Status PutMember(const std::string& organization_id, const std::string& user_id,
                         const std::string& role);
  // Spends an invitation; returns the organization's id.
  // Errors: kInvalidArgument unless it is open and for this address.
  absl::StatusOr<std::string> Accept(const std::string& token, const std::string& user_id,
                                     const std::string& email);

 private:
  absl::StatusOr<std::vector<ChangedSession>> ChangeMember(const std::string& organization_id,
                                                           const std::string& user_id,
                                                           const std::optional<std::string>& role);

  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_ORGANIZATION_STORE_H_
