#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include <png.h>

#include "core/quote.h"
#include "media/landing.h"
#include "media/still_color.h"
#include "media/still_decoders.h"
#include "media/still_exif.h"
#include "media/still_rows.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkFrame = 12;  // length, type, CRC

std::uint32_t big_endian(StillBytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
}

// What is read from the chunks by ourselves, because it may stand behind the pixels.
struct PngExtras {
  int orientation = 1;
  bool animated = false;
};

PngExtras read_extras(StillBytes bytes) {
  PngExtras extras;
  std::size_t at = kSignatureBytes;
  while (bytes.size() - at >= kChunkFrame) {
    const std::size_t length = big_endian(bytes, at);
    if (length > bytes.size() - at - kChunkFrame) break;
    const StillBytes type = bytes.subspan(at + 4, 4);
    const StillBytes data = bytes.subspan(at + 8, length);
    const auto is = [&](std::string_view name) {
      return std::equal(name.begin(), name.end(), type.begin());
    };
    if (is("eXIf")) extras.orientation = exif_orientation(data);
    if (is("acTL") && length >= 4) extras.animated = big_endian(data, 0) > 1;
    at += kChunkFrame + length;
  }
  return extras;
}

// libpng's objects, and what it said. Used inside lands(): owns nothing there.
struct PngState {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Landing landing;
  StillBytes bytes;
  std::size_t at = 0;
  char warning[256] = "";        // the first one about other things than the profile
  bool profile_refused = false;  // by libpng
  std::uint8_t* row = nullptr;   // where the next row goes
  png_charp profile_name = nullptr;
  png_bytep profile = nullptr;
  png_uint_32 profile_bytes = 0;

  ~PngState() { png_destroy_read_struct(&png, &info, nullptr); }
};

void keep_words(char (&to)[256], const char* words) {
  std::strncpy(to, words, sizeof(to) - 1);
  to[sizeof(to) - 1] = '\0';
}

[[noreturn]] void on_error(png_structp png, png_const_charp words) {
  auto* state = static_cast<PngState*>(png_get_error_ptr(png));
  keep_words(state->landing.words, words);
  std::longjmp(state->landing.place, 1);
}

// A warning about the pixels' data means damage, unless there is only too much of it.
void on_warning(png_structp png, png_const_charp words) {
  auto* state = static_cast<PngState*>(png_get_error_ptr(png));
  if (std::strncmp(words, "iCCP", 4) == 0) {
    state->profile_refused = true;
    return;
  }
  const bool surplus = std::strstr(words, "xtra compressed data") != nullptr ||
                       std::strstr(words, "oo much image data") != nullptr;
  if (std::strncmp(words, "IDAT", 4) == 0 && !surplus) on_error(png, words);
  if (state->warning[0] == '\0') keep_words(state->warning, words);
}

void on_read(png_structp png, png_bytep to, std::size_t count) {
  auto* state = static_cast<PngState*>(png_get_io_ptr(png));
  if (count > state->bytes.size() - state->at) png_error(png, "the file ends too early");
  std::memcpy(to, state->bytes.data() + state->at, count);
  state->at += count;
}

void create(PngState& state) {
  state.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
  if (state.png != nullptr) state.info = png_create_info_struct(state.png);
}

// Limits first. Of all that may stand beside the pixels only the profile is unpacked.
void read_header(PngState& state) {
  png_set_read_fn(state.png, &state, on_read);
  png_set_user_limits(state.png, kMaxStillSide, kMaxStillSide);
  png_set_chunk_malloc_max(state.png, kMaxProfileBytes);
  png_set_crc_action(state.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_keep_unknown_chunks(state.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_keep_unknown_chunks(state.png, PNG_HANDLE_CHUNK_AS_DEFAULT,
                              reinterpret_cast<png_const_bytep>("iCCP"), 1);
  png_read_info(state.png, state.info);
  int compression = 0;
  png_get_iCCP(state.png, state.info, &state.profile_name, &compression, &state.profile,
               &state.profile_bytes);
}

// 8 bits a channel (of 16 the upper ones, as Pillow does), palette and grey spread over RGB.
void choose_rgb(PngState& state) {
  png_set_expand(state.png);
  png_set_strip_16(state.png);
  png_set_gray_to_rgb(state.png);
  png_read_update_info(state.png, state.info);
}

void read_row(PngState& state) { png_read_row(state.png, state.row, nullptr); }

void read_end(PngState& state) { png_read_end(state.png, nullptr); }

void run(PngState& state, void (*step)(PngState&)) {
  if (!lands(state.landing, step, state)) {
    throw Error(ErrorCode::kCorrupt,
                "damaged or cut short: libpng says " + in_quotes(state.landing.words));
  }
}

// Interlaced files hold seven small pictures one after the other; each is put where it belongs.
void read_rows(PngState& state, StillRows& rows, const StillLayout& layout) {
  std::vector<std::uint8_t> row(png_get_rowbytes(state.png, state.info));
  state.row = row.data();
  const bool interlaced = png_get_interlace_type(state.png, state.info) == PNG_INTERLACE_ADAM7;
  if (!interlaced) {
    for (int y = 0; y < layout.height; ++y) {
      run(state, read_row);
      rows.put(row.data(), {y, 0, 1, layout.width});
    }
    return;
  }
  for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass) {
    const int count = PNG_PASS_COLS(layout.width, pass);
    if (count == 0) continue;
    for (int i = 0; i < PNG_PASS_ROWS(layout.height, pass); ++i) {
      run(state, read_row);
      rows.put(row.data(), {PNG_ROW_FROM_PASS_ROW(i, pass), PNG_PASS_START_COL(pass),
                            PNG_PASS_COL_OFFSET(pass), count});
    }
  }
}

}  // namespace

Picture decode_png(StillBytes bytes, const StillNote& note) {
  // Asked before libpng does, whose message would not say the size.
  constexpr std::size_t kSizeAt = kSignatureBytes + 8;
  if (bytes.size() >= kSizeAt + 8) {
    require_still_size(big_endian(bytes, kSizeAt), big_endian(bytes, kSizeAt + 4));
  }
  const PngExtras extras = read_extras(bytes);
  PngState state;
  state.bytes = bytes;
  run(state, create);
  if (state.info == nullptr) throw Error(ErrorCode::kResource, "libpng could not be started");
  run(state, read_header);
  const bool grey = (png_get_color_type(state.png, state.info) & PNG_COLOR_MASK_COLOR) == 0;
  run(state, choose_rgb);

  StillLayout layout;
  layout.width = static_cast<int>(png_get_image_width(state.png, state.info));
  layout.height = static_cast<int>(png_get_image_height(state.png, state.info));
  layout.kind = png_get_channels(state.png, state.info) == 4 ? PixelKind::kRgba : PixelKind::kRgb;
  layout.orientation = extras.orientation;
  if (state.profile_refused) note("its colour profile is damaged, and left out");
  StillRows rows(layout,
                 transform_to_srgb({state.profile, state.profile_bytes}, layout.kind, grey, note));
  read_rows(state, rows, layout);
  run(state, read_end);
  if (state.warning[0] != '\0') note("libpng says " + in_quotes(state.warning));
  if (rows.transparent()) note("transparent in places: laid over black");
  if (extras.animated) note("animated: only its first picture is used");
  return rows.take();
}

}  // namespace zoetrope::media
