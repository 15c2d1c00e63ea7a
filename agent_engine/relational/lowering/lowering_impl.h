// The lowering itself, one family of constructs a file. Only the lowering's own files include this.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/relational/lowering/composed_path.h"
#include "agent_engine/relational/lowering/lowering.h"
#include "agent_engine/relational/lowering/range_columns.h"
#include "agent_engine/relational/xml/xquery.h"
#include "agent_engine/tsql/binder/functions.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::relational {

using catalog::FoldName;
using diagnostics::DiagnosticId;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

// A table, view, sub-query, ... as a FROM clause exposes it.
struct RangeVariable {
  std::string name;     // What references to its columns say.
  std::string schema;   // Where it is exposed by its own name.
  std::string printed;  // Its alias in the translation.
  RangeColumns columns;
  bool open = false;  // May have columns that are not in the list.
  int32_t id = -1;
  std::shared_ptr<const RangeKeys> keys;  // Null for none.
};

struct Scope {
  const Scope* outer = nullptr;
  std::vector<RangeVariable> ranges;
  bool qualify = false;  // Column references are printed with their table's alias.
};

// The query's columns, as a FROM clause exposes them.
std::vector<RangeColumn> ColumnsOf(const Query& query);

// The documents of XML that a query block takes apart, each once, beside its sources.
struct XmlFrame {
  bool takes_documents = false;  // The FROM clause is lowered: more can be joined to it.
  std::vector<std::pair<ExprPtr, ExprPtr>> known;  // A document, and the column of its nodes.
  std::vector<SourcePtr> documents;                // To be joined behind FROM.
};

// Where an XQuery stands and what it is about.
struct XQueryContext {
  const Expr* nodes = nullptr;  // The column of the document's nodes.
  const Expr* node = nullptr;  // The number of the node that it is relative to; null: the document.
  bool is_predicate = false;   // Relative to the node that a predicate is asked of.
  Node literal{};              // For diagnostics.
  Scope* scope = nullptr;      // For sql:column().
};

struct CteEntry {
  std::string name;  // Folded.
  std::string printed;
  RangeColumns columns;
};

// A table of FOR JSON AUTO: its name and which columns of the result are its own.
struct JsonLevel {
  std::string key;
  std::vector<size_t> items;
};

std::string UpperText(std::string_view text);
// The texts of the tokens, upper case, joined by one blank, or by nothing for operators.
std::string JoinedTokens(Node node, Role role, std::string_view separator);
// The parts of a kName, unquoted; one empty part for an absent or empty one.
std::vector<std::string> NamePartsOf(Node name);
// The name of a date part, all abbreviations resolved: "week", "iso_week", ...; empty when there is
// none.
std::string NormalDatePart(std::string_view text);

class Lowering {
 public:
  Lowering(const catalog::CatalogIndex& catalog, const LoweringOptions& options,
           Variables variables, std::shared_ptr<ViewsInProgress> views,
           diagnostics::DiagnosticSink& sink)
      : catalog_(catalog),
        options_(options),
        variables_(std::move(variables)),
        views_(std::move(views)),
        sink_(sink) {}

  QueryPtr LowerSelectStatement(Node statement, const Scope* outer);
  QueryPtr LowerQuery(Node query, const Scope* outer, bool is_outermost);
  ExprPtr LowerExpr(Node node, Scope& scope);
  RangeVariable TableRange(const catalog::Table& table);
  std::vector<catalog::ObjectName> TakeReads() { return std::move(reads_); }
  ExprPtr Convert(ExprPtr expr, const SqlType& type, bool implicit, int32_t style = -1,
                  bool try_cast = false);
  ExprPtr Assigned(ExprPtr expr, const SqlType& type);
  SqlType TypeOf(Node data_type, int32_t default_length);
  ExprPtr Arithmetic(std::string op, ExprPtr left, ExprPtr right, Node node);

 private:
  friend class ScalarInliner;
  friend class WriteLowering;
  friend class ModificationLowering;
  friend class XmlWriter;

