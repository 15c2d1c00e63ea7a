#include "agent_engine/dbt/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace datamigrate::dbt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kErrorTailBytes = 8 << 10;
constexpr size_t kMaxLineBytes = 16 << 20;
constexpr int kPollMilliseconds = 100;
constexpr auto kGrace = std::chrono::seconds(5);

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { Close(); }

  int get() const { return value_; }
  void Close() {
    if (value_ >= 0) close(value_);
    value_ = -1;
  }

 private:
  int value_ = -1;
};

struct Pipe {
  Descriptor read, write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::ResourceExhaustedError(std::string("cannot make a pipe: ") + strerror(errno));
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// What the child needs, made ready before fork(): between fork() and exec only async-signal-safe
// calls are allowed.
struct Launch {
  char* const* arguments;
  char* const* environment;
  const char* directory;
  int input, output, error, report;
  pid_t parent;
};

[[noreturn]] void Report(int descriptor, int error) {
  [[maybe_unused]] const ssize_t written = write(descriptor, &error, sizeof error);
  _exit(127);
}

[[noreturn]] void BecomeChild(const Launch& launch) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launch.parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) signal(number, SIG_DFL);
  // The report's descriptor must not be one of the three that are overwritten first.
  const int report = fcntl(launch.report, F_DUPFD_CLOEXEC, 3);
  if (report < 0) _exit(127);
  if (dup2(launch.input, 0) < 0 || dup2(launch.output, 1) < 0 || dup2(launch.error, 2) < 0) {
    Report(report, errno);
  }
  for (int descriptor = 3; descriptor < report; ++descriptor) close(descriptor);
  syscall(SYS_close_range, report + 1, ~0U, 0);
  if (launch.directory[0] != '\0' && chdir(launch.directory) != 0) Report(report, errno);
  execve(launch.arguments[0], launch.arguments, launch.environment);
  Report(report, errno);
}

// Splits what is read into lines.
class LineReader {
 public:
  explicit LineReader(const std::function<void(std::string_view)>& sink) : sink_(sink) {}

  void Add(std::string_view bytes) {
    pending_ += bytes;
    size_t begin = 0;
    for (size_t end; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      Emit(std::string_view(pending_).substr(begin, end - begin));
    }
    pending_.erase(0, begin);
    if (pending_.size() > kMaxLineBytes) pending_.clear();
  }

  void Finish() {
    if (!pending_.empty()) Emit(pending_);
  }

 private:
  void Emit(std::string_view line) {
    if (sink_) sink_(line);
  }

  const std::function<void(std::string_view)>& sink_;
  std::string pending_;
};

void KeepTail(std::string& tail, std::string_view bytes) {
  tail += bytes;
  if (tail.size() > kErrorTailBytes) tail.erase(0, tail.size() - kErrorTailBytes);
}

class Child {
 public:
  Child(const ChildCommand& command, pid_t pid, Descriptor output, Descriptor error)
      : command_(command),
        pid_(pid),
        output_(std::move(output)),
        error_(std::move(error)),
        lines_(command.on_line) {}

  // Kills what is left of the group, also when a callback throws.
  ~Child() {
    if (!is_reaped_) {
      kill(-pid_, SIGKILL);
      Reap();
    }
  }

  absl::StatusOr<ChildOutcome> Wait() {
    const auto deadline = Clock::now() + command_.timeout;
    absl::Status stopped;
    while (output_.get() >= 0 || error_.get() >= 0) {
      Read();
      if (stopped.ok()) {
        stopped = ReasonToStop(deadline);
        if (!stopped.ok()) kill(-pid_, SIGTERM), kill_at_ = Clock::now() + kGrace;
      } else if (Clock::now() >= kill_at_) {
        kill(-pid_, SIGKILL);
        break;
      }
    }
    if (!stopped.ok()) kill(-pid_, SIGKILL);
    return Finish(stopped);
  }

 private:
  absl::Status ReasonToStop(Clock::time_point deadline) const {
    if (command_.is_cancelled && command_.is_cancelled()) {
      return absl::CancelledError(command_.arguments[0] + " was cancelled");
    }
    if (Clock::now() < deadline) return absl::OkStatus();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(command_.timeout).count();
    return absl::DeadlineExceededError(command_.arguments[0] + " ran longer than " +
                                       std::to_string(seconds) + " s and was stopped");
  }

  void Read() {
    std::array<pollfd, 2> polled{{{output_.get(), POLLIN, 0}, {error_.get(), POLLIN, 0}}};
    if (poll(polled.data(), polled.size(), kPollMilliseconds) <= 0) return;
    if (polled[0].revents != 0) {
      ReadOne(output_, [this](std::string_view bytes) { lines_.Add(bytes); });
    }
    if (polled[1].revents != 0) {
      ReadOne(error_, [this](std::string_view bytes) { KeepTail(error_tail_, bytes); });
    }
  }

  static void ReadOne(Descriptor& from, const auto& sink) {
    std::array<char, 64 << 10> buffer;
    const ssize_t count = read(from.get(), buffer.data(), buffer.size());
    if (count > 0) {
      sink(std::string_view(buffer.data(), static_cast<size_t>(count)));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      from.Close();
    }
  }

  int Reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    is_reaped_ = true;
    return status;
  }

  absl::StatusOr<ChildOutcome> Finish(const absl::Status& stopped) {
    const int status = Reap();
    kill(-pid_, SIGKILL);  // Whoever of its group outlives it.
    lines_.Finish();
    if (!stopped.ok()) return stopped;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ChildOutcome{code, std::move(error_tail_)};
  }

  const ChildCommand& command_;
  pid_t pid_;
  Descriptor output_, error_;
  LineReader lines_;
  std::string error_tail_;
  Clock::time_point kill_at_;
  bool is_reaped_ = false;
};

absl::Status StartError(const std::string& program, int error) {
  const std::string message = "cannot start " + program + ": " + strerror(error);
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == ENOEXEC) return absl::PermissionDeniedError(message);
  return absl::ResourceExhaustedError(message);
}

}  // namespace

absl::StatusOr<ChildOutcome> RunChild(const ChildCommand& command) {
  if (command.arguments.empty()) return absl::InvalidArgumentError("no program to run");
  auto output = MakePipe();
  if (!output.ok()) return output.status();
  auto error = MakePipe();
  if (!error.ok()) return error.status();
  auto report = MakePipe();
  if (!report.ok()) return report.status();
  const Descriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<char*> arguments = Pointers(command.arguments);
  const std::vector<char*> environment = Pointers(command.environment);
  const Launch launch{
      arguments.data(),    environment.data(), command.directory.c_str(), input.get(),
      output->write.get(), error->write.get(), report->write.get(),       getpid()};
  const pid_t pid = fork();
  if (pid < 0) return StartError(command.arguments[0], errno);
  if (pid == 0) BecomeChild(launch);
  setpgid(pid, pid);
  output->write.Close();
  error->write.Close();
  report->write.Close();
  Child child(command, pid, std::move(output->read), std::move(error->read));
  int start_error = 0;
  ssize_t count;
  while ((count = read(report->read.get(), &start_error, sizeof start_error)) < 0 &&
         errno == EINTR) {
  }
  if (count == sizeof start_error) return StartError(command.arguments[0], start_error);
  return child.Wait();
}

}  // namespace datamigrate::dbt
