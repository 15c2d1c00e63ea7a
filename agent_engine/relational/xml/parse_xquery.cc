// A parser by recursive descent over the text itself: names, not keywords, decide what a word is.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "agent_engine/relational/xml/xquery.h"

namespace datamigrate::relational {
namespace {

constexpr int kMaxDepth = 100;

bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0;
}

bool IsNamePart(char c) {
  return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '.';
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

class XQueryParser {
 public:
  XQueryParser(std::string_view text, XmlNamespaces namespaces)
      : text_(text), namespaces_(std::move(namespaces)) {}

  XQueryParse Parse() {
    ParseProlog();
    XQueryPtr root = failed_ ? nullptr : ParseOr();
    SkipBlanks();
    if (!failed_ && at_ < text_.size()) {
      if (text_[at_] == ',')
        Beyond(at_, "a sequence of several items");
      else
        FailAtWord();
    }
    if (!failed_) result_.root = std::move(root);
    return std::move(result_);
  }

 private:
  // -- Findings: the first one counts.
  void Report(bool is_beyond, size_t begin, std::string problem) {
    if (failed_) return;
    failed_ = true;
    result_.is_beyond = is_beyond;
    result_.problem = std::move(problem);
    result_.begin = begin;
    result_.end = std::min(text_.size(), std::max(at_, begin + 1));
  }
  void Beyond(size_t begin, std::string piece) { Report(true, begin, std::move(piece)); }
  void Wrong(std::string problem) { Report(false, at_, std::move(problem)); }

  // An operator or a keyword where an expression ends.
  void FailAtWord() {
    static constexpr auto kOperators = std::to_array<std::string_view>(
        {"div", "idiv", "mod", "is", "to", "cast", "instance", "treat", "union", "intersect",
         "except", "return", "castable"});
    const size_t begin = at_;
    const std::string word(PeekName());
    if (std::ranges::find(kOperators, std::string_view(word)) != kOperators.end())
      return Beyond(begin, "the operator " + word);
    if (at_ < text_.size() && std::string_view("+-*|").find(text_[at_]) != std::string_view::npos)
      return Beyond(begin, "the operator " + std::string(1, text_[at_]));
    Wrong(at_ < text_.size() ? "unexpected " + std::string(text_.substr(at_, 12))
                             : "unexpected end");
  }

  // -- Text
  void SkipBlanks() {
    while (at_ < text_.size()) {
      if (IsBlank(text_[at_])) {
        ++at_;
      } else if (text_.substr(at_, 2) == "(:") {
        const size_t end = text_.find(":)", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  bool At(std::string_view symbol) {
    SkipBlanks();
    return text_.substr(at_).starts_with(symbol);
  }

  bool Take(std::string_view symbol) {
    if (!At(symbol)) return false;
    at_ += symbol.size();
    return true;
  }

  void Expect(std::string_view symbol) {
    if (!failed_ && !Take(symbol)) Wrong("expected " + std::string(symbol));
  }

  std::string_view PeekName() {
    SkipBlanks();
    size_t end = at_;
    if (end < text_.size() && IsNameStart(text_[end])) {
      while (end < text_.size() && IsNamePart(text_[end])) ++end;
    }
    return text_.substr(at_, end - at_);
  }

  bool TakeWord(std::string_view word) {
    if (PeekName() != word) return false;
    at_ += word.size();
    return true;
  }

  std::string TakeName() {
    const std::string name(PeekName());
    if (name.empty()) Wrong("expected a name");
    at_ += name.size();
    return name;
  }

  // "..." or '...', with the quote doubled for itself and the entities of XML.
  std::string TakeString() {
    SkipBlanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '"' && quote != '\'') {
      Wrong("expected a string");
      return "";
    }
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        if (text_.substr(at_ + 1, 1) != std::string_view(&quote, 1)) {
          ++at_;
          return value;
        }
        ++at_;
      }
      value += text_[at_] == '&' ? TakeEntity() : std::string(1, text_[at_]);
    }
    Wrong("a string without its end");
    return value;
  }

  // Leaves `at_` on the semicolon.
  std::string TakeEntity() {
    static constexpr auto kEntities = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&apos;", "'"}});
    for (const auto& [entity, value] : kEntities) {
      if (!text_.substr(at_).starts_with(entity)) continue;
      at_ += entity.size() - 1;
      return std::string(value);
    }
    Beyond(at_, "a character reference");
    return "";
  }

  // -- Prolog
  void ParseProlog() {
    while (!failed_) {
      const size_t start = at_;
      if (!TakeWord("declare")) return;
      if (TakeWord("namespace")) {
        const std::string prefix = TakeName();
        Expect("=");
        const std::string uri = TakeString();
        namespaces_.emplace_back(prefix, uri);
      } else if (TakeWord("default")) {
        if (!TakeWord("element")) return Beyond(start, "a default that is not of elements");
        if (!TakeWord("namespace")) return Wrong("expected namespace");
        namespaces_.emplace_back("", TakeString());
      } else {
        return Beyond(start, "the declaration of " + std::string(PeekName()));
      }
      Expect(";");
    }
  }

  std::optional<std::string> UriOf(std::string_view prefix) const {
    static constexpr auto kKnown = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"xml", "http://www.w3.org/XML/1998/namespace"},
         {"xsi", "http://www.w3.org/2001/XMLSchema-instance"},
         {"xs", "http://www.w3.org/2001/XMLSchema"}});
    for (auto known = namespaces_.rbegin(); known != namespaces_.rend(); ++known) {
      if (known->first == prefix) return known->second;
    }
    for (const auto& [name, uri] : kKnown) {
      if (name == prefix) return std::string(uri);
    }
    if (prefix.empty()) return "";
    return std::nullopt;
  }

