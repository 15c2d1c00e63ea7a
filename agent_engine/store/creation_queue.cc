#include "agent_engine/store/creation_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace datamigrate::store {
namespace {

constexpr char kNewJobs[] = "jobs";

}  // namespace

CreationQueue::CreationQueue(MigrationStore* store, const CreationQueueOptions& options)
    : store_(store), options_(options), announcer_([store](const std::vector<std::string>&) {
        store->AnnounceJobs().IgnoreError();
      }) {
  for (int i = 0; i < options.writers; ++i) writers_.emplace_back([this] { Run(); });
}

CreationQueue::~CreationQueue() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  for (std::thread& writer : writers_) writer.join();
}

std::vector<CreationQueue::Item> CreationQueue::Submit(std::vector<Item> items) {
  absl::MutexLock lock(&mutex_);
  const size_t room = is_stopping_ || waiting_.size() >= options_.max_waiting
                          ? 0
                          : options_.max_waiting - waiting_.size();
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(room, items.size()));
  std::move(items.begin(), end, std::back_inserter(waiting_));
  items.erase(items.begin(), end);
  return items;
}

std::vector<CreationQueue::Item> CreationQueue::Take() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &CreationQueue::HasNews));
  const auto end =
      waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(options_.max_group, waiting_.size()));
  std::vector<Item> group(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return group;
}

void CreationQueue::Run() {
  while (true) {
    std::vector<Item> group = Take();
    if (group.empty()) return;
    std::vector<NewMigration> migrations;
    migrations.reserve(group.size());
    for (Item& item : group) migrations.push_back(std::move(item.migration));
    std::vector<absl::StatusOr<CreatedMigration>> created = store_->CreateAll(migrations);
    bool has_new = false;
    for (size_t i = 0; i < group.size(); ++i) {
      has_new |= created[i].ok() && created[i]->is_new;
      group[i].done(std::move(created[i]));
    }
    // Nobody waits for this, and workers that do not hear of it look from time to time.
    if (has_new) announcer_.Add({kNewJobs});
  }
}

}  // namespace datamigrate::store
