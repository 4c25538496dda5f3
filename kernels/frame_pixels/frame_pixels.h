#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"

namespace zoetrope::kernels {

/// What becomes of a pixel, v being its channels in [0, 1], with NaN as 0:
/// kRgb24:     three bytes a pixel, floor(255 v + 1/2).
/// kYuv420p10: BT.709 in 10 bits of limited range, three planes. With E = 0.2126 R + 0.7152 G +
///             0.0722 B, Y = floor(4 (16 + 219 E) + 1/2), and C = floor(4 (128 + 224 c) + 1/2) of
///             c = (B - E) / 1.8556 for Cb and (R - E) / 1.5748 for Cr, which are averaged over two
///             rows and, [1 2 1] / 4, over three columns about every second one.
enum class PixelFormat { kRgb24, kYuv420p10 };

/// Finished frames as an encoder takes them.
///
/// Shapes:  rgb: [frames, 3, height, width], contiguous; height and width even.
///          planes: kRgb24: bytes [frames, height, width, 3]; kYuv420p10: 16-bit words [frames,
///          height, width] and twice [frames, height / 2, width / 2]; contiguous.
/// Types:   rgb is fp32.
/// Source:  ITU-R BT.709-6, 3.2 to 3.5.
struct FramePixelsArgs {
  const float* rgb = nullptr;
  void* planes[3] = {};
  std::int64_t height = 0;
  std::int64_t width = 0;
  PixelFormat format = PixelFormat::kRgb24;
};

/// Computes pairs of rows [begin, end), of all frames one after the other.
void frame_pixels_cpu(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end);

/// Enqueues pairs of rows [begin, end) on a stream; pointers are of the device. Returns a
/// cudaError_t: 0 if it was launched, cudaErrorInvalidValue for odd sizes or planes that do not
/// begin at a multiple of 4. Accesses are of 16 bytes (of Cb and Cr 8) where pointers and the width
/// are multiples of 16.
int frame_pixels_cuda(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end,
                      CudaStream stream);

}  // namespace zoetrope::kernels
