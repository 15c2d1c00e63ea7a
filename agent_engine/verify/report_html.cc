#include "agent_engine/verify/report_html.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent_engine/verify/lineage_svg.h"

namespace datamigrate::verify {
namespace {

constexpr size_t kMaxFindingRows = 500;
constexpr size_t kMaxTableRows = 40;

constexpr const char kStyle[] = R"(
:root{--ink:#1b2330;--soft:#5c6675;--line:#e2e6ec;--card:#fff;--page:#f5f7fa;--good:#1a7f4b;--warn:#b26a00;--bad:#b3261e;
--staging:#3b6fb5;--intermediate:#7a5ab8;--marts:#1a7f4b}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#9aa5b5;--line:#303a48;--card:#1b222d;--page:#12171f;
--good:#4cc38a;--warn:#f0b45a;--bad:#ff8a80;--staging:#7fb0f5;--intermediate:#b89cf0;--marts:#4cc38a}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 24px 64px}h1{font-size:28px;margin:0}h2{font-size:18px;margin:0 0 14px}
.sub{color:var(--soft);margin:4px 0 24px}section{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:20px 22px;margin:0 0 18px;overflow-x:auto}.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));
gap:14px;margin:0 0 18px}.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 18px}
.tile b{display:block;font-size:26px;line-height:1.25}.tile span{color:var(--soft);font-size:13px}
table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:left;color:var(--soft);font-weight:600}
th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums}.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.soft{color:var(--soft)}
code{font:13px ui-monospace,Menlo,Consolas,monospace}.bar{height:10px;border-radius:5px;background:var(--line);min-width:160px;
overflow:hidden}.bar i{display:block;height:100%;background:var(--good)}.bar i.mid{background:var(--warn)}
.bar i.low{background:var(--bad)}details{margin:8px 0 0}summary{cursor:pointer;color:var(--soft)}
ul{margin:6px 0 0;padding-left:20px}.lineage{max-width:none}.lineage text{font:12px ui-monospace,Menlo,Consolas,monospace;
fill:var(--ink)}.node rect{fill:var(--card);stroke-width:1.5}.staging rect{stroke:var(--staging)}.intermediate rect{
stroke:var(--intermediate)}.marts rect{stroke:var(--marts)}.refused rect{stroke:var(--bad);stroke-dasharray:4 3}
.edge{fill:none;stroke:var(--soft);stroke-opacity:.45}.key i{display:inline-block;width:10px;height:10px;border-radius:3px;
margin:0 5px 0 14px;border:2px solid}.rows rect{fill:var(--staging)}.rows rect.bad{fill:var(--bad)}
td.n{white-space:nowrap}@media print{.tile{break-inside:avoid}.tiles{grid-template-columns:repeat(3,1fr)}}
)";

std::string Count(int64_t value) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), "\u202F");
  }
  return (value < 0 ? "−" : "") + digits;
}

std::string Percent(double share) {
  // 99.96 % is not 100 %.
  const double percent = share >= 1 ? 100.0 : std::min(99.9, share * 100);
  return absl::StrFormat("%.1f", percent) + "&nbsp;%";
}

// "type_mapping" → "Type mapping".
std::string Title(std::string name) {
  std::ranges::replace(name, '_', ' ');
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] -= 'a' - 'A';
  return name;
}

std::string Tile(const std::string& value, const std::string& label, const char* css = "") {
  return absl::StrCat("<div class=\"tile\"><b class=\"", css, "\">", EscapeHtml(value),
                      "</b><span>", EscapeHtml(label), "</span></div>");
}

std::string Bar(double share) {
  const char* css = share >= 0.95 ? "" : share >= 0.75 ? "mid" : "low";
  return absl::StrCat("<div class=\"bar\"><i class=\"", css, "\" style=\"width:",
                      absl::StrFormat("%.1f", 100 * std::clamp(share, 0.0, 1.0)), "%\"></i></div>");
}

std::string List(const std::vector<std::string>& items, const std::string& summary) {
  if (items.empty()) return "";
  std::string html = absl::StrCat("<details><summary>", EscapeHtml(summary), "</summary><ul>");
  for (const std::string& item : items) absl::StrAppend(&html, "<li>", EscapeHtml(item), "</li>");
  return html + "</ul></details>";
}

class ReportPage {
 public:
  explicit ReportPage(const ReportContent& content) : content_(content) {}

