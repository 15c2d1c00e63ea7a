#include "agent_engine/agents/guarded_source.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/crypto/digest.h"

namespace datamigrate::agents {
namespace {

constexpr char kHint[] =
    "It is not sent to language models as it stands. Read it: it may hold a password, or words "
    "that "
    "are meant for a model.";

class TextReader {
 public:
  explicit TextReader(const rewriting::Guard& guard) : guard_(guard) {}

  template <typename Object>
  void ReadDefinition(const Object& object) {
    Read(object, object.definition, guardian::FieldKind::kSql);
  }

  template <typename Object>
  void ReadDescription(const Object& object, const std::string& description) {
    if (!description.empty()) Read(object, description, guardian::FieldKind::kMetadata);
  }

  std::vector<MindedText> Take() { return std::move(minded_); }

 private:
  template <typename Object>
  void Read(const Object& object, const std::string& text, guardian::FieldKind kind) {
    rewriting::Scanned scanned = guard_.Scan(text, kind);
    if (scanned.may_pass()) return;
    minded_.push_back({object.name, object.place, text, std::move(scanned)});
  }

  const rewriting::Guard& guard_;
  std::vector<MindedText> minded_;
};

}  // namespace

std::vector<MindedText> FindMindedTexts(const rewriting::Guard& guard,
                                        const catalog::Catalog& catalog) {
  TextReader reader(guard);
  for (const catalog::Table& table : catalog.tables) {
    reader.ReadDescription(table, table.description);
    for (const catalog::Column& column : table.columns) {
      reader.ReadDescription(table, column.description);
    }
  }
  for (const catalog::View& view : catalog.views) {
    reader.ReadDefinition(view);
    reader.ReadDescription(view, view.description);
  }
  for (const catalog::Routine& routine : catalog.routines) {
    reader.ReadDefinition(routine);
    reader.ReadDescription(routine, routine.description);
  }
  for (const catalog::Trigger& trigger : catalog.triggers) reader.ReadDefinition(trigger);
  return reader.Take();
}

std::vector<diagnostics::Diagnostic> FindingsOf(const std::vector<MindedText>& minded) {
  std::vector<diagnostics::Diagnostic> findings;
  for (const MindedText& text : minded) {
    if (!findings.empty() && findings.back().object == text.object.ToString()) continue;
    diagnostics::Diagnostic& finding = findings.emplace_back();
    finding.id = diagnostics::DiagnosticId::kMindedByGuardian;
    finding.arguments = {text.object.ToString(), absl::StrJoin(text.scanned.rules, ", ")};
    finding.hint = kHint;
    finding.object = text.object.ToString();
    finding.file = text.place.file;
    finding.place = {text.place.line, text.place.column};
  }
  return findings;
}

absl::Status TellOf(const std::vector<MindedText>& minded, const Environment& environment,
                    const std::string& tenant, workflow::NodeContext& context) {
  if (minded.empty() || !environment.on_guarded) return absl::OkStatus();
  const auto told = context.Once("guardian", [&](bool) -> absl::StatusOr<std::string> {
    for (const MindedText& text : minded) {
      rewriting::GuardedEvent event;
      event.direction = "from_source";
      event.object = text.object.ToString();
      event.agent = context.place().node;
      event.tenant = tenant;
      event.migration = context.run_id();
      event.verdict = text.scanned.verdict;
      event.rules = text.scanned.rules;
      event.text_sha256 = crypto::Sha256Hex(text.text);
      if (absl::Status written = environment.on_guarded(event); !written.ok()) return written;
    }
    return std::to_string(minded.size());
  });
  return told.status();
}

}  // namespace datamigrate::agents
