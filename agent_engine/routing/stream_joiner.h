// One text for a caller, out of the streams of several models.
//
// A stream that breaks off has been read by then, so the next model's text must neither repeat nor
// lose any of it. Where the next model can go on with what was given out, its text is joined to
// that. Where it begins anew, its text is compared with what was given out: as long as they are the
// same nothing is given out again (which is how it goes with an answer at temperature 0, or when a
// tunnel and not the model broke); at the first difference the caller is told that all before is
// void, and gets the new text from its beginning. Texts are never guessed to mean the same.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_STREAM_JOINER_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_STREAM_JOINER_H_

#include <string>
#include <string_view>

#include "agent_engine/routing/model_caller.h"

namespace datamigrate::routing {

// One thread at a time. What was given out since the last restart is always a prefix of text(), and
// all of it after End.
class StreamJoiner {
 public:
  // `sink` must outlive this; null: nothing is given out.
  explicit StreamJoiner(const ModelCaller::PieceSink* sink) : sink_(sink) {}

  // A model begins to speak, anew or after `prefix`, which is the beginning of given().
  void Begin(std::string_view model, std::string_view prefix = "");

  // Its next text. False when the sink has had enough.
  bool Add(std::string_view text);

  // It has said all. False when the sink has had enough.
  bool End();

  // What the caller has; what a model may be asked to go on with.
  const std::string& given() const { return given_; }
  // What the model that speaks has said, with the prefix.
  const std::string& text() const { return text_; }

 private:
  bool Give(std::string_view text);
  bool Restart();

  const ModelCaller::PieceSink* const sink_;
  std::string model_;
  std::string given_;
  std::string text_;
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_STREAM_JOINER_H_
