// FOR XML: the rows of a query as one text, by joining strings.
//
// Source: "FOR XML (SQL Server)", "Use PATH Mode with FOR XML", "Use RAW Mode with FOR XML",
// "Columns with a Name Specified as an XPath", "Columns without a Name".
#include <algorithm>
#include <cstdio>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr std::string_view kInstance = " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

SqlType LongText(bool nullable = false) {
  return MakeSized(TypeId::kNVarChar, SqlType::kMax, nullable);
}

// A part of a row: an element with what is inside, or a column.
struct XmlPart {
  std::string name{};  // Of an element or attribute; empty for text.
  bool is_attribute = false;
  bool is_value = false;  // `column` is its content, or the text itself.
  size_t column = 0;
  std::vector<XmlPart> parts{};
};

// What the clause asks for.
struct XmlForm {
  std::string mode{};  // PATH, RAW, AUTO, EXPLICIT
  std::string row{};
  std::string root{};
  bool has_root = false;
  bool has_elements = false;
  bool shows_nulls = false;  // ELEMENTS XSINIL
  bool is_typed = false;
  bool takes_binary = false;
  bool keeps_marks = false;
  std::string beyond{};  // The option that is not written.
};

XmlForm FormOf(Node clause) {
  XmlForm form;
  const std::string kind = JoinedTokens(clause, Role::kKind, " ");
  form.mode = kind.substr(kind.rfind(' ') + 1);
  form.row = "row";
  if (const Node row = clause.Child(Role::kValue)) form.row = UnquoteString(row.Text());
  for (const Node option : clause.Children(Role::kOption)) {
    const std::string name = JoinedTokens(option, Role::kName, " ");
    if (name == "TYPE") {
      form.is_typed = true;
    } else if (name == "ROOT") {
      form.has_root = true;
      const Node value = option.Child(Role::kValue);
      form.root = value ? UnquoteString(value.Text()) : "root";
    } else if (name.starts_with("ELEMENTS")) {
      form.has_elements = true;
      form.shows_nulls = name.ends_with("XSINIL");
    } else if (name == "BINARY BASE64") {
      form.takes_binary = true;
    } else {
      form.beyond = name;
    }
  }
  form.takes_binary = form.takes_binary || form.mode == "PATH";
  return form;
}

bool IsNameCharacter(char c, bool is_first) {
  if (std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0) return true;
  return !is_first &&
         (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == ':');
}

// Characters that names in XML do not have, by their numbers: "_x0020_" for a blank.
std::string EncodedName(std::string_view name) {
  std::string encoded;
  for (const char c : name) {
    if (IsNameCharacter(c, encoded.empty())) {
      encoded += c;
      continue;
    }
    char number[8];
    std::snprintf(number, sizeof number, "_x%04X_", static_cast<unsigned char>(c));
    encoded += number;
  }
  return encoded;
}

std::string Escaped(std::string_view text, bool in_attribute) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '\r')
      escaped += "&#x0D;";
    else if (c == '"' && in_attribute)
      escaped += "&quot;";
    else if (c == '\n' && in_attribute)
      escaped += "&#x0A;";
    else if (c == '\t' && in_attribute)
      escaped += "&#x09;";
    else
      escaped += c;
  }
  return escaped;
}

ExprPtr Literal(std::string text) {
  ExprPtr literal = MakeString(std::move(text));
  literal->type = LongText();
  return literal;
}

// The text with its marks as references. Constants are written so at once.
ExprPtr EscapedText(ExprPtr text, bool in_attribute) {
  if (text->kind == ExprKind::kString) {
    text->text = Escaped(text->text, in_attribute);
    text->type = LongText();
    return text;
  }
  if (text->kind == ExprKind::kConcat) {
    for (ExprPtr& part : text->arguments) part = EscapedText(std::move(part), in_attribute);
    return text;
  }
  // Numbers, dates and the like have no marks.
  if (text->kind == ExprKind::kCast) {
    const TypeId from = text->arguments[0]->type.id;
    if (IsNumeric(from) || IsTemporal(from) || from == TypeId::kUniqueIdentifier) return text;
  }
  const SqlType type = text->type;
  return MakeCall(in_attribute ? "ESCAPED_ATTRIBUTE" : "ESCAPED_TEXT", type,
                  ExprList(std::move(text)));
}

