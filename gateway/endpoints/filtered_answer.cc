#include "gateway/endpoints/filtered_answer.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace datamigrate::gateway {
namespace {

namespace json = boost::json;

void FilterTexts(AnswerFilter& filter, json::value& value) {
  if (const auto* text = value.if_string()) {
    value = Filtered(filter, {text->data(), text->size()});
  } else if (auto* list = value.if_array()) {
    for (json::value& item : *list) FilterTexts(filter, item);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) FilterTexts(filter, member.value());
  }
}

}  // namespace

std::string Filtered(AnswerFilter& filter, std::string_view text) {
  std::string passed = filter.Add(text);
  passed += filter.Finish();
  return filter.is_blocked() ? "" : passed;
}

void FilterToolCalls(AnswerFilter& filter, v1::CompleteResponse& answer) {
  for (v1::ModelToolCall& call : *answer.mutable_tool_calls()) {
    json::error_code error;
    json::value arguments = json::parse(call.arguments(), error);
    if (error) {
      call.set_arguments(Filtered(filter, call.arguments()));
    } else {
      FilterTexts(filter, arguments);
      call.set_arguments(json::serialize(arguments));
    }
  }
}

}  // namespace datamigrate::gateway
