// A small file of documents for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace frazil {

// A connection whose broker is nowhere, a catalog, and the stream `orders`; `more` is at the end of its spec.
inline std::string DocumentsWith(std::string_view more) {
  return R"(api_version: frazil/v1
kind: connection
metadata: {name: shop}
spec: {type: kafka, brokers: ["127.0.0.1:1"]}
---
api_version: frazil/v1
kind: catalog
metadata: {name: lake}
spec: {type: sql, uri: "sqlite:catalog.db", warehouse: "file:lake"}
---
api_version: frazil/v1
kind: stream
metadata: {name: orders}
spec:
  source: {connection: shop, topic: orders}
  target: {catalog: lake, table: ingest.orders}
)" + std::string(more);
}

// `to` in place of the first `from`, which must be there.
inline std::string Replace(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

}  // namespace frazil
