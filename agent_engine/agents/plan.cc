#include "agent_engine/agents/plan.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "agent_engine/agents/assessment.h"
#include "agent_engine/agents/model_rewrites.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

using Edits = google::protobuf::RepeatedPtrField<v1::PlanEdit>;

constexpr std::string_view kDefault = "default";
constexpr std::string_view kTable = "table";

std::string KeyOf(const catalog::ObjectName& name) {
  return catalog::FoldName(name.ToString());
}

std::string NameOf(const v1::PlannedObject& planned) {
  return planned.name().schema() + "." + planned.name().name();
}

const v1::PlanEdit* FindEdit(const v1::MigrationState& state, const std::string& key) {
  const auto found = std::ranges::find_if(state.plan_edits(), [&](const v1::PlanEdit& edit) {
    return catalog::FoldName(edit.object()) == key;
  });
  return found == state.plan_edits().end() ? nullptr : &*found;
}

// ---- Writing it

class PlanWriter {
 public:
  PlanWriter(const Environment& environment, const TierChoice& tiers,
             const catalog::Catalog& catalog, const dbt::Project& project,
             const v1::MigrationState& state)
      : environment_(environment), tiers_(tiers), index_(catalog), state_(state) {
    for (const dbt::Model& model : project.models) {
      models_.emplace(KeyOf(model.source_object), &model);
    }
  }

  v1::PlannedObject Plan(const AssessedObject& object) const {
    v1::PlannedObject planned;
    planned.mutable_name()->set_schema(object.name.schema);
    planned.mutable_name()->set_name(object.name.name);
    planned.set_kind(object.kind);
    planned.set_complexity(std::string(ComplexityName(object.complexity.complexity)));
    for (const std::string& reason : object.complexity.reasons) planned.add_reasons(reason);
    planned.set_order(object.order);
    const std::string key = KeyOf(object.name);
    const v1::PlanEdit* edit = FindEdit(state_, key);
    planned.set_is_edited(edit != nullptr);
    planned.set_is_left_out(edit != nullptr && edit->is_left_out());
    planned.set_translator(std::string(kByNobody));
    const auto model = models_.find(key);
    if (model != models_.end()) Place(object, *model->second, edit, planned);
    return planned;
  }

 private:
  void Place(const AssessedObject& object, const dbt::Model& model, const v1::PlanEdit* edit,
             v1::PlannedObject& planned) const {
    planned.set_model(model.name);
    planned.set_layer(std::string(LayerName(model.layer)));
    planned.set_materialization(std::string(MaterializationName(model.materialization)));
    const bool is_refused = model.status == dbt::ModelStatus::kRefused;
    if (is_refused) Explain(model, planned);
    const bool is_chosen = edit != nullptr && !edit->translator().empty();
    planned.set_translator(is_chosen ? edit->translator() : std::string(kByRules));
    if (is_refused && HasOwnReason(model)) ChooseTranslator(object, model, is_chosen, planned);
  }

  // Why the rules refuse it.
  static void Explain(const dbt::Model& model, v1::PlannedObject& planned) {
    for (const diagnostics::Diagnostic& diagnostic : model.diagnostics) {
      const diagnostics::DiagnosticKind& kind = diagnostics::KindOf(diagnostic.id);
      if (kind.severity != diagnostics::Severity::kError) continue;
      if (planned.remark().empty()) planned.set_remark(diagnostics::Message(diagnostic));
      const std::string code(kind.code);
      if (std::ranges::find(planned.codes(), code) == planned.codes().end()) {
        planned.add_codes(code);
      }
    }
  }

