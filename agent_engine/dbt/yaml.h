// Writes YAML 1.2 text that people read in a diff: block style, two blanks of indent, quotes only
// where they are needed.
#pragma once

#include <string>
#include <string_view>

namespace datamigrate::dbt {

// `text` as one YAML scalar on one line: plain where every YAML reader takes it for that string,
// else double-quoted.
std::string YamlString(std::string_view text);

// Builds a document line by line. Nesting is the caller's: Begin… opens a block, End closes it.
class YamlWriter {
 public:
  // "key: value", the value as a string.
  void Field(std::string_view key, std::string_view value);
  // "key: value", the value as it is: true, 3, [a, b].
  void Raw(std::string_view key, std::string_view value);
  // "key:" with what follows one level deeper, until End().
  void Begin(std::string_view key);
  void End();
  // "- " before the next line; what follows is one level deeper, until EndItem().
  void BeginItem();
  void EndItem() { End(); }
  // "- value", the value as a string.
  void Item(std::string_view value);
  void Comment(std::string_view text);
  void BlankLine() { text_ += '\n'; }

  std::string Take() { return std::move(text_); }

 private:
  void Indent();

  std::string text_;
  int depth_ = 0;
  bool at_item_ = false;
};

}  // namespace datamigrate::dbt
