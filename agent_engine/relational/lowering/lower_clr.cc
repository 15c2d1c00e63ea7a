// Methods and properties of hierarchyid, geography and geometry. Their values keep the bytes that
// SQL Server stores ([MS-SSCLRT]): they sort and compare as they do there, and what methods ask for
// is read from them.
#include <cstdlib>

#include "agent_engine/relational/lowering/clr_values.h"
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

bool IsSpatial(TypeId id) {
  return id == TypeId::kGeography || id == TypeId::kGeometry;
}

ExprPtr Bytes(std::string hex, TypeId type, diagnostics::SourceSpan span) {
  auto expr = MakeExpr(ExprKind::kBinary, MakeType(type, false), span);
  expr->text = std::move(hex);
  return expr;
}

std::optional<double> NumberOf(const Expr& expr) {
  if (expr.kind != ExprKind::kNumber) return std::nullopt;
  return std::strtod(expr.text.c_str(), nullptr);
}

TypeId ClrTypeOf(const std::string& name) {
  const std::string folded = FoldName(name);
  if (folded == "hierarchyid") return TypeId::kHierarchyId;
  if (folded == "geography") return TypeId::kGeography;
  if (folded == "geometry") return TypeId::kGeometry;
  return TypeId::kUnknown;
}

ExprPtr ClrCall(std::string name, SqlType type, ExprPtr value) {
  type.nullable = true;
  return MakeCall(std::move(name), std::move(type), ExprList(std::move(value)));
}

}  // namespace

// Null where the type or the method is none of these; `value` is then left as it was.
ExprPtr Lowering::LowerClrMethod(ExprPtr& value, const std::string& method, Node node,
                                 Scope& scope) {
  const SqlType& type = value->type;
  ExprPtr result;
  if (type.id == TypeId::kHierarchyId) result = LowerHierarchyMethod(value, method, node, scope);
  if (IsSpatial(type.id)) result = LowerSpatialMethod(value, method, node);
  if (result) result->span = SpanOf(node);
  return result;
}

// "hierarchyid data type method reference".
ExprPtr Lowering::LowerHierarchyMethod(ExprPtr& value, const std::string& method, Node node,
                                       Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  const std::string name = FoldName(method);
  if (name == "tostring" && arguments.empty()) return ClrText(std::move(value));
  if (name == "getlevel" && arguments.empty())
    return ClrCall("HIERARCHYID.GETLEVEL", MakeType(TypeId::kSmallInt), std::move(value));
  if (name == "getancestor" && arguments.size() == 1) {
    ExprPtr levels = Convert(LowerExpr(arguments[0], scope), MakeType(TypeId::kInt), true);
    ExprPtr call =
        ClrCall("HIERARCHYID.GETANCESTOR", MakeType(TypeId::kHierarchyId), std::move(value));
    call->arguments.push_back(std::move(levels));
    return call;
  }
  if (name == "isdescendantof" && arguments.size() == 1) {
    ExprPtr parent = Convert(LowerExpr(arguments[0], scope), MakeType(TypeId::kHierarchyId), true);
    ExprPtr call = ClrCall("HIERARCHYID.ISDESCENDANTOF", MakeType(TypeId::kBit), std::move(value));
    call->arguments.push_back(std::move(parent));
    return call;
  }
  if (name == "getreparentedvalue" && arguments.size() == 2) {
    ExprPtr call =
        ClrCall("HIERARCHYID.GETREPARENTEDVALUE", MakeType(TypeId::kHierarchyId), std::move(value));
    for (const Node argument : arguments) {
      call->arguments.push_back(
          Convert(LowerExpr(argument, scope), MakeType(TypeId::kHierarchyId), true));
    }
    return call;
  }
  return nullptr;
}

// "geography methods", "geometry methods": points only, where the shape matters.
ExprPtr Lowering::LowerSpatialMethod(ExprPtr& value, const std::string& method, Node node) {
  if (!node.Children(Role::kArgument).empty()) return nullptr;
  const std::string name = FoldName(method);
  if (name == "tostring" || name == "stastext") return ClrText(std::move(value));
  if (name == "stgeometrytype")
    return ClrCall("SPATIAL.STGEOMETRYTYPE", MakeSized(TypeId::kNVarChar, 4000), std::move(value));
  return nullptr;
}

// A column's property, which is written without parentheses; null where it has none such.
ExprPtr Lowering::ClrProperty(ExprPtr& value, const std::string& property) {
  const std::string name = FoldName(property);
  const TypeId id = value->type.id;
  if (name == "isnull" && IsOpaque(id) && id != TypeId::kXml) {
    auto test = MakeExpr(ExprKind::kIsNull, MakeType(TypeId::kBit, false), value->span);
    test->arguments = ExprList(std::move(value));
    auto flag = MakeExpr(ExprKind::kCase, MakeType(TypeId::kInt, false), test->span);
    flag->has_else = true;
    flag->arguments = ExprList(std::move(test), MakeInteger(1), MakeInteger(0));
    return Convert(std::move(flag), MakeType(TypeId::kBit), true);
  }
  if (!IsSpatial(id)) return nullptr;
  // A geography keeps the latitude first, a geometry x.
  const SqlType number = MakeType(TypeId::kFloat);
  if (name == (id == TypeId::kGeography ? "lat" : "stx"))
    return ClrCall("SPATIAL.FIRST", number, std::move(value));
  if (name == (id == TypeId::kGeography ? "long" : "sty"))
    return ClrCall("SPATIAL.SECOND", number, std::move(value));
  if (name == "stsrid") return ClrCall("SPATIAL.STSRID", MakeType(TypeId::kInt), std::move(value));
  return nullptr;
}