  std::string Print() {
    const std::string title = EscapeHtml(content_.title);
    html_ = absl::StrCat(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<title>Migration of ",
        title, "</title><style>", kStyle, "</style></head><body><main>\n");
    Header();
    Tiles();
    Score();
    Objects();
    DbtSteps();
    Rows();
    Results();
    Rewrites();
    Lineage();
    Findings();
    return html_ + "</main></body></html>\n";
  }

 private:
  void Header() {
    absl::StrAppend(&html_, "<h1>", EscapeHtml(content_.title), "</h1><p class=\"sub\">",
                    EscapeHtml(content_.source), " → ", EscapeHtml(content_.target));
    if (!content_.finished_at.empty()) {
      absl::StrAppend(&html_, " · ", EscapeHtml(content_.finished_at));
    }
    if (!content_.duration.empty()) absl::StrAppend(&html_, " · ", EscapeHtml(content_.duration));
    html_ += "</p>\n";
  }

  void Tiles() {
    int found = 0, converted = 0, refused = 0;
    for (const KindCount& count : content_.counts) {
      found += count.found;
      converted += count.converted;
      refused += count.refused;
    }
    int64_t rows = 0;
    for (const TableRows& table : content_.tables) rows += table.target_rows;
    const Validation& validation = content_.validation;
    html_ += "<div class=\"tiles\">";
    html_ += Tile(absl::StrFormat("%.1f", validation.score),
                  validation.is_approved ? "score, approved" : "score, not approved",
                  validation.is_approved ? "good" : "bad");
    html_ += Tile(Count(found), "objects found");
    html_ += Tile(Count(converted), "converted", "good");
    html_ += Tile(Count(refused), "for a person", refused == 0 ? "good" : "warn");
    html_ += Tile(Count(rows), "rows loaded");
    html_ += Tile(TestsPassed(), "dbt tests passed");
    html_ += "</div>\n";
  }

  std::string TestsPassed() const {
    for (const dbt::DbtStepResult& step : content_.steps) {
      if (step.command != "test" && step.command != "build") continue;
      return Count(step.succeeded) + " of " + Count(step.succeeded + step.failed + step.skipped);
    }
    return "–";
  }

  void Score() {
    html_ +=
        "<section><h2>Score</h2><table><tr><th>check</th><th class=\"n\">weight"
        "</th><th class=\"n\">passed</th><th class=\"n\">share</th><th></th></tr>";
    for (const Check& check : content_.validation.checks) {
      const auto kind = std::ranges::find(kCheckKinds, check.name, &CheckKind::name);
      const std::string counts(kind == kCheckKinds.end() ? "" : kind->counts);
      absl::StrAppend(&html_, "<tr><td>", EscapeHtml(Title(check.name)),
                      "<br><span class=\"soft\">", EscapeHtml(counts), "</span>",
                      List(check.findings, "findings"), "</td><td class=\"n\">",
                      absl::StrFormat("%.0f", 100 * check.weight), "&nbsp;%</td><td class=\"n\">",
                      Count(check.passed), " / ", Count(check.total), "</td><td class=\"n\">",
                      Percent(check.share()), "</td><td>", Bar(check.share()), "</td></tr>");
    }
    html_ += "</table></section>\n";
  }

  void Objects() {
    if (content_.counts.empty()) return;
    html_ +=
        "<section><h2>Objects</h2><table><tr><th>kind</th><th class=\"n\">found</th>"
        "<th class=\"n\">converted</th><th class=\"n\">for a person</th><th></th></tr>";
    for (const KindCount& count : content_.counts) {
      const double share =
          count.found == 0 ? 1 : static_cast<double>(count.converted) / count.found;
      absl::StrAppend(&html_, "<tr><td>", EscapeHtml(count.kind), "</td><td class=\"n\">",
                      Count(count.found), "</td><td class=\"n\">", Count(count.converted),
                      "</td><td class=\"n\">", Count(count.refused), "</td><td>", Bar(share),
                      "</td></tr>");
    }
    html_ += "</table></section>\n";
  }

