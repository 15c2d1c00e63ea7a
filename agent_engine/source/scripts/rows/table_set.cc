#include "agent_engine/source/scripts/rows/table_set.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"

namespace datamigrate::source {

using catalog::FoldName;
using catalog::Table;

namespace {

constexpr int64_t kMaxDecodedTotal =
    2'000'000;  // Rows of all decoded tables, besides the one in use.

std::string Key(std::string_view schema, std::string_view name) {
  return FoldName(schema) + '\x1f' + FoldName(name);
}

bool IsOutsideCatalog(std::string_view name) {
  return !name.empty() && (name[0] == '#' || name[0] == '@');
}

std::vector<size_t> StoredColumns(const Table& table) {
  std::vector<size_t> stored;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].computed_expression.empty()) stored.push_back(i);
  }
  return stored;
}

int64_t NumberOf(const std::string& text, int64_t fallback) {
  int64_t number = fallback;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

const catalog::Column* IdentityOf(const Table& table) {
  const auto found = std::ranges::find_if(table.columns, &catalog::Column::identity);
  return found == table.columns.end() ? nullptr : &*found;
}

}  // namespace

TableSet::TableSet(const catalog::Catalog& catalog, RowStore& store) : store_(store) {
  for (size_t i = 0; i < catalog.tables.size(); ++i) {
    const Table& table = catalog.tables[i];
    tables_.push_back(&table);
    stored_columns_.push_back(StoredColumns(table));
    by_name_.emplace(Key(table.name.schema, table.name.name), i);
  }
}

