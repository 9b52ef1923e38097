// A store whose calls fail when they are told to: for tests and simulations.
//
// The faults: a call has its effect or not, and is answered with success or with an error (so there are four
// outcomes, one of them no fault at all); an append may be torn, with half of its bytes in the object.
// "Answered, but without effect" is for Delete (a file that is left behind); Frazil does not promise to
// survive it on Finish.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/object_store.h"

namespace frazil {

enum class StoreOperation { kCreate, kAppend, kFinish, kOpen, kRead, kDelete, kList };

struct StoreFault {
  bool takes_effect = true;    // of kAppend, kFinish and kDelete; the others have none
  std::optional<Error> error;  // the answer; nullopt: success
  bool torn = false;           // kAppend with an error: half of the bytes went in

  static StoreFault None() { return {}; }
  // STORAGE_FAILED without effect.
  static StoreFault Fails();
  static StoreFault FailsWith(Error error) { return {.takes_effect = false, .error = std::move(error)}; }
  static StoreFault FailsAfterEffect();
  static StoreFault AnsweredWithoutEffect() { return {.takes_effect = false, .error = std::nullopt}; }
  static StoreFault Torn();
};

// Asked before each call; must be safe on every thread that uses the store.
using ChooseStoreFault = std::function<StoreFault(StoreOperation, const std::string& location)>;

class FaultyStore final : public ObjectStore {
 public:
  // The wrapped store must outlive this one, and this one its writers and readers.
  FaultyStore(ObjectStore& store, ChooseStoreFault choose) : store_(store), choose_(std::move(choose)) {}

  Result<std::unique_ptr<ObjectWriter>> Create(const std::string& location) override;
  Result<std::unique_ptr<ObjectReader>> Open(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;

 private:
  ObjectStore& store_;
  const ChooseStoreFault choose_;
};

}  // namespace frazil
