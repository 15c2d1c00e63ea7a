// Mail that the gateway sends: what it says, and the ways it can go.
#ifndef DATAMIGRATE_GATEWAY_MAIL_MAIL_H_
#define DATAMIGRATE_GATEWAY_MAIL_MAIL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace datamigrate::gateway {

struct Mail {
  std::string to;       // one address, ASCII without control characters
  std::string subject;  // ASCII, one line
  std::string text;     // UTF-8, lines end with \n
};

// Thread safe; Send blocks.
class Mailer {
 public:
  virtual ~Mailer() = default;
  // Errors: kUnavailable and the like, without the mail's text; kInvalidArgument for a mail that
  // breaks the rules above.
  virtual absl::Status Send(const Mail& mail) = 0;
};

struct MailOptions {
  // "off"; "file:/folder", a file per mail; "smtp://host:port", with STARTTLS required unless the
  // host is this machine; "smtps://host:port".
  std::string route = "off";
  std::string from = "datamigrate@localhost";
  std::string user;           // of the SMTP server; "": none
  std::string password_file;  // holds the SMTP password in its first line
  absl::Duration timeout = absl::Seconds(20);
};

// Null for "off".
// Errors: kInvalidArgument for a route that is none of these; kUnavailable when the folder or the
// password file cannot be used; kPermissionDenied when others may read the password file.
absl::StatusOr<std::unique_ptr<Mailer>> MakeMailer(const MailOptions& options);

// The message as it travels (RFC 5322), with lines ending in CRLF.
absl::StatusOr<std::string> FormatMessage(const Mail& mail, const std::string& from,
                                          absl::Time now);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_MAIL_MAIL_H_
