// Trains the Guardian's model on labelled texts, and measures it on texts that it has not seen.
//   guardian-train --data FOLDER [--harmless FOLDER]... [--output weights.bin] [--misses KIND]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "common/guardian/scanner.h"
#include "common/guardian/training/corpus.h"
#include "common/guardian/training/measurement.h"
#include "common/guardian/training/trainer.h"

int main(int argc, char** argv) {
  using namespace datamigrate::guardian;  // NOLINT: this is the program
  CLI::App app("Trains the Guardian's model and measures it by cross-validation.");
  std::string data;
  std::vector<std::string> harmless;
  std::string output;
  MeasurementOptions options;
  app.add_option("--data", data, "folder with labelled texts, *.jsonl")->required();
  app.add_option("--harmless", harmless, "folder with *.sql scripts that are harmless");
  app.add_option("--output", output, "where to write the weights");
  app.add_option("--folds", options.folds, "parts of the cross-validation")->capture_default_str();
  app.add_option("--hard-budget", options.hard_budget,
                 "percent of hard prose that the model may take for attacks")
      ->capture_default_str();
  app.add_option("--short-losses", options.short_losses,
                 "percent of the short attacks that the model alone finds, to be lost for speed")
      ->capture_default_str();
  app.add_option("--long-losses", options.long_losses, "the same of the long attacks")
      ->capture_default_str();
  app.add_option("--epochs", options.training.epochs, "rounds over the texts")
      ->capture_default_str();
  app.add_option("--rate", options.training.rate, "how fast weights change")->capture_default_str();
  app.add_option("--seed", options.training.seed, "of the order of texts")->capture_default_str();
  app.add_option("--misses", options.misses_of, "kind whose misjudged texts are to be listed");
  app.add_flag("--per-source", options.per_source, "figures for each source, too");
  app.add_flag("--per-rule", options.per_rule, "how often each rule speaks, by kind of text");
  CLI11_PARSE(app, argc, argv);

  absl::StatusOr<std::vector<LabelledText>> corpus = ReadCorpus(data);
  if (!corpus.ok()) {
    fmt::print(stderr, "guardian-train: {}\n", std::string(corpus.status().message()));
    return 1;
  }
  for (const std::string& folder : harmless) AddScripts(folder, *corpus);
  absl::StatusOr<RuleBook> rules = RuleBook::Compile();
  if (!rules.ok()) {
    fmt::print(stderr, "guardian-train: {}\n", std::string(rules.status().message()));
    return 1;
  }
  const Measured measured = MeasureAndTrain(*corpus, *rules, options);
  Print(measured.tallies);
  if (output.empty()) return 0;
  std::ofstream file(output, std::ios::binary | std::ios::trunc);
  file << measured.model.ToBytes();
  file.close();
  if (!file) {
    fmt::print(stderr, "guardian-train: {} cannot be written\n", output);
    return 1;
  }
  return 0;
}
