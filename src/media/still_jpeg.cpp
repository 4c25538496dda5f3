#include <algorithm>
#include <cstdio>
#include <vector>

// jpeglib.h uses FILE and size_t and includes neither.
#include <jerror.h>
#include <jpeglib.h>

#include "core/checked_math.h"
#include "core/quote.h"
#include "media/landing.h"
#include "media/still_color.h"
#include "media/still_decoders.h"
#include "media/still_rows.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

// A scan may be a few bytes and still cost a walk over all coefficients; usual files have ten.
constexpr int kMaxScans = 100;
constexpr std::int64_t kMaxScannedPixels = 32 * kMaxStillPixels;
// Coefficients of all scans are held until the last: 64 Mpixel in three full channels.
constexpr std::uint64_t kMaxCoefficientBytes = 400'000'000;

// libjpeg's objects, and what it said. Used inside lands(): owns nothing there.
struct JpegState {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  Landing landing;
  StillBytes bytes;
  char warning[JMSG_LENGTH_MAX] = "";  // the first harmless one
  int max_scans = kMaxScans;
  bool too_many_scans = false;
  JSAMPROW row = nullptr;  // where the next row goes

  ~JpegState() { jpeg_destroy_decompress(&info); }
};

static_assert(sizeof(Landing::words) >= JMSG_LENGTH_MAX);

JpegState& state_of(j_common_ptr info) { return *static_cast<JpegState*>(info->client_data); }

[[noreturn]] void on_error(j_common_ptr info) {
  JpegState& state = state_of(info);
  info->err->format_message(info, state.landing.words);
  std::longjmp(state.landing.place, 1);
}

// Most of libjpeg's warnings stand for pixels that it made up; these few do not.
bool is_harmless(int warning) {
  return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_NOT_SEQUENTIAL ||
         warning == JWRN_ADOBE_XFORM || warning == JWRN_JFIF_MAJOR;
}

void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // a trace
  if (!is_harmless(info->err->msg_code)) on_error(info);
  JpegState& state = state_of(info);
  if (state.warning[0] == '\0') info->err->format_message(info, state.warning);
}

void on_output(j_common_ptr) {}

void on_progress(j_common_ptr info) {
  JpegState& state = state_of(info);
  if (state.info.input_scan_number <= state.max_scans) return;
  state.too_many_scans = true;
  std::longjmp(state.landing.place, 1);
}

void read_header(JpegState& state) {
  jpeg_create_decompress(&state.info);
  state.info.progress = &state.progress;
  state.progress.progress_monitor = on_progress;
  jpeg_mem_src(&state.info, state.bytes.data(), state.bytes.size());
  jpeg_read_header(&state.info, TRUE);
}

void start(JpegState& state) { jpeg_start_decompress(&state.info); }

void read_row(JpegState& state) { jpeg_read_scanlines(&state.info, &state.row, 1); }

void finish(JpegState& state) { jpeg_finish_decompress(&state.info); }

void run(JpegState& state, void (*step)(JpegState&)) {
  if (lands(state.landing, step, state)) return;
  if (state.too_many_scans) {
    throw Error(ErrorCode::kCorrupt, "more than " + std::to_string(state.max_scans) +
                                         " scans (as many as a picture of its size may have)");
  }
  throw Error(ErrorCode::kCorrupt,
              "damaged or cut short: libjpeg says " + in_quotes(state.landing.words));
}

void require_coefficients_fit(const jpeg_decompress_struct& info) {
  CheckedSize bytes = 0;
  for (int i = 0; i < info.num_components; ++i) {
    const jpeg_component_info& component = info.comp_info[i];
    bytes = bytes +
            CheckedSize(component.width_in_blocks) * component.height_in_blocks * sizeof(JBLOCK);
  }
  if (bytes > kMaxCoefficientBytes) {
    throw Error(ErrorCode::kCorrupt, "its scans take " + std::to_string(bytes.value()) +
                                         " bytes to hold (at most " +
                                         std::to_string(kMaxCoefficientBytes) + ")");
  }
}

// Sets libjpeg's output and says what its rows are.
StillLayout choose_layout(jpeg_decompress_struct& info, int orientation) {
  StillLayout layout;
  layout.width = static_cast<int>(info.image_width);
  layout.height = static_cast<int>(info.image_height);
  layout.orientation = orientation;
  if (info.num_components == 4) {
    layout.kind = PixelKind::kCmykComplement;
    info.out_color_space = JCS_CMYK;
  } else if (info.num_components == 1 || info.num_components == 3) {
    info.out_color_space = JCS_RGB;
  } else {
    throw Error(ErrorCode::kCorrupt,
                std::to_string(info.num_components) + " colour channels (expected 1, 3 or 4)");
  }
  return layout;
}

// Ink without a profile has no known colour, and without Adobe's mark no known direction.
void require_known_ink(const JpegState& state, bool has_transform) {
  if (state.info.num_components != 4) return;
  if (!has_transform || !state.info.saw_Adobe_marker) {
    throw Error(ErrorCode::kCorrupt,
                std::string("a CMYK picture without ") +
                    (has_transform ? "Adobe's mark" : "a colour profile that can be used") +
                    ", whose colours are not known (convert it to RGB)");
  }
}

}  // namespace

Picture decode_jpeg(StillBytes bytes, const StillNote& note) {
  const JpegExtras extras = read_jpeg_extras(bytes);
  JpegState state;
  state.bytes = bytes;
  state.info.err = jpeg_std_error(&state.errors);
  state.errors.error_exit = on_error;
  state.errors.emit_message = on_message;
  state.errors.output_message = on_output;
  state.info.client_data = &state;
  run(state, read_header);

  jpeg_decompress_struct& info = state.info;
  require_still_size(info.image_width, info.image_height);
  const StillLayout layout = choose_layout(info, extras.orientation);
  if (jpeg_has_multiple_scans(&info)) require_coefficients_fit(info);
  const std::int64_t pixels = std::int64_t{layout.width} * layout.height;
  state.max_scans = static_cast<int>(std::min<std::int64_t>(kMaxScans, kMaxScannedPixels / pixels));

  if (extras.profile_broken) note("its colour profile is damaged, and left out");
  auto transform =
      transform_to_srgb(extras.profile, layout.kind, /*grey=*/info.num_components == 1, note);
  require_known_ink(state, transform.has_value());
  // libjpeg reads all scans first: a bomb is refused before the picture is there.
  run(state, start);
  StillRows rows(layout, std::move(transform));
  std::vector<std::uint8_t> row(static_cast<std::size_t>(layout.width) *
                                static_cast<std::size_t>(bytes_a_pixel(layout.kind)));
  state.row = row.data();
  for (int y = 0; y < layout.height; ++y) {
    run(state, read_row);
    rows.put(row.data(), {y, 0, 1, layout.width});
  }
  run(state, finish);
  if (state.warning[0] != '\0') note("libjpeg says " + in_quotes(state.warning));
  return rows.take();
}

}  // namespace zoetrope::media
