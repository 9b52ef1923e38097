#include "proof/audit_testing.h"

namespace frazil {

AuditOptions OptionsOf(StreamWorld& world, bool rows, bool topic) {
  AuditOptions options{
      .stream = "orders", .topic = "orders", .target = world.target, .rows = rows, .open_source = {}};
  if (topic) {
    options.open_source = [&world]() -> Result<std::unique_ptr<BatchSource>> {
      return std::make_unique<MemorySource>(world.runtime, world.budget, world.topic);
    };
  }
  return options;
}

Result<AuditReport> AuditWorld(StreamWorld& world, bool rows, bool topic, const std::string& stream) {
  AuditOptions options = OptionsOf(world, rows, topic);
  options.stream = stream;
  return Audit(world.runtime, world.catalog, world.store, options);
}

std::vector<std::string> Kinds(const std::vector<Finding>& findings) {
  std::vector<std::string> kinds;
  for (const Finding& finding : findings) kinds.push_back(finding.kind);
  return kinds;
}

std::string Texts(const AuditReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) text += finding.kind + ": " + finding.text + "\n";
  for (const std::string& note : report.notes) text += note + "\n";
  return text;
}

}  // namespace frazil
