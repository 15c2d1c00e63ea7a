#include "gateway/endpoints/stream_leases.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "gateway/http/credential.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

std::string NameOf(const Principal& principal) {
  return principal.key_id.empty() ? "u" + principal.user_id : "k" + principal.key_id;
}

}  // namespace

class StreamLeases::Lease : public StreamLease {
 public:
  Lease(const Request& request, Permission permission, CheckToken check, WorkerPool* checkers,
        std::shared_ptr<Seats> seats)
      : holder_(NameOf(*request.principal)),
        checkers_(checkers),
        seats_(std::move(seats)),
        state_(std::make_shared<State>(TokenOf(request), request.principal->organization_id,
                                       permission, std::move(check))) {}

  ~Lease() override {
    std::lock_guard lock(seats_->mutex);
    const auto taken = seats_->taken.find(holder_);
    if (--taken->second == 0) seats_->taken.erase(taken);
  }

  bool MayGoOn() override {
    if (state_->is_over) return false;
    if (state_->is_asked.exchange(true)) return true;
    const bool is_taken = checkers_->TryPost([state = state_] { state->Ask(); });
    if (!is_taken) state_->is_asked = false;  // next time
    return true;
  }

 private:
  // Outlives the lease while it is asked.
  struct State {
    State(std::string the_token, std::string organization, Permission needed, CheckToken how)
        : token(std::move(the_token)),
          organization_id(std::move(organization)),
          permission(needed),
          check(std::move(how)) {}

    void Ask() {
      const absl::StatusOr<Principal> principal = check(token);
      if (principal.ok()) {
        is_over = principal->organization_id != organization_id ||
                  !principal->permissions.Has(permission);
      } else if (absl::IsUnauthenticated(principal.status())) {
        is_over = true;
      }
      is_asked = false;
    }

    const std::string token;
    const std::string organization_id;
    const Permission permission;
    const CheckToken check;
    std::atomic<bool> is_asked = false;  // and not answered yet
    std::atomic<bool> is_over = false;
  };

  const std::string holder_;
  WorkerPool* const checkers_;
  const std::shared_ptr<Seats> seats_;
  const std::shared_ptr<State> state_;
};

StreamLeases::StreamLeases(CheckToken check, WorkerPool* checkers, int most)
    : check_(std::move(check)), checkers_(checkers), most_(most) {}

std::shared_ptr<StreamLease> StreamLeases::Open(const Request& request, Permission permission) {
  {
    std::lock_guard lock(seats_->mutex);
    int& taken = seats_->taken[NameOf(*request.principal)];
    if (taken >= most_) return nullptr;
    ++taken;
  }
  return std::make_shared<Lease>(request, permission, check_, checkers_, seats_);
}

Response RefuseStream(const Request& request) {
  Response refused = Problem(request, 429,
                             fmt::format("At most {} streams of events may be open; close one.",
                                         StreamLeases::kMostPerPrincipal));
  refused.headers.Set("Retry-After", "5");
  return refused;
}

}  // namespace datamigrate::gateway
