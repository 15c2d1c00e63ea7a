#include "common/guardian/training/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <utility>

#include "common/guardian/scanner.h"
#include "common/guardian/training/trainer.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kScripts = "scripts";
constexpr size_t kScriptBytes = 2000;

// Prose that is hard to tell from attacks: collected because other tools blocked it.
constexpr std::array<std::string_view, 3> kHardSources = {"notinject", "crs_fp",
                                                          "libinjection:false_positives"};

struct Kind {
  std::string_view name;
  size_t head;  // of an attack; 0 for another kind
  double goal;  // percent to be caught, before other kinds come first
};
constexpr std::array<Kind, 5> kAttacks = {{
    {"sqli", HeadOf(Category::kSqlInjection), 98},
    {"xss", HeadOf(Category::kCrossSiteScripting), 98.5},
    {"lfi", HeadOf(Category::kFileInclusion), 99.3},
    {"rce", HeadOf(Category::kCommandInjection), 92},
    {"prompt_injection", HeadOf(Category::kPromptInjection), 75},
}};

size_t HeadOfKind(std::string_view kind) {
  const auto found = std::ranges::find(kAttacks, kind, &Kind::name);
  return found == kAttacks.end() ? 0 : found->head;
}

// Secrets, personal data and what looks like them: nothing that attacks.
bool IsDisclosure(const LabelledText& text) {
  return text.kind == "secret" || text.kind == "pii";
}

// Whether a verdict says that the text holds a secret, or personal data: what its kind is named
// after. A look-alike may be stopped for other reasons, such as a command in it.
bool IsDisclosed(const LabelledText& text, const Verdict& verdict) {
  if (!IsDisclosure(text)) return false;
  const Category category = text.kind == "secret" ? Category::kSecret : Category::kPersonalData;
  return verdict.scores[static_cast<size_t>(category)] > 0;
}

bool IsHarmless(const LabelledText& text) {
  return text.kind.starts_with("benign") || text.kind == kScripts || IsDisclosure(text);
}

bool IsHard(const LabelledText& text) {
  return std::ranges::find(kHardSources, text.source) != kHardSources.end();
}

// The group that a figure is given for.
std::string GroupOf(const LabelledText& text) {
  if (text.kind == "benign_prose") return IsHard(text) ? "hard_prose" : "benign_prose";
  if (IsDisclosure(text)) {
    return text.kind + (text.is_positive ? "" : "_lookalike");
  }
  return text.kind;
}

bool IsTrainedOn(const LabelledText& text) {
  return IsHarmless(text) || HeadOfKind(text.kind) != 0;
}

// By the id, so that a text stays in its fold when others come and go.
int FoldOf(const LabelledText& text, int folds) {
  uint32_t hash = 2166136261;
  for (const char c : text.id) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return static_cast<int>((hash >> 8) % static_cast<uint32_t>(folds));
}

float WeightOf(const LabelledText& text) {
  if (IsHard(text)) return 4;
  if (text.kind == "benign_prose") return 3;
  if (text.kind == kScripts) return 0.3F;  // there are many
  return 1;
}

// A long attack need not be one in each of its windows.
constexpr float kLaterWindowWeight = 0.25F;
constexpr float kOtherAttackWeight = 0.1F;

void AddExamples(const LabelledText& text, Scanner& scanner, std::vector<Example>& examples) {
  const size_t head = HeadOfKind(text.kind);
  bool is_first = true;
  scanner.ReadFeatures(text.text, [&](const FeatureWindow& window) {
    Example example;
    example.features.assign(window.features.begin(), window.features.end());
    for (size_t i = 0; i < window.text.size(); ++i) {
      example.sequences.push_back(
          static_cast<uint16_t>(FirstLook::SequenceAt(window.text.data() + i)));
    }
    const float weight = WeightOf(text) * (is_first || head == 0 ? 1 : kLaterWindowWeight);
    for (size_t i = 0; i <= kAttackCategories; ++i) {
      const bool is_any = i == kAnyAttack;
      example.is_positive[i] = head != 0 && (is_any || i == head);
      example.weight[i] = head == 0 || is_any || i == head ? weight : weight * kOtherAttackWeight;
    }
    examples.push_back(std::move(example));
    is_first = false;
  });
}

