// What a principal may do: one table of permissions, and the roles that are built from it.
#ifndef DATAMIGRATE_GATEWAY_ACCESS_PERMISSION_H_
#define DATAMIGRATE_GATEWAY_ACCESS_PERMISSION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::gateway {

enum class Permission : uint8_t {
  kNotNamed,    // a route that forgot to name one; nobody has it
  kOwn,         // one's own account, session and organizations: every signed-in user, no API key
  kIdentified,  // whoever has shown a valid credential
  // From here on: rows of the table.
  kMigrationsRead,
  kMigrationsWrite,
  kMigrationsDecide,
  kModelsRead,
  kModelsUse,
  kModelsWrite,
  kOrganizationRead,
  kOrganizationWrite,
  kMembersRead,
  kMembersWrite,
  kRolesWrite,
  kApiKeysRead,
  kApiKeysWrite,
  kAuditRead,
  kAuditErase,
  kPoliciesRead,
  kPoliciesWrite,
};

struct PermissionRow {
  Permission permission;
  std::string_view name;     // "migrations:read"
  std::string_view meaning;  // "See migrations, ..."
  std::string_view roles;    // built-in roles that have it, by their initials: o a e v u (auditor)
};

// Every permission that a role or an API key can have, in the order of the enum.
std::span<const PermissionRow> Permissions();

// A set of the table's permissions. Cheap to copy.
class PermissionSet {
 public:
  bool Has(Permission permission) const { return (bits_ & BitOf(permission)) != 0; }
  void Add(Permission permission) { bits_ |= BitOf(permission); }
  bool Contains(const PermissionSet& other) const { return (other.bits_ & ~bits_) == 0; }
  PermissionSet And(const PermissionSet& other) const { return PermissionSet(bits_ & other.bits_); }
  bool empty() const { return bits_ == 0; }
  // Equal for equal sets: a part of keys of caches.
  uint64_t bits() const { return bits_; }
  friend bool operator==(const PermissionSet&, const PermissionSet&) = default;

  PermissionSet() = default;

  // "migrations:read members:read": names in the table's order.
  std::string ToScope() const;
  std::vector<std::string> Names() const;

  // Names that the table does not know are left out: a token may be older than the table.
  static PermissionSet FromScope(std::string_view scope);

 private:
  explicit PermissionSet(uint64_t bits) : bits_(bits) {}
  static constexpr uint64_t BitOf(Permission permission) {
    return permission < Permission::kMigrationsRead
               ? 0
               : uint64_t{1} << static_cast<unsigned>(permission);
  }
  uint64_t bits_ = 0;
};

// The row named `name`, or null.
const PermissionRow* FindPermission(std::string_view name);
std::string_view NameOf(Permission permission);

// The built-in roles: "owner", "admin", "editor", "viewer", "auditor".
std::span<const std::string_view> BuiltInRoles();

// Nothing for a role that is not built in.
std::optional<PermissionSet> PermissionsOfRole(std::string_view role);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ACCESS_PERMISSION_H_
