#include "agent_engine/rewriting/guarded_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/crypto/digest.h"
#include "fmt/format.h"

namespace datamigrate::rewriting {
namespace {

constexpr char kCanaryRule[] = "canary_repeated";

class Conversation {
 public:
  Conversation(const Guard& guard, const GuardedEventSink& sink,
               const routing::CallContext& context, std::string_view object)
      : guard_(guard), sink_(sink) {
    event_.object = std::string(object);
    event_.agent = context.agent;
    event_.tenant = context.tenant;
    event_.migration = context.migration;
  }

  absl::Status LetOut(std::string_view prompt, const std::vector<std::string_view>& source_texts) {
    Scanned all;
    for (const std::string_view text : source_texts) {
      Scanned scanned = guard_.Scan(text, guardian::FieldKind::kSql);
      all.verdict = std::max(all.verdict, scanned.verdict);
      std::ranges::move(scanned.rules, std::back_inserter(all.rules));
    }
    return Tell("to_model", prompt, std::move(all), "its text may not be sent to a model");
  }

  absl::Status LetIn(const routing::ModelAnswer& answer, const std::string& canary) {
    event_.model = answer.model;
    Scanned scanned = guard_.Scan(answer.text, guardian::FieldKind::kModelOutput);
    if (answer.text.find(canary) != std::string::npos) {
      scanned.verdict = guardian::Action::kBlock;
      scanned.rules.push_back(kCanaryRule);
    }
    return Tell("from_model", answer.text, std::move(scanned), "the model's answer is not let in");
  }

 private:
  absl::Status Tell(std::string direction, std::string_view text, Scanned scanned,
                    std::string_view refusal) {
    event_.direction = std::move(direction);
    event_.verdict = scanned.verdict;
    event_.rules = std::move(scanned.rules);
    event_.text_sha256 = crypto::Sha256Hex(text);
    if (sink_) {
      if (absl::Status told = sink_(event_); !told.ok()) return told;
    }
    if (event_.verdict == guardian::Action::kAllow) return absl::OkStatus();
    return absl::PermissionDeniedError(
        fmt::format("{}: the Guardian found {}", refusal, absl::StrJoin(event_.rules, ", ")));
  }

  const Guard& guard_;
  const GuardedEventSink& sink_;
  GuardedEvent event_;
};

}  // namespace

absl::StatusOr<Guard> Guard::Create() {
  auto rules = guardian::RuleBook::Compile();
  if (!rules.ok()) return rules.status();
  return Guard(std::make_shared<const guardian::RuleBook>(*std::move(rules)));
}

Scanned Guard::Scan(std::string_view text, guardian::FieldKind kind) const {
  guardian::Scanner scanner(*rules_, guardian::LinearModel::BuiltIn());
  const guardian::Verdict verdict = scanner.Scan(text, kind);
  Scanned scanned{verdict.action, {}};
  for (const guardian::Match& match : verdict.matches) {
    if (std::ranges::find(scanned.rules, match.rule) == scanned.rules.end()) {
      scanned.rules.emplace_back(match.rule);
    }
  }
  return scanned;
}

absl::StatusOr<GuardedAnswer> AskGuarded(const Guard& guard, routing::ModelCaller& caller,
                                         const GuardedEventSink& sink,
                                         const knowledge::Prompt& prompt,
                                         const std::vector<std::string_view>& source_texts,
                                         const routing::ModelRequest& request,
                                         const routing::CallContext& context,
                                         std::string_view object) {
  Conversation conversation(guard, sink, context, object);
  if (absl::Status out = conversation.LetOut(prompt.user, source_texts); !out.ok()) return out;
  auto answer = caller.Complete(request, context);
  if (!answer.ok()) return answer.status();
  const absl::Status in = conversation.LetIn(*answer, prompt.canary);
  if (!in.ok() && !absl::IsPermissionDenied(in)) return in;
  return GuardedAnswer{*std::move(answer), std::string(in.message())};
}

}  // namespace datamigrate::rewriting
