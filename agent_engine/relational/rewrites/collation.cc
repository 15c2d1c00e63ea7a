#include "agent_engine/relational/rewrites/collation.h"

#include <algorithm>
#include <cctype>

namespace datamigrate::relational {
namespace {

using namespace tsql;
using diagnostics::DiagnosticId;

bool IsAscii(const std::string& text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
}

bool HasLetters(const std::string& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return std::isalpha(c) || c >= 0x80; });
}

// Whether the value can have letters at all: numbers, dates and GUIDs in text form cannot differ by
// case after lower().
bool MayDifferByCase(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kString:
      return HasLetters(expr.text);
    case ExprKind::kNull:
      return false;
    case ExprKind::kCast:
      return !IsExactNumeric(expr.arguments[0]->type.id);
    case ExprKind::kCase: {
      const size_t count = expr.arguments.size();
      for (size_t i = 1; i < count; i += 2) {
        if (MayDifferByCase(*expr.arguments[i])) return true;
      }
      return expr.has_else && MayDifferByCase(*expr.arguments.back());
    }
    default:
      return true;
  }
}

bool MayEndInBlanks(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kString:
      return expr.text.ends_with(' ');
    case ExprKind::kNull:
      return false;
    case ExprKind::kCast:
      return IsString(expr.arguments[0]->type.id) || IsFixedString(expr.type.id);
    case ExprKind::kConcat:
      return MayEndInBlanks(*expr.arguments.back());
    case ExprKind::kCall:
      return expr.text != "RTRIM" && expr.text != "TRIM";
    case ExprKind::kCase: {
      const size_t count = expr.arguments.size();
      for (size_t i = 1; i < count; i += 2) {
        if (MayEndInBlanks(*expr.arguments[i])) return true;
      }
      return expr.has_else && MayEndInBlanks(*expr.arguments.back());
    }
    default:
      return true;
  }
}

// What a comparison has to level out between its operands.
struct Leveling {
  bool fold_case = false;
  bool fold_accents = false;
  bool trim = false;
  bool any() const { return fold_case || fold_accents || trim; }
};

class CollationKeeper {
 public:
  CollationKeeper(const CollationOptions& options, diagnostics::DiagnosticSink& sink)
      : options_(options), sink_(sink) {}

  void Rewrite(Query& query) {
    ForEachQuery(query, [this](Query& below) { Rewrite(below); });
    ForEachExpr(query, [this](ExprPtr& expr) { Rewrite(expr); });
    if (query.kind == QueryKind::kSelect) {
      if (query.distinct) RewriteDistinct(query);
      if (!query.group_by.empty()) RewriteGrouping(query);
    } else if (query.kind != QueryKind::kUnionAll) {
      RewriteSetOperation(query);
    }
    RewriteOrder(query);
  }

  void Rewrite(ExprPtr& expr) {
    ForEachChild(*expr, [this](ExprPtr& child) { Rewrite(child); });
    if (expr->query) Rewrite(*expr->query);
    switch (expr->kind) {
      case ExprKind::kCompare:
      case ExprKind::kDistinct:
      case ExprKind::kBetween:
      case ExprKind::kInList:
        RewriteComparison(*expr);
        break;
      case ExprKind::kInQuery:
      case ExprKind::kQuantified:
        RewriteQueryComparison(*expr);
        break;
      case ExprKind::kLike:
        RewriteLike(*expr);
        break;
      case ExprKind::kCall:
        RewriteCall(*expr);
        break;
      default:
        break;
    }
    if (expr->window) RewriteWindow(*expr->window);
  }

 private:
  CollationTraits TraitsOfType(const SqlType& type) const {
    return TraitsOf(type.collation, options_.database_collation);
  }

  Leveling LevelingOf(const Expr& expr) const {
    if (!IsString(expr.type.id)) return {};
    const CollationTraits traits = TraitsOfType(expr.type);
    return {.fold_case = !traits.case_sensitive && MayDifferByCase(expr),
            .fold_accents = !traits.accent_sensitive && MayDifferByCase(expr),
            .trim = MayEndInBlanks(expr)};
  }

