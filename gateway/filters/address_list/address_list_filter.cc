#include "gateway/filters/address_list/address_list_filter.h"

#include "gateway/http/problem.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

std::optional<Response> AddressListFilter::OnRequest(Request& request) {
  if (!request.principal.has_value() || request.route == nullptr) return std::nullopt;
  const Permission permission = request.route->permission;
  const bool is_own = permission == Permission::kOwn || permission == Permission::kIdentified;
  if (!request.route->needs_principal || is_own) return std::nullopt;
  const auto policy = policies_->Find(request.principal->organization_id);
  if (policy->AllowsAddress(request.remote_address)) return std::nullopt;
  return Problem(request, 403,
                 "The organization does not take requests from this address; ask an "
                 "administrator, who can change \"addresses\" of the policy.");
}

}  // namespace datamigrate::gateway
