// Prints the relational form in a dialect's words. What the dialect has no words for goes to the
// sink as an error; the text is then not to be used.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/dialects/dialect.h"
#include "agent_engine/dialects/table_index.h"
#include "agent_engine/dialects/translate.h"
#include "agent_engine/relational/query.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::dialects {

// The type's name in the dialect; empty when it has none.
std::string TypeName(const Dialect& dialect, const tsql::SqlType& type);
// Quoted where the dialect needs it: reserved words, other characters, case that unquoted names
// would lose.
std::string Identifier(const Dialect& dialect, std::string_view name);
std::string QuotedIdentifier(const Dialect& dialect, std::string_view name);

class Emitter {
 public:
  Emitter(const Dialect& dialect, const RelationNamer& namer, diagnostics::DiagnosticSink& sink)
      : dialect_(dialect), tables_(TableIndex::Of(dialect)), namer_(namer), sink_(sink) {}

  // With structural line breaks as marks (layout.h).
  std::string EmitQuery(const relational::Query& query);
  std::string EmitFrom(const relational::Source& source) { return EmitSource(source); }
  std::string EmitExpression(const relational::Expr& expr) { return Emit(expr).sql; }
  // Columns of the outermost query get casts where the target's own type would differ.
  void set_pins_types(bool pins) { pins_types_ = pins; }

 private:
  // How tightly the outermost operator of a text binds.
  enum class Binding : uint8_t {
    kOr,
    kAnd,
    kNot,
    kComparison,
    kConcat,
    kAdditive,
    kMultiplicative,
    kUnary,
    kPrimary
  };
  struct Text {
    std::string sql;
    Binding binding = Binding::kPrimary;
  };

  // -- Expressions (emit_expression.cc)
  Text Emit(const relational::Expr& expr);
  std::string Operand(const relational::Expr& expr, Binding least);
  Text EmitArithmetic(const relational::Expr& expr);
  Text EmitDivision(const relational::Expr& expr);
  std::string CheckedDivisor(const relational::Expr& expr, std::string divisor);
  Text EmitAverage(const relational::Expr& call);
  Text EmitTryTextCast(const relational::Expr& cast);
  Text EmitRaise(const relational::Expr& cast);
  Text EmitMoneyStyle(const relational::Expr& cast);
  Text EmitTimeToString(const relational::Expr& cast, const std::string& format);
  Text EmitHexCast(const relational::Expr& cast);
  std::string EmitArithmeticOperand(const relational::Expr& operand, const relational::Expr& parent,
                                    Binding least);
  Text EmitList(const relational::Expr& expr, std::string_view separator, Binding binding);
  Text EmitIn(const relational::Expr& expr);
  Text EmitLike(const relational::Expr& expr);
  Text EmitCase(const relational::Expr& expr);
  Text EmitKey(const relational::Expr& expr);
  Text EmitColumn(const relational::Expr& expr);
  Text EmitParameter(const relational::Expr& expr);
  std::string EmitString(std::string_view value);
  std::string Escaped(char c) const;
  Text EmitNumber(const relational::Expr& expr);
  Text EmitQuantified(const relational::Expr& expr);
  Text EmitUnknownLike(const relational::Expr& expr);
  Text EmitNativeLike(const relational::Expr& expr, bool folds);
  Text EmitTemporal(const relational::Expr& expr);
  Text EmitBinary(const relational::Expr& expr);
  std::string EmitWindow(const relational::Window& window, const std::string& rows_frame);
  Text EmitIgnoringNulls(const relational::Expr& call);
  void NoteAliases(const relational::Source& source);
  bool IsHidden(const relational::Expr& column) const;
  Text EmitValueBeside(const relational::Expr& call);
  std::string EmitBound(const relational::FrameBound& bound);
  std::string EmitOrder(const std::vector<relational::OrderItem>& items);

  // -- Functions (emit_function.cc)
  Text EmitCall(const relational::Expr& call);
  Text EmitPatIndex(const relational::Expr& call);
  Text EmitFormat(const relational::Expr& call);
  Text EmitNumberFormat(const relational::Expr& call);
  Text EmitNumberText(const relational::Expr& call);
  std::string AsDateAndTime(const relational::Expr& argument);
  std::string Joined(const std::vector<const relational::Expr*>& arguments, bool behind_first);
  std::string RowsFrame(const relational::Expr& call);
  std::string EmitWholePartition(const relational::Expr& call);
  std::string EmitPathSteps(const relational::Expr& argument);
  const FunctionRule* FindRule(std::string_view name, size_t arity, TypeClass first) const;
  const FunctionRule* FindVariant(std::string_view name, size_t arity, TypeClass first) const;
  Text EmitOverMoment(const relational::Expr& call, const FunctionRule& rule);
  Text JsonPart(char mark, const std::vector<const relational::Expr*>& arguments);
  Text FillTemplate(std::string_view pattern, const std::vector<const relational::Expr*>& arguments,
                    const relational::Expr& call, const Text* window = nullptr);
  Text ApplyTemplate(std::string_view pattern, const std::vector<Text>& arguments,
                     const std::string& type = "");

