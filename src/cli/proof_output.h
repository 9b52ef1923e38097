// Audits, single messages and accepted stops, as people and programs read them.
#pragma once

#include <string>

#include "ingest/accept.h"
#include "proof/audit.h"
#include "proof/where.h"

namespace frazil {

// Several lines: what was audited, a row per partition, notes, findings, the verdict.
std::string AuditText(const AuditReport& report);
// One line of JSON with the same.
std::string AuditJson(const AuditReport& report);

// One line.
std::string AcceptedText(const AcceptedStop& stop);
std::string AcceptedJson(const AcceptReport& report);

std::string WhereText(const WhereOptions& question, const WhereAnswer& answer);
std::string WhereJson(const WhereOptions& question, const WhereAnswer& answer);

}  // namespace frazil
