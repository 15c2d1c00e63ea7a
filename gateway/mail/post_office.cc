#include "gateway/mail/post_office.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace datamigrate::gateway {
namespace {

constexpr size_t kMostQueued = 1000;

}  // namespace

PostOffice::PostOffice(std::unique_ptr<Mailer> mailer, std::string public_url,
                       telemetry::Metrics& metrics)
    : mailer_(std::move(mailer)),
      public_url_(std::move(public_url)),
      sent_(metrics.AddCounter("datamigrate_gateway_mails_total", "Mails by what became of them.",
                               {"result"})),
      workers_(1, kMostQueued) {}

bool PostOffice::Post(std::function<void()> job) {
  return is_open() && workers_.TryPost(std::move(job));
}

void PostOffice::Send(const Mail& mail) {
  const absl::Status sent = mailer_->Send(mail);
  sent_.Increment({sent.ok() ? "sent" : "failed"});
  if (!sent.ok()) spdlog::error("a mail was not sent: {}", std::string(sent.message()));
}

std::string PostOffice::LinkTo(const std::string& action, const std::string& token) const {
  return fmt::format("{}/account#{}={}", public_url_, action, token);
}

}  // namespace datamigrate::gateway
