#include "agent_engine/workflow/frame.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace datamigrate::workflow {
namespace {

using nlohmann::json;

// States are any bytes, which texts of JSON may not be.
json Binary(const std::string& bytes) {
  return json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

std::string Bytes(const json& value) {
  const json::binary_t& bytes = value.get_binary();
  return {bytes.begin(), bytes.end()};
}

json ToValue(const Recovery& recovery) {
  json value = {{"strategy", recovery.strategy}};
  json tried = json::array();
  for (const std::string& one : recovery.tried) tried.push_back(Binary(one));
  value["tried"] = std::move(tried);
  value["asked_about"] = Binary(recovery.asked_about);
  if (recovery.answer.has_value()) value["answer"] = Binary(*recovery.answer);
  return value;
}

Recovery ToRecovery(const json& value) {
  Recovery recovery;
  recovery.strategy = value.at("strategy").get<std::size_t>();
  for (const json& one : value.at("tried")) recovery.tried.push_back(Bytes(one));
  recovery.asked_about = Bytes(value.at("asked_about"));
  if (value.contains("answer")) recovery.answer = Bytes(value.at("answer"));
  return recovery;
}

bool SaysNothing(const Recovery& recovery) {
  return recovery.strategy == 0 && recovery.tried.empty() && recovery.asked_about.empty() &&
         !recovery.answer.has_value();
}

Frame ToFrame(const json& value) {
  Frame frame;
  if (value.contains("outer")) {
    for (const json& state : value.at("outer")) frame.outer_states.push_back(Bytes(state));
  }
  if (value.contains("recovery")) frame.recovery = ToRecovery(value.at("recovery"));
  if (value.contains("undoable")) {
    frame.run_id = value.at("run").get<std::string>();
    for (const json& visit : value.at("undoable")) {
      frame.undoable.push_back(
          {visit.at(0).get<int64_t>(), visit.at(1).get<int64_t>(), visit.at(2).get<std::string>()});
    }
  }
  if (value.contains("rolling_back")) frame.rolling_back = Bytes(value.at("rolling_back"));
  return frame;
}

}  // namespace

std::string Encode(const Frame& frame) {
  json value = json::object();
  for (const std::string& state : frame.outer_states) value["outer"].push_back(Binary(state));
  if (!SaysNothing(frame.recovery)) value["recovery"] = ToValue(frame.recovery);
  if (!frame.undoable.empty()) value["run"] = frame.run_id;
  for (const UndoableVisit& visit : frame.undoable) {
    value["undoable"].push_back(json::array({visit.step, visit.before, visit.node}));
  }
  if (!frame.rolling_back.empty()) value["rolling_back"] = Binary(frame.rolling_back);
  if (value.empty()) return "";
  std::string bytes;
  json::to_cbor(value, bytes);
  return bytes;
}

absl::StatusOr<Frame> DecodeFrame(std::string_view bytes) {
  if (bytes.empty()) return Frame();
  try {
    const json value = json::from_cbor(bytes.begin(), bytes.end());
    if (value.is_object()) return ToFrame(value);
  } catch (const json::exception&) {
  }
  return absl::DataLossError("the checkpoint's frame cannot be read");
}

}  // namespace datamigrate::workflow