Scores BestScores(const LinearModel& model, Scanner& scanner, const LabelledText& text) {
  Scores best;
  best.fill(-std::numeric_limits<float>::infinity());
  scanner.ReadFeatures(text.text, [&](const FeatureWindow& window) {
    const Scores scores = model.Score(window.features);
    for (size_t i = 0; i < kHeads; ++i) best[i] = std::max(best[i], scores[i]);
  });
  return best;
}

// The first look's best score of a window.
float FirstScore(const LinearModel& model, Scanner& scanner, const LabelledText& text) {
  float best = -std::numeric_limits<float>::infinity();
  scanner.ReadFeatures(text.text, [&](const FeatureWindow& window) {
    best = std::max(best, model.first_look().Score(window.text));
  });
  return best;
}

// A text with what a model that has not seen it says.
struct Judged {
  const LabelledText* text;
  Scores scores;
  float first_score;
  bool is_blocked;  // by rules, or by a threshold that was lowered already
};

// Lowers the heads' thresholds step by step, each time where one more mistaken harmless text buys
// the most attacks, until every group of harmless texts has as many mistakes as it may have.
class ThresholdSearch {
 public:
  ThresholdSearch(std::vector<Judged> texts, const MeasurementOptions& options)
      : given_(texts), options_(options), texts_(std::move(texts)) {
    thresholds_.fill(std::numeric_limits<float>::infinity());
    budgets_ = {{"benign_prose", options.prose_budget},
                {"benign_sql", options.sql_budget},
                {"hard_prose", options.hard_budget}};
    for (const char* group : {"secret", "secret_lookalike", "pii", "pii_lookalike"}) {
      budgets_[group] = options.disclosure_budget;
    }
    std::map<std::string, int> sizes;
    for (const Judged& judged : texts_) {
      ++sizes[GroupOf(*judged.text)];
      ++sizes_[judged.text->kind];
    }
    for (auto& [group, budget] : budgets_) budget *= sizes[group] / 100.0;
    for (const Judged& judged : texts_) {
      if (judged.is_blocked) Count(judged);
    }
  }

  // Walks down, then again and again takes one head's threshold back up and walks down from there,
  // and keeps what is better.
  std::array<float, kHeads> Run() {
    WalkDown();
    ThresholdSearch best = *this;
    std::mt19937 random(1);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      std::array<float, kHeads> start = best.thresholds_;
      start[random() % (kAttackCategories + 1)] = std::numeric_limits<float>::infinity();
      if (attempt % 3 == 2) start[random() % (kAttackCategories + 1)] += 0.5F;
      ThresholdSearch other = *this;
      other.StartFrom(start);
      other.WalkDown();
      if (other.Worth() > best.Worth()) best = std::move(other);
    }
    return best.thresholds_;
  }

 private:
  // What the kinds come to, those above their goal hardly counting on.
  double Worth() {
    double worth = 0;
    for (const Kind& kind : kAttacks) {
      const double percent =
          100.0 * caught_[std::string(kind.name)] / sizes_[std::string(kind.name)];
      worth += std::min(percent, kind.goal) + 0.03 * std::max(0.0, percent - kind.goal);
    }
    return worth;
  }

  void StartFrom(const std::array<float, kHeads>& thresholds) {
    *this = ThresholdSearch(given_, options_);
    for (size_t head = 0; head <= kAttackCategories; ++head) Lower(head, thresholds[head]);
  }

  void WalkDown() {
    while (true) {
      double best_gain = 0;
      size_t best_head = kHeads;
      float best_threshold = 0;
      for (size_t head = 0; head <= kAttackCategories; ++head) {
        for (const int mistakes : {0, 1, 2, 4}) {
          const Step step = StepOf(head, mistakes);
          if (step.gain > best_gain) {
            best_gain = step.gain;
            best_head = head;
            best_threshold = step.threshold;
          }
        }
      }
      if (best_head == kHeads) return;
      Lower(best_head, best_threshold);
    }
  }

  struct Step {
    float threshold;
    double gain;  // attacks caught for each mistake, in parts of their kinds
  };

  void Count(const Judged& judged) {
    if (IsHarmless(*judged.text)) budgets_[GroupOf(*judged.text)] -= 1;
    ++caught_[judged.text->kind];
  }

  double WorthOf(const LabelledText& text) {
    const auto kind = std::ranges::find(kAttacks, text.kind, &Kind::name);
    const double size = sizes_[text.kind];
    const bool is_reached = caught_[text.kind] * 100 >= kind->goal * size;
    return (is_reached ? 0.03 : 1) / size;
  }

  // How far the head's threshold may fall for that many more mistakes, and what that brings.
  Step StepOf(size_t head, int mistakes) {
    std::vector<std::pair<float, const Judged*>> waiting;
    for (const Judged& judged : texts_) {
      if (!judged.is_blocked) waiting.emplace_back(judged.scores[head], &judged);
    }
    std::ranges::sort(waiting, std::greater<>());
    std::map<std::string, double> left = budgets_;
    Step step{thresholds_[head], 0};
    int made = 0;
    for (const auto& [score, judged] : waiting) {
      if (IsHarmless(*judged->text)) {
        double& budget = left[GroupOf(*judged->text)];
        if (made == mistakes || budget < 1) break;
        budget -= 1;
        ++made;
      } else {
        step.gain += WorthOf(*judged->text);
      }
      step.threshold = score - kMargin;
    }
    step.gain /= mistakes == 0 ? 0.2 : made + 0.2;
    return step;
  }

  void Lower(size_t head, float threshold) {
    thresholds_[head] = threshold;
    for (Judged& judged : texts_) {
      if (judged.is_blocked || judged.scores[head] <= threshold) continue;
      judged.is_blocked = true;
      Count(judged);
    }
  }

  static constexpr float kMargin = 1e-4F;
  static constexpr int kAttempts = 150;

  std::vector<Judged> given_;
  MeasurementOptions options_;
  std::vector<Judged> texts_;
  std::array<float, kHeads> thresholds_;
  std::map<std::string, double> budgets_;  // mistakes that are left, by group
  std::map<std::string, int> sizes_;       // by kind
  std::map<std::string, int> caught_;
};

