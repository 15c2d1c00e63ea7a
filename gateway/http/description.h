// What a route's caller needs to know of it: read by the API's document and by the check of every
// request, so that the two cannot differ. Texts are literals: nothing here is copied.
#ifndef DATAMIGRATE_GATEWAY_HTTP_DESCRIPTION_H_
#define DATAMIGRATE_GATEWAY_HTTP_DESCRIPTION_H_

#include <string_view>
#include <vector>

namespace datamigrate::gateway {

// A JSON Schema (draft 2020-12) of the subset that json_schema.h checks, with a name in the
// document. Wherever it is used the same object is named, as `inline constexpr`.
struct NamedSchema {
  std::string_view name;  // "Migration"
  // The schema; with `message`, what is laid over the message's own (RFC 7396): limits, what is
  // required, and null for a field that callers do not send.
  std::string_view text = "{}";
  // Full name of a protobuf message, "datamigrate.v1.Migration", from whose fields the schema is
  // made; "" for none.
  std::string_view message = "";
};

struct Parameter {
  // kPath is always required.
  enum class Place { kQuery, kHeader, kPath };

  std::string_view name;
  std::string_view schema;  // of a string, integer or boolean
  std::string_view description;
  Place place = Place::kQuery;
  bool is_required = false;
};

// One answer that is not a problem; problems follow from the route. Answers of one status differ in
// their media types.
struct Answer {
  int status = 200;
  std::string_view description;
  const NamedSchema* schema = nullptr;               // null: no body, or one that is not JSON
  std::string_view media_type = "application/json";  // "": no body
};

struct Description {
  std::string_view operation_id;  // "createMigration": unique, and kept when a path changes
  std::string_view tag;           // the group it is shown in
  std::string_view summary;       // one line
  // Those of the path may be missing here: they are any text then.
  std::vector<Parameter> parameters = {};
  // What a JSON body must be; null for a route that takes none.
  const NamedSchema* body = nullptr;
  bool is_body_required = true;
  std::vector<Answer> answers = {};
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_DESCRIPTION_H_
