#include "agent_engine/catalog/catalog_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace datamigrate::catalog {
namespace {

// -- To messages ---------------------------------------------------------------------------------

template <typename Names, typename Repeated>
void CopyNames(const Names& names, Repeated* repeated) {
  repeated->Assign(names.begin(), names.end());
}

// Overloads are found in the templates only where they are declared before.
void Fill(const ObjectName&, v1::ObjectName*);
void Fill(const SourcePlace&, v1::SourcePlace*);
void Fill(const DataType&, v1::DataType*);
void Fill(const Column&, v1::Column*);
void Fill(const IndexColumn&, v1::IndexColumn*);
void Fill(const KeyConstraint&, v1::KeyConstraint*);
void Fill(const ForeignKey&, v1::ForeignKey*);
void Fill(const CheckConstraint&, v1::CheckConstraint*);
void Fill(const Index&, v1::Index*);
void Fill(const Temporal&, v1::Temporal*);
void Fill(const Table&, v1::Table*);
void Fill(const View&, v1::View*);
void Fill(const Parameter&, v1::Parameter*);
void Fill(const Routine&, v1::Routine*);
void Fill(const Trigger&, v1::Trigger*);
void Fill(const Sequence&, v1::Sequence*);
void Fill(const Synonym&, v1::Synonym*);
void Fill(const UserType&, v1::UserType*);

template <typename Object, typename Repeated>
void FillAll(const std::vector<Object>& objects, Repeated* repeated) {
  repeated->Reserve(static_cast<int>(objects.size()));
  for (const Object& object : objects) Fill(object, repeated->Add());
}

void Fill(const ObjectName& name, v1::ObjectName* message) {
  message->set_schema(name.schema);
  message->set_name(name.name);
}

void Fill(const SourcePlace& place, v1::SourcePlace* message) {
  message->set_file(place.file);
  message->set_line(place.line);
  message->set_column(place.column);
}

void Fill(const DataType& type, v1::DataType* message) {
  message->set_name(type.name);
  message->set_length(type.length);
  message->set_precision(type.precision);
  message->set_scale(type.scale);
  if (!type.user_type.name.empty()) Fill(type.user_type, message->mutable_user_type());
}

void Fill(const Column& column, v1::Column* message) {
  message->set_name(column.name);
  Fill(column.type, message->mutable_type());
  message->set_nullable(column.nullable);
  message->set_collation(column.collation);
  message->set_default_expression(column.default_expression);
  message->set_default_name(column.default_name);
  message->set_computed_expression(column.computed_expression);
  message->set_persisted(column.persisted);
  message->set_identity(column.identity);
  message->set_identity_seed(column.identity_seed);
  message->set_identity_increment(column.identity_increment);
  message->set_row_guid(column.row_guid);
  message->set_sparse(column.sparse);
  message->set_period_role(static_cast<v1::Column::PeriodRole>(column.period_role));
  message->set_hidden(column.hidden);
  message->set_masking_function(column.masking_function);
  message->set_description(column.description);
}

void Fill(const IndexColumn& column, v1::IndexColumn* message) {
  message->set_name(column.name);
  message->set_descending(column.descending);
}

void Fill(const KeyConstraint& key, v1::KeyConstraint* message) {
  message->set_name(key.name);
  message->set_primary(key.primary);
  message->set_clustered(key.clustered);
  FillAll(key.columns, message->mutable_columns());
}

void Fill(const ForeignKey& key, v1::ForeignKey* message) {
  message->set_name(key.name);
  CopyNames(key.columns, message->mutable_columns());
  Fill(key.referenced_table, message->mutable_referenced_table());
  CopyNames(key.referenced_columns, message->mutable_referenced_columns());
  message->set_on_delete(key.on_delete);
  message->set_on_update(key.on_update);
  message->set_enabled(key.enabled);
  message->set_trusted(key.trusted);
}

void Fill(const CheckConstraint& check, v1::CheckConstraint* message) {
  message->set_name(check.name);
  message->set_expression(check.expression);
  message->set_enabled(check.enabled);
  message->set_column(check.column);
}

void Fill(const Index& index, v1::Index* message) {
  message->set_name(index.name);
  message->set_unique(index.unique);
  message->set_kind(index.kind);
  FillAll(index.columns, message->mutable_columns());
  CopyNames(index.included_columns, message->mutable_included_columns());
  message->set_filter(index.filter);
}

void Fill(const Temporal& temporal, v1::Temporal* message) {
  message->set_start_column(temporal.start_column);
  message->set_end_column(temporal.end_column);
  Fill(temporal.history_table, message->mutable_history_table());
}

void Fill(const Table& table, v1::Table* message) {
  Fill(table.name, message->mutable_name());
  FillAll(table.columns, message->mutable_columns());
  FillAll(table.keys, message->mutable_keys());
  FillAll(table.foreign_keys, message->mutable_foreign_keys());
  FillAll(table.checks, message->mutable_checks());
  FillAll(table.indexes, message->mutable_indexes());
  if (table.temporal) Fill(*table.temporal, message->mutable_temporal());
  message->set_kind(table.kind);
  message->set_description(table.description);
  Fill(table.place, message->mutable_place());
  message->set_row_count(table.row_count);
}

void Fill(const View& view, v1::View* message) {
  Fill(view.name, message->mutable_name());
  message->set_definition(view.definition);
  message->set_description(view.description);
  message->set_schema_bound(view.schema_bound);
  message->set_check_option(view.check_option);
  Fill(view.place, message->mutable_place());
  FillAll(view.indexes, message->mutable_indexes());
}

void Fill(const Parameter& parameter, v1::Parameter* message) {
  message->set_name(parameter.name);
  Fill(parameter.type, message->mutable_type());
  message->set_default_expression(parameter.default_expression);
  message->set_output(parameter.output);
  message->set_read_only(parameter.read_only);
}

// The message's kinds begin after its "unspecified"; the order is the same.
void Fill(const Routine& routine, v1::Routine* message) {
  Fill(routine.name, message->mutable_name());
  message->set_kind(static_cast<v1::Routine::Kind>(static_cast<int>(routine.kind) + 1));
  FillAll(routine.parameters, message->mutable_parameters());
  Fill(routine.returns, message->mutable_returns());
  FillAll(routine.return_columns, message->mutable_return_columns());
  message->set_definition(routine.definition);
  message->set_description(routine.description);
  Fill(routine.place, message->mutable_place());
}

void Fill(const Trigger& trigger, v1::Trigger* message) {
  Fill(trigger.name, message->mutable_name());
  Fill(trigger.table, message->mutable_table());
  message->set_events(trigger.events);
  message->set_instead_of(trigger.instead_of);
  message->set_definition(trigger.definition);
  Fill(trigger.place, message->mutable_place());
}

void Fill(const Sequence& sequence, v1::Sequence* message) {
  Fill(sequence.name, message->mutable_name());
  Fill(sequence.type, message->mutable_type());
  message->set_start(sequence.start);
  message->set_increment(sequence.increment);
  message->set_minimum(sequence.minimum);
  message->set_maximum(sequence.maximum);
  message->set_cycle(sequence.cycle);
  Fill(sequence.place, message->mutable_place());
}

void Fill(const Synonym& synonym, v1::Synonym* message) {
  Fill(synonym.name, message->mutable_name());
  message->set_target(synonym.target);
  Fill(synonym.place, message->mutable_place());
}

void Fill(const UserType& type, v1::UserType* message) {
  Fill(type.name, message->mutable_name());
  Fill(type.base, message->mutable_base());
  message->set_nullable(type.nullable);
  FillAll(type.columns, message->mutable_columns());
  Fill(type.place, message->mutable_place());
}

// -- From messages -------------------------------------------------------------------------------

template <typename Repeated>
std::vector<std::string> NamesOf(const Repeated& repeated) {
  return {repeated.begin(), repeated.end()};
}

ObjectName Read(const v1::ObjectName&);
SourcePlace Read(const v1::SourcePlace&);
DataType Read(const v1::DataType&);
Column Read(const v1::Column&);
IndexColumn Read(const v1::IndexColumn&);
KeyConstraint Read(const v1::KeyConstraint&);
ForeignKey Read(const v1::ForeignKey&);
CheckConstraint Read(const v1::CheckConstraint&);
Index Read(const v1::Index&);
Temporal Read(const v1::Temporal&);
Table Read(const v1::Table&);
View Read(const v1::View&);
Parameter Read(const v1::Parameter&);
Routine Read(const v1::Routine&);
Trigger Read(const v1::Trigger&);
Sequence Read(const v1::Sequence&);
Synonym Read(const v1::Synonym&);
UserType Read(const v1::UserType&);

template <typename Repeated>
auto ReadAll(const Repeated& repeated) {
  std::vector<decltype(Read(*repeated.begin()))> objects;
  objects.reserve(repeated.size());
  for (const auto& message : repeated) objects.push_back(Read(message));
  return objects;
}

ObjectName Read(const v1::ObjectName& message) {
  return {message.schema(), message.name()};
}

SourcePlace Read(const v1::SourcePlace& message) {
  return {message.file(), message.line(), message.column()};
}

DataType Read(const v1::DataType& message) {
  return {message.name(), message.length(), message.precision(), message.scale(),
          Read(message.user_type())};
}

PeriodRole Read(v1::Column::PeriodRole role) {
  switch (role) {
    case v1::Column::PERIOD_ROLE_ROW_START:
      return PeriodRole::kRowStart;
    case v1::Column::PERIOD_ROLE_ROW_END:
      return PeriodRole::kRowEnd;
    default:
      return PeriodRole::kNone;
  }
}

Column Read(const v1::Column& message) {
  Column column;
  column.name = message.name();
  column.type = Read(message.type());
  column.nullable = message.nullable();
  column.collation = message.collation();
  column.default_expression = message.default_expression();
  column.default_name = message.default_name();
  column.computed_expression = message.computed_expression();
  column.persisted = message.persisted();
  column.identity = message.identity();
  column.identity_seed = message.identity_seed();
  column.identity_increment = message.identity_increment();
  column.row_guid = message.row_guid();
  column.sparse = message.sparse();
  column.period_role = Read(message.period_role());
  column.hidden = message.hidden();
  column.masking_function = message.masking_function();
  column.description = message.description();
  return column;
}

IndexColumn Read(const v1::IndexColumn& message) {
  return {message.name(), message.descending()};
}

KeyConstraint Read(const v1::KeyConstraint& message) {
  return {message.name(), message.primary(), message.clustered(), ReadAll(message.columns())};
}

ForeignKey Read(const v1::ForeignKey& message) {
  ForeignKey key;
  key.name = message.name();
  key.columns = NamesOf(message.columns());
  key.referenced_table = Read(message.referenced_table());
  key.referenced_columns = NamesOf(message.referenced_columns());
  key.on_delete = message.on_delete();
  key.on_update = message.on_update();
  key.enabled = message.enabled();
  key.trusted = message.trusted();
  return key;
}

CheckConstraint Read(const v1::CheckConstraint& message) {
  return {message.name(), message.expression(), message.enabled(), message.column()};
}

Index Read(const v1::Index& message) {
  return {message.name(),
          message.unique(),
          message.kind(),
          ReadAll(message.columns()),
          NamesOf(message.included_columns()),
          message.filter()};
}

Temporal Read(const v1::Temporal& message) {
  return {message.start_column(), message.end_column(), Read(message.history_table())};
}

Table Read(const v1::Table& message) {
  Table table;
  table.name = Read(message.name());
  table.columns = ReadAll(message.columns());
  table.keys = ReadAll(message.keys());
  table.foreign_keys = ReadAll(message.foreign_keys());
  table.checks = ReadAll(message.checks());
  table.indexes = ReadAll(message.indexes());
  if (message.has_temporal()) table.temporal = Read(message.temporal());
  table.kind = message.kind();
  table.description = message.description();
  table.place = Read(message.place());
  table.row_count = message.row_count();
  return table;
}

View Read(const v1::View& message) {
  return {Read(message.name()),      message.definition(),   message.description(),
          message.schema_bound(),    message.check_option(), Read(message.place()),
          ReadAll(message.indexes())};
}

Parameter Read(const v1::Parameter& message) {
  return {message.name(), Read(message.type()), message.default_expression(), message.output(),
          message.read_only()};
}

Routine Read(const v1::Routine& message) {
  Routine routine;
  routine.name = Read(message.name());
  routine.kind = static_cast<RoutineKind>(message.kind() - 1);
  routine.parameters = ReadAll(message.parameters());
  routine.returns = Read(message.returns());
  routine.return_columns = ReadAll(message.return_columns());
  routine.definition = message.definition();
  routine.description = message.description();
  routine.place = Read(message.place());
  return routine;
}

Trigger Read(const v1::Trigger& message) {
  return {Read(message.name()), Read(message.table()), message.events(),
          message.instead_of(), message.definition(),  Read(message.place())};
}

Sequence Read(const v1::Sequence& message) {
  return {Read(message.name()), Read(message.type()), message.start(), message.increment(),
          message.minimum(),    message.maximum(),    message.cycle(), Read(message.place())};
}

Synonym Read(const v1::Synonym& message) {
  return {Read(message.name()), message.target(), Read(message.place())};
}

UserType Read(const v1::UserType& message) {
  return {Read(message.name()), Read(message.base()), message.nullable(),
          ReadAll(message.columns()), Read(message.place())};
}

absl::Status CheckRoutines(const v1::Catalog& message) {
  for (const v1::Routine& routine : message.routines()) {
    if (!v1::Routine::Kind_IsValid(routine.kind()) ||
        routine.kind() == v1::Routine::KIND_UNSPECIFIED) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the routine ", routine.name().schema(), ".", routine.name().name(),
          " of the catalog has no known kind (", static_cast<int>(routine.kind()), ")"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

v1::Catalog ToProto(const Catalog& catalog) {
  v1::Catalog message;
  message.set_database(catalog.database);
  message.set_collation(catalog.collation);
  CopyNames(catalog.schemas, message.mutable_schemas());
  FillAll(catalog.tables, message.mutable_tables());
  FillAll(catalog.views, message.mutable_views());
  FillAll(catalog.routines, message.mutable_routines());
  FillAll(catalog.triggers, message.mutable_triggers());
  FillAll(catalog.sequences, message.mutable_sequences());
  FillAll(catalog.synonyms, message.mutable_synonyms());
  FillAll(catalog.user_types, message.mutable_user_types());
  return message;
}

absl::StatusOr<Catalog> FromProto(const v1::Catalog& message) {
  if (absl::Status status = CheckRoutines(message); !status.ok()) return status;
  Catalog catalog;
  catalog.database = message.database();
  catalog.collation = message.collation();
  catalog.schemas = NamesOf(message.schemas());
  catalog.tables = ReadAll(message.tables());
  catalog.views = ReadAll(message.views());
  catalog.routines = ReadAll(message.routines());
  catalog.triggers = ReadAll(message.triggers());
  catalog.sequences = ReadAll(message.sequences());
  catalog.synonyms = ReadAll(message.synonyms());
  catalog.user_types = ReadAll(message.user_types());
  return catalog;
}

}  // namespace datamigrate::catalog
