// Asks for completions at a steady rate, whatever the answers' pace, and prints when the answers
// came after the moment at which each was due.
//
//   model_load grpc|http|direct ADDRESS MODEL RATE SECONDS
//     → {"sent":…,"failed":…,"p50_ms":…,"p95_ms":…,"p99_ms":…,"first_ms":…}
//
// "grpc" asks the engine's ModelService; "http" a proxy that speaks OpenAI's chat completions at
// ADDRESS, a URL; "direct" the same without a key. RATE 0: one request, for the time that it takes.
#include <curl/curl.h>
#include <fmt/format.h>
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "datamigrate/v1/models.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace v1 = datamigrate::v1;

constexpr int kThreads = 64;
constexpr char kPrompt[] = "Translate to DuckDB: SELECT TOP 1 1 AS one FROM dbo.Orders";

using Ask = std::function<bool()>;

Ask AskEngine(const std::shared_ptr<v1::ModelService::Stub>& stub, const std::string& model) {
  v1::CompleteRequest request;
  request.set_task(model);
  request.set_cache(v1::MODEL_CACHE_USE_NONE);
  request.add_messages()->add_parts()->set_text(kPrompt);
  return [stub, request] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::CompleteResponse response;
    return stub->Complete(&context, request, &response).ok() && !response.text().empty();
  };
}

size_t Append(char* bytes, size_t size, size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

// A connection of its own for each thread that asks.
Ask AskProxy(const std::string& url, const std::string& model) {
  struct Connection {
    CURL* curl = curl_easy_init();
    curl_slist* fields = nullptr;
    std::string body, answer;
    ~Connection() {
      curl_slist_free_all(fields);
      curl_easy_cleanup(curl);
    }
  };
  const auto connection = std::make_shared<Connection>();
  connection->body = fmt::format(
      R"({{"model":"{}","max_tokens":4096,"messages":[{{"role":"user","content":"{}"}}]}})", model,
      kPrompt);
  connection->fields = curl_slist_append(nullptr, "Content-Type: application/json");
  connection->fields = curl_slist_append(connection->fields, "Authorization: Bearer sk-bench");
  CURL* curl = connection->curl;
  curl_easy_setopt(curl, CURLOPT_URL, (url + "/v1/chat/completions").c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, connection->fields);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, connection->body.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &connection->answer);
  return [connection] {
    connection->answer.clear();
    long status = 0;
    if (curl_easy_perform(connection->curl) != CURLE_OK) return false;
    curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 && connection->answer.find("SELECT 1") != std::string::npos;
  };
}

double Milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

class Load {
 public:
  Load(std::function<Ask()> make, int rate, int seconds)
      : make_(std::move(make)), rate_(rate), total_(rate * seconds) {}

  void Run() {
    const Clock::time_point start = Clock::now() + std::chrono::milliseconds(200);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([this, start] { Work(start); });
    for (std::thread& thread : threads) thread.join();
  }

  void Print() {
    std::sort(taken_.begin(), taken_.end());
    const auto at = [&](double share) {
      if (taken_.empty()) return 0.0;
      return taken_[static_cast<size_t>(share * static_cast<double>(taken_.size() - 1))];
    };
    fmt::print(
        "{{\"sent\":{},\"failed\":{},\"p50_ms\":{:.3f},\"p95_ms\":{:.3f},\"p99_ms\":{:.3f}}}\n",
        total_, failed_.load(), at(0.5), at(0.95), at(0.99));
  }

 private:
  void Work(Clock::time_point start) {
    const Ask ask = make_();
    std::vector<double> taken;
    for (int i = next_++; i < total_; i = next_++) {
      const auto due = start + std::chrono::nanoseconds(int64_t{1000000000} * i / rate_);
      std::this_thread::sleep_until(due);
      if (!ask()) ++failed_;
      taken.push_back(Milliseconds(Clock::now() - due));
    }
    const std::lock_guard lock(mutex_);
    taken_.insert(taken_.end(), taken.begin(), taken.end());
  }

  const std::function<Ask()> make_;
  const int rate_;
  const int total_;
  std::atomic<int> next_ = 0;
  std::atomic<int> failed_ = 0;
  std::mutex mutex_;
  std::vector<double> taken_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: model_load grpc|http ADDRESS MODEL RATE SECONDS\n");
    return 2;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::string kind = argv[1], address = argv[2], model = argv[3];
  const int rate = std::stoi(argv[4]), seconds = std::stoi(argv[5]);
  std::shared_ptr<v1::ModelService::Stub> stub;
  if (kind == "grpc") {
    stub =
        v1::ModelService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  }
  const auto make = [&] { return stub ? AskEngine(stub, model) : AskProxy(address, model); };
  if (rate == 0) {
    const Ask ask = make();
    const Clock::time_point began = Clock::now();
    const bool is_answered = ask();
    fmt::print("{{\"sent\":1,\"failed\":{},\"first_ms\":{:.3f}}}\n", is_answered ? 0 : 1,
               Milliseconds(Clock::now() - began));
    return 0;
  }
  Load load(make, rate, seconds);
  load.Run();
  load.Print();
  return 0;
}