// Joins texts; those of constants that stand side by side become one.
class TextJoin {
 public:
  void Add(std::string text) {
    if (text.empty()) return;
    if (!parts_.empty() && parts_.back()->kind == ExprKind::kString)
      parts_.back()->text += text;
    else
      parts_.push_back(Literal(std::move(text)));
  }
  void Add(ExprPtr text) {
    if (text->kind == ExprKind::kString) return Add(text->text);
    if (text->kind == ExprKind::kConcat) {
      for (ExprPtr& part : text->arguments) Add(std::move(part));
      return;
    }
    nullable_ = nullable_ || text->type.nullable;
    parts_.push_back(std::move(text));
  }
  ExprPtr Take() {
    if (parts_.empty()) return Literal("");
    if (parts_.size() == 1) return std::move(parts_[0]);
    auto joined = MakeExpr(ExprKind::kConcat, LongText(nullable_));
    joined->arguments = std::move(parts_);
    return joined;
  }

 private:
  std::vector<ExprPtr> parts_;
  bool nullable_ = false;
};

ExprPtr OrElse(ExprPtr text, std::string otherwise) {
  if (!text->type.nullable) return text;
  return MakeCall("COALESCE", LongText(), ExprList(std::move(text), Literal(std::move(otherwise))));
}

std::vector<std::string> Segments(const std::string& path) {
  std::vector<std::string> segments(1);
  for (const char c : path) {
    if (c == '/')
      segments.emplace_back();
    else
      segments.back() += c;
  }
  return segments;
}

// Puts a column where its name says; columns side by side share the elements that they share.
// False where an attribute follows what is no attribute.
bool Place(XmlPart& row, const std::string& name, size_t column) {
  XmlPart* parent = &row;
  std::vector<std::string> segments = Segments(name);
  const std::string leaf = segments.back();
  const bool is_text =
      leaf.empty() || leaf == "*" || leaf == "text()" || leaf == "node()" || leaf == "data()";
  const bool is_attribute = leaf.starts_with('@');
  if (is_text || is_attribute) segments.pop_back();
  for (const std::string& segment : segments) {
    const bool goes_on = !parent->parts.empty() && parent->parts.back().name == segment &&
                         !parent->parts.back().is_attribute;
    if (!goes_on) {
      parent->parts.emplace_back();
      parent->parts.back().name = segment;
    }
    parent = &parent->parts.back();
  }
  XmlPart& value = parent->parts.emplace_back();
  value.is_value = true;
  value.column = column;
  value.is_attribute = is_attribute;
  if (is_attribute) value.name = leaf.substr(1);
  return !is_attribute || parent->parts.size() < 2 ||
         parent->parts[parent->parts.size() - 2].is_attribute;
}

// The name of AUTO's elements: the table's, as FROM says it.
std::string AutoElement(Node body) {
  const Node table = body.Child(Role::kFrom).Child(Role::kSource);
  if (table.TokenOf(Role::kAlias) != nullptr) return UnquoteName(table.TokenText(Role::kAlias));
  std::string name;
  for (const std::string& part : NamePartsOf(table.Child(Role::kName)))
    name += (name.empty() ? "" : ".") + part;
  return name;
}

}  // namespace

// Writes the rows of one query.
class XmlWriter {
 public:
  XmlWriter(Lowering& lowering, const XmlForm& form, Node clause)
      : lowering_(lowering), form_(form), clause_(clause) {}

  // The query that gives the rows of `rows` as one text; NULL where there are none.
  QueryPtr Join(QueryPtr rows) {
    std::vector<std::string> names;
    for (const OutputField& field : rows->fields) names.push_back(field.name);
    XmlPart row;
    PlaceColumns(row, names);
    if (!form_.beyond.empty()) {
      lowering_.Report(DiagnosticId::kUnsupportedConstruct, clause_,
                       {"FOR XML " + form_.beyond, lowering_.options_.target_name});
      rows->fields.resize(1);
      return rows;
    }
    QueryPtr query = IsFlat(*rows) ? std::move(rows) : Around(std::move(rows));
    std::vector<OrderItem> order = std::move(query->order_by);
    query->order_by.clear();
    for (OrderItem& item : order) {
      if (item.expr->kind != ExprKind::kColumn || item.expr->range != kOutputRange) continue;
      const auto field = std::ranges::find(query->items, item.expr->text, &SelectItem::alias);
      if (field != query->items.end()) item.expr = Clone(*field->expr);
    }
    for (SelectItem& item : query->items) values_.push_back(std::move(item.expr));
    values_.resize(names.size());
    const bool is_list = form_.row.empty() && names.size() == 1 && names[0] == "data()";
    ExprPtr joined =
        MakeCall("STRING_AGG", LongText(true), ExprList(Row(row), MakeString(is_list ? " " : "")));
    joined->span = lowering_.SpanOf(clause_);
    joined->order_by = std::move(order);
    query->items.clear();
    query->fields.clear();
    ExprPtr whole = WithRoot(std::move(joined));
    query->fields.push_back({"", whole->type});
    query->items.push_back({std::move(whole), ""});
    return query;
  }

