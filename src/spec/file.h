// What of the spec lies in files and in the environment.
#pragma once

#include <string>

#include "base/result.h"
#include "spec/spec.h"

namespace frazil {

// ParseSpec of a file; relative paths in it are relative to its folder. CONFIG_FILE when it cannot be read.
SpecResult LoadSpecFile(const std::string& path);

// The secret's text; of a file without the line break at its end. CONFIG_SECRET when there is none or it is
// empty.
Result<std::string> ResolveSecret(const SecretSpec& secret);

}  // namespace frazil