bool IsShort(const LabelledText& text) {
  return text.text.size() <= FirstLook::kShortText;
}

// What the first look must let through so that only so many in a hundred of the short or the long
// attacks that the model alone finds are lost.
float FirstThreshold(const std::vector<Judged>& texts, const std::array<float, kHeads>& thresholds,
                     bool is_short, double percent_lost) {
  std::vector<float> needed;
  for (const Judged& judged : texts) {
    bool is_found = false;
    for (size_t head = 0; head <= kAttackCategories; ++head) {
      is_found = is_found || judged.scores[head] > thresholds[head];
    }
    if (is_found && !judged.is_blocked && !IsHarmless(*judged.text) &&
        IsShort(*judged.text) == is_short) {
      needed.push_back(judged.first_score);
    }
  }
  if (needed.empty()) return -std::numeric_limits<float>::infinity();
  std::ranges::sort(needed);
  return needed[static_cast<size_t>(static_cast<double>(needed.size()) * percent_lost / 100)];
}

void PrintWindowsRead(const std::vector<Judged>& texts, bool is_short, float threshold) {
  std::map<std::string, std::pair<int, int>> counts;
  for (const Judged& judged : texts) {
    if (IsShort(*judged.text) != is_short) continue;
    auto& [read, all] = counts[GroupOf(*judged.text)];
    ++all;
    read += judged.first_score > threshold;
  }
  fmt::print("{} texts that the model reads, from {:.2f} on:", is_short ? "short" : "long",
             threshold);
  for (const auto& [group, count] : counts) {
    fmt::print(" {} {:.1f}% of {}", group, 100.0 * count.first / count.second, count.second);
  }
  fmt::print("\n");
}

void PrintRules(const std::map<std::string, std::map<std::string, int>>& hits) {
  for (const auto& [rule, by_group] : hits) {
    fmt::print("{:<52}", rule);
    for (const auto& [group, count] : by_group) fmt::print(" {} {}", group, count);
    fmt::print("\n");
  }
}

}  // namespace

void AddScripts(const std::string& folder, std::vector<LabelledText>& corpus) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() == ".sql" && entry.file_size() < 4'000'000) {
      paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    std::ifstream file(path);
    const std::string script{std::istreambuf_iterator<char>(file), {}};
    // A sample is enough: every tenth piece of a long script.
    const size_t step = script.size() > 20 * kScriptBytes ? 10 * kScriptBytes : kScriptBytes;
    for (size_t at = 0; at < script.size(); at += step) {
      corpus.push_back({path.lexically_relative(folder).string() + std::to_string(at),
                        std::string(kScripts), "scripts", "", script.substr(at, kScriptBytes),
                        false});
    }
  }
}

