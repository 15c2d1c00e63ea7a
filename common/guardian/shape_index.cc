#include "common/guardian/shape_index.h"

#include <utility>

#include "common/guardian/ascii.h"

namespace datamigrate::guardian {

const Rule* PersonalDataRow(std::string_view id) {
  for (const Rule& rule : PersonalDataRules()) {
    if (rule.id == id) return &rule;
  }
  return nullptr;
}

bool IsOfClasses(std::string_view number, std::string_view classes) {
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] == '9' ? !IsDigit(number[i]) : classes[i] == 'A' && !IsUpper(number[i])) {
      return false;
    }
  }
  return true;
}

const ShapeIndex& ShapeIndex::Get() {
  static const ShapeIndex index;
  return index;
}

ShapeIndex::ShapeIndex() {
  for (const NumberShape& row : NumberShapes()) {
    Shape shape{PersonalDataRow(row.rule), "", 0, false, row.separators, row.proof, row.check,
                WordsThatName(row.rule)};
    NoteBeginning(row);
    size_t length = 0;
    for (const char c : row.pattern) {
      if (c == '-') {
        shape.groups = shape.groups * 32 + length;
        shape.is_grouped = true;
        length = 0;
      } else {
        shape.classes += c;
        ++length;
      }
    }
    shape.groups = shape.groups * 32 + length;
    by_length_[shape.classes.size()].push_back(std::move(shape));
  }
}

bool ShapeIndex::MayBegin(size_t length, char separator, char next) const {
  const size_t place = kSeparators.find(separator);
  if (place == std::string_view::npos || length > kLongestNumber) return false;
  const Beginning& beginning = beginnings_[length][place];
  return IsDigit(next) ? beginning.before_digit : IsLetter(next) && beginning.before_letter;
}

void ShapeIndex::NoteBeginning(const NumberShape& row) {
  const size_t length = row.pattern.find('-');
  if (length == std::string_view::npos) return;
  const char next = row.pattern[length + 1];
  for (const char separator : row.separators) {
    Beginning& beginning = beginnings_[length][kSeparators.find(separator)];
    beginning.before_digit |= next != 'A';
    beginning.before_letter |= next != '9';
  }
}

}  // namespace datamigrate::guardian
