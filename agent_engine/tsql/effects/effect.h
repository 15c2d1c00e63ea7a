// What T-SQL does when it runs, as far as its text tells.
//
// Scripts that are only translated hold whatever their authors wrote, and are read, never run: what
// reaches outside of the database is a finding there. SQL that somebody (a person, a model) asks us
// to run is judged by its effects before it reaches a server: see statement_policy.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::tsql {

enum class Effect : uint8_t {
#define EFFECT(id, name, is_outside, text) id,
#include "agent_engine/tsql/effects/effects.def"
#undef EFFECT
};

// "runs-programs": for JSON and options; stable.
std::string_view EffectName(Effect effect);
// "runs programs on the server's machine": for people.
std::string_view EffectText(Effect effect);
// Whether the effect leaves the database that the text belongs to.
bool IsOutside(Effect effect);

// A set of effects. Cheap to copy.
class EffectSet {
 public:
  constexpr EffectSet() = default;
  constexpr EffectSet(std::initializer_list<Effect> effects) {
    for (const Effect effect : effects) Add(effect);
  }
  constexpr bool Has(Effect effect) const { return (bits_ & BitOf(effect)) != 0; }
  constexpr void Add(Effect effect) { bits_ |= BitOf(effect); }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(const EffectSet&, const EffectSet&) = default;

 private:
  static constexpr uint32_t BitOf(Effect effect) { return uint32_t{1} << static_cast<unsigned>(effect); }
  uint32_t bits_ = 0;
};

// One effect and what has it.
struct EffectFinding {
  Effect effect;
  std::string what;                // "xp_cmdshell", "BACKUP DATABASE", "INSERT"
  std::vector<std::string> object;  // what is written or defined, parts unquoted, last part last; else empty
  diagnostics::SourceSpan span;    // in the text that was parsed; of the EXECUTE for what a constant text in it does
  bool is_in_definition = false;   // in the body of a module that the text only defines
};

// Every effect below `node`, in the order of the text. A text that EXECUTE or sp_executesql gets as a constant is read
// too, three levels deep; any other one, and what no row of the table knows, is an effect of its own (kRunsText, kUnknown),
// so that nothing passes because it is not understood. Names are taken as written: whether a view or a routine
// writes is not seen from a statement that names it. EXECUTE of one is kCallsRoutine; functions count as reading, as those
// of T-SQL cannot write.
std::vector<EffectFinding> FindEffects(Node node);

// The same for a text of one batch. What cannot be parsed is kUnknown. `text` may be anything.
std::vector<EffectFinding> FindEffectsOf(std::string_view text);

}  // namespace datamigrate::tsql
