// Audits of a StreamWorld, and what they found.
#pragma once

#include <string>
#include <vector>

#include "ingest/stream_testing.h"
#include "proof/audit.h"

namespace frazil {

// `topic`: the messages can be asked for.
AuditOptions OptionsOf(StreamWorld& world, bool rows, bool topic = true);
Result<AuditReport> AuditWorld(StreamWorld& world, bool rows = false, bool topic = true,
                               const std::string& stream = "orders");

std::vector<std::string> Kinds(const std::vector<Finding>& findings);
// Findings and notes, one a line.
std::string Texts(const AuditReport& report);

}  // namespace frazil