  // -- XML (emit_xml.cc)
  struct XmlSet;
  Text EmitXml(const relational::Expr& call);
  XmlSet EmitXmlSet(const relational::Expr& set);
  XmlSet EmitXmlStep(const relational::Expr& step);
  XmlSet EmitXmlAt(const relational::Expr& at);
  std::string EmitXmlNodes(const relational::Expr& call, const relational::Source* relation);
  std::string EmitXmlJoin(const relational::Source& join);
  std::string EmitXmlCompare(const relational::Expr& call);
  std::string EmitXmlPair(const relational::Expr& call, const std::string& left,
                          const std::string& right);
  std::string EmitXmlTest(const relational::Expr& step, const std::string& document,
                          const std::string& node, bool of_attributes);
  std::string XmlAlias(const relational::Expr& set);
  std::string NewXmlVariable();

  // -- Conversions (emit_cast.cc)
  Text EmitCast(const relational::Expr& cast);
  Text EmitDateToString(const relational::Expr& cast);
  Text EmitStyledCast(const relational::Expr& cast);
  std::optional<Text> EmitDateFormat(const relational::Expr& value, std::string_view format);
  std::optional<Text> EmitQuotedDateFormat(const relational::Expr& value, std::string_view format);
  Text EmitLongFraction(const relational::Expr& operand, const std::string& format);
  Text EmitStringToDate(const relational::Expr& cast);
  Text EmitBytesOfInteger(const relational::Expr& cast);
  Text EmitIntegerOfBytes(const relational::Expr& cast);
  Text FitBytes(Text text, const relational::SqlType& from, const relational::SqlType& to);
  Text CheckLength(const Text& text, const relational::SqlType& from,
                   const relational::SqlType& to);
  Text CutToLength(Text text, const relational::SqlType& from, const relational::SqlType& to);
  std::string Type(const relational::SqlType& type, diagnostics::SourceSpan span);

  // -- Queries (emit_query.cc)
  std::string EmitSelect(const relational::Query& query);
  std::string EmitSetOperation(const relational::Query& query);
  std::string EmitBranch(const relational::Query& query, relational::QueryKind parent,
                         bool is_right);
  std::string EmitCtes(const relational::Query& query);
  std::string EmitItem(const relational::Query& query, size_t index, bool is_outermost);
  std::string EmitInput(const relational::Source& source);
  std::string EmitSource(const relational::Source& source);
  std::string EmitValues(const relational::Source& source, const std::string& alias,
                         const std::string& columns);
  std::string EmitTop(const relational::Query& query);
  std::string EmitJoin(const relational::Source& join);
  std::string EmitConditions(const relational::Expr& condition, int indent);
  std::string EmitGroups(const std::vector<relational::GroupItem>& items);
  std::string EmitGroup(const relational::GroupItem& item);
  std::string EmitOrderAndLimit(const relational::Query& query);

  void Report(diagnostics::DiagnosticId id, diagnostics::SourceSpan span,
              std::vector<std::string> arguments, std::string hint = "");
  // The name of a column, or of a table inside the query: that one may hold any characters.
  std::string Name(std::string_view name, diagnostics::SourceSpan span = {});
  std::string AliasName(std::string_view name, diagnostics::SourceSpan span = {});
  std::string TypedNull(const relational::SqlType& type, diagnostics::SourceSpan span);

  const Dialect& dialect_;
  const TableIndex& tables_;
  const RelationNamer& namer_;
  diagnostics::DiagnosticSink& sink_;
  bool pins_types_ = false;
  bool is_outermost_ = true;
  std::vector<std::string> xml_items_;  // The nodes that predicates around are asked of.
  int xml_variables_ = 0;
  // In ORDER BY: names of the result, in lower case, that hide columns of the only source.
  std::vector<std::string> shadows_;
  std::string shadowed_source_;
  // Of the sources met so far, where their aliases hide columns.
  std::map<int32_t, std::string> aliases_;
};

}  // namespace datamigrate::dialects
