// The demo's messages: orders of a chain of pizza shops.
//
// {"store_id":7,"store_order_id":1234,"coupon_code":1999,"date":20454,"status":"accepted","ordered_at":1767225600123,
//  "order_lines":[{"product_id":12,"category":"pizza","quantity":2,"unit_price":9.50,"net_price":17.10}]}
//
// coupon_code is null in most orders; date is the day of ordered_at (days since 1970, UTC), ordered_at is in
// unix milliseconds; one to four order lines. The key is the store's number as text.
#pragma once

#include <cstdint>
#include <string>

namespace frazil {

struct PizzaOrder {
  std::int32_t store_id = 0;
  std::int64_t timestamp_ms = 0;  // the same as ordered_at
  std::string key;
  std::string value;
};

// Order `index` is a function of the seed, `first_ms`, `step_ms` and the index alone.
class PizzaOrders {
 public:
  static constexpr std::int32_t kStores = 40;
  static constexpr std::size_t kMostBytes = 700;   // no value is longer
  static constexpr std::uint64_t kBadEvery = 500;  // one in so many, on average, cannot become a row

  // The orders are `step_ms` apart, from `first_ms` on (unix milliseconds).
  PizzaOrders(std::uint64_t seed, std::int64_t first_ms, std::int64_t step_ms)
      : seed_(seed), first_ms_(first_ms), step_ms_(step_ms) {}

  // Bad orders are, in turn by chance: cut off, no JSON at all, without store_id, with a quantity in words,
  // with half a store_order_id, with a date that is no number.
  bool IsBad(std::uint64_t index) const;
  // Fills `order`, whose strings keep their memory.
  void Make(std::uint64_t index, PizzaOrder& order) const;

 private:
  const std::uint64_t seed_;
  const std::int64_t first_ms_;
  const std::int64_t step_ms_;
};

}  // namespace frazil
