// gtest matchers for Result and Status, so that a failing test prints the error.
#pragma once

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "base/result.h"

namespace frazil {

inline void PrintTo(const Error& error, std::ostream* os) {
  *os << "[" << ToString(error.kind) << "] " << error.ToString();
}

MATCHER(IsOk, negation ? "is a failure" : "is ok") {
  if (arg.has_value()) return true;
  *result_listener << "failed with [" << ToString(arg.error().kind) << "] " << arg.error().ToString();
  return false;
}

MATCHER_P(FailsWith, kind, std::string("fails with kind ") + std::string(ToString(kind))) {
  if (arg.has_value()) {
    *result_listener << "is ok";
    return false;
  }
  *result_listener << "failed with [" << ToString(arg.error().kind) << "] " << arg.error().ToString();
  return arg.error().kind == kind;
}

MATCHER_P(FailsWithCode, code, std::string("fails with code ") + code) {
  if (arg.has_value()) {
    *result_listener << "is ok";
    return false;
  }
  *result_listener << "failed with [" << ToString(arg.error().kind) << "] " << arg.error().ToString();
  return arg.error().code == code;
}

}  // namespace frazil

#define FRAZIL_TEST_CONCAT_INNER(a, b) a##b
#define FRAZIL_TEST_CONCAT(a, b) FRAZIL_TEST_CONCAT_INNER(a, b)

// ASSERT_OK_AND_ASSIGN(auto x, MakeX()): the value, or the test fails with the error's text.
#define ASSERT_OK_AND_ASSIGN(target, expression) \
  ASSERT_OK_AND_ASSIGN_INNER(FRAZIL_TEST_CONCAT(assert_result_, __LINE__), target, expression)
#define ASSERT_OK_AND_ASSIGN_INNER(result, target, expression)  \
  auto result = (expression);                                   \
  ASSERT_TRUE(result.has_value()) << result.error().ToString(); \
  target = std::move(result).value()
#define ASSERT_OK(expression)                                                                          \
  do {                                                                                                 \
    auto assert_status = (expression);                                                                 \
    ASSERT_TRUE(assert_status.has_value()) << #expression << ": " << assert_status.error().ToString(); \
  } while (false)
#define EXPECT_OK(expression)                                                                          \
  do {                                                                                                 \
    auto expect_status = (expression);                                                                 \
    EXPECT_TRUE(expect_status.has_value()) << #expression << ": " << expect_status.error().ToString(); \
  } while (false)
