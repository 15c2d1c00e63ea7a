#include "gateway/endpoints/message_writer.h"

#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "datamigrate/v1/migration.pb.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::gateway {
namespace {

std::string Written(const google::protobuf::Message& message) {
  std::string json;
  WriteMessage(message, json);
  return json;
}

// What protobuf itself makes of it.
std::string Reference(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  REQUIRE(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

void CheckSame(const google::protobuf::Message& message) {
  CHECK(nlohmann::json::parse(Written(message)) == nlohmann::json::parse(Reference(message)));
}

v1::Migration FullMigration() {
  v1::Migration migration;
  migration.set_id("00000000-0000-4000-8000-000000000001");
  migration.set_name("\"a\\b\"\n\r\t\x01\x7f</script>\xe2\x80\xa8\xe2\x80\xa9\xe2\x82\xac 名前");
  migration.set_status(v1::MIGRATION_STATUS_WAITING);
  migration.set_progress(0.1);
  migration.mutable_created_at()->set_seconds(1795286400);
  migration.mutable_updated_at()->set_seconds(1795286400);
  migration.mutable_updated_at()->set_nanos(120000000);
  migration.mutable_finished_at()->set_seconds(-1);
  migration.mutable_finished_at()->set_nanos(1001);
  auto* count = migration.add_object_counts();
  count->set_kind("table");
  count->set_found(std::numeric_limits<int32_t>::min());
  auto* check = migration.mutable_validation_result()->add_checks();
  check->set_total(std::numeric_limits<int64_t>::max());
  check->set_weight(1e300);
  check->add_findings("one");
  check->add_findings("");
  migration.mutable_question()->add_options()->set_id("yes");
  (*migration.mutable_diagnostics_by_code())["TS0210"] = 3;
  (*migration.mutable_diagnostics_by_code())["\"odd\""] = -1;
  return migration;
}

TEST_CASE("A message is the JSON that protobuf makes of it", "[gateway][json]") {
  CheckSame(v1::Migration());
  CheckSame(FullMigration());
  v1::ListMigrationsResponse page;
  CheckSame(page);
  *page.add_migrations() = FullMigration();
  *page.add_migrations() = v1::Migration();
  page.set_next_page_token("x");
  CheckSame(page);
  v1::MigrationState state;
  (*state.mutable_model_seconds())["m"] = 1.5;
  state.add_diagnostics()->set_line(std::numeric_limits<uint32_t>::max());
  state.mutable_metadata();
  CheckSame(state);
  v1::FileChunk chunk;
  chunk.set_content(std::string("\0\xff bytes", 8));
  CheckSame(chunk);
}

TEST_CASE("Numbers that JSON has no word for, and enums that have no name", "[gateway][json]") {
  v1::Migration migration;
  migration.set_progress(std::numeric_limits<double>::infinity());
  CheckSame(migration);
  migration.set_progress(std::numeric_limits<double>::quiet_NaN());
  CheckSame(migration);
  migration.set_progress(-0.0);
  CheckSame(migration);
  migration.set_status(static_cast<v1::MigrationStatus>(77));
  CheckSame(migration);
}

TEST_CASE("Nothing in the text ends a script or a line of it", "[gateway][json]") {
  const std::string json = Written(FullMigration());
  CHECK(json.find('<') == std::string::npos);
  CHECK(json.find("\xe2\x80\xa8") == std::string::npos);
  CHECK(json.find("\\u2028\\u2029\xe2\x82\xac") != std::string::npos);
}

}  // namespace
}  // namespace datamigrate::gateway
