#include "common/guardian/anchor_automaton.h"

#include <fmt/format.h>
#include <hs/hs.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"

namespace datamigrate::guardian {
namespace {

constexpr char kPipe = '\037';  // see Rule::anchors

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 32 : 0));
  });
  return lower;
}

// "a|b" as {"a", "b"}, in lower case.
std::vector<std::string> Literals(std::string_view anchors) {
  std::vector<std::string> literals;
  while (!anchors.empty()) {
    const size_t end = std::min(anchors.find('|'), anchors.size());
    if (end > 0) {
      literals.push_back(LowerCase(anchors.substr(0, end)));
      std::ranges::replace(literals.back(), kPipe, '|');
    }
    anchors.remove_prefix(std::min(end + 1, anchors.size()));
  }
  return literals;
}

constexpr size_t kLongestShort = 5;  // bytes of a short literal

// Vectorscan looks at every second byte only where no literal is shorter than this, and then takes
// so much for a match that it is slower; a literal that no text has keeps it from that.
constexpr std::string_view kNowhere = "\1\2";

// So many bytes are read at once, so that both automata find them in the processor's cache, and no
// text has more hits waiting than they may have.
constexpr size_t kPiece = 32 * 1024;

}  // namespace

AnchorAutomaton::Scratch::~Scratch() {
  hs_free_scratch(scratch_);
}

AnchorAutomaton::Shard::Shard(Shard&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      texts_(std::move(other.texts_)),
      literals_(std::move(other.literals_)) {}

AnchorAutomaton::Shard::~Shard() {
  hs_free_database(database_);
}

void AnchorAutomaton::Shard::Add(const std::string& text, std::vector<uint32_t> owners) {
  texts_.push_back(text);
  literals_.push_back({static_cast<uint32_t>(text.size()), std::move(owners)});
}

absl::Status AnchorAutomaton::Shard::Compile() {
  Add(std::string(kNowhere), {});
  std::vector<const char*> expressions;
  std::vector<size_t> lengths;
  std::vector<unsigned> ids;
  for (const std::string& text : texts_) {
    ids.push_back(static_cast<unsigned>(ids.size()));
    expressions.push_back(text.data());
    lengths.push_back(text.size());
  }
  const std::vector<unsigned> flags(texts_.size(), HS_FLAG_CASELESS);
  hs_compile_error_t* error = nullptr;
  const hs_error_t compiled = hs_compile_lit_multi(
      expressions.data(), flags.data(), ids.data(), lengths.data(),
      static_cast<unsigned>(texts_.size()), HS_MODE_BLOCK, nullptr, &database_, &error);
  texts_.clear();
  if (compiled == HS_SUCCESS) return absl::OkStatus();
  const absl::Cleanup free_error = [error] { hs_free_compile_error(error); };
  return absl::FailedPreconditionError(
      fmt::format("the Guardian's patterns do not compile: {}", error->message));
}

bool AnchorAutomaton::Shard::Prepare(hs_scratch*& scratch) const {
  return hs_alloc_scratch(database_, &scratch) == HS_SUCCESS;
}

void AnchorAutomaton::Shard::Scan(std::string_view piece, size_t offset, size_t known,
                                  hs_scratch* scratch, std::vector<Hit>& hits) const {
  struct Context {
    const std::vector<Literal>& literals;
    size_t offset;
    size_t known;
    std::vector<Hit>& hits;
  } context{literals_, offset, known, hits};
  // Called by C, and so must not throw: without memory for a hit, the program ends.
  const auto report = [](unsigned id, unsigned long long, unsigned long long end, unsigned,
                         void* given) noexcept -> int {
    const auto& its = *static_cast<Context*>(given);
    if (end <= its.known) return 0;
    const Literal& literal = its.literals[id];
    const size_t text_end = its.offset + static_cast<size_t>(end);
    for (const uint32_t owner : literal.owners) {
      its.hits.push_back({owner, text_end - literal.length, text_end});
    }
    return 0;
  };
  hits.clear();
  hs_scan(database_, piece.data(), static_cast<unsigned>(piece.size()), 0, scratch, report,
          &context);
}

AnchorAutomaton::AnchorAutomaton(AnchorAutomaton&&) noexcept = default;
AnchorAutomaton::~AnchorAutomaton() = default;

absl::StatusOr<AnchorAutomaton> AnchorAutomaton::Compile(
    std::span<const std::string_view> anchors) {
  std::map<std::string, std::vector<uint32_t>> owners;
  for (size_t owner = 0; owner < anchors.size(); ++owner) {
    for (const std::string& literal : Literals(anchors[owner])) {
      owners[literal].push_back(static_cast<uint32_t>(owner));
    }
  }
  AnchorAutomaton automaton;
  for (auto& [literal, its_owners] : owners) {
    automaton.longest_ = std::max(automaton.longest_, literal.size());
    Shard& shard =
        literal.size() <= kLongestShort ? automaton.short_literals_ : automaton.long_literals_;
    shard.Add(literal, std::move(its_owners));
  }
  for (Shard* shard : {&automaton.short_literals_, &automaton.long_literals_}) {
    if (const absl::Status compiled = shard->Compile(); !compiled.ok()) return compiled;
  }
  return automaton;
}

absl::StatusOr<std::unique_ptr<AnchorAutomaton::Scratch>> AnchorAutomaton::MakeScratch() const {
  hs_scratch_t* scratch = nullptr;
  if (!short_literals_.Prepare(scratch) || !long_literals_.Prepare(scratch)) {
    hs_free_scratch(scratch);
    return absl::ResourceExhaustedError("there is no memory to scan in");
  }
  return std::unique_ptr<Scratch>(new Scratch(scratch));
}

void AnchorAutomaton::Scan(std::string_view text, Scratch& scratch, OnHit on_hit) const {
  for (size_t begin = 0; begin < text.size(); begin += kPiece) {
    // A literal may begin in the piece before.
    const size_t lead = std::min(begin, longest_ - 1);
    const std::string_view piece = text.substr(begin - lead, lead + kPiece);
    short_literals_.Scan(piece, begin - lead, lead, scratch.scratch_, scratch.short_hits_);
    long_literals_.Scan(piece, begin - lead, lead, scratch.scratch_, scratch.long_hits_);
    auto next = scratch.short_hits_.begin();
    for (const Hit& hit : scratch.long_hits_) {
      for (; next != scratch.short_hits_.end() && next->end < hit.end; ++next) on_hit(*next);
      on_hit(hit);
    }
    for (; next != scratch.short_hits_.end(); ++next) on_hit(*next);
  }
}

}  // namespace datamigrate::guardian
