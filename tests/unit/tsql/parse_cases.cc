#include "tests/unit/tsql/parse_cases.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "agent_engine/tsql/lexer/lexer.h"
#include "agent_engine/tsql/parser/parser.h"
#include "common/diagnostics/source_file.h"

namespace datamigrate::testing {
namespace {

using tsql::Element;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

constexpr std::array kKindNames = {
#define NODE(id, text) std::string_view(#id).substr(1),
#include "agent_engine/tsql/ast/node_kinds.def"
#undef NODE
};

void LoadFile(const std::filesystem::path& path, std::vector<ParseCase>& cases) {
  std::ifstream in(path);
  std::string line;
  std::string* section = nullptr;
  while (std::getline(in, line)) {
    if (line.starts_with("=== case: ")) {
      cases.push_back({line.substr(10), {}});
      section = nullptr;
    } else if (line.starts_with("=== ")) {
      if (cases.empty()) throw std::runtime_error(path.string() + ": a section before a case");
      section = &cases.back().sections[line.substr(4)];
    } else if (section != nullptr) {
      *section += section->empty() ? line : '\n' + line;
    }
  }
}

// Names, columns, variables and literals are short enough as text.
bool IsShort(Node node) {
  switch (node.kind()) {
    case NodeKind::kName:
    case NodeKind::kColumnName:
    case NodeKind::kColumnReference:
    case NodeKind::kVariableReference:
    case NodeKind::kLiteral:
      return true;
    default:
      return false;
  }
}

std::string ChildText(const Node& parent, const Element& element) {
  const auto& tree = parent.tree();
  if (element.is_node) return TreeText(Node(&tree, element.index));
  return "'" + std::string(tree.TextOf(tree.tokens[element.index])) + "'";
}

}  // namespace

std::vector<ParseCase> LoadParseCases(const std::string& folder) {
  const std::filesystem::path root =
      std::filesystem::path(DATAMIGRATE_SOURCE_DIR) / "tests/cases" / folder;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<ParseCase> cases;
  for (const auto& file : files) LoadFile(file, cases);
  if (cases.empty()) throw std::runtime_error("no cases below " + root.string());
  return cases;
}

std::string TreeText(Node node) {
  if (IsShort(node)) return "`" + std::string(node.Text()) + "`";
  std::string out = "(" + std::string(kKindNames[static_cast<size_t>(node.kind())]);
  const auto& record = node.tree().nodes[node.index()];
  for (uint32_t i = 0; i < record.element_count; ++i) {
    const Element& element = node.tree().elements[record.first_element + i];
    if (!element.is_node && element.role == Role::kSyntax) continue;
    out += ' ' + std::string(RoleName(element.role)) + ':' + ChildText(node, element);
  }
  return out + ")";
}

std::string StatementsText(Node batch) {
  std::string out;
  for (const Node statement : batch.Children(Role::kStatement)) {
    if (!out.empty()) out += '\n';
    out += TreeText(statement);
  }
  return out;
}

std::string ReportText(const std::vector<diagnostics::Diagnostic>& diagnostics,
                       const std::string& text) {
  const diagnostics::SourceFile file("case", text);
  std::string out;
  for (const auto& diagnostic : diagnostics) {
    const auto& kind = diagnostics::KindOf(diagnostic.id);
    const auto place = file.Locate(diagnostic.span.begin);
    std::ostringstream line;
    line << diagnostics::SeverityName(kind.severity) << ' ' << kind.code << ' ' << place.line << ':'
         << place.column << ' ' << diagnostics::Message(diagnostic);
    if (!diagnostic.hint.empty()) line << "; " << diagnostic.hint;
    out += out.empty() ? line.str() : '\n' + line.str();
  }
  return out;
}

ParseOutcome RunParseCase(const ParseCase& test) {
  diagnostics::DiagnosticSink sink;
  const tsql::ParseOptions options;
  for (const std::string kind : {"expression", "condition"}) {
    const auto input = test.sections.find(kind);
    if (input == test.sections.end()) continue;
    const auto result = tsql::ParseExpression(input->second, kind == "condition", options, sink);
    return {result.ok ? TreeText(result.tree.Root()) : "",
            ReportText(sink.diagnostics(), input->second)};
  }
  const std::string& text = test.sections.at("tsql");
  const auto result = tsql::ParseBatch(text, options, sink);
  return {StatementsText(result.tree.Root()), ReportText(sink.diagnostics(), text)};
}

std::string CollapseBlanks(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  std::string word;
  while (in >> word) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

bool KeepsAllTokens(std::string_view text, Node root, bool quoted_identifier) {
  const std::string printed = tsql::PrintTree(root);
  diagnostics::DiagnosticSink sink;
  const auto before = tsql::Lex(text, quoted_identifier, sink).tokens;
  const auto after = tsql::Lex(printed, quoted_identifier, sink).tokens;
  const auto same = [&](const tsql::Token& a, const tsql::Token& b) {
    return a.kind == b.kind && text.substr(a.begin, a.end - a.begin) ==
                                   std::string_view(printed).substr(b.begin, b.end - b.begin);
  };
  return std::ranges::equal(before, after, same);
}

}  // namespace datamigrate::testing
