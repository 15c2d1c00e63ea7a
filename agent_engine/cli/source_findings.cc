#include "agent_engine/cli/source_findings.h"

#include <unistd.h>

#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

Style StyleOf(diagnostics::Severity severity) {
  switch (severity) {
    case diagnostics::Severity::kError:
      return Style::kRed;
    case diagnostics::Severity::kWarning:
      return Style::kYellow;
    case diagnostics::Severity::kNote:
      return Style::kCyan;
  }
  return Style::kPlain;
}

}  // namespace

void PrintFindings(const std::vector<diagnostics::Diagnostic>& findings,
                   const diagnostics::SourceFile* text) {
  Terminal terminal(STDERR_FILENO);
  for (const diagnostics::Diagnostic& finding : findings) {
    const diagnostics::DiagnosticKind& kind = diagnostics::KindOf(finding.id);
    const bool is_placed = !finding.file.empty() || text == nullptr;
    const diagnostics::LineColumn place =
        is_placed ? finding.place : text->Locate(finding.span.begin);
    const std::string& file = is_placed ? finding.file : text->name();
    terminal.Line(fmt::format(
        "{}:{}:{}: {} {} {}", Printable(file), place.line, place.column,
        terminal.Paint(StyleOf(kind.severity), diagnostics::SeverityName(kind.severity)), kind.code,
        Printable(diagnostics::Message(finding))));
    if (!finding.hint.empty())
      terminal.Line(terminal.Paint(Style::kDim, "  " + Printable(finding.hint)));
  }
}

int ReportFailure(const absl::Status& status) {
  fmt::print(stderr, "datamigrate: {}\n", Printable(std::string(status.message())));
  return status.code() == absl::StatusCode::kInvalidArgument ? kWrongUse : kFailed;
}

}  // namespace datamigrate::cli
