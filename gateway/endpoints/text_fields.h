// Bodies that are one small JSON object of texts, and other things that identity endpoints share.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_TEXT_FIELDS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_TEXT_FIELDS_H_

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/http/message.h"
#include "gateway/store/session_store.h"

namespace datamigrate::gateway {

inline constexpr uint64_t kMaxTextBodyBytes = 8 * 1024;

// A field of a body: its name, where its text goes, and whether it must be there.
struct TextField {
  const char* name;
  std::string* text;
  bool is_required;
};

// The body as a JSON object. Members of one name twice are refused, as are deep ones.
// Errors: kInvalidArgument.
absl::StatusOr<nlohmann::json> ReadObject(const Request& request);

// Reads the body's texts; other members are ignored. Errors: kInvalidArgument.
absl::Status ReadTexts(const Request& request, std::initializer_list<TextField> fields);
absl::Status ReadTexts(const nlohmann::json& body, std::initializer_list<TextField> fields);

// The body's member `name`: a list of names of permissions. Errors: kInvalidArgument, also when it
// is missing.
absl::StatusOr<PermissionSet> ReadPermissions(const nlohmann::json& body, const char* name);

// 204, with what was acted on for the audit log.
Response DoneResponse(const std::string& object);

// OK gives DoneResponse, everything else the problem.
Response DoneOrProblem(const Request& request, const absl::Status& status,
                       const std::string& object);

// Where the request comes from.
ClientPlace PlaceOf(const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_TEXT_FIELDS_H_
