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

// What Vectorscan's callback needs; it is C and must not throw.
struct Context {
  const void* self;
  AnchorAutomaton::OnHit on_hit;
};

}  // namespace

AnchorAutomaton::Scratch::~Scratch() {
  hs_free_scratch(scratch_);
}

AnchorAutomaton::AnchorAutomaton(AnchorAutomaton&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), literals_(std::move(other.literals_)) {}

AnchorAutomaton::~AnchorAutomaton() {
  hs_free_database(database_);
}

absl::StatusOr<AnchorAutomaton> AnchorAutomaton::Compile(
    std::span<const std::string_view> anchors) {
  std::map<std::string, std::vector<uint32_t>> owners;
  for (size_t owner = 0; owner < anchors.size(); ++owner) {
    for (const std::string& literal : Literals(anchors[owner])) {
      owners[literal].push_back(static_cast<uint32_t>(owner));
    }
  }
  AnchorAutomaton automaton;
  std::vector<const char*> expressions;
  std::vector<size_t> lengths;
  for (const auto& [literal, its_owners] : owners) {
    expressions.push_back(literal.data());
    lengths.push_back(literal.size());
    automaton.literals_.push_back({static_cast<uint32_t>(literal.size()), its_owners});
  }
  std::vector<unsigned> flags(expressions.size(), HS_FLAG_CASELESS);
  std::vector<unsigned> ids(expressions.size());
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<unsigned>(i);
  hs_compile_error_t* error = nullptr;
  const hs_error_t compiled =
      hs_compile_lit_multi(expressions.data(), flags.data(), ids.data(), lengths.data(),
                           static_cast<unsigned>(expressions.size()), HS_MODE_BLOCK, nullptr,
                           &automaton.database_, &error);
  if (compiled != HS_SUCCESS) {
    const absl::Cleanup free_error = [error] { hs_free_compile_error(error); };
    return absl::FailedPreconditionError(
        fmt::format("the Guardian's patterns do not compile: {}", error->message));
  }
  return automaton;
}

absl::StatusOr<std::unique_ptr<AnchorAutomaton::Scratch>> AnchorAutomaton::MakeScratch() const {
  hs_scratch_t* scratch = nullptr;
  if (hs_alloc_scratch(database_, &scratch) != HS_SUCCESS) {
    return absl::ResourceExhaustedError("there is no memory to scan in");
  }
  return std::unique_ptr<Scratch>(new Scratch(scratch));
}

void AnchorAutomaton::Scan(std::string_view text, Scratch& scratch, OnHit on_hit) const {
  Context context{this, on_hit};
  const auto report = [](unsigned id, unsigned long long, unsigned long long end, unsigned,
                         void* given) -> int {
    const auto& its = *static_cast<Context*>(given);
    const Literal& literal = static_cast<const AnchorAutomaton*>(its.self)->literals_[id];
    for (const uint32_t owner : literal.owners) {
      its.on_hit({owner, static_cast<size_t>(end) - literal.length, static_cast<size_t>(end)});
    }
    return 0;
  };
  hs_scan(database_, text.data(), static_cast<unsigned>(text.size()), 0, scratch.scratch_, report,
          &context);
}

}  // namespace datamigrate::guardian