  // The first tier that can be asked, from the wanted one, or else from that which earlier grades
  // and its complexity give, upwards; a person where none can.
  void ChooseTranslator(const AssessedObject& object, const dbt::Model& model, bool is_chosen,
                        v1::PlannedObject& planned) const {
    const auto wanted = is_chosen
                            ? routing::ComplexityNamed(planned.translator())
                            : std::optional(tiers_.For(
                                  {planned.codes().begin(), planned.codes().end()},
                                  static_cast<routing::Complexity>(object.complexity.complexity)));
    for (int tier = wanted ? static_cast<int>(*wanted) : kTiers; tier < kTiers; ++tier) {
      const auto complexity = static_cast<routing::Complexity>(tier);
      const auto estimate = EstimateRewrite(environment_, state_, index_, model, complexity);
      if (!estimate) continue;
      planned.set_translator(std::string(routing::NameOf(complexity)));
      *planned.mutable_estimate() = *estimate;
      return;
    }
    planned.set_translator(std::string(kByPerson));
    planned.mutable_estimate()->set_person_days(PersonDays(object.complexity.complexity));
  }

  const Environment& environment_;
  const TierChoice& tiers_;
  const catalog::CatalogIndex index_;
  const v1::MigrationState& state_;
  absl::flat_hash_map<std::string, const dbt::Model*> models_;  // An object's first, by KeyOf.
};

// ---- Changing it

absl::Status Refuse(const v1::PlanEdit& edit, std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("the plan cannot be changed for {}: {}", edit.object(), why));
}

// What a field of an edit may say besides "default" and nothing.
struct Choice {
  std::string_view name;
  const std::string& (v1::PlanEdit::*value)() const;
  bool (*is_known)(std::string_view value);
  std::string_view known;
  bool is_for_tables;
};

bool IsLayer(std::string_view value) {
  return value == LayerName(dbt::Layer::kIntermediate) || value == LayerName(dbt::Layer::kMarts);
}

bool IsMaterialization(std::string_view value) {
  return value == MaterializationName(dbt::Materialization::kView) ||
         value == MaterializationName(dbt::Materialization::kTable);
}

bool IsTranslator(std::string_view value) {
  return value == kByPerson || routing::ComplexityNamed(value).has_value();
}

constexpr auto kChoices = std::to_array<Choice>({
    {"layer", &v1::PlanEdit::layer, IsLayer, "intermediate and marts", false},
    {"materialization", &v1::PlanEdit::materialization, IsMaterialization, "view and table", true},
    {"translator", &v1::PlanEdit::translator, IsTranslator,
     "simple, medium, complex, critical and person", false},
});

absl::Status CheckChoice(const Choice& choice, const v1::PlanEdit& edit, bool is_table) {
  const std::string& value = (edit.*choice.value)();
  if (value.empty()) return absl::OkStatus();
  if (is_table && !choice.is_for_tables) {
    return Refuse(edit, fmt::format("a table has no choice of {}", choice.name));
  }
  if (value == kDefault || choice.is_known(value)) return absl::OkStatus();
  return Refuse(edit, fmt::format("there is no {} '{}'; there are {}, and default", choice.name,
                                  value, choice.known));
}

absl::Status CheckEdit(const v1::PlannedObject* planned, const v1::PlanEdit& edit) {
  if (planned == nullptr) return Refuse(edit, "the plan has no such object");
  const bool is_table = planned->kind() == kTable;
  if (is_table && edit.is_left_out()) {
    return Refuse(edit, "tables are moved with their rows; take it out of the source's scripts");
  }
  if (planned->translator() == kByNobody && !planned->is_left_out()) {
    return Refuse(edit, fmt::format("a {} of this kind has no model", planned->kind()));
  }
  for (const Choice& choice : kChoices) {
    if (absl::Status checked = CheckChoice(choice, edit, is_table); !checked.ok()) return checked;
  }
  return absl::OkStatus();
}

void SetOrClear(const std::string& value, std::string* field) {
  if (value.empty()) return;
  *field = value == kDefault ? "" : value;
}

bool SaysNothing(const v1::PlanEdit& edit) {
  return edit.layer().empty() && edit.materialization().empty() && edit.translator().empty() &&
         !edit.is_left_out();
}

