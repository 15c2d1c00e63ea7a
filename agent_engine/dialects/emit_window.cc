// Windows' functions that a dialect lacks in the words that it has.
#include <cstdlib>

#include "agent_engine/dialects/emitter.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

// Frames of the rows before the current one, or behind it.
void UseRowsBeside(Window& window, bool before) {
  window.has_frame = true;
  window.is_rows = true;
  window.start.kind = before ? FrameBound::Kind::kUnboundedPreceding : FrameBound::Kind::kFollowing;
  window.end.kind = before ? FrameBound::Kind::kPreceding : FrameBound::Kind::kUnboundedFollowing;
  (before ? window.end : window.start).offset = MakeInteger(1);
}

}  // namespace

// IGNORE NULLS where windows know no such: the element of an array of what is not NULL.
// Source: "FIRST_VALUE", "LAST_VALUE", "LAG", "LEAD (Transact-SQL)".
Emitter::Text Emitter::EmitIgnoringNulls(const Expr& call) {
  ExprPtr shown = Clone(call);
  std::vector<ExprPtr>& arguments = shown->arguments;
  const bool is_offset = call.text == "LAG" || call.text == "LEAD";
  long offset = 1;
  if (is_offset && arguments.size() > 1) {
    offset = arguments[1]->kind == ExprKind::kNumber
                 ? std::strtol(arguments[1]->text.c_str(), nullptr, 10)
                 : 0;
  }
  if (offset < 1) {
    Report(DiagnosticId::kUnsupportedConstruct, call.span,
           {"IGNORE NULLS of " + call.text + " with this offset", std::string(dialect_.title)});
    return {"null"};
  }
  if (is_offset) UseRowsBeside(*shown->window, call.text == "LAG");
  const std::string window = EmitWindow(*shown->window, "");
  const Text value{Emit(*arguments[0])};
  const Text present = ApplyTemplate("array_agg($0) filter (where ($0) is not null)", {value});
  std::string place = std::to_string(offset);
  if (call.text == "LAST_VALUE" || call.text == "LAG") {
    place = ApplyTemplate("count($0)", {value}).sql + window;
    if (offset > 1) place += " - " + std::to_string(offset - 1);
  }
  Text text{"(" + present.sql + window + ")[" + place + "]"};
  if (arguments.size() > 2) text = ApplyTemplate("coalesce($0, $1)", {text, Emit(*arguments[2])});
  return text;
}

// LAG and LEAD ... IGNORE NULLS where only FIRST_VALUE and LAST_VALUE can: the last value before
// the current row, or the first one behind it.
Emitter::Text Emitter::EmitValueBeside(const Expr& call) {
  const bool is_next = call.arguments.size() < 2 || (call.arguments[1]->kind == ExprKind::kNumber &&
                                                     call.arguments[1]->text == "1");
  if (!is_next) {
    Report(DiagnosticId::kUnsupportedConstruct, call.span,
           {"IGNORE NULLS of " + call.text + " with this offset", std::string(dialect_.title)});
    return {"null"};
  }
  const bool is_before = call.text == "LAG";
  ExprPtr shown = Clone(call);
  shown->text = is_before ? "LAST_VALUE" : "FIRST_VALUE";
  shown->arguments.resize(1);
  UseRowsBeside(*shown->window, is_before);
  const Text value = EmitCall(*shown);
  if (call.arguments.size() < 3) return value;
  return ApplyTemplate("coalesce($0, $1)", {value, Emit(*call.arguments[2])});
}

}  // namespace datamigrate::dialects
