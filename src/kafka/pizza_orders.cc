#include "kafka/pizza_orders.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>

namespace frazil {
namespace {

constexpr std::int64_t kMillisPerDay = 86'400'000;
constexpr std::array<std::string_view, 4> kStatuses = {"accepted", "baking", "on the way", "delivered"};
constexpr std::array<std::string_view, 5> kCategories = {"pizza", "salad", "dessert", "wine", "calzone"};

enum class Defect { kNone, kCutOff, kNotJson, kNoStore, kQuantityInWords, kHalfOrderId, kDateInWords };
constexpr std::uint64_t kDefects = 6;

// A step of splitmix64: the numbers of one order, one after the other.
class Numbers {
 public:
  Numbers(std::uint64_t seed, std::uint64_t index)
      : state_(seed * 0xd1342543de82ef95U + index * 0x9e3779b97f4a7c15U) {}

  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }
  std::uint64_t Below(std::uint64_t limit) { return Next() % limit; }

 private:
  std::uint64_t state_;
};

Defect TakeDefect(Numbers& numbers) {
  const bool bad = numbers.Below(PizzaOrders::kBadEvery) == 0;
  const std::uint64_t kind = numbers.Below(kDefects);
  return bad ? static_cast<Defect>(1 + kind) : Defect::kNone;
}

void AppendCents(std::string& out, std::uint64_t cents) {
  fmt::format_to(std::back_inserter(out), "{}.{:02}", cents / 100, cents % 100);
}

void AppendLine(std::string& out, Numbers& numbers, bool quantity_in_words) {
  const std::uint64_t quantity = 1 + numbers.Below(5);
  const std::uint64_t unit_cents = 250 + 5 * numbers.Below(500);
  const std::uint64_t percent = 100 - 5 * numbers.Below(4);
  fmt::format_to(std::back_inserter(out), R"({{"product_id":{},"category":"{}","quantity":)",
                 1 + numbers.Below(100), kCategories[numbers.Below(kCategories.size())]);
  if (quantity_in_words) {
    out += R"("a few")";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", quantity);
  }
  out += R"(,"unit_price":)";
  AppendCents(out, unit_cents);
  out += R"(,"net_price":)";
  AppendCents(out, unit_cents * quantity * percent / 100);
  out += '}';
}

void AppendOrder(std::string& out, Numbers& numbers, Defect defect, std::int32_t store_id,
                 std::uint64_t index, std::int64_t ordered_at) {
  const auto end = std::back_inserter(out);
  out += '{';
  if (defect != Defect::kNoStore) fmt::format_to(end, R"("store_id":{},)", store_id);
  fmt::format_to(end, R"("store_order_id":{}{},"coupon_code":)", 1000 + index,
                 defect == Defect::kHalfOrderId ? ".5" : "");
  if (numbers.Below(4) == 0) {
    fmt::format_to(end, "{}", 1000 + numbers.Below(1000));
  } else {
    out += "null";
  }
  if (defect == Defect::kDateInWords) {
    out += R"(,"date":"today")";
  } else {
    fmt::format_to(end, R"(,"date":{})", ordered_at / kMillisPerDay);
  }
  fmt::format_to(end, R"(,"status":"{}","ordered_at":{},"order_lines":[)",
                 kStatuses[numbers.Below(kStatuses.size())], ordered_at);
  const std::uint64_t lines = 1 + numbers.Below(4);
  for (std::uint64_t i = 0; i < lines; ++i) {
    if (i > 0) out += ',';
    AppendLine(out, numbers, defect == Defect::kQuantityInWords);
  }
  out += "]}";
}

}  // namespace

bool PizzaOrders::IsBad(std::uint64_t index) const {
  Numbers numbers(seed_, index);
  return TakeDefect(numbers) != Defect::kNone;
}

void PizzaOrders::Make(std::uint64_t index, PizzaOrder& order) const {
  Numbers numbers(seed_, index);
  const Defect defect = TakeDefect(numbers);
  order.store_id = 1 + static_cast<std::int32_t>(numbers.Below(kStores));
  order.timestamp_ms = first_ms_ + static_cast<std::int64_t>(index) * step_ms_;
  order.key = std::to_string(order.store_id);
  order.value.clear();
  if (defect == Defect::kNotJson) {
    order.value = "\xff\xfe oven at 220 degrees";
    return;
  }
  AppendOrder(order.value, numbers, defect, order.store_id, index, order.timestamp_ms);
  if (defect == Defect::kCutOff) order.value.resize(order.value.size() / 2);
}

}  // namespace frazil
