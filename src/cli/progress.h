// A line at the foot of the terminal that shows how far streams are.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/output.h"
#include "ingest/engine.h"
#include "runtime/runtime.h"
#include "runtime/stop_signal.h"

namespace frazil {

// "[########------------]  40%  1,200,000 messages  95,000/s  lag 1,800,000", at most 78 characters; first of
// all the word RETENTION when unread messages are about to be deleted. `per_second` < 0: not known yet.
std::string ProgressText(const std::vector<StreamStatus>& streams, std::int64_t per_second);

// Draws once a second while it lives, if a person watches and the output is text; else does nothing.
class Progress {
 public:
  Progress(Runtime& runtime, const Output& output, std::function<std::vector<StreamStatus>()> read);
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run();

  Runtime& runtime_;
  const Output& output_;
  const std::function<std::vector<StreamStatus>()> read_;
  StopSignal stop_;
  std::unique_ptr<Task> task_;
};

}  // namespace frazil