dbt::Placement PlacementOf(const v1::PlanEdit& edit) {
  dbt::Placement placement;
  placement.is_left_out = edit.is_left_out();
  if (!edit.layer().empty()) {
    const bool is_mart = edit.layer() == LayerName(dbt::Layer::kMarts);
    placement.layer = is_mart ? dbt::Layer::kMarts : dbt::Layer::kIntermediate;
  }
  if (!edit.materialization().empty()) {
    const bool is_table = edit.materialization() == kTable;
    placement.materialization =
        is_table ? dbt::Materialization::kTable : dbt::Materialization::kView;
  }
  return placement;
}

}  // namespace

void WritePlan(const Environment& environment, const TierChoice& tiers,
               const catalog::Catalog& catalog, const dbt::Project& project,
               v1::MigrationState& state) {
  std::vector<AssessedObject> objects = AssessObjects(catalog);
  std::ranges::stable_sort(objects, {}, &AssessedObject::order);
  const PlanWriter writer(environment, tiers, catalog, project, state);
  google::protobuf::RepeatedPtrField<v1::PlannedObject> plan;
  for (const AssessedObject& object : objects) *plan.Add() = writer.Plan(object);
  state.mutable_plan()->Swap(&plan);
}

v1::Plan PlanOf(const v1::MigrationState& state) {
  v1::Plan plan;
  *plan.mutable_objects() = state.plan();
  int counts[4] = {};  // Rules, people, nobody, models.
  for (const v1::PlannedObject& planned : state.plan()) {
    const auto known = std::to_array({kByRules, kByPerson, kByNobody});
    ++counts[std::ranges::find(known, planned.translator()) - known.begin()];
    plan.set_cost_microdollars(plan.cost_microdollars() + planned.estimate().cost_microdollars());
    plan.set_person_days(plan.person_days() + planned.estimate().person_days());
  }
  plan.set_by_rules(counts[0]);
  plan.set_by_people(counts[1]);
  plan.set_beside(counts[2]);
  plan.set_by_models(counts[3]);
  return plan;
}

absl::Status CheckPlanEdits(const v1::MigrationState& state, const Edits& edits) {
  absl::flat_hash_map<std::string, const v1::PlannedObject*> by_key;
  for (const v1::PlannedObject& planned : state.plan()) {
    by_key.emplace(catalog::FoldName(NameOf(planned)), &planned);
  }
  for (const v1::PlanEdit& edit : edits) {
    const auto found = by_key.find(catalog::FoldName(edit.object()));
    const absl::Status checked = CheckEdit(found == by_key.end() ? nullptr : found->second, edit);
    if (!checked.ok()) return checked;
  }
  return absl::OkStatus();
}

void AddPlanEdits(const Edits& edits, v1::MigrationState& state) {
  auto& all = *state.mutable_plan_edits();
  for (const v1::PlanEdit& edit : edits) {
    const std::string key = catalog::FoldName(edit.object());
    auto known = std::ranges::find_if(
        all, [&](const v1::PlanEdit& one) { return catalog::FoldName(one.object()) == key; });
    v1::PlanEdit& merged = known == all.end() ? *all.Add() : *known;
    merged.set_object(edit.object());
    SetOrClear(edit.layer(), merged.mutable_layer());
    SetOrClear(edit.materialization(), merged.mutable_materialization());
    SetOrClear(edit.translator(), merged.mutable_translator());
    if (edit.has_is_left_out()) merged.set_is_left_out(edit.is_left_out());
  }
  all.erase(std::remove_if(all.begin(), all.end(), SaysNothing), all.end());
}

std::map<std::string, dbt::Placement> PlacementsOf(const v1::MigrationState& state) {
  std::map<std::string, dbt::Placement> placements;
  for (const v1::PlanEdit& edit : state.plan_edits()) {
    placements[edit.object()] = PlacementOf(edit);
  }
  return placements;
}

}  // namespace datamigrate::agents
