// Sends mail behind the requests' backs, so that how long an answer takes tells nothing.
#ifndef DATAMIGRATE_GATEWAY_MAIL_POST_OFFICE_H_
#define DATAMIGRATE_GATEWAY_MAIL_POST_OFFICE_H_

#include <functional>
#include <memory>
#include <string>

#include "common/telemetry/metrics.h"
#include "gateway/mail/mail.h"
#include "gateway/worker_pool.h"

namespace datamigrate::gateway {

// One thread and a bounded queue. Jobs look up whom to write to and call Send. Thread safe.
class PostOffice {
 public:
  // `mailer`: null when mail is off. `public_url`: what links in mails begin with, as
  // "https://datamigrate.example.com".
  PostOffice(std::unique_ptr<Mailer> mailer, std::string public_url, telemetry::Metrics& metrics);

  bool is_open() const { return mailer_ != nullptr; }

  // Runs `job` soon on the office's thread. False when the queue is full or mail is off.
  [[nodiscard]] bool Post(std::function<void()> job);

  // Sends at once and waits; a failure is logged, without the address, and counted.
  void Send(const Mail& mail);

  // "https://…/account#reset=TOKEN": the part after "#" stays in the browser, out of every log.
  std::string LinkTo(const std::string& action, const std::string& token) const;

 private:
  const std::unique_ptr<Mailer> mailer_;
  const std::string public_url_;
  telemetry::Counter& sent_;
  WorkerPool workers_;  // last: its thread uses everything above
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_MAIL_POST_OFFICE_H_
