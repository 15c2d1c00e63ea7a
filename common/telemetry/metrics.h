// Counters, gauges and histograms, printed in Prometheus's text format 0.0.4.
//
//   telemetry::Metrics metrics;
//   auto& requests = metrics.AddCounter("http_requests_total", "Requests answered.",
//                                       {"route", "status"});
//   requests.Increment({"/health", "200"});
#ifndef DATAMIGRATE_COMMON_TELEMETRY_METRICS_H_
#define DATAMIGRATE_COMMON_TELEMETRY_METRICS_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace datamigrate::telemetry {

// Values for a family's labels, in the order in which they were declared.
using LabelValues = std::vector<std::string>;
// The same, of texts that the caller keeps: finding a series then copies nothing.
using LabelViews = std::span<const std::string_view>;

struct LabelOrder {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(),
        [](std::string_view x, std::string_view y) { return x < y; });
  }
};

// What all kinds share: a name, a help line and one series per combination of label values.
// Label values must come from a small closed set (route patterns, not paths).
class MetricFamily {
 public:
  MetricFamily(std::string name, std::string help, std::vector<std::string> labels);
  virtual ~MetricFamily() = default;

  // Appends the family's lines to `out`.
  virtual void Print(std::string& out) const = 0;

  const std::string& name() const { return name_; }

 protected:
  void PrintHeader(std::string_view type, std::string& out) const;
  // {a="x",b="y"}, with `extra` (already formatted) last; nothing when there are none.
  std::string LabelText(const LabelValues& values, std::string_view extra = "") const;

 private:
  const std::string name_;
  const std::string help_;
  const std::vector<std::string> labels_;
};

// Only grows. Thread safe.
class Counter : public MetricFamily {
 public:
  using MetricFamily::MetricFamily;
  void Increment(const LabelValues& values = {}, uint64_t by = 1);
  void Increment(LabelViews values);
  uint64_t Value(const LabelValues& values = {}) const;
  void Print(std::string& out) const override;

 private:
  mutable absl::Mutex mutex_;
  std::map<LabelValues, uint64_t, LabelOrder> series_ ABSL_GUARDED_BY(mutex_);
};

// A value read when the metrics are printed. `read` must be thread safe.
class Gauge : public MetricFamily {
 public:
  Gauge(std::string name, std::string help, std::function<double()> read);
  void Print(std::string& out) const override;

 private:
  const std::function<double()> read_;
};

// Counts of observations at most each bound, their sum and number. Thread safe.
class Histogram : public MetricFamily {
 public:
  // `bounds` ascending; +Inf is added.
  Histogram(std::string name, std::string help, std::vector<std::string> labels,
            std::vector<double> bounds);
  void Observe(double value, const LabelValues& values = {});
  void Observe(double value, LabelViews values);
  void Print(std::string& out) const override;

 private:
  struct Series {
    std::vector<uint64_t> counts;  // per bucket, not cumulated; the last is +Inf
    double sum = 0;
  };

  void Add(double value, Series& series) const;

  const std::vector<double> bounds_;
  mutable absl::Mutex mutex_;
  std::map<LabelValues, Series, LabelOrder> series_ ABSL_GUARDED_BY(mutex_);
};

// Owns the families of one process. Thread safe; what the Add functions return lives as long.
class Metrics {
 public:
  Counter& AddCounter(std::string name, std::string help, std::vector<std::string> labels = {});
  Gauge& AddGauge(std::string name, std::string help, std::function<double()> read);
  Histogram& AddHistogram(std::string name, std::string help, std::vector<std::string> labels,
                          std::vector<double> bounds);

  std::string Print() const;

 private:
  template <typename Family>
  Family& Keep(std::unique_ptr<Family> family);

  mutable absl::Mutex mutex_;
  std::vector<std::unique_ptr<MetricFamily>> families_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::telemetry

#endif  // DATAMIGRATE_COMMON_TELEMETRY_METRICS_H_
