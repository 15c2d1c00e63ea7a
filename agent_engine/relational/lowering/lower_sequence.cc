// NEXT VALUE FOR: "NEXT VALUE FOR (Transact-SQL)".
#include <cstdlib>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/sequence_names.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr std::string_view kLast = "@@last:";

catalog::ObjectName NameOf(Node next_value) {
  const std::vector<std::string> parts = NamePartsOf(next_value.Child(Role::kSequence));
  const bool has_schema = parts.size() > 1 && !parts[parts.size() - 2].empty();
  return {has_schema ? parts[parts.size() - 2] : "dbo", parts.back()};
}

std::string KeyOf(Node next_value) {
  const catalog::ObjectName name = NameOf(next_value);
  return catalog::FoldName(name.schema) + "." + catalog::FoldName(name.name);
}

int64_t NumberOr(const std::string& text, int64_t otherwise) {
  return text.empty() ? otherwise : std::strtoll(text.c_str(), nullptr, 10);
}

}  // namespace

const catalog::Sequence* FindSequence(const catalog::Catalog& catalog, Node next_value) {
  const catalog::ObjectName name = NameOf(next_value);
  for (const catalog::Sequence& sequence : catalog.sequences) {
    const std::string& schema = sequence.name.schema.empty() ? "dbo" : sequence.name.schema;
    if (catalog::EqualNames(schema, name.schema) &&
        catalog::EqualNames(sequence.name.name, name.name)) {
      return &sequence;
    }
  }
  return nullptr;
}

std::string LastNumberVariable(Node next_value) {
  return std::string(kLast) + KeyOf(next_value);
}

std::string NextNumberVariable(Node next_value) {
  return "@@next:" + KeyOf(next_value);
}

bool IsLastNumberVariable(const std::string& name) {
  return name.starts_with(kLast);
}

int64_t StepOf(const catalog::Sequence& sequence) {
  return NumberOr(sequence.increment, 1);
}

int64_t StartOf(const catalog::Sequence& sequence) {
  const int64_t step = StepOf(sequence);
  return NumberOr(sequence.start, NumberOr(step < 0 ? sequence.maximum : sequence.minimum, 1));
}

// The number after the last one; over rows, each row has one of its own.
ExprPtr Lowering::LowerNextValue(Node node, Scope& scope) {
  const catalog::Sequence* sequence = FindSequence(catalog_.catalog(), node);
  const auto last = variables_.find(NextNumberVariable(node));
  if (sequence == nullptr || last == variables_.end()) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {Described(node), options_.target_name});
  }
  const int64_t step = StepOf(*sequence);
  ExprPtr offset = MakeInteger(step * (drawn_before_ + 1));
  if (!scope.ranges.empty()) {
    offset = MakeCall("ROW_NUMBER", MakeType(TypeId::kBigInt, false), {});
    offset->window = std::make_unique<Window>();
    if (const Node over = node.Child(Role::kOver)) offset->window = LowerOver(over, scope);
    if (step != 1) offset = Arithmetic("*", std::move(offset), MakeInteger(step), node);
  }
  ExprPtr number = Arithmetic("+", relational::Clone(*last->second), std::move(offset), node);
  return Convert(std::move(number), FromCatalogType(sequence->type), true);
}

}  // namespace datamigrate::relational