  ExprPtr Key(ExprPtr operand, const Leveling& leveling) const {
    Leveling needed = leveling;
    needed.trim = needed.trim && MayEndInBlanks(*operand);
    if (operand->kind == ExprKind::kString && !needed.fold_accents &&
        (IsAscii(operand->text) || !needed.fold_case)) {
      std::string& text = operand->text;
      if (needed.fold_case) {
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
      }
      if (needed.trim) text.erase(text.find_last_not_of(' ') + 1);
      return operand;
    }
    if (!needed.any() || operand->kind == ExprKind::kNull) return operand;
    SqlType type = operand->type;
    auto key = MakeExpr(ExprKind::kKey, std::move(type), operand->span);
    key->fold_case = needed.fold_case;
    key->fold_accents = needed.fold_accents;
    key->trim = needed.trim;
    key->arguments = ExprList(std::move(operand));
    return key;
  }

  // What the operands, compared with the first, need: nothing is folded where a constant without
  // letters decides.
  Leveling Common(const std::vector<ExprPtr>& operands) const {
    Leveling leveling;
    SqlType type = operands[0]->type;
    for (const ExprPtr& operand : operands) {
      if (!operand->type.collation.empty()) type.collation = operand->type.collation;
    }
    const CollationTraits traits = TraitsOfType(type);
    bool letters_on_both = MayDifferByCase(*operands[0]);
    bool others = false;
    for (size_t i = 1; i < operands.size(); ++i) others = others || MayDifferByCase(*operands[i]);
    letters_on_both = letters_on_both && others;
    leveling.fold_case = !traits.case_sensitive && letters_on_both;
    leveling.fold_accents = !traits.accent_sensitive && letters_on_both;
    leveling.trim =
        std::ranges::any_of(operands, [](const ExprPtr& e) { return MayEndInBlanks(*e); });
    const bool same_width = std::ranges::all_of(operands, [&](const ExprPtr& e) {
      return e->kind == ExprKind::kColumn && IsFixedString(e->type.id) &&
             e->type.length == operands[0]->type.length;
    });
    if (same_width) leveling.trim = false;
    return leveling;
  }

  static bool AreStrings(const std::vector<ExprPtr>& operands) {
    return std::ranges::all_of(operands,
                               [](const ExprPtr& e) {
                                 return IsString(e->type.id) || e->type.id == TypeId::kNull;
                               }) &&
           std::ranges::any_of(operands, [](const ExprPtr& e) { return IsString(e->type.id); });
  }

  void RewriteComparison(Expr& expr) {
    if (!AreStrings(expr.arguments)) return;
    const bool is_ordering =
        expr.kind == ExprKind::kBetween ||
        (expr.kind == ExprKind::kCompare && expr.text != "=" && expr.text != "<>");
    if (is_ordering && !TraitsOfType(expr.arguments[0]->type).binary) {
      sink_.Report({DiagnosticId::kCollationDecidesOrder,
                    expr.span,
                    {expr.kind == ExprKind::kBetween ? "BETWEEN" : expr.text},
                    "",
                    "",
                    "",
                    {}});
    }
    Leveling leveling = Common(expr.arguments);
    for (ExprPtr& argument : expr.arguments) argument = Key(std::move(argument), leveling);
  }

  void RewriteQueryComparison(Expr& expr) {
    if (!IsString(expr.arguments[0]->type.id)) return;
    const Leveling leveling = LevelingOf(*expr.arguments[0]);
    expr.arguments[0] = Key(std::move(expr.arguments[0]), leveling);
    KeyOutput(*expr.query, leveling);
  }

  void KeyOutput(Query& query, const Leveling& leveling) {
    if (query.kind != QueryKind::kSelect) {
      KeyOutput(*query.left, leveling);
      KeyOutput(*query.right, leveling);
    } else if (!query.items.empty()) {
      query.items[0].expr = Key(std::move(query.items[0].expr), leveling);
    }
  }

  void RewriteLike(Expr& expr) {
    const CollationTraits traits = TraitsOfType(expr.arguments[0]->type);
    expr.fold_case = !traits.case_sensitive;
    expr.fold_accents = !traits.accent_sensitive;
    // Trailing blanks of the text do not count unless a side is Unicode: "LIKE (Transact-SQL)".
    expr.trim = !IsUnicode(expr.arguments[0]->type.id) && !IsUnicode(expr.arguments[1]->type.id);
  }

