// A migration in words for people who answer for the business: where it stands, what was done, what
// is asked, what could not be converted and what that means, and what to do next. Made from what
// was measured; no language model has a part in it.
#pragma once

#include "datamigrate/v1/guidance.pb.h"
#include "datamigrate/v1/migration.pb.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::guidance {

// `state` is the newest checkpoint's; empty before there is one.
v1::Explanation Explain(const v1::Migration& migration, const v1::MigrationState& state);

// The same as plain text, for a prompt.
std::string PlainText(const v1::Explanation& explanation);

}  // namespace datamigrate::guidance
