// CLI11's adapter: from the command line to one command.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <sstream>

#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"

namespace frazil {
namespace {

class CommandLine {
 public:
  CommandLine(std::FILE* out, std::FILE* err) : out_(out), err_(err) {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", FRAZIL_VERSION);
    Version();
    Schema();
    Validate();
    Run();
    Demo();
    Accept();
    Infer();
    Sample();
    Preview();
    Audit();
    Where();
  }

  int Execute(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::RequiredError& error) {  // thrown first, though what is unknown mostly explains it
      const auto unknown = app_.remaining(true);
      return unknown.empty() ? Refuse(error) : Refuse(CLI::ExtrasError(app_.get_name(), unknown));
    } catch (const CLI::ParseError& error) {
      return Refuse(error);
    }
    if (verbose_) SetLogLevel(LogLevel::kDebug);
    return command_(Output(out_, err_, format_));
  }

 private:
  int Refuse(const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked = app_.exit(error, out, err) == 0;  // --help, --version
    std::fputs(out.str().c_str(), out_);
    std::fputs(err.str().c_str(), err_);
    return asked ? kExitDone : kExitUsage;
  }

  CLI::App* Add(const std::string& name, const std::string& purpose) {
    CLI::App* command = app_.add_subcommand(name, purpose);
    AddCommon(command);
    return command;
  }

  // A verb on one stream: "VERB stream NAME".
  CLI::App* AddOnStream(const std::string& verb, const std::string& purpose, bool has_yaml = false) {
    CLI::App* parent = app_.add_subcommand(verb, purpose);
    parent->require_subcommand(1);
    CLI::App* command = parent->add_subcommand("stream", purpose);
    AddCommon(command, has_yaml);
    command->add_option("name", stream_options_.stream, "the stream's name")->required()->option_text("NAME");
    AddFile(command, stream_options_.file);
    return command;
  }

  // A command that has YAML has it unless another format is asked for.
  void AddCommon(CLI::App* command, bool has_yaml = false) {
    std::map<std::string, OutputFormat> formats = {
        {"table", OutputFormat::kText}, {"text", OutputFormat::kText}, {"json", OutputFormat::kJson}};
    if (has_yaml) formats["yaml"] = OutputFormat::kYaml;
    command
        ->add_option("-o,--output", format_,
                     has_yaml ? "yaml, table (or text), or json" : "table (or text), or json")
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text(has_yaml ? "yaml|table|json" : "table|json");
    command->add_flag("-v,--verbose", verbose_, "log more");
  }

  static void AddFile(CLI::App* command, std::string& file) {
    command->add_option("-f,--file", file, "the file of documents")->required()->option_text("FILE");
  }

  void Version() {
    Add("version", "print the version")->callback([this] { command_ = VersionCommand; });
  }

  void Schema() {
    Add("schema", "print the JSON Schema of the documents")->callback([this] { command_ = SchemaCommand; });
  }

  void Validate() {
    CLI::App* command = Add("validate", "check a file of documents");
    AddFile(command, run_.file);
    command->callback(
        [this] { command_ = [this](const Output& output) { return ValidateCommand(run_.file, output); }; });
  }

  void Run() {
    CLI::App* command = Add("run", "run the streams of a file in the foreground");
    AddFile(command, run_.file);
    command->add_option("name", run_.names, "streams to run; all without one")->option_text("NAME...");
    command->add_flag("--until-end", run_.until_end, "commit what the topics hold now, then exit");
    command->add_option("--memory", memory_, "bytes for messages on their way, over all streams; 96MiB")
        ->check(CLI::Validator([](const std::string& text) { return CheckSize(text); }, "SIZE"));
    command->callback([this] {
      if (!memory_.empty()) run_.memory_bytes = *ParseSize(memory_);
      command_ = [this](const Output& output) { return RunCommand(run_, output); };
    });
  }

  void Demo() {
    CLI::App* command = Add("demo", "a Kafka in this process, orders, and a table that follows them");
    command->add_option("--dir", demo_.folder, "where catalog and tables go; frazil-demo")
        ->option_text("DIR");
    command
        ->add_option("--records", demo_.records,
                     "end when so many messages are committed, and read them back")
        ->check(CLI::PositiveNumber)
        ->option_text("N");
    command->add_option("--rate", demo_.rate, "messages a second")
        ->check(CLI::PositiveNumber)
        ->option_text("N");
    command->callback(
        [this] { command_ = [this](const Output& output) { return DemoCommand(demo_, output); }; });
  }