  void RewriteCall(Expr& call) {
    if (call.arguments.empty()) return;
    const bool is_text = IsString(call.arguments[0]->type.id);
    const Leveling leveling = LevelingOf(*call.arguments[0]);
    if ((call.text == "COUNT" || call.text == "COUNT_BIG" ||
         call.text == "APPROX_COUNT_DISTINCT") &&
        is_text && (call.distinct || call.text == "APPROX_COUNT_DISTINCT")) {
      call.arguments[0] = Key(std::move(call.arguments[0]), leveling);
    } else if ((call.text == "MIN" || call.text == "MAX") && is_text && leveling.fold_case) {
      call.text += "_TEXT";
      call.arguments.push_back(Key(Clone(*call.arguments[0]),
                                   {.fold_case = true, .fold_accents = leveling.fold_accents}));
      sink_.Report({DiagnosticId::kCollationDecidesOrder,
                    call.span,
                    {call.text.substr(0, 3)},
                    "",
                    "",
                    "",
                    {}});
    } else if (call.text == "CHARINDEX" && is_text) {
      const CollationTraits traits = TraitsOfType(call.arguments[1]->type);
      const bool folds = !traits.case_sensitive && MayDifferByCase(*call.arguments[0]) &&
                         MayDifferByCase(*call.arguments[1]);
      const Leveling fold{.fold_case = folds, .fold_accents = !traits.accent_sensitive && folds};
      call.arguments[0] = Key(std::move(call.arguments[0]), fold);
      call.arguments[1] = Key(std::move(call.arguments[1]), fold);
    } else if (call.text == "REPLACE" && is_text) {
      const CollationTraits traits = TraitsOfType(call.arguments[0]->type);
      if (!traits.case_sensitive && MayDifferByCase(*call.arguments[1]))
        call.text = "REPLACE_ANY_CASE";
    } else if ((call.text == "GREATEST" || call.text == "LEAST") && is_text && leveling.fold_case) {
      sink_.Report({DiagnosticId::kCollationNotKept, call.span, {call.text}, "", "", "", {}});
    } else if (call.text == "TRANSLATE" && is_text && leveling.fold_case) {
      TranslateBothCases(call);
    } else if (call.text == "PATINDEX") {
      call.fold_case = !TraitsOfType(call.arguments[0]->type).case_sensitive;
    }
    for (OrderItem& item : call.order_by) item.expr = OrderKey(std::move(item.expr));
  }

  // The characters that are replaced, in both cases.
  static void TranslateBothCases(Expr& call) {
    Expr& from = *call.arguments[1];
    Expr& to = *call.arguments[2];
    if (from.kind != ExprKind::kString || to.kind != ExprKind::kString) return;
    if (!IsAscii(from.text) || !IsAscii(to.text) || from.text.size() != to.text.size()) return;
    const size_t count = from.text.size();
    for (size_t i = 0; i < count; ++i) {
      const auto c = static_cast<unsigned char>(from.text[i]);
      if (!std::isalpha(c)) continue;
      from.text += static_cast<char>(std::isupper(c) ? std::tolower(c) : std::toupper(c));
      to.text += to.text[i];
    }
  }

  void RewriteWindow(Window& window) {
    for (ExprPtr& part : window.partition_by) {
      const Leveling leveling = LevelingOf(*part);
      part = Key(std::move(part), leveling);
    }
    for (OrderItem& item : window.order_by) {
      if (item.expr->type.id == TypeId::kUniqueIdentifier) {
        item.expr = GuidKey(std::move(item.expr));
        continue;
      }
      const Leveling leveling = LevelingOf(*item.expr);
      if (leveling.fold_case)
        sink_.Report({DiagnosticId::kStringOrder, item.expr->span, {}, "", "", "", {}});
      item.expr = Key(std::move(item.expr), leveling);
    }
  }

  ExprPtr OrderKey(ExprPtr expr) {
    if (expr->type.id == TypeId::kUniqueIdentifier) return GuidKey(std::move(expr));
    Leveling leveling = LevelingOf(*expr);
    leveling.trim = false;
    if (leveling.fold_case)
      sink_.Report({DiagnosticId::kStringOrder, expr->span, {}, "", "", "", {}});
    return Key(std::move(expr), leveling);
  }