  void DbtSteps() {
    if (content_.steps.empty()) return;
    html_ +=
        "<section><h2>dbt</h2><table><tr><th>command</th><th>result</th><th class=\"n\">ok</th>"
        "<th class=\"n\">failed</th><th class=\"n\">skipped</th><th class=\"n\">seconds</th></tr>";
    for (const dbt::DbtStepResult& step : content_.steps) {
      const bool is_ok = step.exit_code == 0 && step.failed == 0;
      absl::StrAppend(&html_, "<tr><td><code>dbt ", EscapeHtml(step.command), "</code>",
                      List(step.failures, "failures"), "</td><td class=\"",
                      is_ok ? "good\">passed" : "bad\">failed", "</td><td class=\"n\">",
                      Count(step.succeeded), "</td><td class=\"n\">", Count(step.failed),
                      "</td><td class=\"n\">", Count(step.skipped), "</td><td class=\"n\">",
                      absl::StrFormat("%.1f", step.seconds), "</td></tr>");
    }
    html_ += "</table></section>\n";
  }

  // The tables with the most rows as bars; differences come first.
  void Rows() {
    if (content_.tables.empty()) return;
    std::vector<TableRows> tables = content_.tables;
    std::ranges::stable_sort(tables, [](const TableRows& left, const TableRows& right) {
      if (left.is_equal != right.is_equal) return !left.is_equal;
      return left.target_rows > right.target_rows;
    });
    const auto equal = std::ranges::count_if(tables, &TableRows::is_equal);
    const auto most =
        std::max<int64_t>(1, std::ranges::max(tables, {}, &TableRows::target_rows).target_rows);
    absl::StrAppend(
        &html_, "<section class=\"rows\"><h2>Rows</h2><p class=\"soft\">", equal, " of ",
        tables.size(),
        " tables have the source's rows, by count and checksum.</p>"
        "<table><tr><th>table</th><th class=\"n\">source</th><th class=\"n\">target</th>"
        "<th></th><th></th></tr>");
    for (size_t i = 0; i < std::min(tables.size(), kMaxTableRows); ++i) {
      const TableRows& table = tables[i];
      const int width = static_cast<int>(300 * std::max<int64_t>(0, table.target_rows) / most);
      absl::StrAppend(&html_, "<tr><td>", EscapeHtml(table.table), "</td><td class=\"n\">",
                      Count(table.source_rows), "</td><td class=\"n\">", Count(table.target_rows),
                      "</td><td><svg width=\"300\" height=\"12\"><rect class=\"",
                      table.is_equal ? "" : "bad", "\" width=\"", std::max(width, 1),
                      "\" height=\"12\" rx=\"2\"/></svg></td><td class=\"",
                      table.is_equal ? "good\">equal" : "bad\">differs", "</td></tr>");
    }
    html_ += "</table>";
    if (tables.size() > kMaxTableRows) {
      absl::StrAppend(&html_, "<p class=\"soft\">and ", tables.size() - kMaxTableRows,
                      " more tables</p>");
    }
    html_ += "</section>\n";
  }

  // Differences come first.
  void Results() {
    if (content_.results.empty()) return;
    std::vector<ResultRows> results = content_.results;
    std::ranges::stable_sort(results, {},
                             [](const ResultRows& result) { return result.difference.empty(); });
    const auto equal = std::ranges::count(results, "", &ResultRows::difference);
    absl::StrAppend(&html_, "<section><h2>Results</h2><p class=\"soft\">", equal, " of ",
                    results.size(),
                    " views and procedures return what the source returned, row by row.</p>"
                    "<table><tr><th>object</th><th class=\"n\">source</th><th class=\"n\">target"
                    "</th><th></th></tr>");
    for (size_t i = 0; i < std::min(results.size(), kMaxTableRows); ++i) {
      const ResultRows& result = results[i];
      absl::StrAppend(&html_, "<tr><td>", EscapeHtml(result.object), "</td><td class=\"n\">",
                      Count(result.source_rows), "</td><td class=\"n\">", Count(result.target_rows),
                      "</td><td class=\"", result.difference.empty() ? "good\">equal" : "bad\">",
                      EscapeHtml(result.difference), "</td></tr>");
    }
    html_ += "</table>";
    if (results.size() > kMaxTableRows) {
      absl::StrAppend(&html_, "<p class=\"soft\">and ", results.size() - kMaxTableRows,
                      " more</p>");
    }
    html_ += "</section>\n";
  }

