// Whether SQL that somebody asks us to run may run, by its effects.
//
//   const Ruling ruling = Judge(FindEffectsOf(sql), SourcePolicy());
//   if (ruling.verdict != Verdict::kAllow) return Refuse(ruling.reasons);
//
// For T-SQL on a server of the customer: queries of a profile, and statements that a model writes. Text that is only
// translated is not judged: its outside effects are findings of the assessment.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/tsql/effects/effect.h"

namespace datamigrate::tsql {

enum class Verdict : uint8_t { kAllow, kAskPerson, kRefuse };

struct StatementPolicy {
  EffectSet allowed;
  EffectSet needs_person;  // each one is put to a person; what is in neither set is refused
  // Schemas, whatever their case, whose objects may be written, defined or dropped, as far as the effects are allowed. A
  // name without a schema is of `default_schema`; one with a database or a server is refused.
  std::vector<std::string> writable_schemas;
  std::string default_schema = "dbo";
};

// The source is read, and nothing else: no writes, no locks that are kept, nothing outside of the database, no call
// of a routine, whose effects are not seen, and no text that is known only when it runs.
StatementPolicy SourcePolicy();

// A target that is a T-SQL engine is read everywhere, and written in `schemas`; drops, and calls of routines, need a person.
StatementPolicy TargetPolicy(std::vector<std::string> schemas);

struct Reason {
  EffectFinding finding;
  Verdict verdict;   // kAskPerson or kRefuse
  std::string text;  // what is wrong: "UPDATE writes rows, in dbo.Orders"
};

struct Ruling {
  Verdict verdict = Verdict::kAllow;  // the strictest of the reasons'
  std::vector<Reason> reasons;        // in the order of the text
};

// What a text only defines counts as what it does: it runs later.
Ruling Judge(const std::vector<EffectFinding>& findings, const StatementPolicy& policy);

}  // namespace datamigrate::tsql