 private:
  static constexpr int32_t kOutputRange = -2;

  // Whether the rows can be joined where they are made.
  static bool IsFlat(const Query& rows) {
    return rows.kind == QueryKind::kSelect && !rows.distinct && !rows.is_grouped && !rows.having &&
           !rows.limit && !rows.offset && rows.ctes.empty() &&
           std::ranges::none_of(rows.items, [](const SelectItem& item) {
             return ContainsAggregate(*item.expr) || ContainsWindow(*item.expr);
           });
  }

  // A query over the rows, with their columns as its items and their order as its own.
  QueryPtr Around(QueryPtr rows) {
    auto query = std::make_unique<Query>();
    auto source = std::make_unique<Source>();
    source->kind = SourceKind::kDerived;
    source->alias = lowering_.UniqueAlias("xml_rows");
    source->range = lowering_.next_range_++;
    std::vector<OrderItem> order;
    const bool decides_rows = rows->limit != nullptr || rows->offset != nullptr;
    const auto column = [&](size_t index, const SqlType& type) {
      auto expr = MakeExpr(ExprKind::kColumn, type, lowering_.SpanOf(clause_));
      expr->text = "column_" + std::to_string(index + 1);
      expr->qualifier = source->alias;
      expr->range = source->range;
      return expr;
    };
    const size_t count = rows->fields.size();
    for (const OrderItem& item : rows->order_by) {
      size_t index = 0;
      const bool is_output =
          item.expr->kind == ExprKind::kColumn && item.expr->range == kOutputRange;
      if (is_output) {
        while (index < count && rows->fields[index].name != item.expr->text) ++index;
      } else {
        while (index < rows->items.size() && !SameExpr(*rows->items[index].expr, *item.expr))
          ++index;
        if (index == rows->items.size()) {
          rows->fields.push_back({"", item.expr->type});
          rows->items.push_back({Clone(*item.expr), ""});
        }
      }
      order.push_back({column(index, item.expr->type), item.descending});
    }
    if (!decides_rows) rows->order_by.clear();
    for (size_t i = 0; i < rows->fields.size(); ++i) {
      source->column_names.push_back("column_" + std::to_string(i + 1));
      if (i < count) query->items.push_back({column(i, rows->fields[i].type), ""});
    }
    source->query = std::move(rows);
    query->from = std::move(source);
    query->order_by = std::move(order);
    return query;
  }