  static ExprPtr GuidKey(ExprPtr guid) {
    const diagnostics::SourceSpan span = guid->span;
    SqlType type = MakeSized(TypeId::kVarChar, 32, guid->type.nullable);
    type.collation = "Latin1_General_BIN2";
    ExprPtr key = MakeCall("GUID_ORDER", std::move(type), ExprList(std::move(guid)));
    key->span = span;
    return key;
  }

  bool NeedsOrderKey(const Expr& expr) const {
    return LevelingOf(expr).fold_case || expr.type.id == TypeId::kUniqueIdentifier;
  }

  // A result's name cannot stand in an expression behind UNION: the query becomes a source.
  void WrapForOrder(Query& query) const {
    const bool needs_key = std::ranges::any_of(query.order_by, [&](const OrderItem& item) {
      return item.expr->kind == ExprKind::kColumn && item.expr->range == -2 &&
             item.expr->default_text.empty() && NeedsOrderKey(*item.expr);
    });
    const bool named = std::ranges::none_of(
        query.fields, [](const OutputField& field) { return field.name.empty(); });
    if (!needs_key || !named || query.kind == QueryKind::kSelect) return;
    auto inner = std::make_unique<Query>();
    inner->kind = query.kind;
    inner->left = std::move(query.left);
    inner->right = std::move(query.right);
    inner->fields = query.fields;
    query.kind = QueryKind::kSelect;
    query.from = std::make_unique<Source>();
    query.from->kind = SourceKind::kDerived;
    query.from->alias = "combined";
    query.from->query = std::move(inner);
    for (const OutputField& field : query.fields) {
      auto column = MakeExpr(ExprKind::kColumn, field.type);
      column->text = field.name;
      column->range = kCombinedRange;
      query.items.push_back({std::move(column), field.name});
    }
  }

  void RewriteOrder(Query& query) {
    WrapForOrder(query);
    for (OrderItem& item : query.order_by) {
      if (!NeedsOrderKey(*item.expr)) continue;
      if (item.expr->kind == ExprKind::kColumn && item.expr->range == -2) {
        // The key is computed from what the result's column is, since a result's name cannot stand
        // in an expression.
        const auto field = std::ranges::find(query.items, item.expr->text, &SelectItem::alias);
        if (query.kind != QueryKind::kSelect || query.distinct || field == query.items.end()) {
          sink_.Report({DiagnosticId::kStringOrder, item.expr->span, {}, "", "", "", {}});
          continue;
        }
        item.expr = Clone(*field->expr);
      }
      const bool is_text = IsString(item.expr->type.id);
      item.expr = OrderKey(std::move(item.expr));
      // Accents decide after the letters, and digits come behind all other marks.
      if (is_text && item.expr->kind == ExprKind::kKey) {
        const SqlType type = item.expr->type;
        item.expr = MakeCall("TEXT_ORDER", type, ExprList(std::move(item.expr)));
      }
    }
  }

  // -- Grouping
  // -------------------------------------------------------------------------------------------------------------
  bool NeedsKey(const Expr& expr) const {
    return !expr.determined && !IsConstant(expr) && LevelingOf(expr).any();
  }

  struct Grouped {
    ExprPtr expr;
    ExprPtr key;
  };

  void KeyGroups(std::vector<GroupItem>& items, std::vector<Grouped>& grouped) const {
    for (GroupItem& item : items) {
      KeyGroups(item.items, grouped);
      if (!item.expr || !NeedsKey(*item.expr)) continue;
      Leveling leveling = LevelingOf(*item.expr);
      // Values of a char(n) column are all padded alike.
      if (item.expr->kind == ExprKind::kColumn && IsFixedString(item.expr->type.id))
        leveling.trim = false;
      if (!leveling.any()) continue;
      ExprPtr key = Key(Clone(*item.expr), leveling);
      grouped.push_back({std::move(item.expr), Clone(*key)});
      item.expr = std::move(key);
    }
  }