  void Rewrites() {
    if (content_.rewrites.empty()) return;
    int64_t cost = 0;
    for (const RewriteLine& line : content_.rewrites) cost += line.cost_microdollars;
    absl::StrAppend(&html_,
                    "<section><h2>Language models</h2><p class=\"soft\">What the rules refuse was "
                    "put to models; an answer stands in the project only after it ran. Cost: $",
                    absl::StrFormat("%.4f", static_cast<double>(cost) / 1e6),
                    ".</p><table><tr><th>object</th><th>model</th><th>verdict</th></tr>");
    for (const RewriteLine& line : content_.rewrites) {
      absl::StrAppend(&html_, "<tr><td>", EscapeHtml(line.object), "</td><td>",
                      line.model.empty() ? "–" : EscapeHtml(line.model), "</td><td class=\"",
                      line.is_used ? "good" : "warn", "\">", EscapeHtml(line.verdict),
                      "<br><span class=\"soft\">", EscapeHtml(line.reason), "</span></td></tr>");
    }
    html_ += "</table></section>\n";
  }

  void Lineage() {
    const std::string picture = RenderLineage(content_.lineage);
    if (picture.empty()) return;
    absl::StrAppend(&html_,
                    "<section><h2>Lineage</h2><p class=\"key soft\"><i style=\"border-color:"
                    "var(--staging)\"></i>staging<i style=\"border-color:var(--intermediate)\"></i>"
                    "intermediate<i style=\"border-color:var(--marts)\"></i>marts<i style=\""
                    "border-color:var(--bad)\"></i>not converted</p>",
                    picture, "</section>\n");
  }

  void Findings() {
    if (content_.findings.empty()) return;
    std::map<std::string, int> by_code;
    for (const ReportFinding& finding : content_.findings) ++by_code[finding.code];
    html_ += "<section><h2>Findings</h2><p class=\"soft\">";
    for (const auto& [code, count] : by_code) {
      absl::StrAppend(&html_, "<code>", EscapeHtml(code), "</code>&nbsp;×&nbsp;", count, " &ensp;");
    }
    html_ += "</p><table><tr><th>code</th><th>object and place</th><th>finding</th></tr>";
    std::vector<const ReportFinding*> ordered;
    for (const ReportFinding& finding : content_.findings) ordered.push_back(&finding);
    std::ranges::stable_sort(ordered, {}, [](const ReportFinding* finding) {
      return finding->severity == "error" ? 0 : finding->severity == "warning" ? 1 : 2;
    });
    for (size_t i = 0; i < std::min(ordered.size(), kMaxFindingRows); ++i) Finding(*ordered[i]);
    html_ += "</table>";
    if (ordered.size() > kMaxFindingRows) {
      absl::StrAppend(&html_, "<p class=\"soft\">and ", ordered.size() - kMaxFindingRows,
                      " more; the project's README and the log list all</p>");
    }
    html_ += "</section>\n";
  }

  void Finding(const ReportFinding& finding) {
    const char* css = finding.severity == "error"     ? "bad"
                      : finding.severity == "warning" ? "warn"
                                                      : "soft";
    absl::StrAppend(&html_, "<tr><td><code class=\"", css, "\">", EscapeHtml(finding.code),
                    "</code></td><td>", EscapeHtml(finding.object), "<br><span class=\"soft\">",
                    EscapeHtml(finding.place), "</span></td><td>", EscapeHtml(finding.message));
    if (!finding.hint.empty()) {
      absl::StrAppend(&html_, "<br><span class=\"soft\">", EscapeHtml(finding.hint), "</span>");
    }
    html_ += "</td></tr>";
  }

  const ReportContent& content_;
  std::string html_;
};

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return escaped;
}

ReportFinding ToFinding(const diagnostics::Diagnostic& diagnostic) {
  const auto& kind = diagnostics::KindOf(diagnostic.id);
  ReportFinding finding{std::string(kind.code),
                        std::string(diagnostics::SeverityName(kind.severity)),
                        diagnostic.object,
                        "",
                        diagnostics::Message(diagnostic),
                        diagnostic.hint};
  if (!diagnostic.file.empty()) {
    finding.place = diagnostic.file + ":" + std::to_string(diagnostic.place.line) + ":" +
                    std::to_string(diagnostic.place.column);
  }
  return finding;
}

std::vector<LineageNode> LineageOf(const dbt::Project& project) {
  std::vector<LineageNode> nodes;
  for (const dbt::Model& model : project.models) {
    nodes.push_back({model.name, std::string(dbt::LayerName(model.layer)),
                     model.status == dbt::ModelStatus::kRefused, model.depends_on});
  }
  return nodes;
}

std::string RenderReport(const ReportContent& content) {
  return ReportPage(content).Print();
}

}  // namespace datamigrate::verify
