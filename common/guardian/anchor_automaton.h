// All rules' anchors in one automaton: a text is read once, whatever the number of rules.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_ANCHOR_AUTOMATON_H_
#define DATAMIGRATE_COMMON_GUARDIAN_ANCHOR_AUTOMATON_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

struct hs_database;
struct hs_scratch;

namespace datamigrate::guardian {

// Immutable; safe to use from any thread, each with a scratch of its own.
class AnchorAutomaton {
 public:
  class Scratch {
   public:
    ~Scratch();

   private:
    friend class AnchorAutomaton;
    explicit Scratch(hs_scratch* scratch) : scratch_(scratch) {}
    hs_scratch* const scratch_;
  };

  // Each of `anchors` holds literals with "|" between, or none.
  // Errors: kFailedPrecondition when Vectorscan does not take them, or not this processor.
  static absl::StatusOr<AnchorAutomaton> Compile(std::span<const std::string_view> anchors);

  AnchorAutomaton(AnchorAutomaton&&) noexcept;
  AnchorAutomaton& operator=(AnchorAutomaton&&) = delete;
  ~AnchorAutomaton();

  absl::StatusOr<std::unique_ptr<Scratch>> MakeScratch() const;

  // A literal of anchors[owner] stands in the text from `begin` to `end`.
  struct Hit {
    uint32_t owner;
    size_t begin;
    size_t end;
  };
  using OnHit = absl::FunctionRef<void(const Hit&)>;
  // Calls `on_hit` for every literal, in the order of their ends.
  void Scan(std::string_view text, Scratch& scratch, OnHit on_hit) const;

 private:
  AnchorAutomaton() = default;

  struct Literal {
    uint32_t length;
    std::vector<uint32_t> owners;
  };
  hs_database* database_ = nullptr;
  std::vector<Literal> literals_;  // by their number in the database
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_ANCHOR_AUTOMATON_H_
