// Commands of a shell where a shell would run them: read word by word, since no literal tells
// "; cat /etc/passwd" from a sentence about cats.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_SHELL_COMMANDS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_SHELL_COMMANDS_H_

#include <string_view>
#include <vector>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// Adds to `findings` the commands in `text`, which is normalised, that stand behind a separator, in
// a substitution, behind another command that runs them, or whose names are broken up. The rules
// are rows of CommandInjectionRules(). Linear in the text.
void FindShellCommands(std::string_view text, std::vector<Finding>& findings);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_SHELL_COMMANDS_H_