  void Accept() {
    CLI::App* command = AddOnStream("accept", "go on after a loud stop, by a decision recorded in the table");
    command->add_option("code", stream_options_.code, "that the stream stops with")
        ->required()
        ->option_text("CODE");
    command->add_option("--start", stream_options_.start, "where to go on: earliest, latest or position")
        ->option_text("WHERE");
    command->add_option("--partition", stream_options_.accepted_partition, "of a batch that cannot be opened")
        ->check(CLI::NonNegativeNumber)
        ->option_text("P");
    command->add_option("--to", stream_options_.to, "the first offset behind it")
        ->check(CLI::NonNegativeNumber)
        ->option_text("O");
    command->add_flag("--dry-run", stream_options_.dry_run, "say what would be recorded");
    command->callback([this] {
      command_ = [this](const Output& output) { return AcceptCommand(stream_options_, output); };
    });
  }

  // Of those that look at messages.
  void AddSample(CLI::App* command, std::int64_t otherwise) {
    command
        ->add_option("--input", stream_options_.input,
                     "a file of one JSON message a line, instead of the topic")
        ->option_text("FILE");
    command
        ->add_option("--samples", stream_options_.samples,
                     fmt::format("about so many messages, of all partitions; {}", otherwise))
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
        ->option_text("N");
  }

  void Infer() {
    CLI::App* command =
        AddOnStream("infer", "propose a mapping for what the messages hold", /*has_yaml=*/true);
    command->get_option("--file")->required(false);
    AddSample(command, kInferSamples);
    command
        ->add_option_function<std::string>(
            "--default-type",
            [this](const std::string& text) { stream_options_.default_type = *ParseType(text); },
            "of what holds nothing but null, empty lists or empty objects; left out without it")
        ->check(CLI::Validator([](const std::string& text) { return CheckScalarType(text); }, "TYPE"));
    command->callback([this, command] {
      if (command->count("--output") == 0) format_ = OutputFormat::kYaml;
      command_ = [this](const Output& output) { return InferCommand(stream_options_, output); };
    });
  }

  void Sample() {
    CLI::App* command = AddOnStream("sample", "show messages as they are");
    AddSample(command, kShowSamples);
    command->callback([this] {
      command_ = [this](const Output& output) { return SampleCommand(stream_options_, output); };
    });
  }

  void Preview() {
    CLI::App* command =
        AddOnStream("preview", "what the stream would make of its messages; nothing is written");
    AddSample(command, kInferSamples);
    command->callback([this] {
      command_ = [this](const Output& output) { return PreviewCommand(stream_options_, output); };
    });
  }

  void Audit() {
    CLI::App* command = AddOnStream("audit", "prove from the tables that no message was lost or doubled");
    command->add_flag("--rows", stream_options_.rows,
                      "read where every row comes from, also where the summaries suffice");
    command->callback([this] {
      command_ = [this](const Output& output) { return AuditCommand(stream_options_, output); };
    });
  }

  void Where() {
    CLI::App* command = AddOnStream("where", "what has become of one message");
    command->add_option("--partition", stream_options_.partition, "of the topic")
        ->required()
        ->check(CLI::NonNegativeNumber)
        ->option_text("P");
    command->add_option("--offset", stream_options_.offset, "in the partition")
        ->required()
        ->check(CLI::NonNegativeNumber)
        ->option_text("O");
    command->callback([this] {
      command_ = [this](const Output& output) { return WhereCommand(stream_options_, output); };
    });
  }

  static std::string CheckScalarType(const std::string& text) {
    const auto type = ParseType(text);
    if (!type) return type.error().ToString();
    return type->is_nested() ? "a struct, list or map cannot be a default" : "";
  }

  static std::string CheckSize(const std::string& text) {
    const auto size = ParseSize(text);
    if (!size) return size.error().ToString();
    return *size < (8 << 20) ? "less than 8MiB is too little" : "";
  }

  std::FILE* out_;
  std::FILE* err_;
  CLI::App app_{"Keeps Apache Iceberg tables filled from Kafka topics, exactly once.", "frazil"};
  OutputFormat format_ = OutputFormat::kText;
  bool verbose_ = false;
  std::string memory_;
  RunOptions run_;
  DemoOptions demo_;
  StreamCommandOptions stream_options_;
  std::function<int(const Output&)> command_;
};

}  // namespace

int Main(int argc, const char* const* argv, std::FILE* out, std::FILE* err) {
  return CommandLine(out, err).Execute(argc, argv);
}

}  // namespace frazil
