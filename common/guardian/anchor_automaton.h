// All rules' anchors in two automata: a text is read twice, whatever the number of rules.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_ANCHOR_AUTOMATON_H_
#define DATAMIGRATE_COMMON_GUARDIAN_ANCHOR_AUTOMATON_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
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
  // A literal of anchors[owner] stands in the text from `begin` to `end`.
  struct Hit {
    uint32_t owner;
    size_t begin;
    size_t end;
  };
  using OnHit = absl::FunctionRef<void(const Hit&)>;

  class Scratch {
   public:
    ~Scratch();

   private:
    friend class AnchorAutomaton;
    explicit Scratch(hs_scratch* scratch) : scratch_(scratch) {}

    hs_scratch* const scratch_;
    std::vector<Hit> short_hits_;  // of a piece of text, in the order of their ends
    std::vector<Hit> long_hits_;
  };

  // Each of `anchors` holds literals with "|" between, or none.
  // Errors: kFailedPrecondition when Vectorscan does not take them, or not this processor.
  static absl::StatusOr<AnchorAutomaton> Compile(std::span<const std::string_view> anchors);

  AnchorAutomaton(AnchorAutomaton&&) noexcept;
  AnchorAutomaton& operator=(AnchorAutomaton&&) = delete;
  ~AnchorAutomaton();

  absl::StatusOr<std::unique_ptr<Scratch>> MakeScratch() const;

  // Calls `on_hit` for every literal, in the order of their ends.
  void Scan(std::string_view text, Scratch& scratch, OnHit on_hit) const;

 private:
  struct Literal {
    uint32_t length;
    std::vector<uint32_t> owners;
  };
  // Literals of similar lengths.
  class Shard {
   public:
    Shard() = default;
    Shard(Shard&& other) noexcept;
    Shard& operator=(Shard&&) = delete;
    ~Shard();

    void Add(const std::string& text, std::vector<uint32_t> owners);
    // Errors: as AnchorAutomaton::Compile.
    absl::Status Compile();
    // Grows `scratch`, so that it will do for this one. False where there is no memory.
    bool Prepare(hs_scratch*& scratch) const;
    // Fills `hits` with those that end behind `known` bytes of `piece`, which stands at `offset` of
    // the text.
    void Scan(std::string_view piece, size_t offset, size_t known, hs_scratch* scratch,
              std::vector<Hit>& hits) const;

   private:
    hs_database* database_ = nullptr;
    std::vector<std::string> texts_;
    std::vector<Literal> literals_;  // by their number in the database
  };

  AnchorAutomaton() = default;

  // Literals are found by their last bytes. Among long ones, short ones are taken for a match so
  // often that two automata are faster than one.
  Shard short_literals_;
  Shard long_literals_;
  size_t longest_ = 1;  // of them, in bytes
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_ANCHOR_AUTOMATON_H_
