#include "zoetrope/rational.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace zoetrope {
namespace {

TEST(ParseFrameRate, ReducesFractions) {
  EXPECT_EQ(parse_frame_rate("24"), (Rational{24, 1}));
  EXPECT_EQ(parse_frame_rate("48000/2002"), (Rational{24000, 1001}));
  EXPECT_EQ(parse_frame_rate("12.5"), (Rational{25, 2}));
}

TEST(ParseFrameRate, TakesBroadcastShortFormsAsThe1001Rates) {
  EXPECT_EQ(parse_frame_rate("23.976"), (Rational{24000, 1001}));
  EXPECT_EQ(parse_frame_rate("29.97"), (Rational{30000, 1001}));
  EXPECT_EQ(parse_frame_rate("59.94"), (Rational{60000, 1001}));
}

TEST(ParseFrameRate, RefusesWhatIsNoRate) {
  for (const char* text : {"", "0", "-24", "24/0", "0/1", "abc", "24/", "/24", "1e3", "1001",
                           "99999999999999999999", "24.12345678", "24 "}) {
    EXPECT_ERROR(parse_frame_rate(text), ErrorCode::kUsage, "frame rate") << text;
  }
}

}  // namespace
}  // namespace zoetrope
