// Checks a JSON value against a JSON Schema (draft 2020-12).
#ifndef DATAMIGRATE_GATEWAY_OPENAPI_JSON_SCHEMA_H_
#define DATAMIGRATE_GATEWAY_OPENAPI_JSON_SCHEMA_H_

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>

namespace datamigrate::gateway {

// The keywords that requests need: type, enum, properties, required, additionalProperties,
// items, maxItems, minLength, maxLength, pattern, minimum, maximum. Title, description, default,
// examples and format are passed over. Numbers without a fraction are integers (section 4.2.3), so
// 1.0 is; minimum and maximum are whole numbers of 64 bits. Immutable, so safe to use from any thread.
class JsonSchema {
 public:
  // Throws std::invalid_argument, naming the keyword, for a schema that says more than is checked:
  // schemas are the program's own.
  explicit JsonSchema(const boost::json::value& schema);
  ~JsonSchema();
  JsonSchema(JsonSchema&&) noexcept;

  // What is wrong with `value`, as a sentence that starts with the place ("/options/rounds must
  // be ..."); nothing when it is as the schema says. Never repeats the value itself, which may be
  // a secret. `place` is that of `value`: "" for a body, else a parameter's name.
  std::optional<std::string> Check(const boost::json::value& value, std::string place = "") const;

  struct Node;

 private:
  std::unique_ptr<const Node> root_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_OPENAPI_JSON_SCHEMA_H_
