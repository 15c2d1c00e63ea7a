// A provider of language models in this process, which does what its models' names say.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace datamigrate::testing {

// Speaks OpenAI's dialect on 127.0.0.1, one connection after another. The model "failing" answers
// 503, a stream of "breaking" breaks off, and the others say "SELECT 1" where they were told
// nothing else. Thread safe.
class Provider {
 public:
  Provider();
  ~Provider();
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // As they came, with their heads.
  std::vector<std::string> requests();
  // From now on `model` says this; the pieces are what a stream has chunks of.
  void Tell(const std::string& model, std::vector<std::string> pieces);

 private:
  void Run();
  void Answer(int peer, const std::string& request);
  std::vector<std::string> PiecesOf(const std::string& request);

  const int listener_;
  int port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::map<std::string, std::vector<std::string>> told_;
  std::thread thread_;
};

}  // namespace datamigrate::testing