  static void Replace(ExprPtr& expr, const std::vector<Grouped>& grouped, bool has_sets) {
    for (const Grouped& group : grouped) {
      if (!SameExpr(*expr, *group.expr)) continue;
      SqlType type = expr->type;
      const diagnostics::SourceSpan span = expr->span;
      ExprPtr shown = MakeCall("MIN", type, ExprList(std::move(expr)));
      if (has_sets) {
        auto is_grouped = MakeCompare(
            "=",
            MakeCall("GROUPING", MakeType(TypeId::kTinyInt, false), ExprList(Clone(*group.key))),
            MakeInteger(0));
        auto choice = MakeExpr(ExprKind::kCase, type, span);
        choice->type.nullable = true;
        choice->arguments = ExprList(std::move(is_grouped), std::move(shown));
        shown = std::move(choice);
      }
      shown->span = span;
      expr = std::move(shown);
      return;
    }
    if (IsAggregate(*expr)) {
      if (expr->text != "GROUPING" && expr->text != "GROUPING_ID") return;
      for (ExprPtr& argument : expr->arguments) {
        for (const Grouped& group : grouped) {
          if (SameExpr(*argument, *group.expr)) argument = Clone(*group.key);
        }
      }
      return;
    }
    if (expr->kind == ExprKind::kKey) {
      for (const Grouped& group : grouped) {
        if (SameExpr(*expr, *group.key)) return;
      }
    }
    ForEachChild(*expr, [&](ExprPtr& child) { Replace(child, grouped, has_sets); });
  }

  void RewriteGrouping(Query& query) {
    std::vector<Grouped> grouped;
    KeyGroups(query.group_by, grouped);
    if (grouped.empty()) return;
    const bool has_sets = std::ranges::any_of(
        query.group_by, [](const GroupItem& item) { return item.kind != GroupKind::kExpr; });
    const auto replace = [&](ExprPtr& expr) {
      if (expr) Replace(expr, grouped, has_sets);
    };
    for (SelectItem& item : query.items) replace(item.expr);
    replace(query.having);
    replace(query.qualify);
    for (OrderItem& item : query.order_by) replace(item.expr);
  }

  void RewriteDistinct(Query& query) {
    const bool needs_key = std::ranges::any_of(
        query.items, [&](const SelectItem& item) { return NeedsKey(*item.expr); });
    if (!needs_key) return;
    const bool is_simple = !query.is_grouped && !query.having &&
                           std::ranges::none_of(query.items, [](const SelectItem& item) {
                             return ContainsAggregate(*item.expr) || ContainsWindow(*item.expr) ||
                                    item.expr->kind == ExprKind::kSubquery;
                           });
    if (!is_simple) {
      sink_.Report({DiagnosticId::kCollationNotKept,
                    query.items[0].expr->span,
                    {"DISTINCT"},
                    "",
                    "",
                    "",
                    {}});
      return;
    }
    query.distinct = false;
    query.is_grouped = true;
    for (const SelectItem& item : query.items) {
      if (IsConstant(*item.expr)) continue;
      GroupItem group;
      group.expr = Clone(*item.expr);
      query.group_by.push_back(std::move(group));
    }
  }

  // -- Set operations
  // -------------------------------------------------------------------------------------------------------
  static void Literals(const Query& query, size_t index, std::vector<const Expr*>& found) {
    if (query.kind != QueryKind::kSelect) {
      Literals(*query.left, index, found);
      Literals(*query.right, index, found);
    } else if (index < query.items.size()) {
      found.push_back(query.items[index].expr.get());
    }
  }

  bool FieldNeedsKey(const Query& query, size_t index) const {
    if (!IsString(query.fields[index].type.id)) return false;
    std::vector<const Expr*> branches;
    Literals(query, index, branches);
    const bool constant = !branches.empty() && std::ranges::all_of(branches, [](const Expr* e) {
      return e->kind == ExprKind::kString;
    });
    if (constant) {
      // Constants that differ byte by byte but not to the collation must be told to be one.
      const CollationTraits own = TraitsOfType(query.fields[index].type);
      const auto key = [&](const Expr* e) {
        return Key(Clone(*e), {.fold_case = !own.case_sensitive, .trim = true});
      };
      for (const Expr* a : branches) {
        for (const Expr* b : branches) {
          if (a->text != b->text && SameExpr(*key(a), *key(b))) return true;
        }
      }
      return false;
    }
    const CollationTraits traits = TraitsOfType(query.fields[index].type);
    const bool by_case = !traits.case_sensitive && std::ranges::any_of(branches, [](const Expr* e) {
      return MayDifferByCase(*e);
    });
    return by_case ||
           std::ranges::any_of(branches, [](const Expr* e) { return MayEndInBlanks(*e); });
  }

  static void KeepDuplicates(Query& query) {
    if (query.kind == QueryKind::kUnion) query.kind = QueryKind::kUnionAll;
    if (query.kind == QueryKind::kUnionAll) KeepDuplicates(*query.left);
  }

