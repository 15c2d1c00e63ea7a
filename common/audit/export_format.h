// Audit rows as other programs read them.
#ifndef DATAMIGRATE_COMMON_AUDIT_EXPORT_FORMAT_H_
#define DATAMIGRATE_COMMON_AUDIT_EXPORT_FORMAT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "common/audit/audit_row.h"

namespace datamigrate::audit {

// Salts and commitments stay in the database: without them an erased field cannot be guessed from
// an old export's neighbours.
nlohmann::ordered_json ToJson(const Row& row);

// The object in one line, with its end.
std::string JsonLine(const Row& row);

// An event of ArcSight's Common Event Format, version 0, with its end; `version` is the product's.
// Severity is 8 for what the Guardian blocked, 5 for other refusals, 6 for failures, else 3.
std::string CefLine(const Row& row, std::string_view version);

}  // namespace datamigrate::audit

#endif  // DATAMIGRATE_COMMON_AUDIT_EXPORT_FORMAT_H_