  void PlaceColumns(XmlPart& row, const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size() && form_.beyond.empty(); ++i) {
      const std::string& name = names[i];
      if (form_.mode != "PATH") {
        if (name.empty())
          lowering_.Report(DiagnosticId::kUnnamedColumn, clause_, {std::to_string(i + 1)},
                           "give it a name with AS");
        XmlPart value{.name = form_.has_elements ? "" : name,
                      .is_attribute = !form_.has_elements,
                      .is_value = true,
                      .column = i};
        if (form_.has_elements)
          row.parts.push_back({.name = name, .parts = {std::move(value)}});
        else
          row.parts.push_back(std::move(value));
        continue;
      }
      const bool is_node =
          name.ends_with("comment()") || name.find("processing-instruction(") != std::string::npos;
      if (is_node || (name.ends_with("data()") && names.size() > 1))
        form_.beyond = "with a column " + name;
      if (!Place(row, name, i)) form_.beyond = "with the attribute " + name + " behind an element";
    }
    const bool has_no_element =
        form_.row.empty() && !row.parts.empty() && row.parts[0].is_attribute;
    if (has_no_element) form_.beyond = "with an attribute of no element";
  }

  ExprPtr WithRoot(ExprPtr joined) {
    TextJoin whole;
    if (form_.has_root) {
      const std::string name = EncodedName(form_.root);
      whole.Add("<" + name + (form_.shows_nulls ? std::string(kInstance) : "") + ">");
      whole.Add(std::move(joined));
      whole.Add("</" + name + ">");
      joined = whole.Take();
    }
    if (form_.is_typed) joined->type = MakeType(TypeId::kXml);
    joined->type.nullable = true;
    return joined;
  }

  // The text of one row.
  ExprPtr Row(XmlPart& row) {
    row.name = form_.row;
    if (!row.name.empty()) return Element(row, true);
    TextJoin join;
    for (const XmlPart& part : row.parts) join.Add(Part(part));
    return join.Take();
  }

  ExprPtr Part(const XmlPart& part) {
    if (part.is_attribute) {
      TextJoin join;
      join.Add(" " + EncodedName(part.name) + "=\"");
      join.Add(Value(part.column, true));
      join.Add("\"");
      return OrElse(join.Take(), "");
    }
    if (part.is_value) return OrElse(Value(part.column, false), "");
    return Element(part, false);
  }

  // A column's element is there unless the column is NULL; a row's always; one around others when
  // one of them is.
  ExprPtr Element(const XmlPart& part, bool is_row) {
    const std::string name = EncodedName(part.name);
    const bool is_leaf =
        !is_row && part.parts.size() == 1 && part.parts[0].is_value && !part.parts[0].is_attribute;
    if (is_leaf) return Leaf(name, part.parts[0].column);
    TextJoin attributes;
    TextJoin content;
    bool has_attributes = false;
    bool is_filled = false;  // Something is inside in any case.
    for (const XmlPart& below : part.parts) {
      ExprPtr text = Part(below);
      if (below.is_attribute) {
        has_attributes = true;
        attributes.Add(std::move(text));
      } else {
        is_filled = is_filled || (text->kind != ExprKind::kCall && !text->type.nullable &&
                                  !(text->kind == ExprKind::kString && text->text.empty()));
        content.Add(std::move(text));
      }
    }
    TextJoin join;
    const bool declares = is_row && form_.shows_nulls && !form_.has_root;
    join.Add("<" + name + (declares ? std::string(kInstance) : ""));
    join.Add(attributes.Take());
    ExprPtr inside = content.Take();
    const bool is_empty = inside->kind == ExprKind::kString && inside->text.empty();
    if (is_empty) {
      join.Add("/>");
      return join.Take();
    }
    if (is_filled) {
      join.Add(">");
      join.Add(std::move(inside));
      join.Add("</" + name + ">");
      return join.Take();
    }
    inside = MakeCall("NULLIF", LongText(true), ExprList(std::move(inside), Literal("")));
    if (is_row || has_attributes) {
      TextJoin rest;
      rest.Add(">");
      rest.Add(std::move(inside));
      rest.Add("</" + name + ">");
      join.Add(OrElse(rest.Take(), "/>"));
      return join.Take();
    }
    join.Add(">");
    join.Add(std::move(inside));
    join.Add("</" + name + ">");
    return OrElse(join.Take(), "");
  }

  ExprPtr Leaf(const std::string& name, size_t column) {
    const bool may_be_empty =
        IsString(values_[column]->type.id) || values_[column]->type.id == TypeId::kXml;
    TextJoin join;
    join.Add("<" + name + ">");
    join.Add(Value(column, false));
    join.Add("</" + name + ">");
    ExprPtr element = join.Take();
    // As xml, an element without text is written short.
    if (form_.is_typed && may_be_empty && element->kind == ExprKind::kConcat)
      element = Shortened(std::move(element), name);
    return OrElse(std::move(element), form_.shows_nulls ? "<" + name + " xsi:nil=\"true\"/>" : "");
  }

  static ExprPtr Shortened(ExprPtr element, const std::string& name) {
    const SqlType type = element->type;
    return MakeCall("REPLACE", type,
                    ExprList(std::move(element), Literal("<" + name + "></" + name + ">"),
                             Literal("<" + name + "/>")));
  }

  // The column as XML writes values of its type.
  ExprPtr Value(size_t column, bool in_attribute) {
    ExprPtr value = std::move(values_[column]);
    const SqlType type = value->type;
    const SqlType text = LongText(type.nullable);
    if (type.id == TypeId::kXml && form_.keeps_marks) {
      return lowering_.Refuse(DiagnosticId::kUnsupportedConstruct, clause_,
                              {"value() over FOR XML over xml", lowering_.options_.target_name});
    }
    if (type.id == TypeId::kXml) return value;
    if (IsBinary(type.id)) {
      if (!form_.takes_binary || type.id == TypeId::kRowVersion)
        lowering_.Report(DiagnosticId::kUnsupportedConstruct, clause_,
                         {"FOR XML over " + TypeText(type), lowering_.options_.target_name});
      return MakeCall("BASE64_TEXT", text, ExprList(std::move(value)));
    }
    if (IsOpaque(type.id)) {
      return lowering_.Refuse(DiagnosticId::kUnsupportedConstruct, clause_,
                              {"FOR XML over " + TypeText(type), lowering_.options_.target_name});
    }
    int32_t style = -1;
    if (IsApproximate(type.id) || IsMoney(type.id)) style = 2;
    if (IsTemporal(type.id)) style = 126;
    const bool is_text =
        IsString(type.id) || type.id == TypeId::kUnknown || type.id == TypeId::kNull;
    if (!IsString(type.id)) value = lowering_.Convert(std::move(value), text, style < 0, style);
    if (!is_text || form_.keeps_marks) return value;
    return EscapedText(std::move(value), in_attribute);
  }

  Lowering& lowering_;
  XmlForm form_;
  std::vector<ExprPtr> values_{};  // Each is taken once.
  Node clause_;
};

