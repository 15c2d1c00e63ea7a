// Whether a model's text is the JSON that was asked for.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_ANSWER_SCHEMA_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_ANSWER_SCHEMA_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace datamigrate::routing {

// Errors: kInvalidArgument for a text that is no schema, or says what is not looked at. Understood
// are, of JSON Schema 2020-12: type, enum, const, properties, required, additionalProperties,
// items, prefixItems, minItems, maxItems, uniqueItems, minLength, maxLength, pattern (RE2's
// syntax), minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, allOf, anyOf, oneOf,
// not, $defs and $ref within the schema; titles, descriptions, defaults, examples and formats are
// passed over.
absl::Status CheckSchema(std::string_view schema);

// The JSON in `text`, on one line: the text itself, or what is left without a fence of Markdown
// or without words before and after an object or array. Precondition: CheckSchema(schema).ok().
// Errors: kDataLoss with the place and what is wrong, without a value of the text, to be shown to
// the model.
absl::StatusOr<std::string> MatchSchema(std::string_view text, std::string_view schema);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_ANSWER_SCHEMA_H_
