#include "gateway/endpoints/report_download.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/file_download.h"
#include "gateway/http/accept.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

struct Format {
  std::string_view name;  // in the query, and at the file name's end
  v1::ReportFormat asked;
  std::string_view media_type;
};

constexpr std::array<Format, 2> kFormats = {{
    {"html", v1::REPORT_FORMAT_HTML, "text/html"},
    {"json", v1::REPORT_FORMAT_JSON, "application/json"},
}};

// The page has its styles and pictures in it, and nothing else: no script, no form, no frame. As it
// shows texts of the source, it is a page of its own and not one of this origin (sandbox).
constexpr std::string_view kPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox";

// Nothing where the client takes neither.
std::optional<Format> FormatOf(const Request& request) {
  const std::string named = QueryText(request, "format");
  for (const Format& format : kFormats) {
    if (format.name == named) return format;
  }
  constexpr std::array<std::string_view, 2> kTypes = {kFormats[0].media_type,
                                                      kFormats[1].media_type};
  const std::optional<size_t> chosen = ChooseMediaType(request.headers.Get("Accept"), kTypes);
  return chosen.has_value() ? std::optional(kFormats[*chosen]) : std::nullopt;
}

}  // namespace

Response DownloadReport(EngineClient* engine, const Request& request) {
  const std::optional<Format> format = FormatOf(request);
  if (!format.has_value()) {
    return Problem(request, 406,
                   "The report is text/html or application/json; accept one of them.");
  }
  v1::DownloadReportRequest asked;
  asked.set_migration_id(ParameterOf(request, "id"));
  asked.set_format(format->asked);
  const auto open = [&](const CallContext& context, const v1::FilePart& part) {
    *asked.mutable_part() = part;
    return engine->DownloadReport(context, asked);
  };
  const bool is_page = format->asked == v1::REPORT_FORMAT_HTML;
  Response response = DownloadFile(
      request, open, fmt::format("{}{}", format->media_type, is_page ? "; charset=utf-8" : ""));
  if (QueryText(request, "format").empty()) response.headers.Add("Vary", "Accept");
  if (response.status >= 300) return response;
  if (is_page) response.headers.Set("Content-Security-Policy", kPagePolicy);
  const bool is_saved = QueryText(request, "download") == "true";
  response.headers.Set(
      "Content-Disposition",
      fmt::format("{}; filename=\"{}\"", is_saved ? "attachment" : "inline",
                  FileNameOf("migration-report", asked.migration_id(), format->name)));
  return response;
}

}  // namespace datamigrate::gateway