  // -- Findings
  diagnostics::SourceSpan SpanOf(Node node) const {
    if (span_override_) return *span_override_;
    return node ? node.span() : diagnostics::SourceSpan{};
  }
  // What a message calls the node; a missing one is a part that the tree does not have.
  static std::string Described(Node node) {
    return node ? "the " + std::string(tsql::NodeKindText(node.kind())) : "this construct";
  }
  void Report(DiagnosticId id, Node node, std::vector<std::string> arguments,
              std::string hint = "");
  void ReportAt(DiagnosticId id, diagnostics::SourceSpan span, std::vector<std::string> arguments,
                std::string hint = "");
  ExprPtr Refuse(DiagnosticId id, Node node, std::vector<std::string> arguments,
                 std::string hint = "");

  // -- Queries (lower_query.cc)
  void LowerWith(Node with, Query& query, const Scope* outer);
  QueryPtr LowerRecursive(Node cte, CteEntry entry, const Scope* outer);
  QueryPtr LowerBody(Node body, const Scope* outer, Scope& scope);
  QueryPtr LowerSpecification(Node node, const Scope* outer, Scope& scope);
  QueryPtr LowerSetOperation(Node node, const Scope* outer);
  void LowerSelectList(Node list, Query& query, Scope& scope);
  void ExpandStar(Node star, Query& query, Scope& scope);
  void LowerTop(Node top, Query& query, Scope& scope);
  void LowerOrderBy(Node order_by, Query& query, Scope& scope);
  ExprPtr LowerOrderKey(Node value, Query& query, Scope& scope);
  void LowerOffset(Node offset, Query& query, Scope& scope);
  void LowerGroupBy(Node group_by, Query& query, Scope& scope);
  GroupItem LowerGroupItem(Node node, Scope& scope);
  void MarkDetermined(Query& query, const Scope& scope);
  void AlignBranches(Query& left, Query& right, Node node);
  void ConvertBranch(Query& query, const std::vector<OutputField>& fields);
  void CheckNames(Query& query, Node node);
  void GiveNames(Query& query, Node node);
  QueryPtr LowerForXmlRow(Node query, const Scope* outer, bool is_outermost);
  bool JoinsTexts(Node query) const;  // lower_for_xml.cc, and the next
  QueryPtr LowerForXml(Node query, const Scope* outer, bool keeps_marks = false);
  QueryPtr LowerRows(Node query, const Scope* outer, Scope& scope);

  // -- JSON (lower_json.cc)
  QueryPtr LowerForJson(Node query, const Scope* outer, bool is_outermost);
  ExprPtr LowerJsonSubquery(Node node, Scope& scope);
  ExprPtr JsonRow(std::vector<SelectItem> items, Node clause, bool is_auto, bool includes_nulls);
  QueryPtr JsonRowsBelow(QueryPtr rows, std::vector<SelectItem>& items,
                         std::vector<OrderItem>& keys);
  std::vector<JsonLevel> LevelsOf(const Query& rows,
                                  const Scope& scope) const;  // lower_json_auto.cc
  QueryPtr JsonLevels(QueryPtr rows, const std::vector<JsonLevel>& levels, Node clause,
                      bool includes_nulls, std::vector<SelectItem>& items,
                      std::vector<OrderItem>& keys);
  static SelectItem JsonArrayColumn(const std::string& key, int32_t range);
  ExprPtr LowerJsonFunction(const std::string& name, Node node, Scope& scope,
                            bool& found);  // lower_json_functions.cc, and the rest
  std::optional<ComposedPath> PathOf(Node argument, Scope& scope);
  ExprPtr LowerJsonQuery(Node node, Scope& scope);
  ExprPtr LowerJsonModify(Node node, Scope& scope);
  ExprPtr JsonArgument(Node node, Scope& scope);
  ExprPtr JsonKey(Node argument, Scope& scope);
  ExprPtr LowerJsonObject(Node node, Scope& scope);
  ExprPtr LowerJsonArray(Node node, Scope& scope);
  static ExprPtr JoinedJson(std::string_view open, std::vector<ExprPtr> parts,
                            std::string_view close, diagnostics::SourceSpan span);
  ExprPtr LowerJsonAggregate(Node node, Scope& scope);
  ExprPtr LowerIsJson(Node node, Scope& scope);
  SourcePtr LowerOpenJsonDefault(std::vector<ExprPtr> arguments, Node call,
                                 const std::string& alias, Scope& scope);

