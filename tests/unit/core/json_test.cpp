#include "core/json.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace zoetrope {
namespace {

TEST(Json, KeepsTheOrderOfKeysAndRoundTrips) {
  const std::string text = R"({"b":1,"a":[true,null,-2.5,"\"é\""],"c":{}})";
  EXPECT_EQ(Json::parse(text, "t").dump(), text);
}

TEST(Json, RefusesDuplicateKeys) {
  EXPECT_ERROR(Json::parse(R"({"a":1,"a":2})", "x.json"), ErrorCode::kCorrupt,
               "read x.json: the key 'a' occurs twice");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text :
       {"", "{", "{\"a\":}", "[1,]", "nul", "{\"a\":1}x", "// c\n1", "\"\\ud800\""}) {
    EXPECT_ERROR(Json::parse(text, "x"), ErrorCode::kCorrupt, "not JSON at byte") << text;
  }
  EXPECT_ERROR(Json::parse("\"\xff\"", "x"), ErrorCode::kCorrupt, "not UTF-8 at byte 1");
}

TEST(Json, StopsAtItsLimits) {
  EXPECT_ERROR(Json::parse(std::string(100'000, '['), "x"), ErrorCode::kCorrupt, "nested deeper");
  EXPECT_ERROR(Json::parse("[1,2,3]", "x", {.max_values = 2}), ErrorCode::kCorrupt,
               "more than 2 values");
  EXPECT_ERROR(Json::parse("[1,2,3]", "x", {.max_bytes = 3}), ErrorCode::kCorrupt, "at most 3");
  EXPECT_ERROR(Json::parse("18446744073709551615", "x"), ErrorCode::kCorrupt, "63 bits");
}

TEST(Json, NamesBothTypesWhenAValueHasTheWrongOne) {
  EXPECT_ERROR(Json::parse("\"3\"", "x").as_integer("read x: 'n'"), ErrorCode::kCorrupt,
               "read x: 'n' is a string (expected an integer)");
  EXPECT_ERROR(Json::parse("3.5", "x").as_integer("read x: 'n'"), ErrorCode::kCorrupt,
               "is a number (expected an integer)");
  EXPECT_EQ(Json::parse("3.0", "x").as_integer(""), 3);
}

}  // namespace
}  // namespace zoetrope
