#include "agent_engine/routing/usage_ledger.h"

#include <utility>

#include "agent_engine/routing/model_caller.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr size_t kMostRecords = 10000;

struct Window {
  std::string name;
  absl::Time ends;
};

Window WindowAt(BudgetWindow window, absl::Time now) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilDay day = absl::ToCivilDay(now, utc);
  if (window == BudgetWindow::kDay) {
    return {absl::FormatTime("%Y-%m-%d", now, utc), absl::FromCivil(day + 1, utc)};
  }
  if (window == BudgetWindow::kMonth) {
    return {absl::FormatTime("%Y-%m", now, utc), absl::FromCivil(absl::CivilMonth(day) + 1, utc)};
  }
  return {"total", absl::InfiniteFuture()};
}

std::string KeyOf(const BudgetUse& use) {
  return text::Cat(use.budget, "\n", use.subject, "\n", use.window);
}

}  // namespace

std::vector<BudgetUse> BudgetsOf(const Routes& routes, const CallContext& context, absl::Time now) {
  std::vector<BudgetUse> uses;
  for (const Budget& budget : routes.budgets) {
    std::string subject;
    if (budget.scope == Budget::Scope::kOrganization) subject = context.tenant;
    if (budget.scope == Budget::Scope::kMigration) subject = context.migration;
    if (subject.empty() && budget.scope != Budget::Scope::kSite) continue;
    if (!budget.of.empty() && budget.of != subject) continue;
    Window window = WindowAt(budget.window, now);
    uses.push_back({budget.name, std::move(subject), window.ends, std::move(window.name),
                    budget.limit_microdollars});
  }
  return uses;
}

std::string FormatDollars(int64_t microdollars) {
  const double dollars = static_cast<double>(microdollars) / 1e6;
  if (microdollars % 10000 == 0) return fmt::format("${:.2f}", dollars);
  return fmt::format("${:.6f}", dollars);
}

absl::Status BudgetSpent(const BudgetUse& use, int64_t spent, int64_t held, int64_t wanted) {
  const std::string subject = use.subject.empty() ? "the site" : text::Cat("\"", use.subject, "\"");
  const std::string opens =
      use.opens == absl::InfiniteFuture()
          ? "it does not open again by itself"
          : text::Cat("it opens again at ",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", use.opens, absl::UTCTimeZone()));
  return Failure(
      FailureCause::kBudgetSpent,
      text::Cat("the budget \"", use.budget, "\" of ", subject, " is ",
                FormatDollars(use.limit_microdollars), " for ", use.window, "; ",
                FormatDollars(spent), " is spent, ", FormatDollars(held),
                " is held by calls that run, and this call may cost ", FormatDollars(wanted), "; ",
                opens, "; the routing file's \"budgets\" can raise it"));
}

absl::StatusOr<std::string> MemoryLedger::Reserve(const std::vector<BudgetUse>& uses,
                                                  int64_t microdollars, absl::Time /*now*/,
                                                  absl::Time /*expires*/) {
  absl::MutexLock lock(&mutex_);
  for (const BudgetUse& use : uses) {
    const Spending& spending = spending_[KeyOf(use)];
    if (spending.spent + spending.held + microdollars > use.limit_microdollars) {
      return BudgetSpent(use, spending.spent, spending.held, microdollars);
    }
  }
  Reservation reservation{{}, microdollars};
  for (const BudgetUse& use : uses) {
    reservation.keys.push_back(KeyOf(use));
    spending_[reservation.keys.back()].held += microdollars;
  }
  std::string id = text::Cat(next_id_++);
  reservations_.emplace(id, std::move(reservation));
  return id;
}

void MemoryLedger::Settle(std::string_view reservation, CallRecord record) {
  absl::MutexLock lock(&mutex_);
  if (const auto found = reservations_.find(reservation); found != reservations_.end()) {
    for (const std::string& key : found->second.keys) {
      spending_[key].held -= found->second.microdollars;
      spending_[key].spent += record.cost_microdollars;
    }
    reservations_.erase(found);
  }
  if (records_.size() >= kMostRecords) records_.pop_front();
  records_.push_back(std::move(record));
}

std::vector<CallRecord> MemoryLedger::Records() const {
  absl::MutexLock lock(&mutex_);
  return {records_.begin(), records_.end()};
}

}  // namespace datamigrate::routing
