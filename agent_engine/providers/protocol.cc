#include "agent_engine/providers/protocol.h"

#include <array>
#include <utility>

#include "agent_engine/providers/anthropic/anthropic.h"
#include "agent_engine/providers/ollama/ollama.h"
#include "agent_engine/providers/openai_chat/openai_chat.h"
#include "agent_engine/providers/openai_responses/openai_responses.h"

namespace datamigrate::providers {
namespace {

using Row = std::pair<std::string_view, const Protocol& (*)()>;
constexpr std::array<Row, 5> kProtocols = {{
    {"anthropic", Anthropic},
    {"openai", OpenAiChat},
    {"openai_responses", OpenAiResponses},
    {"ollama", Ollama},
    {"vllm", OpenAiCompatible},
}};

}  // namespace

const Protocol* ProtocolNamed(std::string_view name) {
  for (const Row& row : kProtocols) {
    if (row.first == name) return &row.second();
  }
  return nullptr;
}

std::string ProtocolNames() {
  std::string names;
  for (const Row& row : kProtocols) {
    names += names.empty() ? "" : ", ";
    names += row.first;
  }
  return names;
}

}  // namespace datamigrate::providers
