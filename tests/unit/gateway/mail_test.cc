// Mails: how they look, and how a mail server takes them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gateway/mail/mail.h"
#include "gateway/mail/templates.h"
#include "tests/support/child_process.h"

namespace datamigrate::gateway {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

MailOptions By(const std::string& route, const std::string& from = "dm@example.com") {
  MailOptions options;
  options.route = route;
  options.from = from;
  return options;
}

// Takes one mail as RFC 5321 says, without TLS, or refuses the recipient.
class MailServer {
 public:
  explicit MailServer(bool refuses = false) : refuses_(refuses) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    listen(listener_, 1);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~MailServer() {
    shutdown(listener_, SHUT_RDWR);
    close(listener_);
    thread_.join();
  }

  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }

  std::vector<std::string> commands;  // read after Send has returned
  std::string message;

 private:
  void Serve() {
    fd_ = accept(listener_, nullptr, nullptr);
    if (fd_ < 0) return;
    Say("220 test");
    std::string line;
    bool in_message = false;
    while (ReadLine(line)) {
      if (in_message) {
        in_message = line != ".";
        if (in_message) message += line + "\n";
        if (!in_message) Say("250 taken");
        continue;
      }
      commands.push_back(line);
      if (line == "DATA") {
        in_message = true;
        Say("354 go on");
      } else if (line.starts_with("RCPT") && refuses_) {
        Say("550 no such mailbox <secret@example.com>");
      } else {
        Say(line == "QUIT" ? "221 bye" : "250 ok");
      }
      if (line == "QUIT") break;
    }
    close(fd_);
  }

  void Say(const std::string& line) {
    const std::string bytes = line + "\r\n";
    [[maybe_unused]] const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  bool ReadLine(std::string& line) {
    line.clear();
    for (char c; recv(fd_, &c, 1, 0) == 1;) {
      if (c == '\n') return true;
      if (c != '\r') line += c;
    }
    return false;
  }

  const bool refuses_;
  int listener_ = -1;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

TEST_CASE("A mail is a message with its fields and lines", "[gateway][mail]") {
  const auto message =
      FormatMessage(VerifyMail("ann@example.com", "https://x/#t"), "dm@example.com", kNow);
  REQUIRE(message.ok());
  CHECK(message->find("From: DataMigrate <dm@example.com>\r\nTo: <ann@example.com>\r\n") == 0);
  CHECK(message->find("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n") != std::string::npos);
  CHECK(message->find("https://x/#t\r\n") != std::string::npos);
  for (size_t i = 0; i < message->size(); ++i) {
    if ((*message)[i] == '\n') CHECK((*message)[i - 1] == '\r');
  }
}

TEST_CASE("Nothing can add a recipient or a field", "[gateway][mail]") {
  const std::string to = GENERATE("ann@example.com\r\nBcc: eve@example.com", "a@b, c@d", "ann",
                                  "a b@example.com", "<ann@example.com>");
  CHECK_FALSE(FormatMessage({to, "x", "y"}, "dm@example.com", kNow).ok());
  CHECK_FALSE(
      FormatMessage({"ann@example.com", "x\r\nBcc: e@x", "y"}, "dm@example.com", kNow).ok());
}

TEST_CASE("An organization's name carries no message of its own", "[gateway][mail]") {
  const Mail mail = InvitationMail("ann@example.com", "Win at https://evil.example\nnow", "LINK");
  CHECK(mail.text.find("evil.example") == std::string::npos);
  CHECK(mail.text.find("\"Win at https___evil_example_now\"") != std::string::npos);
}

TEST_CASE("A mail server gets the mail, dots and all", "[gateway][mail]") {
  MailServer server;
  const auto mailer = MakeMailer(By(server.url()));
  REQUIRE(mailer.ok());
  const absl::Status sent = (*mailer)->Send({"ann@example.com", "Hello", "one\n.\ntwo\n"});
  INFO(sent.ToString());
  REQUIRE(sent.ok());
  CHECK(server.commands[1] == "MAIL FROM:<dm@example.com>");
  CHECK(server.commands[2] == "RCPT TO:<ann@example.com>");
  CHECK(server.message.find("\none\n..\ntwo\n") != std::string::npos);
}

TEST_CASE("A refused mail is told without its recipient", "[gateway][mail]") {
  MailServer server(/*refuses=*/true);
  const auto mailer = MakeMailer(By(server.url()));
  REQUIRE(mailer.ok());
  const absl::Status sent = (*mailer)->Send({"secret@example.com", "Hello", "text"});
  CHECK(absl::IsUnavailable(sent));
  CHECK(sent.message().find("secret") == absl::string_view::npos);
}

TEST_CASE("Routes of mail that cannot be used are refused at once", "[gateway][mail]") {
  const testing::TemporaryDirectory folder;
  CHECK(*MakeMailer({}) == nullptr);
  CHECK_FALSE(MakeMailer(By("sendmail")).ok());
  CHECK_FALSE(MakeMailer(By("smtp://user:secret@host")).ok());
  CHECK_FALSE(MakeMailer(By("file:/proc/none")).ok());
  CHECK_FALSE(MakeMailer(By("file:/tmp", "nobody")).ok());
  const std::string password = folder.path() / "password";
  std::ofstream(password) << "secret\n";
  chmod(password.c_str(), 0644);
  MailOptions options = By("smtp://127.0.0.1:1");
  options.user = "u";
  options.password_file = password;
  CHECK(absl::IsPermissionDenied(MakeMailer(options).status()));
  chmod(password.c_str(), 0600);
  CHECK(MakeMailer(options).ok());
  CHECK(absl::IsUnavailable((*MakeMailer(options))->Send({"a@b", "x", "y"})));
}

}  // namespace
}  // namespace datamigrate::gateway