  void RewriteSetOperation(Query& query) {
    bool needs_key = false;
    for (size_t i = 0; i < query.fields.size(); ++i)
      needs_key = needs_key || FieldNeedsKey(query, i);
    if (!needs_key) return;
    const bool named =
        std::ranges::none_of(query.fields, [](const OutputField& f) { return f.name.empty(); });
    if (query.kind == QueryKind::kExcept || query.kind == QueryKind::kIntersect) {
      CompareRows(query);
      return;
    }
    if (query.kind != QueryKind::kUnion || !named) {
      const char* name = query.kind == QueryKind::kUnion    ? "UNION"
                         : query.kind == QueryKind::kExcept ? "EXCEPT"
                                                            : "INTERSECT";
      sink_.Report({DiagnosticId::kCollationNotKept, {}, {name}, "", "", "", {}});
      return;
    }
    auto combined = std::make_unique<Query>();
    combined->kind = QueryKind::kUnionAll;
    combined->left = std::move(query.left);
    combined->right = std::move(query.right);
    combined->fields = query.fields;
    KeepDuplicates(*combined);
    query.kind = QueryKind::kSelect;
    query.is_grouped = true;
    query.from = std::make_unique<Source>();
    query.from->kind = SourceKind::kDerived;
    query.from->alias = "combined";
    query.from->query = std::move(combined);
    std::vector<bool> keyed;
    for (size_t i = 0; i < query.fields.size(); ++i)
      keyed.push_back(FieldNeedsKey(*query.from->query, i));
    for (size_t i = 0; i < query.fields.size(); ++i) {
      auto column = MakeExpr(ExprKind::kColumn, query.fields[i].type);
      column->text = query.fields[i].name;
      column->range = kCombinedRange;
      column->determined = !keyed[i];
      GroupItem group;
      group.expr = Clone(*column);
      query.group_by.push_back(std::move(group));
      query.items.push_back({std::move(column), query.fields[i].name});
    }
    RewriteGrouping(query);
  }

  // EXCEPT and INTERSECT as the distinct rows of the left side that the right side has not, or has:
  // rows that compare as equal, NULL with NULL.
  void CompareRows(Query& query) {
    const auto side = [&](QueryPtr& rows, const std::string& alias, int32_t range) {
      QueryPtr read = AsDerived(std::move(rows), alias);
      for (SelectItem& item : read->items) {
        item.expr->qualifier = alias;
        item.expr->range = range;
      }
      return read;
    };
    QueryPtr left = side(query.left, "left_rows", kCombinedRange);
    QueryPtr right = side(query.right, "right_rows", kCombinedRange - 1);
    for (size_t i = 0; i < left->items.size() && i < right->items.size(); ++i) {
      auto same = MakeExpr(ExprKind::kDistinct, MakeType(TypeId::kBit, false));
      same->negated = true;
      same->arguments = ExprList(Clone(*left->items[i].expr), std::move(right->items[i].expr));
      right->where = right->where
                         ? MakeLogical(ExprKind::kAnd, std::move(right->where), std::move(same))
                         : std::move(same);
    }
    right->items.clear();
    right->items.push_back({MakeInteger(1), ""});
    right->fields.clear();
    Rewrite(right->where);
    auto exists = MakeExpr(ExprKind::kExists, MakeType(TypeId::kBit, false));
    exists->negated = query.kind == QueryKind::kExcept;
    exists->query = std::move(right);
    query.kind = QueryKind::kSelect;
    query.from = std::move(left->from);
    query.items = std::move(left->items);
    query.where = std::move(exists);
    query.distinct = true;
    RewriteDistinct(query);
    RewriteGrouping(query);
  }

  static constexpr int32_t kCombinedRange = -3;

  const CollationOptions& options_;
  diagnostics::DiagnosticSink& sink_;
};

}  // namespace

void KeepCollation(Query& query, const CollationOptions& options,
                   diagnostics::DiagnosticSink& sink) {
  CollationKeeper(options, sink).Rewrite(query);
}

void KeepCollation(ExprPtr& expr, const CollationOptions& options,
                   diagnostics::DiagnosticSink& sink) {
  CollationKeeper(options, sink).Rewrite(expr);
}

}  // namespace datamigrate::relational
