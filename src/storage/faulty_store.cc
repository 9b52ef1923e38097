#include "storage/faulty_store.h"

#include <utility>

namespace frazil {
namespace {

Error Injected() {
  return {ErrorKind::kUnavailable, "STORAGE_FAILED", "a fault was injected", "", ""};
}

// Makes the call, or does not, and answers as the fault says.
template <typename Call>
Status Perform(const StoreFault& fault, const Call& call) {
  if (fault.takes_effect) {
    if (Status status = call(); !status) return status;
  }
  if (fault.error) return Fail(*fault.error);
  return {};
}

class FaultyWriter final : public ObjectWriter {
 public:
  FaultyWriter(std::unique_ptr<ObjectWriter> writer, std::string location, const ChooseStoreFault& choose)
      : writer_(std::move(writer)), location_(std::move(location)), choose_(choose) {}

  Status Append(std::string_view bytes) override {
    const StoreFault fault = choose_(StoreOperation::kAppend, location_);
    if (fault.torn) {
      FRAZIL_TRY(writer_->Append(bytes.substr(0, bytes.size() / 2)));
    }
    return Perform(fault, [&] { return writer_->Append(bytes); });
  }
  Status Finish() override {
    return Perform(choose_(StoreOperation::kFinish, location_), [&] { return writer_->Finish(); });
  }
  std::int64_t size() const override { return writer_->size(); }

 private:
  const std::unique_ptr<ObjectWriter> writer_;
  const std::string location_;
  const ChooseStoreFault& choose_;
};

class FaultyReader final : public ObjectReader {
 public:
  FaultyReader(std::unique_ptr<ObjectReader> reader, std::string location, const ChooseStoreFault& choose)
      : reader_(std::move(reader)), location_(std::move(location)), choose_(choose) {}

  Status ReadAt(std::int64_t position, std::int64_t length, void* out) override {
    const StoreFault fault = choose_(StoreOperation::kRead, location_);
    if (fault.error) return Fail(*fault.error);
    return reader_->ReadAt(position, length, out);
  }
  std::int64_t size() const override { return reader_->size(); }

 private:
  const std::unique_ptr<ObjectReader> reader_;
  const std::string location_;
  const ChooseStoreFault& choose_;
};

}  // namespace

StoreFault StoreFault::Fails() {
  return FailsWith(Injected());
}
StoreFault StoreFault::FailsAfterEffect() {
  return {.takes_effect = true, .error = Injected()};
}
StoreFault StoreFault::Torn() {
  return {.takes_effect = false, .error = Injected(), .torn = true};
}

Result<std::unique_ptr<ObjectWriter>> FaultyStore::Create(const std::string& location) {
  const StoreFault fault = choose_(StoreOperation::kCreate, location);
  if (fault.error) return Fail(*fault.error);
  FRAZIL_ASSIGN(auto writer, store_.Create(location));
  return std::make_unique<FaultyWriter>(std::move(writer), location, choose_);
}

Result<std::unique_ptr<ObjectReader>> FaultyStore::Open(const std::string& location) {
  const StoreFault fault = choose_(StoreOperation::kOpen, location);
  if (fault.error) return Fail(*fault.error);
  FRAZIL_ASSIGN(auto reader, store_.Open(location));
  return std::make_unique<FaultyReader>(std::move(reader), location, choose_);
}

Status FaultyStore::Delete(const std::string& location) {
  return Perform(choose_(StoreOperation::kDelete, location), [&] { return store_.Delete(location); });
}

Result<std::vector<std::string>> FaultyStore::List(const std::string& prefix) {
  const StoreFault fault = choose_(StoreOperation::kList, prefix);
  if (fault.error) return Fail(*fault.error);
  return store_.List(prefix);
}

}  // namespace frazil
