#include "common/audit/chain_check.h"

#include <fmt/format.h>

#include <sstream>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"

namespace datamigrate::audit {
namespace {

std::string Range(int64_t first, int64_t last) {
  return first == last ? fmt::format("row {} is", first)
                       : fmt::format("rows {} to {} are", first, last);
}

}  // namespace

std::string CheckpointText(int64_t through, std::string_view hash) {
  return fmt::format("1-{} {}", through, crypto::HexEncode(hash));
}

ChainCheck::ChainCheck(ChainFacts facts)
    : facts_(std::move(facts)), last_{facts_.checkpoint.through, facts_.checkpoint.hash} {
  if (last_.sequence > 0) CheckAnchor(last_.sequence, last_.hash);
}

void ChainCheck::Note(int64_t sequence, std::string what) {
  if (flaws_.size() < kMostFlaws) flaws_.push_back({sequence, std::move(what)});
}

void ChainCheck::Add(const Row& row) {
  ++rows_;
  CheckPlace(row);
  CheckFields(row);
  CheckRecords(row);
  CheckAnchor(row.sequence, row.hash);
  last_ = {row.sequence, row.hash};
}

// A row that does not follow its predecessor cannot be told to be unchanged, so nothing more is
// said of it.
void ChainCheck::CheckPlace(const Row& row) {
  const int64_t expected = last_.sequence + 1;
  is_after_gap_ = row.sequence != expected;
  if (row.sequence > expected) {
    Note(expected, Range(expected, row.sequence - 1) + " missing");
  } else if (row.sequence < expected) {
    Note(row.sequence, "the row is there twice, or was dropped before");
  } else if (HashOf(last_.hash, row) != row.hash) {
    Note(row.sequence, "the row was changed");
  }
}

void ChainCheck::CheckFields(const Row& row) {
  if (IsActorErased(row)) {
    erased_.insert(fmt::format("actor:{}", row.sequence));
    if (!row.user_id.empty() || !row.remote_address.empty()) {
      Note(row.sequence, "the erased actor is there again");
    }
  } else if (!ActorFits(row)) {
    Note(row.sequence, "user, key, session or address was changed");
  }
  if (IsObjectErased(row)) {
    erased_.insert(fmt::format("object:{}", row.sequence));
    if (!row.object.empty()) Note(row.sequence, "the erased object is there again");
  } else if (!ObjectFits(row)) {
    Note(row.sequence, "the object was changed");
  }
}

void ChainCheck::CheckRecords(const Row& row) {
  if (row.action == kEraseAction) recorded_[row.sequence] = row.text_sha256;
  const Checkpoint& checkpoint = facts_.checkpoint;
  if (row.sequence == checkpoint.recorded_by && row.action == kDropAction &&
      row.object == CheckpointText(checkpoint.through, checkpoint.hash)) {
    has_checkpoint_row_ = true;
  }
}

void ChainCheck::CheckAnchor(int64_t sequence, const std::string& hash) {
  const auto anchor = facts_.anchors.find(sequence);
  if (anchor != facts_.anchors.end() && anchor->second != hash) {
    Note(sequence, "the chain was written anew: the anchor has another hash for this row");
  }
}

void ChainCheck::CheckErasures() {
  for (const auto& [sequence, list] : facts_.erasures) {
    const auto recorded = recorded_.find(sequence);
    if (recorded == recorded_.end() || recorded->second != crypto::Sha256Hex(list)) {
      Note(sequence, "the list of an erasure is not the one that the chain recorded");
      continue;
    }
    std::istringstream fields(list);
    for (std::string field; fields >> field;) erased_.erase(field);
  }
  for (const std::string& field : erased_) {
    const int64_t sequence = std::stoll(field.substr(field.find(':') + 1));
    Note(sequence, "the " + field.substr(0, field.find(':')) +
                       " was erased, and no erasure on record says so");
  }
}

void ChainCheck::CheckEnd() {
  const Head& head = facts_.head;
  if (last_.sequence < head.sequence) {
    Note(last_.sequence + 1, Range(last_.sequence + 1, head.sequence) + " missing at the end");
  } else if (last_.sequence > head.sequence) {
    Note(head.sequence + 1, Range(head.sequence + 1, last_.sequence) + " beyond the chain's end");
  } else if (last_.hash != head.hash) {
    Note(head.sequence, "the chain's end has another hash than its last row");
  }
  if (!facts_.anchors.empty() && facts_.anchors.rbegin()->first > last_.sequence) {
    Note(last_.sequence + 1, Range(last_.sequence + 1, facts_.anchors.rbegin()->first) +
                                 " missing: the anchor knows of a longer chain");
  }
}

std::vector<Flaw> ChainCheck::Finish() {
  if (facts_.checkpoint.through > 0 && !has_checkpoint_row_) {
    Note(facts_.checkpoint.through, "rows were dropped, and no row of the chain says so");
  }
  CheckErasures();
  CheckEnd();
  return std::move(flaws_);
}

}  // namespace datamigrate::audit
