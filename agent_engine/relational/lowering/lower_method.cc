// AT TIME ZONE, and methods of types.
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {

using namespace tsql;

ExprPtr Lowering::LowerAtTimeZone(Node node, Scope& scope) {
  ExprPtr operand = LowerExpr(node.Child(Role::kOperand), scope);
  ExprPtr zone = LowerExpr(node.Child(Role::kZone), scope);
  if (IsString(operand->type.id))
    operand = Convert(std::move(operand), MakeType(TypeId::kDateTime2), true);
  zone = ZoneName(std::move(zone), node);
  const bool has_offset = operand->type.id == TypeId::kDateTimeOffset;
  const SqlType type = MakeType(TypeId::kDateTimeOffset, operand->type.nullable);
  return MakeCall(has_offset ? "AT_TIME_ZONE_OFFSET" : "AT_TIME_ZONE", type,
                  ExprList(std::move(operand), std::move(zone)));
}

ExprPtr Lowering::LowerMethodCall(Node node, Scope& scope) {
  if (IsXmlMethod(node)) return LowerXmlMethod(node, scope);
  const std::string method(node.TokenText(Role::kMethod));
  const Node operand = node.Child(Role::kOperand);
  std::string type = "the type";
  if (operand) {
    ExprPtr value = LowerExpr(operand, scope);
    type = TypeText(value->type);
    if (ExprPtr result = LowerClrMethod(value, method, node, scope)) return result;
    if (value)
      if (ExprPtr property = ClrProperty(value, method)) return property;
  } else if (const Node name = node.Child(Role::kType)) {
    type = std::string(name.Text());
    if (ExprPtr result = LowerClrStatic(type, method, node, scope)) return result;
  }
  return Refuse(DiagnosticId::kUnsupportedMethod, node, {method, type, options_.target_name});
}

}  // namespace datamigrate::relational
