// What reading a still makes of it. tests/parity/stills compares the pixels with Pillow's.

#include "media/still.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/still_decoders.h"
#include "media/still_exif.h"
#include "support/safetensors_bytes.h"
#include "support/stills.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Decoded {
  Picture picture;
  std::vector<std::string> notes;
};

Decoded decode(const std::string& bytes) {
  Decoded decoded;
  decoded.picture =
      media::decode_still({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                          [&](const std::string& note) { decoded.notes.push_back(note); });
  return decoded;
}

int farthest(const Picture& a, const Picture& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  int most = 0;
  for (std::size_t i = 0; i < std::min(a.rgb.size(), b.rgb.size()); ++i) {
    most = std::max(most, std::abs(a.rgb[i] - b.rgb[i]));
  }
  return most;
}

Picture greyed(Picture picture) {
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    picture.rgb[i + 1] = picture.rgb[i + 2] = picture.rgb[i];
  }
  return picture;
}

// Alpha is 255 in even columns and 85, a third, in odd ones.
Picture over_black(Picture picture) {
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    const std::size_t x = i / 3 % static_cast<std::size_t>(picture.width);
    if (x % 2 == 1) picture.rgb[i] = static_cast<std::uint8_t>((picture.rgb[i] + 1) / 3);
  }
  return picture;
}

TEST(ReadStill, ReadsEveryFormOfPng) {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 3}, {5, 9}, {33, 20}}) {
    const Picture picture = test::sample_picture(width, height);
    for (int form = 0; form < 16; ++form) {
      test::PngOptions options;
      options.bit_depth = (form & 1) != 0 ? 16 : 8;
      options.grey = (form & 2) != 0;
      options.alpha = (form & 4) != 0;
      options.interlaced = (form & 8) != 0;
      const auto [read, notes] = decode(test::png_bytes(picture, options));
      Picture expected = options.grey ? greyed(picture) : picture;
      if (options.alpha) expected = over_black(expected);
      EXPECT_EQ(farthest(read, expected), 0) << "form " << form << " of " << width;
      if (options.alpha && width > 1) {
        EXPECT_THAT(notes, ElementsAre("transparent in places: laid over black")) << form;
      } else {
        EXPECT_THAT(notes, IsEmpty()) << form;
      }
    }
  }
}

TEST(ReadStill, ReadsJpegs) {
  const Picture picture = test::sample_picture(32, 16);
  for (const bool progressive : {false, true}) {
    const Decoded grey = decode(test::jpeg_bytes(picture, {1, progressive, 100}));
    EXPECT_LE(farthest(grey.picture, greyed(picture)), 3);
    Picture flat = picture;
    for (std::size_t i = 0; i < flat.rgb.size(); ++i) flat.rgb[i] = std::uint8_t(40 + 70 * (i % 3));
    EXPECT_LE(farthest(decode(test::jpeg_bytes(flat, {3, progressive, 100})).picture, flat), 3);
  }
}

TEST(ReadStill, ReadsWebps) {
  const Picture picture = test::sample_picture(31, 18);
  const Decoded opaque = decode(test::webp_bytes(picture, /*alpha=*/false));
  EXPECT_EQ(farthest(opaque.picture, picture), 0);
  EXPECT_THAT(opaque.notes, IsEmpty());
  const Decoded alpha = decode(test::webp_bytes(picture, /*alpha=*/true));
  EXPECT_EQ(farthest(alpha.picture, over_black(picture)), 0);
  EXPECT_THAT(alpha.notes, ElementsAre("transparent in places: laid over black"));
}

TEST(ReadStill, TakesTheFirstPictureOfAnAnimation) {
  const Picture picture = test::sample_picture(20, 12);
  const Decoded webp = decode(test::webp_animation(picture, greyed(picture)));
  EXPECT_EQ(farthest(webp.picture, picture), 0);
  EXPECT_THAT(webp.notes, ElementsAre("animated: only its first picture is used"));
  const std::string control = test::png_chunk("acTL", std::string("\0\0\0\2\0\0\0\0", 8));
  const Decoded png = decode(test::with_png_chunk(test::png_bytes(picture), control));
  EXPECT_EQ(farthest(png.picture, picture), 0);
  EXPECT_THAT(png.notes, ElementsAre("animated: only its first picture is used"));
}