  // -- The server, the session, chance, cultures (lower_environment.cc)
  ExprPtr LowerEnvironment(const std::string& name, Node node, Scope& scope, bool& found);
  ExprPtr LowerRandom(Node node, const std::vector<Node>& arguments);
  ExprPtr LowerFormatMessage(Node node, Scope& scope);
  static ExprPtr UnicodeBytes(ExprPtr text);
  ExprPtr LowerOffset(const std::string& name, Node node, Scope& scope);
  ExprPtr LowerSetBit(Node node, Scope& scope);
  ExprPtr LowerSetting(Node node);
  SourcePtr LowerInformationSchema(const std::vector<std::string>& parts, Node node, Scope& scope);

  // -- Methods of CLR types (lower_clr.cc)
  ExprPtr LowerClrMethod(ExprPtr& value, const std::string& method, Node node, Scope& scope);
  ExprPtr LowerClrStatic(const std::string& type, const std::string& method, Node node,
                         Scope& scope);
  ExprPtr LowerHierarchyMethod(ExprPtr& value, const std::string& method, Node node, Scope& scope);
  static ExprPtr LowerSpatialMethod(ExprPtr& value, const std::string& method, Node node);
  ExprPtr ClrProperty(ExprPtr& value, const std::string& property);
  static ExprPtr ClrText(ExprPtr value);
  ExprPtr ConvertClr(ExprPtr& expr, const SqlType& type);
  static ExprPtr ClrConstant(TypeId type, const std::string& text, int32_t srid,
                             diagnostics::SourceSpan span);

  // -- Sources (lower_source.cc)
  SourcePtr LowerFrom(Node from, Scope& scope);
  SourcePtr LowerSource(Node source, Scope& scope);
  SourcePtr LowerTableReference(Node node, Scope& scope);
  SourcePtr LowerSystemTime(Node node, Scope& scope);  // lower_rowset.cc, and the next five
  ExprPtr PeriodCondition(Node clause, const Expr& start, const Expr& end, Scope& scope);
  SourcePtr LowerOpenJson(Node call, Node node, Scope& scope);
  std::string LaxPath(std::string path, Node at);
  QueryPtr FollowFunction(const catalog::Routine& routine, Node call, Variables bound);
  SourcePtr InlineTableFunction(const catalog::Routine& routine, Node call, Node node,
                                Scope& scope);
  SourcePtr LowerVariableTable(Node node, Scope& scope);
  SourcePtr LowerNamed(const std::vector<std::string>& parts, Node node, Scope& scope, int depth);
  SourcePtr LowerDerived(Node node, Scope& scope);
  SourcePtr LowerValues(Node node, Scope& scope);
  SourcePtr LowerJoin(Node node, Scope& scope);
  SourcePtr LowerApply(Node node, Scope& scope);
  SourcePtr LowerFunctionTable(Node node, Scope& scope);
  SourcePtr InlineFunction(const catalog::Routine& routine, Node call, Node node, Scope& scope);
  SourcePtr LowerStringSplit(Node call, Node node, Scope& scope);
  SourcePtr LowerGenerateSeries(Node call, Node node, Scope& scope);
  SourcePtr LowerPivot(Node node, Scope& scope);
  SourcePtr LowerUnpivot(Node node, Scope& scope);
  // Adds a range variable for a source and gives the source its printed alias.
  RangeVariable& AddRange(Scope& scope, Source& source, std::string name, std::string schema,
                          RangeColumns columns);
  RangeColumns TableColumns(const catalog::Table& table);
  RangeColumns ViewColumns(const catalog::View& view);
  RangeColumns RenamedColumns(Node column_list, RangeColumns columns, Node node);
  std::string UniqueAlias(const std::string& name) const;
  std::vector<std::string> ReservedAliases(const Scope& scope) const;
  void NoteHints(Node hints);
  void AddRead(const catalog::ObjectName& name);
  const CteEntry* FindCte(std::string_view name) const;