// SELECT ', ' + x ... FOR XML PATH('') that joins texts without any element.
bool Lowering::JoinsTexts(Node query) const {
  const XmlForm form = FormOf(query.Child(Role::kFor));
  const Node body = query.Child(Role::kBody);
  if (form.mode != "PATH" || !form.row.empty() || form.has_root || !form.beyond.empty() ||
      !body.Is(NodeKind::kQuerySpecification)) {
    return false;
  }
  const std::vector<Node> items = body.Child(Role::kSelectList).Children(Role::kItem);
  if (items.size() != 1 || !items[0].Is(NodeKind::kSelectItem)) return false;
  if (items[0].TokenOf(Role::kAlias) != nullptr) {
    const std::string name = UnquoteName(items[0].TokenText(Role::kAlias));
    return name == "text()" || name == "*";
  }
  Node value = items[0].Child(Role::kValue);
  while (value.Is(NodeKind::kParenthesized)) value = value.Child(Role::kOperand);
  return !value.Is(NodeKind::kColumnReference) && !value.Is(NodeKind::kStar);
}

// As a query of its own: the outermost one has no row where nothing was found, and a name that
// clients know it by.
QueryPtr Lowering::LowerForXmlRow(Node node, const Scope* outer, bool is_outermost) {
  QueryPtr query = LowerForXml(node, outer);
  if (!is_outermost || query->items.size() != 1) return query;
  query->items[0].alias = "XML_F52E2B61-18A1-11d1-B105-00805F49916B";
  query->fields[0].name = query->items[0].alias;
  auto all = MakeExpr(ExprKind::kStar, MakeType(TypeId::kInt, false));
  query->having =
      MakeCompare(">", MakeCall("COUNT", MakeType(TypeId::kInt, false), ExprList(std::move(all))),
                  MakeInteger(0));
  return query;
}

// `keeps_marks`: &, < and > stay as they are, as where value() reads the text back.
QueryPtr Lowering::LowerForXml(Node node, const Scope* outer, bool keeps_marks) {
  const Node clause = node.Child(Role::kFor);
  XmlForm form = FormOf(clause);
  form.keeps_marks = keeps_marks;
  Scope scope;
  scope.outer = outer;
  QueryPtr query = LowerBody(node.Child(Role::kBody), outer, scope);
  if (const Node order_by = node.Child(Role::kOrderBy)) {
    LowerOrderBy(order_by, *query, scope);
    if (const Node offset = node.Child(Role::kOffsetFetch)) LowerOffset(offset, *query, scope);
  }
  const bool is_table = query->from && (query->from->kind == SourceKind::kRelation ||
                                        query->from->kind == SourceKind::kNamed);
  if (form.mode == "EXPLICIT") form.beyond = form.mode;
  if (form.mode == "AUTO" && is_table) form.row = AutoElement(node.Child(Role::kBody));
  if (form.mode == "AUTO" && !is_table) form.beyond = "AUTO over more than one table";
  if (!xml_namespaces_.empty()) form.beyond = "with WITH XMLNAMESPACES";
  for (const SelectItem& item : query->items) {
    if (item.expr->kind == ExprKind::kStar) form.beyond = "over columns that are not known";
  }
  return XmlWriter(*this, form, clause).Join(std::move(query));
}

}  // namespace datamigrate::relational
