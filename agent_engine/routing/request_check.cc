#include "agent_engine/routing/request_check.h"

#include <set>

#include "agent_engine/providers/json_text.h"
#include "agent_engine/routing/answer_schema.h"
#include "agent_engine/routing/model_caller.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr size_t kMaxToolName = 64;
constexpr size_t kMostStops = 4;

absl::Status Refuse(std::string_view why) {
  return Failure(FailureCause::kBadRequest, text::Cat("the request cannot be sent: ", why));
}

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool IsUtf8(std::string_view text) {
  size_t i = 0;
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < text.size()) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    const unsigned char second = byte(i + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

bool IsToolName(std::string_view name) {
  if (name.empty() || name.size() > kMaxToolName) return false;
  for (const char c : name) {
    if (!text::IsAsciiAlnum(c) && c != '_' && c != '-') return false;
  }
  return true;
}

absl::Status CheckTools(const ModelRequest& request) {
  std::set<std::string> names;
  for (const ModelTool& tool : request.tools) {
    if (!IsToolName(tool.name)) {
      return Refuse("a tool's name must have 1 to 64 letters, digits, _ and -");
    }
    if (!names.insert(tool.name).second) {
      return Refuse(text::Cat("two tools are named ", tool.name));
    }
    if (!IsUtf8(tool.description) || !providers::ParseObject(tool.parameters).has_value()) {
      return Refuse(
          text::Cat("the parameters of the tool ", tool.name, " must be a JSON schema, an object"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPart(const Part& part, Role role, size_t number) {
  const auto wrong = [&](std::string_view why) {
    return Refuse(text::Cat("message ", number, " ", why));
  };
  if (const auto* text = std::get_if<TextPart>(&part)) {
    return IsUtf8(text->text) ? absl::OkStatus() : wrong("is not UTF-8");
  }
  if (const auto* call = std::get_if<ToolCall>(&part)) {
    if (role != Role::kAssistant) return wrong("has a tool call and is not the assistant's");
    if (call->id.empty() || !IsUtf8(call->id) || !IsToolName(call->name)) {
      return wrong("has a tool call without an id or a name");
    }
    const bool is_object = providers::ParseObject(call->arguments).has_value();
    return is_object ? absl::OkStatus() : wrong("has a tool call whose arguments are no object");
  }
  const auto& result = std::get<ToolResult>(part);
  if (role != Role::kUser) return wrong("has a tool result and is not the user's");
  if (result.call_id.empty() || !IsUtf8(result.call_id)) {
    return wrong("has a tool result without its call");
  }
  return IsUtf8(result.text) ? absl::OkStatus() : wrong("is not UTF-8");
}

absl::Status CheckMessages(const ModelRequest& request) {
  if (request.messages.empty()) return Refuse("it has no message");
  if (!IsUtf8(request.system)) return Refuse("the system text is not UTF-8");
  for (size_t i = 0; i < request.messages.size(); ++i) {
    const Message& message = request.messages[i];
    if (message.parts.empty()) return Refuse(text::Cat("message ", i + 1, " is empty"));
    for (const Part& part : message.parts) {
      if (absl::Status status = CheckPart(part, message.role, i + 1); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRequest(const ModelRequest& request, const CallContext& context) {
  if (absl::Status status = CheckMessages(request); !status.ok()) return status;
  if (absl::Status status = CheckTools(request); !status.ok()) return status;
  if (request.max_output_tokens < 1) return Refuse("max_output_tokens must be from 1 on");
  if (request.temperature.has_value() &&
      !(*request.temperature >= 0 && *request.temperature <= 1)) {
    return Refuse("the temperature must be from 0 to 1");
  }
  if (request.stop.size() > kMostStops) return Refuse("at most 4 stop texts are taken");
  for (const std::string& stop : request.stop) {
    if (stop.empty() || !IsUtf8(stop)) return Refuse("a stop text is empty or not UTF-8");
  }
  if (!request.answer_schema.empty()) {
    const absl::Status schema = CheckSchema(request.answer_schema);
    if (!schema.ok()) return Refuse(text::MessageOf(schema));
  }
  if (context.timeout <= absl::ZeroDuration()) return Refuse("its timeout must be more than 0");
  if (context.tenant.empty()) return Refuse("it names no organization");
  return absl::OkStatus();
}

}  // namespace datamigrate::routing
