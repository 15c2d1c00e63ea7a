// Paths over the nodes of XML documents (xml_syntax.h): a set of nodes is a list of their numbers,
// in the order of the document.
#include <algorithm>
#include <utility>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/xml_syntax.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

using Marks = std::initializer_list<std::pair<char, std::string_view>>;

std::string Filled(std::string_view pattern, Marks marks) {
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const auto mark =
        pattern[i] == '$' && i + 1 < pattern.size()
            ? std::ranges::find(marks, pattern[i + 1], [](const auto& m) { return m.first; })
            : marks.end();
    if (mark == marks.end()) {
      text += pattern[i];
      continue;
    }
    text += mark->second;
    ++i;
  }
  return text;
}

const Expr& NodesOf(const Expr& set) {
  const Expr* current = &set;
  while (current->kind == ExprKind::kCall && !current->arguments.empty())
    current = current->arguments[0].get();
  return *current;
}

bool IsSetCall(const Expr& expr) {
  return expr.kind == ExprKind::kCall && expr.type.id == TypeId::kXml &&
         expr.text.starts_with("XML_");
}

// The relation among the sources whose columns are of `range`; null for another source.
const Source* RelationOf(const Source& source, int32_t range) {
  if (source.kind == SourceKind::kRelation) return source.range == range ? &source : nullptr;
  if (source.kind != SourceKind::kJoin) return nullptr;
  const Source* found = RelationOf(*source.left, range);
  return found != nullptr ? found : RelationOf(*source.right, range);
}

bool IsStep(const Expr& expr, std::string_view axis) {
  return expr.text == "XML_STEP" && expr.part == axis;
}

}  // namespace

// The numbers of some nodes of a document.
struct Emitter::XmlSet {
  std::string document{};  // The alias of the document's lists.
  std::string list{};
  std::string single{};  // The number, where it is known to be one; then `list` is empty.
  std::string first{};   // Nodes below are between these two.
  std::string last{};

  // Always a list.
  std::string Listed(const XmlSyntax& xml) const {
    return single.empty() ? list : Filled(xml.one, {{'n', single}});
  }
};

std::string Emitter::NewXmlVariable() {
  return "node_" + std::to_string(++xml_variables_);
}

std::string Emitter::XmlAlias(const Expr& set) {
  return Name(NodesOf(set).qualifier, set.span);
}

Emitter::Text Emitter::EmitXml(const Expr& call) {
  if (dialect_.xml == nullptr) {
    if (call.text == "XML_NODES")
      Report(DiagnosticId::kXmlNotRead, call.span, {std::string(dialect_.title)});
    return {"null"};
  }
  const XmlSyntax& xml = *dialect_.xml;
  if (call.text == "XML_NODES") return {EmitXmlNodes(call, nullptr)};
  if (call.text == "XML_COMPARE") return {EmitXmlCompare(call), Binding::kComparison};
  const auto text = [&](size_t index) {
    return Operand(*call.arguments[index], Binding::kPrimary);
  };
  if (call.text == "XML_NUMBER") return {Filled(xml.to_number, {{'0', text(0)}})};
  if (call.text == "XML_CONTAINS")
    return {Filled(xml.contains_text, {{'0', text(0)}, {'1', text(1)}}), Binding::kComparison};
  const int variables = std::exchange(xml_variables_, xml_items_.empty() ? 0 : xml_variables_);
  const XmlSet set = EmitXmlSet(*call.arguments[0]);
  std::string sql;
  if (call.text == "XML_STRING" || call.text == "XML_LOCAL_NAME") {
    const std::string node = set.single.empty() ? NewXmlVariable() : set.single;
    std::string value =
        call.text == "XML_STRING"
            ? Filled(xml.value_of, {{'x', set.document}, {'n', node}})
            : Filled(xml.local_name, {{'0', set.document + ".xml_name[" + node + "]"}});
    if (set.single == "0")
      sql = "coalesce(array_to_string(" + set.document + ".xml_text, ''), '')";
    else if (set.single.empty())
      sql = Filled(xml.first, {{'s', set.list}, {'v', node}, {'c', value}});
    else
      sql = std::move(value);
    if (!set.single.empty() && xml_items_.empty()) {
      const std::string known = set.single == "0" ? set.document + ".xml_name" : set.single;
      sql = "case when " + known + " is not null then " + sql + " end";
    }
  } else if (call.text == "XML_TEXT") {
    const std::string node = NewXmlVariable();
    const std::string value = Filled(xml.value_of, {{'x', set.document}, {'n', node}});
    sql = "case when " + set.document + ".xml_name is not null then " +
          Filled(xml.join, {{'s', set.Listed(xml)}, {'v', node}, {'c', value}}) + " end";
  } else if (call.text == "XML_ROWS") {
    sql = Filled(xml.rows, {{'s', set.Listed(xml)}});
  } else if (!set.single.empty()) {
    const std::string known = set.single == "0" ? set.document + ".xml_name" : set.single;
    sql = call.text == "XML_COUNT" ? "1" : known + " is not null";
  } else {
    sql = Filled(xml.count, {{'s', set.list}});
    if (call.text == "XML_EXISTS") sql += " > 0";
  }
  if (xml_items_.empty()) xml_variables_ = variables;
  return {sql, call.text == "XML_EXISTS" ? Binding::kComparison : Binding::kPrimary};
}

