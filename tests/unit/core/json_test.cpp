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

TEST(Json, ShowsOfARepeatedKeyWhatATerminalCanTake) {
  const std::string key = "\\u001b[2J" + std::string(1'000'000, 'k');
  try {
    Json::parse("{\"" + key + "\":1,\"b\":2,\"" + key + "\":3}", "x.json");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_TRUE(message.starts_with("read x.json: the key '\\u001b[2Jkkk")) << message;
    EXPECT_LT(message.size(), 1'000U);
  }
}

TEST(Json, RefusesANulWhereverItIs) {
  using namespace std::string_view_literals;
  EXPECT_ERROR(Json::parse("{}\0anything"sv, "x"), ErrorCode::kCorrupt, "read x: NUL at byte 2");
  EXPECT_ERROR(Json::parse("\"a\0\""sv, "x"), ErrorCode::kCorrupt, "read x: NUL at byte 2");
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