void Print(const std::map<std::string, Tally>& tallies) {
  fmt::print("{:<52} {:>6} {:>9} {:>9} {:>9} {:>9}\n", "", "texts", "blocked", "sanitized",
             "passed", "disclosed");
  for (const auto& [group, tally] : tallies) {
    fmt::print("{:<52} {:>6} {:>8.2f}% {:>8.2f}% {:>8.2f}% {:>8.2f}%\n", group, tally.texts,
               tally.PercentBlocked(), tally.PercentSanitized(),
               100 - tally.PercentBlocked() - tally.PercentSanitized(), tally.PercentDisclosed());
  }
}

Measured MeasureAndTrain(const std::vector<LabelledText>& corpus, const RuleBook& rules,
                         const MeasurementOptions& options) {
  const LinearModel silent = LinearModel::Silent();
  Scanner reader(rules, silent);
  std::vector<std::vector<Example>> examples(corpus.size());
  for (size_t i = 0; i < corpus.size(); ++i) {
    if (IsTrainedOn(corpus[i])) AddExamples(corpus[i], reader, examples[i]);
  }
  const auto train_without = [&](int fold) {
    std::vector<Example> chosen;
    for (size_t i = 0; i < corpus.size(); ++i) {
      if (FoldOf(corpus[i], options.folds) == fold) continue;
      chosen.insert(chosen.end(), examples[i].begin(), examples[i].end());
    }
    return Train(chosen, options.training);
  };
  std::vector<LinearModel> models;
  std::vector<Judged> judged;
  std::map<std::string, std::map<std::string, int>> hits;  // by rule and group
  for (int fold = 0; fold < options.folds; ++fold) {
    models.push_back(train_without(fold));
    for (const LabelledText& text : corpus) {
      if (!IsTrainedOn(text) || text.kind == kScripts || FoldOf(text, options.folds) != fold) {
        continue;
      }
      const Verdict by_rules = reader.Scan(text.text, FieldKind::kUnknown);
      for (const Match& match : by_rules.matches) ++hits[std::string(match.rule)][GroupOf(text)];
      judged.push_back({&text, BestScores(models.back(), reader, text),
                        FirstScore(models.back(), reader, text),
                        by_rules.action == Action::kBlock});
    }
  }
  const std::array<float, kHeads> thresholds = ThresholdSearch(judged, options).Run();
  const float short_threshold =
      FirstThreshold(judged, thresholds, /*is_short=*/true, options.short_losses);
  const float long_threshold =
      FirstThreshold(judged, thresholds, /*is_short=*/false, options.long_losses);
  if (options.per_source) {
    PrintWindowsRead(judged, /*is_short=*/true, short_threshold);
    PrintWindowsRead(judged, /*is_short=*/false, long_threshold);
  }
  std::map<std::string, Tally> tallies;
  for (int fold = 0; fold < options.folds; ++fold) {
    LinearModel& model = models[static_cast<size_t>(fold)];
    model.SetThresholds(thresholds);
    model.SetFirstThresholds(short_threshold, long_threshold);
    Scanner scanner(rules, model);
    for (const LabelledText& text : corpus) {
      if (text.kind == kScripts || FoldOf(text, options.folds) != fold) continue;
      const Verdict verdict = scanner.Scan(text.text, FieldKind::kUnknown);
      const auto count = [&](const std::string& group, const Verdict& its) {
        Tally& tally = tallies[group];
        ++tally.texts;
        tally.blocked += its.action == Action::kBlock;
        tally.sanitized += its.action == Action::kSanitize;
        tally.disclosed += IsDisclosed(text, its);
      };
      count(GroupOf(text), verdict);
      if (options.per_source) {
        count(fmt::format("{} {} {}", GroupOf(text), text.source, text.sub), verdict);
      }
      if (text.kind == "benign_sql") {
        count("benign_sql, field sql", scanner.Scan(text.text, FieldKind::kSql));
      }
      const bool is_caught = verdict.action == Action::kBlock;
      if (GroupOf(text) == options.misses_of && is_caught == IsHarmless(text)) {
        std::string matches;
        for (const Match& match : verdict.matches) matches += fmt::format(" {}", match.rule);
        fmt::print("{}: {} |{}\n", text.source, text.text.substr(0, 160), matches);
      }
    }
  }
  if (options.per_rule) PrintRules(hits);
  LinearModel model = train_without(-1);
  model.SetThresholds(thresholds);
  model.SetFirstThresholds(short_threshold, long_threshold);
  return {std::move(model), std::move(tallies)};
}

}  // namespace datamigrate::guardian