// The nodes of one document, or of all in a column of `relation`.
std::string Emitter::EmitXmlNodes(const Expr& call, const Source* relation) {
  const XmlSyntax& xml = *dialect_.xml;
  const Expr& document = *call.arguments[0];
  const std::string documents =
      relation == nullptr ? Filled(xml.one_document, {{'0', Emit(document).sql}})
                          : Filled(xml.all_documents, {{'0', Name(document.text, document.span)},
                                                       {'r', namer_(relation->relation)}});
  std::string sql;
  for (const char c : xml.nodes) sql += c == '\n' ? kBreak : c;
  return Filled(sql, {{'d', documents}});
}

// The documents that a block reads, beside its sources: NULL has no nodes, but keeps its row.
std::string Emitter::EmitXmlJoin(const Source& join) {
  const Source& nodes = *join.right;
  const Expr& document = *nodes.call->arguments[0];
  const Source* relation =
      document.kind == ExprKind::kColumn && !dialect_.xml->all_documents.empty()
          ? RelationOf(*join.left, document.range)
          : nullptr;
  if (relation == nullptr) return "left join lateral " + EmitSource(nodes) + " on true";
  std::vector<std::string> names;
  for (const std::string& name : nodes.column_names) names.push_back(Name(name));
  const std::string alias = Name(nodes.alias);
  return "left join " + EmitXmlNodes(*nodes.call, relation) + " as " + alias + " (" +
         Join(names, ", ") + ")" + kBreak + "    on " + alias +
         ".xml_document = " + Emit(document).sql;
}

Emitter::XmlSet Emitter::EmitXmlSet(const Expr& set) {
  if (!IsSetCall(set)) return {};
  const XmlSyntax& xml = *dialect_.xml;
  XmlSet result;
  result.document = XmlAlias(set);
  if (set.text == "XML_DOCUMENT") {
    result.single = "0";
    result.first = "1";
    result.last = Filled(xml.count, {{'s', result.document + ".xml_name"}});
    return result;
  }
  if (set.text == "XML_NODE" || set.text == "XML_ITEM") {
    result.single = set.text == "XML_ITEM" && !xml_items_.empty()
                        ? xml_items_.back()
                        : Operand(*set.arguments[1], Binding::kPrimary);
    result.first = result.single + " + 1";
    result.last = result.document + ".xml_last[" + result.single + "]";
    return result;
  }
  if (set.text == "XML_STEP") return EmitXmlStep(set);
  if (set.text == "XML_AT") return EmitXmlAt(set);
  result = EmitXmlSet(*set.arguments[0]);
  const std::string item = NewXmlVariable();
  xml_items_.push_back(item);
  const std::string condition = Operand(*set.arguments[1], Binding::kNot);
  xml_items_.pop_back();
  result.list = Filled(xml.filter, {{'s', result.Listed(xml)}, {'v', item}, {'c', condition}});
  result.single.clear();
  return result;
}

