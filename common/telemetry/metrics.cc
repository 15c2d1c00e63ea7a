#include "common/telemetry/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace datamigrate::telemetry {
namespace {

// Prometheus, "Exposition formats": a backslash before backslash, newline and, in label values,
// double quote.
std::string Escape(std::string_view text, bool is_label) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '\n' || (is_label && c == '"')) escaped += '\\';
    escaped += c == '\n' ? 'n' : c;
  }
  return escaped;
}

template <typename... Arguments>
void Append(std::string& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Arguments>(arguments)...);
}

}  // namespace

MetricFamily::MetricFamily(std::string name, std::string help, std::vector<std::string> labels)
    : name_(std::move(name)), help_(std::move(help)), labels_(std::move(labels)) {}

void MetricFamily::PrintHeader(std::string_view type, std::string& out) const {
  Append(out, "# HELP {} {}\n", name_, Escape(help_, /*is_label=*/false));
  Append(out, "# TYPE {} {}\n", name_, type);
}

std::string MetricFamily::LabelText(const LabelValues& values, std::string_view extra) const {
  std::string text;
  for (size_t i = 0; i < labels_.size(); ++i) {
    Append(text, "{}{}=\"{}\"", text.empty() ? "" : ",", labels_[i],
           Escape(values.at(i), /*is_label=*/true));
  }
  if (!extra.empty()) Append(text, "{}{}", text.empty() ? "" : ",", extra);
  return text.empty() ? text : "{" + text + "}";
}

void Counter::Increment(const LabelValues& values, uint64_t by) {
  absl::MutexLock lock(&mutex_);
  series_[values] += by;
}

void Counter::Increment(LabelViews values) {
  absl::MutexLock lock(&mutex_);
  const auto found = series_.find(values);
  if (found != series_.end()) {
    ++found->second;
  } else {
    series_.emplace(LabelValues(values.begin(), values.end()), 1);
  }
}

uint64_t Counter::Value(const LabelValues& values) const {
  absl::MutexLock lock(&mutex_);
  const auto found = series_.find(values);
  return found == series_.end() ? 0 : found->second;
}

void Counter::Print(std::string& out) const {
  PrintHeader("counter", out);
  absl::MutexLock lock(&mutex_);
  for (const auto& [values, count] : series_) {
    Append(out, "{}{} {}\n", name(), LabelText(values), count);
  }
}

Gauge::Gauge(std::string name, std::string help, std::function<double()> read)
    : MetricFamily(std::move(name), std::move(help), {}), read_(std::move(read)) {}

void Gauge::Print(std::string& out) const {
  PrintHeader("gauge", out);
  Append(out, "{} {:.15g}\n", name(), read_());
}

Histogram::Histogram(std::string name, std::string help, std::vector<std::string> labels,
                     std::vector<double> bounds)
    : MetricFamily(std::move(name), std::move(help), std::move(labels)),
      bounds_(std::move(bounds)) {}

void Histogram::Observe(double value, const LabelValues& values) {
  absl::MutexLock lock(&mutex_);
  Add(value, series_[values]);
}

void Histogram::Observe(double value, LabelViews values) {
  absl::MutexLock lock(&mutex_);
  auto found = series_.find(values);
  if (found == series_.end()) {
    found = series_.emplace(LabelValues(values.begin(), values.end()), Series()).first;
  }
  Add(value, found->second);
}

void Histogram::Add(double value, Series& series) const {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  series.counts.resize(bounds_.size() + 1);
  ++series.counts[static_cast<size_t>(bucket)];
  series.sum += value;
}

void Histogram::Print(std::string& out) const {
  PrintHeader("histogram", out);
  absl::MutexLock lock(&mutex_);
  for (const auto& [values, series] : series_) {
    uint64_t total = 0;
    for (size_t i = 0; i < series.counts.size(); ++i) {
      total += series.counts[i];
      const std::string bound = i < bounds_.size() ? fmt::format("{:.15g}", bounds_[i]) : "+Inf";
      Append(out, "{}_bucket{} {}\n", name(), LabelText(values, "le=\"" + bound + "\""), total);
    }
    Append(out, "{}_sum{} {:.15g}\n", name(), LabelText(values), series.sum);
    Append(out, "{}_count{} {}\n", name(), LabelText(values), total);
  }
}

template <typename Family>
Family& Metrics::Keep(std::unique_ptr<Family> family) {
  Family& reference = *family;
  absl::MutexLock lock(&mutex_);
  families_.push_back(std::move(family));
  return reference;
}

Counter& Metrics::AddCounter(std::string name, std::string help, std::vector<std::string> labels) {
  return Keep(std::make_unique<Counter>(std::move(name), std::move(help), std::move(labels)));
}

Gauge& Metrics::AddGauge(std::string name, std::string help, std::function<double()> read) {
  return Keep(std::make_unique<Gauge>(std::move(name), std::move(help), std::move(read)));
}

Histogram& Metrics::AddHistogram(std::string name, std::string help,
                                 std::vector<std::string> labels, std::vector<double> bounds) {
  return Keep(std::make_unique<Histogram>(std::move(name), std::move(help), std::move(labels),
                                          std::move(bounds)));
}

std::string Metrics::Print() const {
  std::string out;
  absl::MutexLock lock(&mutex_);
  for (const auto& family : families_) family->Print(out);
  return out;
}

}  // namespace datamigrate::telemetry
