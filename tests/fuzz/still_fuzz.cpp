// The input is a file. A seed corpus is made by `still_fuzz_seeds FOLDER`.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "media/still_decoders.h"
#include "zoetrope/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zoetrope;
  try {
    const Picture picture = media::decode_still({data, size}, [](const std::string& note) {
      if (note.empty()) std::abort();
    });
    const auto pixels =
        static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
    if (pixels == 0 || picture.rgb.size() != 3 * pixels) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) std::abort();
  }
  return 0;
}
