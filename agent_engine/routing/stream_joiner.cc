#include "agent_engine/routing/stream_joiner.h"

#include <algorithm>

namespace datamigrate::routing {

void StreamJoiner::Begin(std::string_view model, std::string_view prefix) {
  model_ = model;
  text_ = prefix;
}

bool StreamJoiner::Add(std::string_view text) {
  const size_t before = text_.size();
  text_ += text;
  // What was given out and not said again yet is looked at first.
  if (before < given_.size()) {
    const size_t shared = std::min(text_.size(), given_.size());
    if (std::string_view(text_).substr(before, shared - before) !=
        std::string_view(given_).substr(before, shared - before)) {
      return Restart();
    }
  }
  if (text_.size() <= given_.size()) return true;
  return Give(std::string_view(text_).substr(given_.size()));
}

bool StreamJoiner::End() {
  return text_.size() >= given_.size() || Restart();
}

bool StreamJoiner::Give(std::string_view text) {
  const StreamPiece piece{StreamPiece::Kind::kText, std::string(text), model_};
  given_ += text;
  return sink_ == nullptr || (*sink_)(piece);
}

bool StreamJoiner::Restart() {
  given_.clear();
  if (sink_ != nullptr && !(*sink_)({StreamPiece::Kind::kRestart, "", model_})) return false;
  return text_.empty() || Give(text_);
}

}  // namespace datamigrate::routing
