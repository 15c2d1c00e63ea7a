#include "common/diagnostics/diagnostic.h"

#include <algorithm>
#include <array>

namespace datamigrate::diagnostics {
namespace {

using enum Severity;

constexpr auto kKinds = std::to_array<DiagnosticKind>({
#define DIAGNOSTIC(code, id, severity, text) {#code, severity, text},
#include "common/diagnostics/diagnostic_kinds.def"
#undef DIAGNOSTIC
});

}  // namespace

const DiagnosticKind& KindOf(DiagnosticId id) {
  return kKinds[static_cast<size_t>(id)];
}

std::vector<DiagnosticKind> AllKinds() {
  return {kKinds.begin(), kKinds.end()};
}

std::string_view SeverityName(Severity severity) {
  constexpr std::string_view kNames[] = {"note", "warning", "error"};
  return kNames[static_cast<size_t>(severity)];
}

std::string Message(const Diagnostic& diagnostic) {
  std::string message;
  const std::string_view text = KindOf(diagnostic.id).text;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_argument =
        text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (!is_argument) {
      message += text[i];
      continue;
    }
    const size_t index = text[++i] - '0';
    if (index < diagnostic.arguments.size()) message += diagnostic.arguments[index];
  }
  return message;
}

bool DiagnosticSink::HasErrors() const {
  return std::ranges::any_of(diagnostics_, [](const Diagnostic& diagnostic) {
    return KindOf(diagnostic.id).severity == Severity::kError;
  });
}

}  // namespace datamigrate::diagnostics
