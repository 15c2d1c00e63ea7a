// Cross-validation of the whole scanner: rules, and a model that has not seen the text.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_TRAINING_MEASUREMENT_H_
#define DATAMIGRATE_COMMON_GUARDIAN_TRAINING_MEASUREMENT_H_

#include <map>
#include <string>
#include <vector>

#include "common/guardian/model/linear_model.h"
#include "common/guardian/rule_book.h"
#include "common/guardian/training/corpus.h"
#include "common/guardian/training/trainer.h"

namespace datamigrate::guardian {

struct MeasurementOptions {
  int folds = 5;
  // How many in a hundred harmless texts may be taken for attacks.
  double prose_budget = 0.25;
  double sql_budget = 0.4;
  double hard_budget = 2;
  double disclosure_budget = 1;  // of secrets, personal data and what looks like them
  // How many in a hundred of the attacks that the model alone finds may be lost for speed.
  double short_losses = 0.1;
  double long_losses = 2;
  TrainingOptions training;
  std::string misses_of;    // a kind: its misjudged texts are printed
  bool per_source = false;  // figures of each source, and how much the model reads
  bool per_rule = false;    // how often each rule speaks, by group
};

// Adds the batches of every *.sql below `folder` as texts of kind "scripts", for training only.
void AddScripts(const std::string& folder, std::vector<LabelledText>& corpus);

// What became of a group of texts.
struct Tally {
  int texts = 0;
  int blocked = 0;
  int sanitized = 0;
  int disclosed = 0;  // texts with a secret, or personal data, where these are what they are about

  double PercentBlocked() const { return 100.0 * blocked / texts; }
  double PercentSanitized() const { return 100.0 * sanitized / texts; }
  double PercentDisclosed() const { return 100.0 * disclosed / texts; }
};

struct Measured {
  LinearModel model;                     // of all texts
  std::map<std::string, Tally> tallies;  // "sqli", "hard_prose", ...
};

// Lets each fold's scanner judge the texts that its model has not seen, chooses the thresholds from
// that, and trains the model of all texts. Prints what the options ask for.
Measured MeasureAndTrain(const std::vector<LabelledText>& corpus, const RuleBook& rules,
                         const MeasurementOptions& options);

void Print(const std::map<std::string, Tally>& tallies);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_TRAINING_MEASUREMENT_H_
