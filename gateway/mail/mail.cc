#include "gateway/mail/mail.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "common/crypto/random.h"
#include "common/net/curl_library.h"

namespace datamigrate::gateway {
namespace {

using net::curl_easy_cleanup;
using net::curl_easy_init;
using net::curl_easy_perform;
using net::curl_easy_setopt;
using net::curl_easy_strerror;
using net::curl_slist_append;
using net::curl_slist_free_all;

constexpr size_t kLongestLine = 998;  // RFC 5322 section 2.1.1
constexpr size_t kLongestMail = 64 * 1024;

bool IsOneLine(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

absl::Status CheckMail(const Mail& mail, const std::string& from) {
  for (const std::string& address : {mail.to, from}) {
    if (!IsOneLine(address) || address.find('@') == std::string::npos ||
        address.find_first_of(" <>,;:\"\\()") != std::string::npos) {
      return absl::InvalidArgumentError("a mail's address is not a plain address");
    }
  }
  if (!IsOneLine(mail.subject) || mail.text.size() > kLongestMail) {
    return absl::InvalidArgumentError("a mail's subject has control characters or it is too long");
  }
  return absl::OkStatus();
}

// A file per mail, for development and tests.
class FileMailer : public Mailer {
 public:
  FileMailer(std::string folder, std::string from)
      : folder_(std::move(folder)), from_(std::move(from)) {}

  absl::Status Send(const Mail& mail) override {
    const absl::Time now = absl::Now();
    absl::StatusOr<std::string> message = FormatMessage(mail, from_, now);
    if (!message.ok()) return message.status();
    const std::string path = fmt::format("{}/{}-{}.eml", folder_, absl::ToUnixMicros(now),
                                         crypto::RandomUuid().substr(0, 8));
    const std::string draft = path + ".draft";
    const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return CannotWrite();
    const ssize_t written = write(fd, message->data(), message->size());
    close(fd);
    if (written != static_cast<ssize_t>(message->size()) ||
        rename(draft.c_str(), path.c_str()) != 0) {
      unlink(draft.c_str());
      return CannotWrite();
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CannotWrite() const {
    return absl::UnavailableError(
        fmt::format("cannot write mail to {}: {}", folder_, std::strerror(errno)));
  }

  const std::string folder_;
  const std::string from_;
};

struct Upload {
  std::string_view rest;
};

size_t ReadUpload(char* buffer, size_t size, size_t count, void* upload) {
  std::string_view& rest = static_cast<Upload*>(upload)->rest;
  const size_t length = std::min(size * count, rest.size());
  std::memcpy(buffer, rest.data(), length);
  rest.remove_prefix(length);
  return length;
}

bool IsThisMachine(std::string_view url) {
  const std::string_view host = url.substr(url.find("//") + 2);
  return host.starts_with("127.0.0.1") || host.starts_with("localhost") ||
         host.starts_with("[::1]");
}

class SmtpMailer : public Mailer {
 public:
  SmtpMailer(MailOptions options, std::string password)
      : options_(std::move(options)), password_(std::move(password)) {}

  absl::Status Send(const Mail& mail) override {
    absl::StatusOr<std::string> message = FormatMessage(mail, options_.from, absl::Now());
    if (!message.ok()) return message.status();
    if (absl::Status loaded = net::LoadCurl(); !loaded.ok()) return loaded;
    CURL* curl = curl_easy_init();
    if (curl == nullptr) return absl::ResourceExhaustedError("no memory to send mail");
    absl::Cleanup end = [curl] { curl_easy_cleanup(curl); };
    curl_slist* recipients = curl_slist_append(nullptr, fmt::format("<{}>", mail.to).c_str());
    absl::Cleanup free_recipients = [recipients] { curl_slist_free_all(recipients); };
    Upload upload{*message};
    char reason[CURL_ERROR_SIZE] = "";
    const std::string sender = fmt::format("<{}>", options_.from);
    curl_easy_setopt(curl, CURLOPT_URL, options_.route.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    const long tls = IsThisMachine(options_.route) ? CURLUSESSL_TRY : CURLUSESSL_ALL;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, tls);
    if (!options_.user.empty()) {
      curl_easy_setopt(curl, CURLOPT_USERNAME, options_.user.c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, password_.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, ReadUpload);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(options_.timeout)));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    const CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) return absl::OkStatus();
    // The server's own words could repeat the recipient, so only the kind of failure is told.
    return absl::UnavailableError(
        fmt::format("the mail server did not take a mail: {}", curl_easy_strerror(code)));
  }

 private:
  const MailOptions options_;
  const std::string password_;
};

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  if (path.empty()) return std::string();
  struct stat attributes {};
  if (stat(path.c_str(), &attributes) != 0) {
    return absl::UnavailableError(
        fmt::format("cannot read the mail password {}: {}", path, std::strerror(errno)));
  }
  if ((attributes.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        fmt::format("the mail password {} can be read by others; run: chmod 600 {}", path, path));
  }
  std::ifstream file(path);
  std::string password;
  if (!std::getline(file, password)) {
    return absl::UnavailableError(fmt::format("the mail password {} is empty", path));
  }
  return password;
}

}  // namespace

absl::StatusOr<std::string> FormatMessage(const Mail& mail, const std::string& from,
                                          absl::Time now) {
  if (absl::Status good = CheckMail(mail, from); !good.ok()) return good;
  std::string message = fmt::format(
      "From: DataMigrate <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n",
      from, mail.to, mail.subject,
      absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", now, absl::UTCTimeZone()),
      crypto::RandomUuid(), from.substr(from.find('@') + 1));
  size_t line = 0;
  for (const char c : mail.text) {
    if (c == '\r' || c == '\0') continue;
    if (c == '\n') {
      message += "\r\n";
      line = 0;
    } else if (++line <= kLongestLine) {
      message += c;
    }
  }
  return message;
}

absl::StatusOr<std::unique_ptr<Mailer>> MakeMailer(const MailOptions& options) {
  if (options.route == "off") return std::unique_ptr<Mailer>();
  const absl::Status plain = CheckMail({options.from, "", ""}, options.from);
  if (!plain.ok()) return absl::InvalidArgumentError("--mail-from must be a plain e-mail address");
  if (options.route.starts_with("file:")) {
    const std::string folder = options.route.substr(5);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (folder.empty() || error) {
      return absl::UnavailableError(
          fmt::format("cannot create the mail folder {}: {}", folder, error.message()));
    }
    return std::make_unique<FileMailer>(folder, options.from);
  }
  if (!options.route.starts_with("smtp://") && !options.route.starts_with("smtps://")) {
    return absl::InvalidArgumentError(
        "--mail must be off, file:FOLDER, smtp://HOST:PORT or smtps://HOST:PORT");
  }
  if (options.route.find('@') != std::string::npos) {
    return absl::InvalidArgumentError(
        "--mail must not hold a password; use --mail-user and --mail-password-file");
  }
  absl::StatusOr<std::string> password = ReadPassword(options.password_file);
  if (!password.ok()) return password.status();
  return std::make_unique<SmtpMailer>(options, *password);
}

}  // namespace datamigrate::gateway