  // -- Expressions
  XQueryPtr Make(XQueryKind kind, size_t begin) const {
    auto node = std::make_unique<XQueryNode>();
    node->kind = kind;
    node->begin = begin;
    node->end = at_;
    return node;
  }

  XQueryPtr ParseOr() { return ParseChain("or", XQueryKind::kOr); }

  XQueryPtr ParseChain(std::string_view word, XQueryKind kind) {
    SkipBlanks();
    const size_t begin = at_;
    if (depth_ == kMaxDepth) {
      Beyond(begin, "nesting this deep");
      return nullptr;
    }
    ++depth_;
    std::vector<XQueryPtr> parts;
    do {
      parts.push_back(kind == XQueryKind::kOr ? ParseChain("and", XQueryKind::kAnd)
                                              : ParseComparison());
    } while (!failed_ && TakeWord(word));
    --depth_;
    if (parts.size() == 1) return std::move(parts[0]);
    XQueryPtr node = Make(kind, begin);
    node->children = std::move(parts);
    return node;
  }

  std::string TakeComparison() {
    static constexpr auto kWords = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"eq", "="}, {"ne", "!="}, {"lt", "<"}, {"le", "<="}, {"gt", ">"}, {"ge", ">="}});
    for (const auto& [word, op] : kWords) {
      if (TakeWord(word)) return std::string(op);
    }
    if (At("<<") || At(">>")) {
      Beyond(at_, "an operator on the order of nodes");
      return "";
    }
    for (const std::string_view op : {"!=", "<=", ">=", "=", "<", ">"}) {
      if (Take(op)) return std::string(op);
    }
    return "";
  }

  XQueryPtr ParseComparison() {
    SkipBlanks();
    const size_t begin = at_;
    XQueryPtr left = ParsePath();
    if (failed_) return left;
    const std::string op = TakeComparison();
    if (op.empty() || failed_) return left;
    XQueryPtr right = ParsePath();
    XQueryPtr node = Make(XQueryKind::kCompare, begin);
    node->text = op;
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    return node;
  }

  XQueryPtr ParsePath() {
    SkipBlanks();
    const size_t begin = at_;
    XQueryPtr node;
    if (At("//")) {
      node = Make(XQueryKind::kDocument, begin);
    } else if (Take("/")) {
      node = Make(XQueryKind::kDocument, begin);
      if (!AtStep()) return node;
      node = ParseStep(std::move(node));
    } else {
      node = ParseStep(Make(XQueryKind::kContext, begin));
    }
    while (!failed_) {
      if (Take("//")) {
        node = AnyBelow(std::move(node));
      } else if (!Take("/")) {
        break;
      }
      node = ParseStep(std::move(node));
    }
    return node;
  }

  // nodes/descendant-or-self::node()
  XQueryPtr AnyBelow(XQueryPtr nodes) {
    XQueryPtr step = Make(XQueryKind::kStep, at_ - 2);
    step->axis = XQueryAxis::kAny;
    step->name = "node()";
    step->children.push_back(std::move(nodes));
    return step;
  }

  bool AtStep() {
    SkipBlanks();
    if (at_ >= text_.size()) return false;
    return IsNameStart(text_[at_]) ||
           std::string_view("@*.(").find(text_[at_]) != std::string::npos;
  }

  XQueryPtr ParseStep(XQueryPtr nodes) {
    SkipBlanks();
    const size_t begin = at_;
    const bool is_parent = At("..");
    const bool is_self = !is_parent && At(".") && nodes->begin != begin;
    XQueryPtr node = ParsePrimary(nodes, begin);
    if (failed_) return node;
    const bool is_step = is_parent || !node;
    if (!node) node = ParseAxisStep(std::move(nodes), begin);
    if (is_self && At("[")) Beyond(begin, "a predicate of . as a step");
    while (!failed_ && Take("[")) {
      XQueryPtr predicate = ParseOr();
      Expect("]");
      XQueryPtr where = Make(XQueryKind::kWhere, begin);
      where->of_step = is_step;
      where->children.push_back(std::move(node));
      where->children.push_back(std::move(predicate));
      node = std::move(where);
    }
    return node;
  }

  // What is no step of an axis; null for one. Takes `nodes` where it goes on from them.
  XQueryPtr ParsePrimary(XQueryPtr& nodes, size_t begin) {
    const bool is_first = nodes->kind == XQueryKind::kContext && nodes->begin == begin;
    if (Take("..")) {
      XQueryPtr step = Make(XQueryKind::kStep, begin);
      step->axis = XQueryAxis::kParent;
      step->name = "node()";
      step->children.push_back(std::move(nodes));
      return step;
    }
    if (At(".") &&
        !(at_ + 1 < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_ + 1])))) {
      Take(".");
      nodes->end = at_;
      return std::move(nodes);
    }
    if (at_ >= text_.size()) {
      Wrong("unexpected end");
      return nullptr;
    }
    const char c = text_[at_];
    const bool is_value = c == '"' || c == '\'' || c == '-' || c == '.' ||
                          std::isdigit(static_cast<unsigned char>(c));
    if (!is_first && (is_value || c == '(')) {
      Beyond(begin, "a step that is no axis and name");
      return nullptr;
    }
    if (c == '(') return ParseParenthesized(begin);
    if (c == '<') {
      Beyond(begin, "a constructor of XML");
      return nullptr;
    }
    if (c == '$') {
      Beyond(begin, "a variable of XQuery");
      return nullptr;
    }
    if (!is_value) return ParseCall(is_first, begin);
    XQueryPtr value =
        Make(c == '"' || c == '\'' ? XQueryKind::kString : XQueryKind::kNumber, begin);
    value->text = value->kind == XQueryKind::kString ? TakeString() : TakeNumber();
    value->end = at_;
    return value;
  }

  XQueryPtr ParseParenthesized(size_t begin) {
    Expect("(");
    if (At(")")) {
      Beyond(begin, "an empty sequence");
      return nullptr;
    }
    XQueryPtr inner = ParseOr();
    if (!failed_ && At(",")) Beyond(begin, "a sequence of several items");
    if (!failed_ && !At(")")) FailAtWord();
    Expect(")");
    return inner;
  }

  std::string TakeNumber() {
    std::string digits;
    while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) ||
                                  text_[at_] == '.' || (digits.empty() && text_[at_] == '-'))) {
      digits += text_[at_++];
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E'))
      Beyond(at_, "a number with an exponent");
    if (std::ranges::none_of(digits, [](unsigned char d) { return std::isdigit(d); }))
      Wrong("expected a number");
    return digits;
  }

  // name(...) that is no kind of node; null for another name.
  XQueryPtr ParseCall(bool is_first, size_t begin) {
    const size_t start = at_;
    std::string name(PeekName());
    if (name.empty()) return nullptr;
    at_ += name.size();
    if (text_.substr(at_).starts_with(":") && !text_.substr(at_).starts_with("::")) {
      ++at_;
      name += ":" + std::string(PeekName());
      at_ = start + name.size();
    }
    static constexpr auto kKinds =
        std::to_array<std::string_view>({"text", "node", "comment", "processing-instruction",
                                         "element", "attribute", "document-node"});
    const bool is_call =
        At("(") && std::ranges::find(kKinds, std::string_view(name)) == kKinds.end();
    static constexpr auto kFlwor = std::to_array<std::string_view>({"for", "let", "some", "every"});
    const bool is_flwor =
        At("$") && std::ranges::find(kFlwor, std::string_view(name)) != kFlwor.end();
    if (is_flwor || (is_call && name == "if")) {
      Beyond(begin, "the expression " + name);
      return nullptr;
    }
    if (!is_call) {
      at_ = start;
      return nullptr;
    }
    if (!is_first) {
      Beyond(begin, "a call of " + name + "() as a step");
      return nullptr;
    }
    return ParseArguments(name, begin);
  }

  XQueryPtr ParseArguments(std::string name, size_t begin) {
    Expect("(");
    XQueryPtr call = Make(XQueryKind::kCall, begin);
    call->text = name.starts_with("fn:") ? name.substr(3) : name;
    if (name == "sql:column" || name == "sql:variable") {
      call->kind = name == "sql:column" ? XQueryKind::kSqlColumn : XQueryKind::kSqlVariable;
      call->text = TakeString();
      Expect(")");
      call->end = at_;
      return call;
    }
    if (!At(")")) {
      do {
        call->children.push_back(ParseOr());
      } while (!failed_ && Take(","));
    }
    if (!failed_ && !At(")")) FailAtWord();
    Expect(")");
    call->end = at_;
    return call;
  }

  XQueryPtr ParseAxisStep(XQueryPtr nodes, size_t begin) {
    XQueryPtr step = Make(XQueryKind::kStep, begin);
    if (Take("@")) {
      step->axis = XQueryAxis::kAttribute;
    } else {
      const std::string axis(PeekName());
      if (!axis.empty() && text_.substr(at_ + axis.size()).starts_with("::")) {
        step->axis = AxisOf(axis, begin);
        if (failed_) return step;
        at_ += axis.size() + 2;
      }
    }
    step->name = TakeTest(step->axis);
    step->end = at_;
    step->children.push_back(std::move(nodes));
    return step;
  }

  XQueryAxis AxisOf(const std::string& name, size_t begin) {
    static constexpr auto kAxes = std::to_array<std::pair<std::string_view, XQueryAxis>>(
        {{"child", XQueryAxis::kChild},
         {"attribute", XQueryAxis::kAttribute},
         {"descendant", XQueryAxis::kDescendant},
         {"descendant-or-self", XQueryAxis::kAny},
         {"self", XQueryAxis::kSelf},
         {"parent", XQueryAxis::kParent}});
    for (const auto& [axis, value] : kAxes) {
      if (axis == name) return value;
    }
    Beyond(begin, "the axis " + name);
    return XQueryAxis::kChild;
  }

  std::string TakeTest(XQueryAxis axis) {
    const size_t begin = at_;
    if (Take("*")) return "*";
    std::string name = TakeName();
    if (failed_) return "";
    std::string prefix;
    if (text_.substr(at_).starts_with(":")) {
      ++at_;
      prefix = std::move(name);
      name = Take("*") ? "*" : TakeName();
      if (failed_) return "";
    } else if (Take("(")) {
      Expect(")");
      if (!failed_ && name != "text" && name != "node") Beyond(begin, name + "()");
      return name + "()";
    }
    const bool has_no_default = axis == XQueryAxis::kAttribute && prefix.empty();
    const std::optional<std::string> uri = has_no_default ? "" : UriOf(prefix);
    if (!uri) {
      at_ = begin;
      Wrong("the prefix " + prefix + " is not declared");
      return "";
    }
    return uri->empty() ? name : "{" + *uri + "}" + name;
  }

  std::string_view text_;
  XmlNamespaces namespaces_;
  size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  XQueryParse result_;
};

}  // namespace

XQueryParse ParseXQuery(std::string_view text, const XmlNamespaces& namespaces) {
  return XQueryParser(text, namespaces).Parse();
}

}  // namespace datamigrate::relational
