#include "gateway/openapi/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <stdexcept>

#include "gateway/openapi/message_schema.h"

namespace datamigrate::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view kProblemSchema = R"({
  "type": "object",
  "description": "A problem document (RFC 9457): what is wrong, where, and what to do.",
  "required": ["type", "title", "status", "detail"],
  "properties": {
    "type": {"type": "string"},
    "title": {"type": "string", "description": "The status code's reason phrase."},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": {"type": "string", "description": "What is wrong and what to do."},
    "instance": {"type": "string", "description": "The path that was asked for."},
    "request_id": {"type": "string", "description": "Finds the request in the gateway's log."}
  }
})";

json::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

json::object Reference(std::string_view section, std::string_view name) {
  return {{"$ref", fmt::format("#/components/{}/{}", section, name)}};
}

json::object Content(std::string_view media_type, json::object schema) {
  return {{View(media_type), json::object{{"schema", std::move(schema)}}}};
}

std::string_view NameOf(Parameter::Place place) {
  switch (place) {
    case Parameter::Place::kQuery:
      return "query";
    case Parameter::Place::kHeader:
      return "header";
    case Parameter::Place::kPath:
      return "path";
  }
  return "";
}

bool IsListed(const Route& route, std::string_view path_parameter) {
  return std::ranges::any_of(route.description.parameters, [&](const Parameter& parameter) {
    return parameter.place == Parameter::Place::kPath && parameter.name == path_parameter;
  });
}

json::object Problems() {
  const auto problem = [](std::string_view description) {
    return json::object{
        {"description", View(description)},
        {"content", Content("application/problem+json", Reference("schemas", "Problem"))}};
  };
  json::object limited = problem("Too many requests; Retry-After says how long to wait.");
  limited["headers"] = {
      {"Retry-After", {{"description", "Seconds."}, {"schema", {{"type", "integer"}}}}}};
  return {{"Problem", problem("Why the request was refused or failed.")},
          {"NotSignedIn", problem("No credential, or one that is not accepted.")},
          {"TooManyRequests", std::move(limited)}};
}

class Writer {
 public:
  void Add(const Route& route) {
    CheckDescribed(route);
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    json::value& path = paths_[View(route.pattern)];
    if (!path.is_object()) path.emplace_object();
    path.get_object()[method] = Operation(route);
  }

  std::string Finish(std::string_view version) {
    schemas_["Problem"] = json::parse(View(kProblemSchema));
    const json::object document = {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "DataMigrate"},
          {"version", View(version)},
          {"summary", "Moves SQL Server databases to modern warehouses."}}},
        {"paths", std::move(paths_)},
        {"components",
         {{"schemas", std::move(schemas_)},
          {"responses", Problems()},
          {"securitySchemes",
           {{"bearer",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description", "The access token that POST /api/v1/auth/login answers with."}}}}}}}};
    return json::serialize(document);
  }

 private:
  void CheckDescribed(const Route& route) {
    const Description& description = route.description;
    const auto missing = [&](std::string_view what) {
      throw std::invalid_argument(
          fmt::format("{} {} has no {}", route.method, route.pattern, what));
    };
    if (description.operation_id.empty()) missing("operation id");
    if (description.tag.empty()) missing("tag");
    if (description.summary.empty()) missing("summary");
    if (description.answers.empty()) missing("answer");
    if (!operation_ids_.insert(description.operation_id).second) missing("operation id of its own");
  }

  json::object Operation(const Route& route) {
    const Description& description = route.description;
    json::object operation = {{"operationId", View(description.operation_id)},
                              {"tags", {View(description.tag)}},
                              {"summary", View(description.summary)}};
    if (json::array parameters = Parameters(route); !parameters.empty()) {
      operation["parameters"] = std::move(parameters);
    }
    if (description.body != nullptr) {
      operation["requestBody"] = {
          {"required", description.is_body_required},
          {"content", Content("application/json", Named(*description.body, SchemaUse::kRequest))}};
    }
    if (!route.file_types.empty()) {
      json::object content;
      for (const std::string_view type : route.file_types) content[View(type)] = json::object();
      operation["requestBody"] = {{"required", true}, {"content", std::move(content)}};
    }
    operation["responses"] = Responses(route);
    if (route.needs_principal) {
      operation["security"] = json::array{json::object{{"bearer", json::array()}}};
    }
    if (route.deprecation.has_value()) operation["deprecated"] = true;
    return operation;
  }

  json::array Parameters(const Route& route) {
    json::array parameters;
    std::string_view rest = route.pattern;
    for (size_t open; (open = rest.find('{')) != std::string_view::npos;) {
      const size_t close = rest.find('}', open);
      const std::string_view name = rest.substr(open + 1, close - open - 1);
      rest.remove_prefix(close);
      if (IsListed(route, name)) continue;
      parameters.push_back(json::object{{"name", View(name)},
                                        {"in", "path"},
                                        {"required", true},
                                        {"schema", {{"type", "string"}, {"minLength", 1}}}});
    }
    for (const Parameter& parameter : route.description.parameters) {
      const bool is_of_path = parameter.place == Parameter::Place::kPath;
      parameters.push_back(json::object{{"name", View(parameter.name)},
                                        {"in", View(NameOf(parameter.place))},
                                        {"required", is_of_path || parameter.is_required},
                                        {"description", View(parameter.description)},
                                        {"schema", json::parse(View(parameter.schema))}});
    }
    return parameters;
  }

  json::object Responses(const Route& route) {
    json::object responses;
    for (const Answer& answer : route.description.answers) {
      // Those of one status differ in their media types.
      json::value& response = responses[std::to_string(answer.status)];
      if (!response.is_object()) {
        response = json::object{{"description", View(answer.description)}};
      }
      if (answer.media_type.empty()) continue;
      json::value& content = response.as_object()["content"];
      if (!content.is_object()) content = json::object();
      content.as_object().insert_or_assign(
          View(answer.media_type),
          json::object{{"schema", answer.schema == nullptr
                                      ? json::object()
                                      : Named(*answer.schema, SchemaUse::kAnswer)}});
    }
    if (route.needs_principal) responses["401"] = Reference("responses", "NotSignedIn");
    if (route.rate_class != RateClass::kNone) {
      responses["429"] = Reference("responses", "TooManyRequests");
    }
    responses["default"] = Reference("responses", "Problem");
    return responses;
  }

  json::object Named(const NamedSchema& schema, SchemaUse use) {
    json::object resolved = ResolveSchema(schema, use);
    const auto [place, is_new] = schemas_.emplace(View(schema.name), resolved);
    if (!is_new && place->value() != json::value(resolved)) {
      throw std::invalid_argument(fmt::format("two schemas are named {}", schema.name));
    }
    return Reference("schemas", schema.name);
  }

  json::object paths_;
  json::object schemas_;
  std::set<std::string_view> operation_ids_;
};

}  // namespace

std::string ApiDocument(const std::vector<Route>& routes, std::string_view version) {
  Writer writer;
  for (const Route& route : routes) writer.Add(route);
  return writer.Finish(version);
}

}  // namespace datamigrate::gateway
