#include "common/guardian/training/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace datamigrate::guardian {
namespace {

using Json = nlohmann::json;

absl::StatusOr<LabelledText> ReadText(const std::string& line) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return absl::InvalidArgumentError("this is not a JSON object");
  try {
    LabelledText text;
    text.id = object.at("id");
    text.kind = object.at("kind");
    text.source = object.value("source", "");
    text.sub = object.value("sub", "");
    text.is_positive = object.at("label") == 1;
    if (const auto parts = object.find("parts"); parts != object.end()) {
      for (const std::string part : *parts) text.text += part;
    } else {
      text.text = object.at("text");
    }
    return text;
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

}  // namespace

absl::StatusOr<std::vector<LabelledText>> ReadCorpus(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path());
  }
  if (error || paths.empty()) {
    return absl::NotFoundError(fmt::format("there are no *.jsonl files in {}", folder));
  }
  std::ranges::sort(paths);
  std::vector<LabelledText> texts;
  for (const auto& path : paths) {
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      absl::StatusOr<LabelledText> text = ReadText(line);
      if (!text.ok()) {
        return absl::InvalidArgumentError(
            fmt::format("{}:{}: {}", path.string(), number, std::string(text.status().message())));
      }
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

}  // namespace datamigrate::guardian
