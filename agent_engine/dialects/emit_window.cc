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

}  // namespace datamigrate::dialects
