// A folder of scripts that a test writes and that goes with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "agent_engine/source/scripts/script_source.h"

namespace datamigrate::source {

class ScriptFolder {
 public:
  ScriptFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "datamigrate-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  explicit ScriptFolder(std::string_view script) : ScriptFolder() { Write("script.sql", script); }
  ~ScriptFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScriptFolder(const ScriptFolder&) = delete;
  ScriptFolder& operator=(const ScriptFolder&) = delete;

  void Write(const std::string& name, std::string_view bytes) {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

  const std::filesystem::path& path() const { return path_; }

  std::unique_ptr<ScriptSource> Open(ScriptSourceOptions options = {}) const {
    options.now = "2025-06-16 12:00:00";
    auto source = ScriptSource::Open(path_, options);
    INFO(source.status().ToString());
    REQUIRE(source.ok());
    return *std::move(source);
  }

 private:
  std::filesystem::path path_;
};

// The codes of all findings, in order.
inline std::vector<std::string> CodesOf(const ScriptSource& source) {
  std::vector<std::string> codes;
  for (const auto& diagnostic : source.diagnostics()) {
    codes.emplace_back(diagnostics::KindOf(diagnostic.id).code);
  }
  return codes;
}

// "file:line:column code message" of each finding.
inline std::vector<std::string> FindingsOf(const ScriptSource& source) {
  std::vector<std::string> findings;
  for (const auto& diagnostic : source.diagnostics()) {
    findings.push_back(diagnostic.file + ":" + std::to_string(diagnostic.place.line) + ":" +
                       std::to_string(diagnostic.place.column) + " " +
                       std::string(diagnostics::KindOf(diagnostic.id).code) + " " +
                       diagnostics::Message(diagnostic));
  }
  return findings;
}

// Rows of a table as texts: cells between '|', NULL as \N.
inline std::vector<std::string> RowsOf(ScriptSource& source, const std::string& schema,
                                       const std::string& name) {
  std::vector<std::string> rows;
  const absl::Status read = source.rows().ReadTable({schema, name}, 2, [&](data::RowBatch batch) {
    CHECK(batch.rows.size() <= 2);
    for (const data::Row& row : batch.rows) {
      std::string text;
      for (const data::Cell& cell : row) text += (text.empty() ? "" : "|") + cell.value_or("\\N");
      rows.push_back(text);
    }
    return absl::OkStatus();
  });
  INFO(read.ToString());
  CHECK(read.ok());
  return rows;
}

}  // namespace datamigrate::source