// Where pixel (x, y) of a stored W x H picture stands once it is upright (Exif 2.32, tag 274).
std::pair<int, int> upright(int orientation, std::pair<int, int> at, std::pair<int, int> size) {
  const auto [x, y] = at;
  const auto [W, H] = size;
  switch (orientation) {
    case 2:
      return {W - 1 - x, y};
    case 3:
      return {W - 1 - x, H - 1 - y};
    case 4:
      return {x, H - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {H - 1 - y, x};
    case 7:
      return {H - 1 - y, W - 1 - x};
    case 8:
      return {y, W - 1 - x};
    default:
      return {x, y};
  }
}

TEST(ReadStill, TurnsAsExifSays) {
  const Picture picture = test::sample_picture(13, 6);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string exif = test::exif_block(orientation, /*big_endian=*/orientation % 2 == 0);
    const std::string png = test::png_bytes(picture);
    const std::string trailing = test::png_chunk("eXIf", exif);
    constexpr std::size_t kEnd = 12;  // the IEND chunk
    const std::string jpeg = test::jpeg_bytes(picture);
    const std::pair<std::string, Picture> stills[] = {
        {test::with_png_chunk(png, trailing), picture},
        {png.substr(0, png.size() - kEnd) + trailing + png.substr(png.size() - kEnd), picture},
        {test::with_jpeg_segment(jpeg, 0xE1, std::string("Exif\0\0", 6) + exif),
         decode(jpeg).picture},
        {test::with_webp_chunks(test::webp_bytes(picture, false), picture, exif, ""), picture}};
    for (const auto& [still, stored] : stills) {
      const Picture turned = decode(still).picture;
      ASSERT_EQ(turned.width, orientation < 5 ? 13 : 6);
      ASSERT_EQ(turned.height, orientation < 5 ? 6 : 13);
      for (int y = 0; y < 6; ++y) {
        for (int x = 0; x < 13; ++x) {
          const auto [to_x, to_y] = upright(orientation, {x, y}, {13, 6});
          for (int c = 0; c < 3; ++c) {
            ASSERT_EQ(turned.rgb[static_cast<std::size_t>((to_y * turned.width + to_x) * 3 + c)],
                      stored.rgb[static_cast<std::size_t>((y * 13 + x) * 3 + c)])
                << orientation << " at " << x << ", " << y;
          }
        }
      }
    }
  }
}

