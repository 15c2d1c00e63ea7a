// What the product says about the user's SQL: a code, a place, a fact and a hint.
//
//   sink.Report({DiagnosticId::kExpectedToken, {10, 14}, {"FROM", "'FORM'"}, "", "dbo.v"});
//
// Codes are public and never reused. Rows live in common/diagnostics/kinds/<area>.def:
//   DIAGNOSTIC(TS0210, kExpectedToken, kError, "expected $0 before $1")
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/diagnostics/source_file.h"

namespace datamigrate::diagnostics {

enum class Severity : uint8_t { kNote, kWarning, kError };

enum class DiagnosticId : uint16_t {
#define DIAGNOSTIC(code, id, severity, text) id,
#include "common/diagnostics/diagnostic_kinds.def"
#undef DIAGNOSTIC
};

// One row of the table of diagnostics.
struct DiagnosticKind {
  std::string_view code;
  Severity severity;
  std::string_view text;  // With $0, $1, ... for the arguments.
};

struct Diagnostic {
  DiagnosticId id;
  SourceSpan span;                     // Half-open byte range in one source file.
  std::vector<std::string> arguments;  // Fill $0, $1, ... of the text.
  std::string hint;                    // What to write instead; may be empty.
  std::string object;                  // "schema.name" of the object it is about; may be empty.
  std::string file;                    // Name of the source file; empty where the caller knows it.
  LineColumn place;                    // Where `span` begins in `file`; set where the file is known.
};

const DiagnosticKind& KindOf(DiagnosticId id);
// Every kind, in the order of the table.
std::vector<DiagnosticKind> AllKinds();
// "error", "warning" or "note".
std::string_view SeverityName(Severity severity);
// The kind's text with its arguments filled in.
std::string Message(const Diagnostic& diagnostic);

// Collects findings; work goes on after each. Not thread-safe: one sink per unit of work.
class DiagnosticSink {
 public:
  void Report(Diagnostic diagnostic) { diagnostics_.push_back(std::move(diagnostic)); }

  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  std::vector<Diagnostic> Take() { return std::move(diagnostics_); }
  bool HasErrors() const;

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace datamigrate::diagnostics
