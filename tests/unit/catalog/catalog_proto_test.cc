#include "agent_engine/catalog/catalog_proto.h"

#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>

namespace datamigrate::catalog {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Gives every field of `message`, at any depth, a value that differs from its default and from its
// neighbours'.
void FillEveryField(Message* message, int& counter) {
  const Descriptor* descriptor = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    ++counter;
    const std::string text = "text " + std::to_string(counter);
    const bool repeated = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        FillEveryField(repeated ? reflection->AddMessage(message, field)
                                : reflection->MutableMessage(message, field),
                       counter);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        repeated ? reflection->AddString(message, field, text)
                 : reflection->SetString(message, field, text);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection->SetBool(message, field, true);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection->SetInt32(message, field, counter);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection->SetInt64(message, field, counter);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection->SetUInt32(message, field, counter);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnumValue(message, field, 2);
        break;
      default:
        FAIL("the contract has a field of a kind that this test does not know");
    }
  }
}

TEST_CASE("every field of the contract survives the way into the catalog and back", "[catalog]") {
  v1::Catalog message;
  int counter = 0;
  FillEveryField(&message, counter);
  const auto catalog = FromProto(message);
  REQUIRE(catalog.ok());
  const v1::Catalog again = ToProto(*catalog);
  std::string differences;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&differences);
  const bool equal = differencer.Compare(message, again);
  INFO(differences);
  CHECK(equal);
}

TEST_CASE("every kind of routine keeps its kind", "[catalog]") {
  Catalog catalog;
  for (const RoutineKind kind :
       {RoutineKind::kProcedure, RoutineKind::kScalarFunction, RoutineKind::kInlineFunction,
        RoutineKind::kTableFunction, RoutineKind::kClr}) {
    Routine routine;
    routine.kind = kind;
    catalog.routines.push_back(routine);
  }
  const auto again = FromProto(ToProto(catalog));
  REQUIRE(again.ok());
  for (size_t i = 0; i < catalog.routines.size(); ++i) {
    CHECK(again->routines[i].kind == catalog.routines[i].kind);
  }
}

TEST_CASE("a table without a period and an unknown row count stay so", "[catalog]") {
  Catalog catalog;
  catalog.tables.emplace_back();
  const auto again = FromProto(ToProto(catalog));
  REQUIRE(again.ok());
  CHECK_FALSE(again->tables[0].temporal.has_value());
  CHECK(again->tables[0].row_count == -1);
}

TEST_CASE("a routine without a kind is refused", "[catalog]") {
  v1::Catalog message;
  message.add_routines()->mutable_name()->set_name("f");
  const auto catalog = FromProto(message);
  CHECK(catalog.status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace datamigrate::catalog
