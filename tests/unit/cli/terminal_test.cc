#include "agent_engine/cli/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>

#include "catch2/catch.hpp"

namespace datamigrate::cli {
namespace {

// What `write` puts into a pipe.
std::string InPipe(const std::function<void(Terminal&)>& write) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  Terminal terminal(ends[1]);
  write(terminal);
  close(ends[1]);
  std::string text(1 << 16, '\0');
  const ssize_t count = read(ends[0], text.data(), text.size());
  close(ends[0]);
  REQUIRE(count >= 0);
  text.resize(static_cast<size_t>(count));
  return text;
}

// A terminal of `columns` columns and what was written to it.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(unsigned short columns) : controller_(posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(controller_ >= 0);
    REQUIRE(grantpt(controller_) == 0);
    REQUIRE(unlockpt(controller_) == 0);
    screen_ = open(ptsname(controller_), O_RDWR | O_NOCTTY);
    REQUIRE(screen_ >= 0);
    const winsize size{24, columns, 0, 0};
    REQUIRE(ioctl(screen_, TIOCSWINSZ, &size) == 0);
    termios raw{};
    REQUIRE(tcgetattr(screen_, &raw) == 0);
    cfmakeraw(&raw);
    REQUIRE(tcsetattr(screen_, TCSANOW, &raw) == 0);
  }
  ~PseudoTerminal() {
    close(screen_);
    close(controller_);
  }

  int descriptor() const { return screen_; }
  // What was written since, once it is at least so many bytes: the kernel passes it on in pieces.
  std::string Written(size_t least) {
    std::string text;
    while (text.size() < least) {
      std::string piece(1 << 14, '\0');
      const ssize_t count = read(controller_, piece.data(), piece.size());
      REQUIRE(count > 0);
      text += piece.substr(0, static_cast<size_t>(count));
    }
    return text;
  }

 private:
  int controller_;
  int screen_ = -1;
};

// Sets a variable of the environment and puts the old value back.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, was_set_ = true;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Variable() { was_set_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::string old_;
  bool was_set_ = false;
};

TEST_CASE("columns are as wide as their widest cell") {
  const std::string out = InPipe([](Terminal& terminal) {
    TextTable table({"name", "kind"});
    table.Add({"a", "view"});
    table.Add({"longer name", "table"});
    terminal.Line(table.Render(terminal));
  });
  CHECK(out ==
        "name         kind\n"
        "a            view\n"
        "longer name  table\n\n");
}

TEST_CASE("numbers are right-aligned, also in the last column") {
  const std::string out = InPipe([](Terminal& terminal) {
    TextTable table({"objects", "found"});
    table.Add({"table", "7"});
    table.Add({"view", "1,234"});
    table.Add({"index", ""});
    terminal.Line(table.Render(terminal));
  });
  CHECK(out ==
        "objects  found\n"
        "table        7\n"
        "view     1,234\n"
        "index         \n\n");
}

TEST_CASE("widths count characters, not bytes") {
  const std::string out = InPipe([](Terminal& terminal) {
    TextTable table({"a", "b"});
    table.Add({"Größe", "x"});
    table.Add({"12345", "y"});
    terminal.Line(table.Render(terminal));
  });
  CHECK(out ==
        "a      b\n"
        "Größe  x\n"
        "12345  y\n\n");
}

TEST_CASE("a table without rows is its header") {
  CHECK(TextTable({"a", "b"}).empty());
  CHECK(InPipe([](Terminal& terminal) {
          terminal.Line(TextTable({"a", "b"}).Render(terminal));
        }) == "a  b\n\n");
}

TEST_CASE("progress in a pipe is a plain line for each change") {
  const std::string out = InPipe([](Terminal& terminal) {
    terminal.Progress(0, "assessment", "");
    terminal.Progress(0, "assessment", "");
    terminal.Progress(0.5, "data", "12 tables");
    terminal.Progress(0.5, "data", "13 tables");
    terminal.Progress(1, "evaluation", "");
    terminal.EndProgress();
  });
  CHECK(out ==
        "[  0%] assessment\n"
        "[ 50%] data: 12 tables\n"
        "[ 50%] data: 13 tables\n"
        "[100%] evaluation\n");
}

TEST_CASE("progress outside 0 to 1 is shown as its end") {
  const std::string out = InPipe([](Terminal& terminal) {
    terminal.Progress(-0.5, "a", "");
    terminal.Progress(1.5, "b", "");
  });
  CHECK(out == "[  0%] a\n[100%] b\n");
}

TEST_CASE("a pipe has no colour") {
  const std::string out =
      InPipe([](Terminal& terminal) { terminal.Line(terminal.Paint(Style::kRed, "error")); });
  CHECK(out == "error\n");
}

TEST_CASE("a closed pipe is not an error") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // As main does.
  Terminal terminal(ends[1]);
  terminal.Line("nobody reads");
  std::signal(SIGPIPE, before);
  close(ends[1]);
}

TEST_CASE("a terminal has colour unless NO_COLOR or TERM=dumb says no") {
  const Variable term("TERM", "xterm-256color");
  const PseudoTerminal screen(80);
  {
    const Variable no_colour("NO_COLOR", nullptr);
    CHECK(Terminal(screen.descriptor()).Paint(Style::kRed, "x") == "\x1b[31mx\x1b[0m");
    CHECK(Terminal(screen.descriptor()).Paint(Style::kPlain, "x") == "x");
  }
  {
    const Variable no_colour("NO_COLOR", "1");
    CHECK(Terminal(screen.descriptor()).Paint(Style::kRed, "x") == "x");
  }
  const Variable no_colour("NO_COLOR", nullptr);
  const Variable dumb("TERM", "dumb");
  CHECK(Terminal(screen.descriptor()).Paint(Style::kRed, "x") == "x");
}

TEST_CASE("a terminal's bar stays on one line and is ended once") {
  const Variable no_colour("NO_COLOR", "1");
  PseudoTerminal screen(60);
  Terminal terminal(screen.descriptor());
  terminal.Progress(0.5, "data", std::string(200, 'x'));
  const std::string bar = screen.Written(1);
  CHECK(bar.starts_with("\r\x1b[2K"));
  CHECK_THAT(bar, Catch::Contains(" 50%") && Catch::Contains("data") && !Catch::Contains("\n"));
  size_t characters = 0;
  for (char c : bar.substr(5)) characters += (c & 0xC0) != 0x80;
  CHECK(characters <= 60);
  terminal.EndProgress();
  terminal.EndProgress();
  terminal.Line("end");
  const std::string end = "\nend\n";
  CHECK(screen.Written(end.size()) == end);
}

}  // namespace
}  // namespace datamigrate::cli