  // -- Expressions (lower_expression.cc)
  ExprPtr LowerLiteral(Node node);
  ExprPtr LowerVariable(Node node);
  ExprPtr LowerColumn(Node node, Scope& scope);
  ExprPtr ResolveColumn(const std::vector<std::string>& parts, diagnostics::SourceSpan span,
                        const Scope& scope);
  ExprPtr LowerUnary(Node node, Scope& scope);
  ExprPtr LowerBinary(Node node, Scope& scope);
  ExprPtr DateArithmetic(const std::string& op, ExprPtr left, ExprPtr right, Node node);
  ExprPtr LowerComparison(Node node, Scope& scope);
  ExprPtr Compare(std::string op, ExprPtr left, ExprPtr right);
  ExprPtr LowerQuantified(Node node, Scope& scope);
  ExprPtr LowerLogical(Node node, Scope& scope);
  ExprPtr LowerBetween(Node node, Scope& scope);
  ExprPtr LowerIn(Node node, Scope& scope);
  ExprPtr LowerInQuery(Node node, Scope& scope);
  ExprPtr LowerLike(Node node, Scope& scope);
  ExprPtr LowerCase(Node node, Scope& scope);
  ExprPtr LowerSubquery(Node node, Scope& scope);
  ExprPtr LowerAtTimeZone(Node node, Scope& scope);
  ExprPtr LowerMethodCall(Node node, Scope& scope);
  ExprPtr LowerNextValue(Node node, Scope& scope);  // lower_sequence.cc
  // -- XML (lower_xml.cc, lower_xquery.cc)
  bool IsXmlMethod(Node call) const;
  ExprPtr LowerXmlMethod(Node node, Scope& scope);
  SourcePtr LowerXmlNodes(Node call, Node node, Scope& scope);
  // Joins the documents that FROM itself needs in front of a source that reads them.
  SourcePtr LowerWithDocuments(Node source, Scope& scope);
  SourcePtr BehindDocuments(SourcePtr left, size_t known_documents);
  void JoinDocuments(Query& query, XmlFrame& frame);
  std::pair<SourcePtr, ExprPtr> MakeDocument(ExprPtr operand, const Scope& scope);
  // The column of the nodes of `document`; null where the caller has to read it by itself.
  ExprPtr JoinedDocument(const Expr& document, const Scope& scope);
  void AddXmlNamespaces(Node namespaces);
  XQueryPtr ReadXQuery(Node literal);
  SqlType XmlValueType(Node literal);
  ExprPtr RefuseXQuery(const XQueryContext& context, const XQueryNode& node, std::string piece);
  ExprPtr XQuerySet(const XQueryNode& node, const XQueryContext& context);
  ExprPtr XQueryValue(const XQueryNode& node, const XQueryContext& context);
  ExprPtr XQueryCall(const XQueryNode& node, const XQueryContext& context);
  ExprPtr XQueryCondition(const XQueryNode& node, const XQueryContext& context);
  ExprPtr XQueryPredicate(const XQueryNode& node, const XQueryContext& context);
  ExprPtr XQueryComparison(const XQueryNode& node, const XQueryContext& context);

  void UnifyResults(std::vector<ExprPtr*> results, SqlType& type);
  void Balance(ExprPtr& left, ExprPtr& right, std::string_view what);
  QueryPtr LowerNested(Node query, Scope& scope);

