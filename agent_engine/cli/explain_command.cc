#include "agent_engine/cli/explain_command.h"

#include <unistd.h>

#include <chrono>
#include <memory>

#include "agent_engine/cli/engine_connection.h"
#include "agent_engine/cli/engine_options.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/migration_view.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

constexpr size_t kLineLength = 96;
constexpr std::string_view kIndent = "  ";
constexpr std::chrono::seconds kAnswerTimeout{90};

struct Options {
  EngineAddress engine = {};
  bool json = false;
  v1::ExplainMigrationRequest request = {};
};

// Lines of at most kLineLength bytes, broken at blanks, each indented.
std::string Wrapped(std::string_view text) {
  std::string wrapped;
  while (text.size() > kLineLength) {
    size_t end = text.rfind(' ', kLineLength);
    if (end == std::string_view::npos || end == 0) end = text.find(' ', kLineLength);
    if (end == std::string_view::npos) break;
    wrapped += fmt::format("{}{}\n", kIndent, text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return wrapped + fmt::format("{}{}\n", kIndent, text);
}

std::string Render(const v1::Explanation& explanation, const Terminal& terminal) {
  std::string text = terminal.Paint(Style::kBold, Printable(explanation.headline())) + "\n";
  for (const v1::Explanation::Section& section : explanation.sections()) {
    text += "\n" + terminal.Paint(Style::kCyan, Printable(section.title())) + "\n";
    for (const std::string& paragraph : section.paragraphs()) text += Wrapped(Printable(paragraph));
    for (const std::string& command : section.commands()) {
      text += fmt::format("{}{}\n", kIndent, terminal.Paint(Style::kGreen, Printable(command)));
    }
  }
  if (!explanation.has_answer()) return text;
  const v1::Explanation::ModelAnswer& answer = explanation.answer();
  text += "\n" + terminal.Paint(Style::kCyan, "Your question") + "\n" +
          Wrapped(Printable(answer.text()));
  return text + Wrapped(terminal.Paint(
                    Style::kDim,
                    Printable(fmt::format(
                        "(the words of {}, for ${:.4f}; nothing has checked them)", answer.model(),
                        static_cast<double>(answer.cost_microdollars()) / 1e6))));
}

int Explain(const Options& options) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
    return connection.Report(ready);
  }
  if (!options.request.question().empty()) {
    context.set_deadline(std::chrono::system_clock::now() + kAnswerTimeout);
  }
  v1::Explanation explanation;
  const grpc::Status status =
      connection.guidance().ExplainMigration(&context, options.request, &explanation);
  if (!status.ok()) return connection.Report(status);
  fmt::print("{}", options.json ? MessageJson(explanation) + "\n"
                                : Render(explanation, Terminal(STDOUT_FILENO)));
  return kSuccess;
}

}  // namespace

void AddExplainCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "explain", "Say in plain words where a migration stands, what it found, and what to do");
  AddEngineOptions(command, options->engine);
  command->add_flag("--json", options->json, "Print JSON");
  command
      ->add_option_function<std::string>(
          "ID", [options](const std::string& id) { options->request.set_id(id); }, "The migration")
      ->required();
  command->add_option_function<std::string>(
      "--ask", [options](const std::string& text) { options->request.set_question(text); },
      "A question, which a language model answers from the same facts");
  command->callback([options, &exit_code] { exit_code = Explain(*options); });
}

}  // namespace datamigrate::cli