TEST(ExifOrientation, IsUprightWhereTheBlockIsDamaged) {
  const std::string whole = test::exif_block(6, /*big_endian=*/false);
  const auto orientation = [](const std::string& text) {
    return media::exif_orientation(
        {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(orientation(whole), 6);
  for (std::size_t size = 0; size + 4 < whole.size(); ++size) {
    // The four bytes left out are the offset of the next directory.
    EXPECT_EQ(orientation(whole.substr(0, size)), 1) << size;
  }
  for (const int value : {0, 9, 255, 65535}) {
    EXPECT_EQ(orientation(test::exif_block(value, true)), 1) << value;
  }
  std::string far = whole;
  far.replace(4, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(orientation(far), 1);
}

std::string iccp(const std::string& profile) {
  // A deflate stream of one stored block, as RFC 1950 and 1951 lay it out.
  std::uint32_t a = 1, b = 0;
  for (const char c : profile) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  const auto length = static_cast<std::uint32_t>(profile.size());
  std::string data = std::string("name\0\0\x78\x01\x01", 9);
  for (const std::uint32_t value : {length, ~length}) {
    data += static_cast<char>(value);
    data += static_cast<char>(value >> 8);
  }
  data += profile;
  for (const std::uint32_t byte : {b >> 8, b, a >> 8, a}) data += static_cast<char>(byte);
  return test::png_chunk("iCCP", data);
}

TEST(ReadStill, ConvertsToSrgbInEachKindOfFile) {
  Picture green{8, 8, {}};
  for (int i = 0; i < 64; ++i) green.rgb.insert(green.rgb.end(), {60, 180, 60});
  const std::string profile = test::rgb_profile();
  const Picture png = decode(test::with_png_chunk(test::png_bytes(green), iccp(profile))).picture;
  // The green of Adobe RGB lies beyond sRGB's: its green stays and its red goes.
  EXPECT_LT(png.rgb[0], 10);
  EXPECT_NEAR(png.rgb[1], 181, 2);
  const Picture webp =
      decode(test::with_webp_chunks(test::webp_bytes(green, false), green, "", profile)).picture;
  EXPECT_EQ(farthest(webp, png), 0);
  const std::string segment = std::string("ICC_PROFILE\0", 12);
  const std::size_t half = profile.size() / 2;
  // In two parts, the second first.
  const std::string jpeg = test::with_jpeg_segment(
      test::with_jpeg_segment(test::jpeg_bytes(green, {3, false, 100}), 0xE2,
                              segment + "\1\2" + profile.substr(0, half)),
      0xE2, segment + "\2\2" + profile.substr(half));
  EXPECT_LE(farthest(decode(jpeg).picture, png), 4);
}

TEST(ReadStill, ConvertsGreyByAGreyProfile) {
  Picture grey{4, 4, std::vector<std::uint8_t>(48, 128)};
  test::PngOptions options;
  options.grey = true;
  const Decoded decoded =
      decode(test::with_png_chunk(test::png_bytes(grey, options), iccp(test::grey_profile())));
  // Half the light: 255 * (1.055 * (128 / 255)^(1 / 2.4) - 0.055) = 188.
  EXPECT_NEAR(decoded.picture.rgb[0], 188, 1);
  EXPECT_EQ(decoded.picture.rgb[0], decoded.picture.rgb[2]);
  EXPECT_THAT(decoded.notes, IsEmpty());
}

TEST(ReadStill, LeavesOutAProfileThatCannotBeUsed) {
  const Picture picture = test::sample_picture(9, 7);
  const std::string png = test::png_bytes(picture);
  const std::string webp = test::webp_bytes(picture, false);
  const std::string jpeg = test::jpeg_bytes(picture);
  const std::string profile = test::rgb_profile();
  const std::string name("ICC_PROFILE\0", 12);
  const std::string stills[] = {test::with_png_chunk(png, iccp("no profile at all")),
                                test::with_png_chunk(png, iccp(profile.substr(0, 200))),
                                test::with_png_chunk(png, iccp(test::grey_profile())),
                                test::with_webp_chunks(webp, picture, "", "no profile at all"),
                                test::with_webp_chunks(webp, picture, "", profile.substr(0, 200)),
                                test::with_webp_chunks(webp, picture, "", test::grey_profile()),
                                test::with_jpeg_segment(jpeg, 0xE2, name + "\1\2" + profile),
                                test::with_jpeg_segment(jpeg, 0xE2, name + "\1"),
                                test::with_jpeg_segment(jpeg, 0xE2, name + "\1\1junk")};
  for (const std::string& still : stills) {
    const auto [read, notes] = decode(still);
    EXPECT_LE(farthest(read, still[1] == 'P' || still[0] == 'R' ? picture : decode(jpeg).picture),
              0);
    EXPECT_THAT(notes, ElementsAre(HasSubstr("left out")));
  }
}

TEST(ReadStill, NotesWhatLibrariesFoundOddButHarmless) {
  const std::string jpeg = test::jpeg_bytes(test::sample_picture(16, 16));
  EXPECT_THAT(decode("\xff\xd8\xff\xe0" + std::string("\0\2odd", 5) + jpeg.substr(2)).notes,
              ElementsAre(HasSubstr("3 extraneous bytes")));
}

TEST(ReadStill, OpensANameWithAPatternAsThatFileAndNamesItInNotes) {
  const test::TemporaryFolder folder;
  const Picture picture = test::sample_picture(6, 4);
  test::PngOptions options;
  options.alpha = true;
  const auto path = folder.path() / "%03d.jpg";  // a PNG, whatever its name says
  test::write_bytes(path, test::png_bytes(picture, options));
  std::vector<std::string> notes;
  const Picture read = read_still(path, [&](const std::string& note) { notes.push_back(note); });
  EXPECT_EQ(farthest(read, over_black(picture)), 0);
  EXPECT_THAT(notes,
              ElementsAre("still " + path.string() + ": transparent in places: laid over black"));
  EXPECT_EQ(read_still(path, nullptr).rgb, read.rgb);
}

}  // namespace
}  // namespace zoetrope
