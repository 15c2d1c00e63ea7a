// Any bytes become a tree or messages: what is taken is printed back token by token and parsed
// again, and what is refused has a message with a place in the text.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/lexer/lexer.h"
#include "agent_engine/tsql/parser/parser.h"
#include "tests/fuzz/fuzz_check.h"

namespace datamigrate::fuzz {
namespace {

bool SameTokens(std::string_view before, std::string_view after, bool quoted_identifier) {
  diagnostics::DiagnosticSink sink;
  const std::vector<tsql::Token> a = tsql::Lex(before, quoted_identifier, sink).tokens;
  const std::vector<tsql::Token> b = tsql::Lex(after, quoted_identifier, sink).tokens;
  return std::ranges::equal(a, b, [&](const tsql::Token& left, const tsql::Token& right) {
    return left.kind == right.kind && before.substr(left.begin, left.end - left.begin) ==
                                          after.substr(right.begin, right.end - right.begin);
  });
}

// Every child lies in its parent, in order.
void CheckTree(const tsql::SyntaxTree& tree) {
  for (const auto& node : tree.nodes) {
    Demand(node.first_token <= node.end_token, "a node has a place");
    Demand(node.end_token <= tree.tokens.size(), "a node lies in the text");
  }
  for (const auto& element : tree.elements) {
    const size_t bound = element.is_node ? tree.nodes.size() : tree.tokens.size();
    Demand(element.index < bound, "a child exists");
  }
}

void CheckBatch(std::string_view text, bool quoted_identifier) {
  diagnostics::DiagnosticSink sink;
  tsql::ParseOptions options;
  options.quoted_identifier = quoted_identifier;
  options.max_depth = 200;  // The sanitizers' frames are large.
  const tsql::ParseResult result = tsql::ParseBatch(text, options, sink);
  CheckTree(result.tree);
  Demand(result.ok || !sink.diagnostics().empty(), "what is refused has a message");
  for (const diagnostics::Diagnostic& diagnostic : sink.diagnostics()) {
    Demand(diagnostic.span.begin <= diagnostic.span.end && diagnostic.span.end <= text.size(),
           "a message has a place in the text");
    diagnostics::Message(diagnostic);
  }
  const std::string printed = tsql::PrintTree(result.tree.Root());
  if (!result.ok) return;
  Demand(result.unsupported == 0, "nothing was left out");
  Demand(SameTokens(text, printed, quoted_identifier), "the tokens are printed back");
  diagnostics::DiagnosticSink again;
  Demand(tsql::ParseBatch(printed, options, again).ok, "what is printed is valid");
}

}  // namespace
}  // namespace datamigrate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  datamigrate::fuzz::CheckBatch(text, true);
  datamigrate::fuzz::CheckBatch(text, false);
  return 0;
}