// Whether `node` is what the step takes; where it is, is told elsewhere.
std::string Emitter::EmitXmlTest(const Expr& step, const std::string& document,
                                 const std::string& node, bool of_attributes) {
  const std::string name = document + ".xml_name[" + node + "]";
  const std::string& test = step.default_text;
  if (of_attributes) {
    if (test == "*" || test == "node()") return name + " like '@_%'";
    if (test.ends_with("}*"))
      return "starts_with(" + name + ", " + EmitString("@" + test.substr(0, test.size() - 1)) + ")";
    return name + " = " + EmitString("@" + test);
  }
  if (test == "text()") return name + " = ''";
  if (test == "node()") return name + " not like '@%'";
  if (test == "*") return name + " <> '' and " + name + " not like '@%'";
  if (test.ends_with("}*"))
    return "starts_with(" + name + ", " + EmitString(test.substr(0, test.size() - 1)) + ")";
  return name + " = " + EmitString(test);
}

Emitter::XmlSet Emitter::EmitXmlStep(const Expr& step) {
  const XmlSyntax& xml = *dialect_.xml;
  const Expr& below = *step.arguments[0];
  // a//b: b among all that is below a.
  const bool skips = IsStep(below, "any") && below.default_text == "node()" &&
                     (step.part == "child" || step.part == "attribute");
  XmlSet base = EmitXmlSet(skips ? *below.arguments[0] : below);
  XmlSet result = base;
  result.single.clear();
  const std::string node = NewXmlVariable();
  if (step.part == "parent") {
    result.list = Filled(
        xml.map,
        {{'s', base.Listed(xml)}, {'v', node}, {'c', base.document + ".xml_parent[" + node + "]"}});
    result.first = "1";
    result.last = Filled(xml.count, {{'s', base.document + ".xml_name"}});
    if (step.default_text == "node()") return result;
    const std::string kept = NewXmlVariable();
    result.list = Filled(
        xml.filter,
        {{'s', result.list}, {'v', kept}, {'c', EmitXmlTest(step, base.document, kept, false)}});
    return result;
  }
  std::string test = EmitXmlTest(step, base.document, node, step.part == "attribute");
  if (step.part == "self") {
    result.list = Filled(xml.filter, {{'s', base.Listed(xml)}, {'v', node}, {'c', test}});
    return result;
  }
  const bool is_deep = skips || step.part == "descendant" || step.part == "any";
  std::string first = base.first;
  // The node itself counts: for its own attributes and for descendant-or-self.
  if (step.part == "any" && !base.single.empty() && base.single != "0") first = base.single;
  std::string place;
  std::string bound;  // The list that the condition looks into.
  if (!is_deep && !base.single.empty()) {
    place = base.document + ".xml_parent[" + node + "] = " + base.single;
  } else if (!is_deep) {
    bound = NewXmlVariable();
    place =
        Filled(xml.contains, {{'s', bound}, {'n', base.document + ".xml_parent[" + node + "]"}});
  } else if (base.single.empty()) {
    bound = NewXmlVariable();
    const std::string above = NewXmlVariable();
    const std::string begins = above + (step.part == "any" ? " <= " : " < ") + node;
    const std::string inside =
        begins + " and " + node + " <= " + base.document + ".xml_last[" + above + "]";
    place = Filled(xml.count,
                   {{'s', Filled(xml.filter, {{'s', bound}, {'v', above}, {'c', inside}})}}) +
            " > 0";
  }
  // What is cheaper goes first: one number, then a name, then a list.
  const bool is_number = !is_deep && bound.empty();
  const std::string condition = place.empty() ? test
                                : is_number   ? place + " and " + test
                                              : test + " and " + place;
  result.list =
      Filled(xml.from_to, {{'b', first}, {'e', base.last}, {'v', node}, {'c', condition}});
  if (!bound.empty())
    result.list = Filled(xml.bind, {{'s', base.list}, {'v', bound}, {'c', result.list}});
  return result;
}

