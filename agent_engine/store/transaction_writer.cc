#include "agent_engine/store/transaction_writer.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "agent_engine/workflow/agent_records.h"

namespace datamigrate::store {
namespace {

// Rows per statement: bounds what one round trip carries.
constexpr std::size_t kModelsPerStatement = 200;

constexpr pg::Statement kUpdate = {
    "update_migration",
    "UPDATE migrations SET progress = coalesce($2, progress), score = coalesce($3, score),"
    " project_path = coalesce($4, project_path), summary = coalesce($5::jsonb, summary),"
    " updated_at = clock_timestamp() WHERE id = $1"};
constexpr pg::Statement kUpsertModels = {
    "upsert_models",
    "INSERT INTO migration_models (migration_id, name, object, layer, materialization, status,"
    "   source_sql, target_sql, diagnostics)"
    " SELECT $1::uuid, name, object, layer, materialization, status, source_sql, target_sql,"
    "   diagnostics::jsonb"
    " FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
    "   $8::text[], $9::text[]) AS model (name, object, layer, materialization, status,"
    "   source_sql, target_sql, diagnostics)"
    " ON CONFLICT (migration_id, name) DO UPDATE SET object = excluded.object,"
    "   layer = excluded.layer, materialization = excluded.materialization,"
    "   status = excluded.status, source_sql = excluded.source_sql,"
    "   target_sql = excluded.target_sql, diagnostics = excluded.diagnostics,"
    "   updated_at = clock_timestamp()"};
constexpr pg::Statement kClearResults = {
    "clear_results",
    "WITH gone AS (DELETE FROM migration_models WHERE migration_id = $1)"
    " UPDATE migrations SET score = NULL, project_path = '', updated_at = clock_timestamp()"
    " WHERE id = $1"};
constexpr pg::Statement kRecordChunk = {
    "record_chunk",
    "INSERT INTO data_chunks (migration_id, table_name, chunk, row_count, checksum, status)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (migration_id, table_name, chunk) DO UPDATE SET row_count = excluded.row_count,"
    "   checksum = excluded.checksum, status = excluded.status, updated_at = clock_timestamp()"};

// One statement for all: grades travel as one JSON text.
constexpr pg::Statement kRecordGrades = {
    "record_model_grades",
    "INSERT INTO model_grades (migration_id, tenant, object, attempt, tier, model, prompt, codes,"
    "   verdict, is_accepted, cost_microdollars, input_tokens, output_tokens)"
    " SELECT m.id, m.tenant, g.object, g.attempt, g.tier, g.model, g.prompt, g.codes, g.verdict,"
    "   g.is_accepted, g.cost_microdollars, g.input_tokens, g.output_tokens"
    " FROM migrations m, jsonb_to_recordset($2::jsonb) AS g (object text, attempt integer,"
    "   tier text, model text, prompt text, codes text[], verdict text, is_accepted boolean,"
    "   cost_microdollars bigint, input_tokens bigint, output_tokens bigint)"
    " WHERE m.id = $1"
    " ON CONFLICT (migration_id, object, attempt) DO UPDATE SET verdict = excluded.verdict,"
    "   is_accepted = excluded.is_accepted"};

nlohmann::json ToJson(const ModelGrade& grade) {
  return {{"object", pg::ToStorableText(grade.object)},
          {"attempt", grade.attempt},
          {"tier", grade.tier},
          {"model", pg::ToStorableText(grade.model)},
          {"prompt", grade.prompt},
          {"codes", grade.codes},
          {"verdict", grade.verdict},
          {"is_accepted", grade.is_accepted},
          {"cost_microdollars", grade.cost_microdollars},
          {"input_tokens", grade.input_tokens},
          {"output_tokens", grade.output_tokens}};
}

// The job's row is locked, so nobody else numbers the run's messages.
constexpr pg::Statement kSendMessage = {
    "send_message",
    "INSERT INTO agent_messages (run_id, number, from_agent, to_agent, kind, priority, deadline,"
    "   reply_expected, reply_to, body, sent_step)"
    " SELECT $1::uuid, coalesce(max(number), 0) + 1, $2::text, $3::text, $4::text, $5::integer,"
    "   clock_timestamp() + $6::interval, $7::boolean, $8::bigint, $9::jsonb, $10::bigint"
    " FROM agent_messages WHERE run_id = $1::uuid"};
constexpr pg::Statement kAnswerMessage = {
    "answer_message",
    "UPDATE agent_messages SET answered_step = coalesce(answered_step, $3),"
    "   answered_at = coalesce(answered_at, clock_timestamp())"
    " WHERE run_id = $1 AND number = $2 RETURNING number"};
constexpr pg::Statement kTakeMessages = {
    "take_messages",
    "UPDATE agent_messages SET taken_step = $3, taken_at = clock_timestamp()"
    " WHERE run_id = $1 AND number = ANY ($2::bigint[]) AND taken_at IS NULL"};
constexpr pg::Statement kForgetMessages = {
    "forget_messages", "DELETE FROM agent_messages WHERE run_id = $1 AND sent_step > $2"};
constexpr pg::Statement kReopenMessages = {
    "reopen_messages",
    "UPDATE agent_messages SET"
    "   taken_at = CASE WHEN taken_step <= $2 THEN taken_at END,"
    "   taken_step = CASE WHEN taken_step <= $2 THEN taken_step END,"
    "   answered_at = CASE WHEN answered_step <= $2 THEN answered_at END,"
    "   answered_step = CASE WHEN answered_step <= $2 THEN answered_step END"
    " WHERE run_id = $1 AND (taken_step > $2 OR answered_step > $2)"};
constexpr pg::Statement kRemember = {
    "remember",
    "INSERT INTO agent_memory (tenant, agent, key, value)"
    " SELECT tenant, $2::text, $3::text, $4::jsonb FROM migrations WHERE id = $1"
    " ON CONFLICT (tenant, agent, key) DO UPDATE SET value = excluded.value,"
    "   updated_at = clock_timestamp()"};
constexpr pg::Statement kForget = {
    "forget",
    "DELETE FROM agent_memory a USING migrations m"
    " WHERE m.id = $1 AND a.tenant = m.tenant AND a.agent = $2 AND a.key = $3"};

template <typename Field>
std::vector<std::string> Column(const std::vector<const ModelRecord*>& models, Field field) {
  std::vector<std::string> column;
  column.reserve(models.size());
  for (const ModelRecord* model : models) column.push_back(pg::ToStorableText(model->*field));
  return column;
}

std::vector<std::string> Diagnostics(const std::vector<const ModelRecord*>& models) {
  std::vector<std::string> column;
  for (const ModelRecord* model : models) {
    column.push_back(pg::ToStorableJson(model->diagnostics_json));
  }
  return column;
}

}  // namespace

absl::Status TransactionWriter::Update(const MigrationUpdate& update) {
  std::optional<std::string> summary;
  if (update.summary_json.has_value()) summary = pg::ToStorableJson(*update.summary_json);
  return transaction_
      ->Execute(kUpdate,
                {migration_id_, update.progress, update.score, update.project_path, summary})
      .status();
}

absl::Status TransactionWriter::UpsertModels(const std::vector<ModelRecord>& models) {
  std::map<std::string, const ModelRecord*> by_name;  // a statement may touch a row only once
  for (const ModelRecord& model : models) by_name[pg::ToStorableText(model.name)] = &model;
  std::vector<const ModelRecord*> batch;
  auto next = by_name.begin();
  while (next != by_name.end()) {
    batch.clear();
    for (; next != by_name.end() && batch.size() < kModelsPerStatement; ++next) {
      batch.push_back(next->second);
    }
    absl::StatusOr<pg::Result> result = transaction_->Execute(
        kUpsertModels,
        {migration_id_, Column(batch, &ModelRecord::name), Column(batch, &ModelRecord::object),
         Column(batch, &ModelRecord::layer), Column(batch, &ModelRecord::materialization),
         Column(batch, &ModelRecord::status), Column(batch, &ModelRecord::source_sql),
         Column(batch, &ModelRecord::target_sql), Diagnostics(batch)});
    if (!result.ok()) return result.status();
  }
  return absl::OkStatus();
}

absl::Status TransactionWriter::ClearResults() {
  return transaction_->Execute(kClearResults, {migration_id_}).status();
}

absl::Status TransactionWriter::RecordChunk(const ChunkRecord& chunk) {
  return transaction_
      ->Execute(kRecordChunk, {migration_id_, pg::ToStorableText(chunk.table), chunk.chunk,
                               chunk.rows, chunk.checksum, chunk.status})
      .status();
}

absl::Status TransactionWriter::RecordGrades(const std::vector<ModelGrade>& grades) {
  if (grades.empty()) return absl::OkStatus();
  nlohmann::json rows = nlohmann::json::array();
  for (const ModelGrade& grade : grades) rows.push_back(ToJson(grade));
  return transaction_->Execute(kRecordGrades, {migration_id_, rows.dump()}).status();
}

absl::Status TransactionWriter::SendMessage(std::string_view from, const workflow::Message& message,
                                            int64_t step) {
  if (message.reply_to > 0) {
    absl::StatusOr<pg::Result> answered =
        transaction_->Execute(kAnswerMessage, {migration_id_, message.reply_to, step});
    if (!answered.ok()) return answered.status();
    if (answered->empty()) {
      return absl::InvalidArgumentError(
          fmt::format("there is no message {} to answer", message.reply_to));
    }
  }
  std::optional<absl::Duration> within;  // none: for ever
  if (message.within != absl::InfiniteDuration()) within = message.within;
  std::optional<int64_t> reply_to;
  if (message.reply_to > 0) reply_to = message.reply_to;
  return transaction_
      ->Execute(kSendMessage, {migration_id_, from, message.to, workflow::ToString(message.kind),
                               message.priority, within, message.is_reply_expected, reply_to,
                               pg::ToStorableJson(message.body), step})
      .status();
}

absl::Status TransactionWriter::TakeMessages(const std::vector<int64_t>& numbers, int64_t step) {
  std::vector<std::string> texts;
  for (const int64_t number : numbers) texts.push_back(std::to_string(number));
  return transaction_->Execute(kTakeMessages, {migration_id_, texts, step}).status();
}

absl::Status TransactionWriter::RewindMessages(int64_t step) {
  absl::StatusOr<pg::Result> gone = transaction_->Execute(kForgetMessages, {migration_id_, step});
  if (!gone.ok()) return gone.status();
  return transaction_->Execute(kReopenMessages, {migration_id_, step}).status();
}

absl::Status TransactionWriter::Remember(std::string_view agent, const workflow::Memory& memory) {
  const std::string key = pg::ToStorableText(memory.key);
  if (!memory.value.has_value()) {
    return transaction_->Execute(kForget, {migration_id_, agent, key}).status();
  }
  return transaction_
      ->Execute(kRemember, {migration_id_, agent, key, pg::ToStorableJson(*memory.value)})
      .status();
}

}  // namespace datamigrate::store
