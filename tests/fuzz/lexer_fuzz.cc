// Any bytes become tokens that lie in order inside the text, with both meanings of "..".
#include <cstdint>
#include <string_view>

#include "agent_engine/tsql/lexer/lexer.h"
#include "tests/fuzz/fuzz_check.h"

namespace datamigrate::fuzz {
namespace {

void CheckTokens(std::string_view text, bool quoted_identifier) {
  diagnostics::DiagnosticSink sink;
  const tsql::LexResult result = tsql::Lex(text, quoted_identifier, sink);
  Demand(result.tokens.size() >= tsql::kEndTokenCount, "end tokens follow");
  uint32_t place = 0;
  const size_t count = result.tokens.size() - tsql::kEndTokenCount;
  for (size_t i = 0; i < count; ++i) {
    const tsql::Token& token = result.tokens[i];
    Demand(token.begin >= place, "tokens do not overlap");
    Demand(token.end > token.begin, "a token has characters");
    Demand(token.end <= text.size(), "a token lies in the text");
    Demand(token.kind != tsql::TokenKind::kEnd, "the end comes last");
    place = token.end;
  }
  for (size_t i = count; i < result.tokens.size(); ++i) {
    Demand(result.tokens[i].kind == tsql::TokenKind::kEnd, "end tokens are last");
  }
  Demand(result.ok == sink.diagnostics().empty(), "an error has a message");
  for (const diagnostics::Diagnostic& diagnostic : sink.diagnostics()) {
    Demand(diagnostic.span.begin <= diagnostic.span.end && diagnostic.span.end <= text.size(),
           "a message has a place in the text");
  }
}

}  // namespace
}  // namespace datamigrate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  datamigrate::fuzz::CheckTokens(text, true);
  datamigrate::fuzz::CheckTokens(text, false);
  return 0;
}
