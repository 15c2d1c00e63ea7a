#include "agent_engine/guidance/topics.h"

#include <algorithm>
#include <array>

namespace datamigrate::guidance {
namespace {

constexpr auto kTopics = std::to_array<Topic>({
    {"Models that do not run",
     "The translated query was tried on the loaded rows and failed, so it is kept out of the "
     "project; reports that need it have no data yet.",
     "Look at the reason beside the object. Often the source holds a value that its own query "
     "would stumble over, too.",
     "VF0101"},
    {"Logic that has no equal in the target",
     "SQL Server can do something here that the target cannot do in the same way. Rather than "
     "guess, the object is left as it was, with its original text.",
     "Ask whoever uses the object whether it is still needed. If it is, have it rewritten: by a "
     "language model whose answer is checked, or by an engineer.",
     "TP0101 TP0102 TP0103 TP0104 TP0105 TP0106 TP0107 TP0108 TP0110 TP0111 TP0131 TP0240 TP0241 "
     "TP0242 TP0244 TP0250 TP0252 TP0293"},
    {"Objects that wait for another one",
     "They are fine by themselves, but they read something that was not converted, or depend on "
     "it.",
     "Solve the object that they read; they follow by themselves.", "PJ0101 PJ0103 PJ0106 TB0113"},
    {"Names that the source does not define",
     "A view or procedure uses a table, column or function that is not in what was handed over: "
     "it lies in another database, was dropped, or its script is missing.",
     "Add the missing scripts, or confirm that the object has not worked for a long time.",
     "TB0101 TB0102 TB0104 TB0112 TB0114 TB0115 PJ0109 SC0302 SC0303 SC0304 SC0305 SC0311"},
    {"Definitions that contradict themselves",
     "SQL Server would refuse the text as it stands, so it can hardly be in use as it is written.",
     "Compare it with what really runs on the server.",
     "TB0103 TB0105 TB0106 TB0107 TB0108 TB0109 TB0110 TB0111"},
    {"Scripts that could not be read",
     "A part of what was handed over is no readable T-SQL; what it defines is missing from the "
     "migration.",
     "Export the scripts again, or give the values that they ask for with --variable.",
     "SC0101 SC0102 SC0103 SC0106 SC0107 SC0201 SC0202 SC0203 SC0205 TS0101 TS0102 TS0103 TS0104 "
     "TS0210 TS0211"},
    {"Rows that are not in the target",
     "Some rows of the source could not be taken over, so totals may be lower than in SQL Server.",
     "Look at the rows that are named; add missing files beside the scripts.",
     "SC0401 SC0402 SC0403 SC0404 SC0405"},
    {"Texts that are kept from language models",
     "A definition or description holds what looks like a password, or words that give orders to "
     "whoever reads them. They are data here, and nobody obeys them.",
     "Read them: a password in a script should be changed, and planted orders are an attack.",
     "SC0502"},
    {"Things that reach outside the database",
     "Code calls other servers, files, mail or programs. A warehouse does not do that.",
     "Decide for each whether a scheduled job outside the warehouse takes it over.",
     "SC0501 TP0109"},
    {"Side effects of procedures and triggers",
     "A procedure did more than compute a result: it numbered rows, wrote history, raised errors "
     "or "
     "set off triggers. The model computes the rows; what happened besides does not happen.",
     "Ask whether anybody relies on it. If so, it belongs into the load or into a test.",
     "TP0215 TP0230 TP0233 TP0234 TP0235 TP0236 TP0237 TP0238 TP0243 TP0262 TP0274 TP0280 TP0281 "
     "PJ0105"},
    {"Text is compared and sorted in another way",
     "SQL Server compares text by a collation, often without regard to case. Where the target "
     "does it otherwise, lists may be in another order and look-ups may find more or less.",
     "Check lists whose order people rely on, and look-ups by names that people type.",
     "TP0202 TP0203 TP0212 TP0217 TP0282"},
    {"Numbers, dates and their limits",
     "The target keeps more, or fewer, digits or a wider range here. Values that SQL Server would "
     "have refused are taken, or the last digit is cut.",
     "Matters where a report relies on an error, or on the seventh digit of a second.",
     "TP0201 TP0207 TP0208 TP0213 TP0221 TP0222 TP0271 TP0272 TP0273 TP0292 PJ0102"},
    {"Which of several equal rows counts",
     "The query leaves open which of several equal rows comes first or wins. Both databases answer "
     "rightly, but not always alike.",
     "Where it matters, add a column to the order that makes it definite.",
     "TP0204 TP0209 TP0231 TP0232 TP0245 TP0246 TP0251 TP0261"},
    {"Values that depend on when and where a query runs",
     "Clocks, random numbers, users and parameters are those of the target, at the time of the "
     "run.",
     "Nothing, as a rule; parameters became variables of the dbt project that can be set for a "
     "run.",
     "TP0211 TP0214 TP0253 TP0254 TP0255 TP0256 TP0260 SC0406"},
    {"JSON and XML texts",
     "The content is the same; blanks, the order of names or the handling of damaged texts differ.",
     "Matters only where a program compares such texts letter by letter.",
     "TP0220 TP0239 TP0270 TP0275"},
    {"Rules on the data without a test",
     "The source promised something about its rows that the project cannot test, or that the "
     "source itself did not enforce.",
     "Read the list once, and write a test for what matters.", "PJ0104 PJ0107 PJ0108 PJ0111"},
    {"Things defined twice", "Two definitions have one name. The first one counts.",
     "Make sure that the first is the right one, and remove the other.", "SC0301 SC0312 PJ0110"},
    {"Text that somebody else wrote",
     "The rules could not translate these objects. A language model or a person wrote another "
     "text in their place; what was found out about it stands beside it.",
     "Read both texts once, in the project's folder \"rewritten\".", "VF0102"},
    {"What is left out on purpose",
     "Hints for SQL Server's engine, permissions, server administration and what the plan leaves "
     "out have no place in the project.",
     "Grant permissions anew with the target's own means.",
     "TP0205 TP0290 TP0291 VF0103 SC0104 SC0105 SC0204 SC0206 SC0207 SC0306 SC0307 SC0308 SC0309 "
     "SC0310"},
});

bool Holds(std::string_view codes, std::string_view code) {
  for (size_t at = codes.find(code); at != std::string_view::npos; at = codes.find(code, at + 1)) {
    const size_t end = at + code.size();
    const bool begins = at == 0 || codes[at - 1] == ' ';
    if (begins && (end == codes.size() || codes[end] == ' ')) return true;
  }
  return false;
}

}  // namespace

std::span<const Topic> Topics() {
  return kTopics;
}

const Topic* TopicOf(std::string_view code) {
  if (code.empty()) return nullptr;
  const auto found =
      std::ranges::find_if(kTopics, [&](const Topic& topic) { return Holds(topic.codes, code); });
  return found == kTopics.end() ? nullptr : &*found;
}

}  // namespace datamigrate::guidance
