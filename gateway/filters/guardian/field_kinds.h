// What a request's field is, by its name: the Guardian looks for other things in a path than in a
// name.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_FIELD_KINDS_H_
#define DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_FIELD_KINDS_H_

#include <string_view>

#include "common/guardian/field_kind.h"

namespace datamigrate::gateway {

// Of the field `name` of a body, a query or a path; kIdentifier for a name that is not listed.
guardian::FieldKind KindOfField(std::string_view name);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_FIELD_KINDS_H_
