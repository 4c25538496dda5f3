#pragma once

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "zoetrope/error.h"

namespace zoetrope::test {

template <typename Action>
testing::AssertionResult throws_error(const Action& action, ErrorCode code,
                                      const std::string& part) {
  try {
    action();
  } catch (const Error& error) {
    const std::string message = error.what();
    if (error.code() != code) {
      return testing::AssertionFailure()
             << "threw code " << static_cast<int>(error.code()) << " instead of "
             << static_cast<int>(code) << ": " << message;
    }
    if (message.find(part) == std::string::npos) {
      return testing::AssertionFailure() << "the message lacks '" << part << "': " << message;
    }
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "threw nothing";
}

}  // namespace zoetrope::test

/// The statement throws zoetrope::Error with this code and a message that contains `part`.
#define EXPECT_ERROR(statement, code, part) \
  EXPECT_TRUE(::zoetrope::test::throws_error([&] { (void)(statement); }, code, part))