std::optional<size_t> TableSet::Find(std::string_view schema, std::string_view name,
                                     std::string_view default_schema) const {
  if (IsOutsideCatalog(name))
    schema = "";
  else if (schema.empty())
    schema = default_schema;
  const auto found = by_name_.find(Key(schema, name));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

size_t TableSet::AddTemporary(Table table) {
  const size_t number = tables_.size();
  by_name_[Key("", table.name.name)] = number;
  temporary_.push_back(std::move(table));
  tables_.push_back(&temporary_.back());
  stored_columns_.push_back(StoredColumns(temporary_.back()));
  return number;
}

void TableSet::DropTemporary(std::string_view name) {
  const auto found = by_name_.find(Key("", name));
  if (found == by_name_.end()) return;
  decoded_.erase(found->second);
  store_.Clear(found->second);
  by_name_.erase(found);
}

void TableSet::DropVariables() {
  for (const Table& table : temporary_) {
    if (table.name.name[0] == '@') DropTemporary(table.name.name);
  }
}

uint64_t TableSet::version(size_t number) const {
  const auto found = versions_.find(number);
  return found == versions_.end() ? 0 : found->second;
}

void TableSet::Changed(size_t number) {
  versions_[number] = ++version_;
}

absl::StatusOr<RowsPointer> TableSet::Rows(size_t number) {
  Decoded& decoded = decoded_[number];
  decoded.last_use = ++uses_;
  if (decoded.rows) return RowsPointer(decoded.rows);
  if (store_.Count(number) > kMaxDecodedRows) {
    decoded_.erase(number);
    return absl::ResourceExhaustedError(
        absl::StrCat("the table ", tables_[number]->name.ToString(),
                     " has too many rows to be read by a statement"));
  }
  auto rows = std::make_shared<std::vector<data::Row>>();
  rows->reserve(static_cast<size_t>(store_.Count(number)));
  const absl::Status read = store_.Read(number, [&](data::Row row) {
    rows->push_back(std::move(row));
    return absl::OkStatus();
  });
  if (!read.ok()) {
    decoded_.erase(number);
    return read;
  }
  decoded.rows = rows;
  if (absl::Status room = MakeRoom(number); !room.ok()) return room;
  return RowsPointer(rows);
}

absl::Status TableSet::MakeRoom(size_t except) {
  while (true) {
    int64_t total = 0;
    auto oldest = decoded_.end();
    for (auto entry = decoded_.begin(); entry != decoded_.end(); ++entry) {
      if (entry->first == except || !entry->second.rows) continue;
      total += static_cast<int64_t>(entry->second.rows->size());
      if (oldest == decoded_.end() || entry->second.last_use < oldest->second.last_use)
        oldest = entry;
    }
    if (total <= kMaxDecodedTotal || oldest == decoded_.end()) return absl::OkStatus();
    if (absl::Status put = PutBack(oldest->first, oldest->second); !put.ok()) return put;
    decoded_.erase(oldest);
  }
}

absl::Status TableSet::PutBack(size_t number, Decoded& decoded) {
  if (!decoded.is_changed) return absl::OkStatus();
  store_.Clear(number);
  for (const data::Row& row : *decoded.rows) {
    if (absl::Status appended = store_.Append(number, row); !appended.ok()) return appended;
  }
  decoded.is_changed = false;
  return absl::OkStatus();
}

// Rows that a query still reads are left to it.
std::vector<data::Row>& TableSet::Writable(Decoded& decoded) {
  if (decoded.rows.use_count() > 1)
    decoded.rows = std::make_shared<std::vector<data::Row>>(*decoded.rows);
  decoded.is_changed = true;
  return *decoded.rows;
}

void TableSet::Begin() {
  in_transaction_ = true;
  identities_before_ = identities_;
}

void TableSet::Commit() {
  in_transaction_ = false;
  before_.clear();
}

void TableSet::RollBack() {
  in_transaction_ = false;
  for (auto& [number, rows] : before_) {
    Changed(number);
    Decoded& decoded = decoded_[number];
    decoded.rows = std::move(rows);
    decoded.is_changed = true;
    decoded.last_use = ++uses_;
  }
  before_.clear();
  identities_ = identities_before_;
}

absl::Status TableSet::Remember(size_t number) {
  if (!in_transaction_ || before_.contains(number)) return absl::OkStatus();
  const auto rows = Rows(number);
  if (!rows.ok()) return rows.status();
  before_[number] = decoded_[number].rows;
  return absl::OkStatus();
}

absl::Status TableSet::Append(size_t number, std::vector<data::Row> rows) {
  if (absl::Status kept = Remember(number); !kept.ok()) return kept;
  Changed(number);
  const auto decoded = decoded_.find(number);
  if (decoded != decoded_.end() && decoded->second.rows) {
    std::vector<data::Row>& all = Writable(decoded->second);
    for (data::Row& row : rows) all.push_back(std::move(row));
    return absl::OkStatus();
  }
  for (const data::Row& row : rows) {
    if (absl::Status appended = store_.Append(number, row); !appended.ok()) return appended;
  }
  return absl::OkStatus();
}

absl::Status TableSet::Replace(size_t number, std::vector<data::Row> rows) {
  if (absl::Status kept = Remember(number); !kept.ok()) return kept;
  Changed(number);
  Decoded& decoded = decoded_[number];
  decoded.rows = std::make_shared<std::vector<data::Row>>(std::move(rows));
  decoded.is_changed = true;
  decoded.last_use = ++uses_;
  return absl::OkStatus();
}

absl::Status TableSet::AppendForeign(size_t number, std::shared_ptr<const ForeignRows> rows) {
  if (absl::Status kept = Remember(number); !kept.ok()) return kept;
  Changed(number);
  const auto decoded = decoded_.find(number);
  if (decoded != decoded_.end()) {
    // What was decoded goes before the new rows.
    if (absl::Status put = PutBack(number, decoded->second); !put.ok()) return put;
    decoded_.erase(decoded);
  }
  store_.AppendForeign(number, std::move(rows));
  return absl::OkStatus();
}

absl::Status TableSet::Clear(size_t number) {
  if (absl::Status kept = Remember(number); !kept.ok()) return kept;
  Changed(number);
  decoded_.erase(number);
  store_.Clear(number);
  return absl::OkStatus();
}

std::string TableSet::NextIdentity(size_t number) {
  const catalog::Column* column = IdentityOf(*tables_[number]);
  const int64_t seed = column ? NumberOf(column->identity_seed, 1) : 1;
  const int64_t increment = column ? NumberOf(column->identity_increment, 1) : 1;
  const auto [last, is_first] = identities_.try_emplace(number, seed);
  if (!is_first) last->second += increment;
  return std::to_string(last->second);
}

void TableSet::NoteIdentity(size_t number, const std::string& value) {
  const catalog::Column* column = IdentityOf(*tables_[number]);
  if (column == nullptr) return;
  const int64_t given = NumberOf(value, 0);
  const bool counts_up = NumberOf(column->identity_increment, 1) > 0;
  const auto [last, is_first] = identities_.try_emplace(number, given);
  if (!is_first && (counts_up ? given > last->second : given < last->second)) last->second = given;
}

absl::Status TableSet::Flush() {
  for (auto& [number, decoded] : decoded_) {
    if (!decoded.rows) continue;
    if (absl::Status put = PutBack(number, decoded); !put.ok()) return put;
  }
  decoded_.clear();
  return absl::OkStatus();
}

}  // namespace datamigrate::source