// [n], [last()], [position() < n]: among those with the same parent, or among all.
Emitter::XmlSet Emitter::EmitXmlAt(const Expr& at) {
  const XmlSyntax& xml = *dialect_.xml;
  const Expr& below = *at.arguments[0];
  XmlSet result = EmitXmlSet(below);
  const bool is_first = at.default_text == "1" && at.quantifier == "=";
  // An element has one attribute of a name.
  if (is_first && (IsStep(below, "attribute") || !result.single.empty()) &&
      below.default_text != "*")
    return result;
  result.list = result.Listed(xml);
  result.single.clear();
  const bool from_one =
      below.text == "XML_STEP" && below.part != "descendant" &&
      (below.arguments[0]->text == "XML_DOCUMENT" || below.arguments[0]->text == "XML_NODE" ||
       below.arguments[0]->text == "XML_ITEM");
  const bool is_whole = at.part == "whole" || from_one;
  if (is_whole && at.quantifier == "=" && at.default_text != "last") {
    result.list = "(" + result.list + ")[" + at.default_text + ":" + at.default_text + "]";
    return result;
  }
  const std::string all = NewXmlVariable();
  const std::string node = NewXmlVariable();
  const std::string other = NewXmlVariable();
  const bool is_last = at.default_text == "last";
  std::string before = other + (is_last ? " > " : " <= ") + node;
  if (!is_whole) {
    const std::string parents = result.document + ".xml_parent[";
    before += " and " + parents + other + "] = " + parents + node + "]";
  }
  const std::string place =
      Filled(xml.count, {{'s', Filled(xml.filter, {{'s', all}, {'v', other}, {'c', before}})}}) +
      " " + (is_last ? "= 0" : at.quantifier + " " + at.default_text);
  const std::string kept = Filled(xml.filter, {{'s', all}, {'v', node}, {'c', place}});
  result.list = Filled(xml.bind, {{'s', result.list}, {'v', all}, {'c', kept}});
  return result;
}

std::string Emitter::EmitXmlPair(const Expr& call, const std::string& left,
                                 const std::string& right) {
  const XmlSyntax& xml = *dialect_.xml;
  const bool is_equality = call.part == "=" || call.part == "<>";
  if (call.quantifier == "number" || is_equality) return left + " " + call.part + " " + right;
  return Filled(xml.ordered_text, {{'0', left}}) + " " + call.part + " " +
         Filled(xml.ordered_text, {{'0', right}});
}

std::string Emitter::EmitXmlCompare(const Expr& call) {
  const XmlSyntax& xml = *dialect_.xml;
  std::vector<std::string> values;
  std::vector<std::pair<XmlSet, std::string>> lists;  // With the variable that goes through each.
  for (const ExprPtr& side : call.arguments) {
    std::string value;
    if (IsSetCall(*side)) {
      const XmlSet set = EmitXmlSet(*side);
      const std::string node = set.single.empty() ? NewXmlVariable() : set.single;
      value = Filled(xml.value_of, {{'x', set.document}, {'n', node}});
      if (set.single.empty()) lists.emplace_back(set, node);
    } else {
      value = Operand(*side, Binding::kAdditive);
    }
    const bool reads_number = call.quantifier == "number" && !tsql::IsNumeric(side->type.id);
    values.push_back(reads_number ? Filled(xml.to_number, {{'0', value}}) : value);
  }
  std::string condition = EmitXmlPair(call, values[0], values[1]);
  for (const auto& [set, node] : lists) {
    condition =
        Filled(xml.count,
               {{'s', Filled(xml.filter, {{'s', set.list}, {'v', node}, {'c', condition}})}}) +
        " > 0";
  }
  return condition;
}

}  // namespace datamigrate::dialects