  // -- Functions (lower_function.cc)
  ExprPtr LowerCall(Node node, Scope& scope);
  ExprPtr LowerBuiltIn(const tsql::FunctionSignature& signature, Node node, Scope& scope);
  ExprPtr LowerSpecialForm(const std::string& name, Node node, Scope& scope, bool& found);
  ExprPtr LowerIsNull(Node node, Scope& scope);
  ExprPtr LowerCoalesce(Node node, Scope& scope);
  ExprPtr LowerNullIf(Node node, Scope& scope);
  ExprPtr LowerIif(Node node, Scope& scope);
  ExprPtr LowerChoose(Node node, Scope& scope);
  ExprPtr LowerUserFunction(const std::vector<std::string>& parts, Node node, Scope& scope);
  ExprPtr InlineScalar(const catalog::Routine& routine, Node node, Scope& scope);
  ExprPtr ConvertArgument(ExprPtr argument, char argument_class);
  void RefineCall(Expr& call, Node node);
  void RoundToDateTime(Expr& call);
  void RefineSubstring(Expr& call);
  void RefineStuff(Expr& call);

  // -- Variants of functions (refine_call.cc)
  bool IsNullOfNull(const Expr& call) const;
  static bool ReadsDateTime2(const std::string& function);
  void RefineTextCall(Expr& call, Node node);
  static void RefineChar(Expr& call);
  static void RefineQuoteName(Expr& call);
  static void RefineNumberCall(Expr& call);
  static void RefinePercentile(Expr& call);
  void RefineDateCall(Expr& call, Node node);
  void RefineDateAdd(Expr& call, Node node);
  void RefineHash(Expr& call, Node node);
  void RefineJson(Expr& call, Node node);
  static void FoldTo(Expr& call, std::string number);
  ExprPtr ZoneName(ExprPtr zone, Node node);
  static ExprPtr LocalTime(ExprPtr expr);
  std::unique_ptr<Window> LowerOver(Node over, Scope& scope);
  FrameBound LowerBound(Node bound, Scope& scope);
  std::vector<OrderItem> LowerOrderItems(Node order_by, Scope& scope);
  Variables BindParameters(const catalog::Routine& routine, Node call, const Scope& caller);

  // -- Conversions (lower_conversion.cc)
  ExprPtr LowerCast(Node node, Scope& scope);
  ExprPtr LowerConvert(Node node, Scope& scope);
  ExprPtr LowerParse(Node node, Scope& scope);
  static ExprPtr RoundFraction(ExprPtr& expr, const SqlType& type);
  ExprPtr FoldConversion(const Expr& expr, const SqlType& type, int32_t style, bool implicit);

  const catalog::CatalogIndex& catalog_;
  const LoweringOptions& options_;
  Variables variables_;
  std::shared_ptr<ViewsInProgress> views_;
  diagnostics::DiagnosticSink& sink_;
  std::vector<CteEntry> ctes_;
  std::vector<catalog::ObjectName> reads_;
  std::vector<Node> window_definitions_;
  std::vector<std::string> inlining_;  // Routines being expanded, to stop recursion.
  std::vector<std::string>
      reserved_aliases_;  // Folded: those of the callers of the function being expanded.
  std::optional<diagnostics::SourceSpan>
      span_override_;  // While the text of another object is lowered.
  XmlFrame* xml_frame_ = nullptr;
  std::vector<SourcePtr> xml_documents_;  // That sources of the FROM clause at hand read.
  absl::flat_hash_map<int32_t, ExprPtr> xml_nodes_;  // By range of nodes(): its document's nodes.
  std::vector<std::string> xml_aliases_;
  XmlNamespaces xml_namespaces_;  // Of WITH XMLNAMESPACES.
  int32_t next_range_ = 0;
  bool keeps_next_order_ = false;  // The next query keeps its ORDER BY: it numbers new rows.
  int64_t drawn_before_ = 0;  // Rows of VALUES before this one, each with a number of a sequence.
  int depth_ = 0;
};

}  // namespace datamigrate::relational