// What ToString() gives: "/1/2/", "POINT (x y)".
ExprPtr Lowering::ClrText(ExprPtr value) {
  if (value->type.id == TypeId::kHierarchyId)
    return ClrCall("HIERARCHYID.TOSTRING", MakeSized(TypeId::kNVarChar, 4000), std::move(value));
  const bool is_geography = value->type.id == TypeId::kGeography;
  const SqlType number = MakeType(TypeId::kFloat);
  ExprPtr first = ClrCall("SPATIAL.FIRST", number, relational::Clone(*value));
  ExprPtr second = ClrCall("SPATIAL.SECOND", number, relational::Clone(*value));
  ExprPtr call =
      ClrCall("SPATIAL.TOSTRING", MakeSized(TypeId::kNVarChar, SqlType::kMax), std::move(value));
  call->arguments.push_back(std::move(is_geography ? second : first));
  call->arguments.push_back(std::move(is_geography ? first : second));
  return call;
}

// Conversions from and to CLR types: constants from text, text from all, bytes as they are. Null
// where the conversion has nothing to do with them.
ExprPtr Lowering::ConvertClr(ExprPtr& expr, const SqlType& type) {
  const SqlType from = expr->type;
  const bool is_from = from.id == TypeId::kHierarchyId || IsSpatial(from.id);
  const bool is_to = type.id == TypeId::kHierarchyId || IsSpatial(type.id);
  if (is_from && IsString(type.id)) return Convert(ClrText(std::move(expr)), type, true);
  if ((is_from && IsBinary(type.id)) || (is_to && IsBinary(from.id))) {
    SqlType result = type;
    result.nullable = from.nullable;
    expr->type = std::move(result);
    return std::move(expr);
  }
  if (!is_to || !IsString(from.id)) return nullptr;
  if (expr->kind == ExprKind::kString) {
    const int32_t srid = type.id == TypeId::kGeography ? 4326 : 0;
    ExprPtr value = ClrConstant(type.id, expr->text, srid, expr->span);
    if (value) return value;
  }
  const diagnostics::SourceSpan span = expr->span;
  ReportAt(DiagnosticId::kClrTextNotConstant, span, {TypeText(type)},
           "keep the value in a column of its own type");
  return MakeNull(type);
}

// Null for text that is no value of the type, or a shape other than a point.
ExprPtr Lowering::ClrConstant(TypeId type, const std::string& text, int32_t srid,
                              diagnostics::SourceSpan span) {
  if (type == TypeId::kHierarchyId) {
    std::optional<std::string> bytes = HierarchyBytes(text);
    return bytes ? Bytes(std::move(*bytes), type, span) : nullptr;
  }
  const std::optional<PointText> point = ParsePoint(text);
  if (!point) return nullptr;
  const bool is_geography = type == TypeId::kGeography;
  return Bytes(
      PointBytes(is_geography ? point->y : point->x, is_geography ? point->x : point->y, srid),
      type, span);
}

// hierarchyid::Parse('/1/'), geography::Point(47.6, -122.3, 4326), .... Null for other types.
ExprPtr Lowering::LowerClrStatic(const std::string& type_name, const std::string& method, Node node,
                                 Scope& scope) {
  const TypeId type = ClrTypeOf(type_name);
  if (type == TypeId::kUnknown) return nullptr;
  const std::string name = FoldName(method);
  std::vector<ExprPtr> arguments;
  for (const Node argument : node.Children(Role::kArgument))
    arguments.push_back(LowerExpr(argument, scope));
  if (name == "null" && arguments.empty()) return MakeNull(MakeType(type));
  if (type == TypeId::kHierarchyId) {
    if (name == "getroot" && arguments.empty()) return Bytes("", type, SpanOf(node));
    if (name != "parse" || arguments.size() != 1) return nullptr;
    return Convert(std::move(arguments[0]), MakeType(type), false);
  }
  const auto srid_of = [&](size_t index) -> std::optional<double> {
    return index < arguments.size() ? NumberOf(*arguments[index]) : std::nullopt;
  };
  if (name == "point" && arguments.size() == 3) {
    const auto first = NumberOf(*arguments[0]);
    const auto second = NumberOf(*arguments[1]);
    const auto srid = srid_of(2);
    if (first && second && srid)
      return Bytes(PointBytes(*first, *second, static_cast<int32_t>(*srid)), type, SpanOf(node));
    return Refuse(DiagnosticId::kClrTextNotConstant, node, {TypeText(MakeType(type))},
                  "keep the value in a column of its own type");
  }
  const bool reads_text = name == "parse" || name == "stgeomfromtext" || name == "stpointfromtext";
  if (!reads_text || arguments.empty()) return nullptr;
  const auto srid = arguments.size() > 1 ? srid_of(1) : type == TypeId::kGeography ? 4326 : 0;
  if (srid && arguments[0]->kind == ExprKind::kString) {
    ExprPtr value =
        ClrConstant(type, arguments[0]->text, static_cast<int32_t>(*srid), SpanOf(node));
    if (value) return value;
  }
  return Refuse(DiagnosticId::kClrTextNotConstant, node, {TypeText(MakeType(type))},
                "keep the value in a column of its own type");
}

}  // namespace datamigrate::relational
