#include "kernels/common/cuda_rows.h"
#include "kernels/frame_pixels/frame_pixels.h"

namespace zoetrope::kernels {
namespace {

constexpr unsigned kMostThreads = 128;
constexpr float kRed = 0.2126F, kGreen = 0.7152F, kBlue = 0.0722F;

/// Where a thread's kWidth columns of two rows begin.
struct Place {
  const float* from;  // channel 0 of the first row
  std::int64_t plane, width, pair;
  int x;
};

template <int kWidth>
__device__ __forceinline__ bool find(const FramePixelsArgs& args, std::int64_t begin,
                                     unsigned chunks, Place& place) {
  place.pair = begin + blockIdx.x / chunks;
  place.x = static_cast<int>((blockIdx.x % chunks * blockDim.x + threadIdx.x) * kWidth);
  place.width = args.width;
  place.plane = args.height * args.width;
  const std::int64_t frame = place.pair / (args.height / 2);
  place.from = args.rgb + 2 * frame * place.plane + 2 * place.pair * args.width + place.x;
  return place.x < args.width;
}

/// The comparison is false for NaN.
__device__ __forceinline__ float bounded(float value) {
  return value > 0.0F ? fminf(value, 1.0F) : 0.0F;
}

/// Three channels of kWidth columns.
template <int kWidth>
__device__ __forceinline__ void load_row(const Place& place, int row, float (&rgb)[3][kWidth]) {
#pragma unroll
  for (int channel = 0; channel < 3; ++channel) {
    load_elements<kWidth == 2 ? 1 : kWidth>(place.from + channel * place.plane + row * place.width,
                                            rgb[channel]);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) rgb[channel][i] = bounded(rgb[channel][i]);
  }
}

/// kWidth columns of two rows a thread: 16, or 2 where they are not aligned.
template <int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    rgb24_pixels(const FramePixelsArgs args, std::int64_t begin, unsigned chunks) {
  constexpr int kBytes = kWidth == 16 ? 16 : 2;
  Place place;
  if (!find<kWidth>(args, begin, chunks, place)) return;
  auto* to =
      static_cast<unsigned char*>(args.planes[0]) + (2 * place.pair * args.width + place.x) * 3;
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    float rgb[3][kWidth];
    load_row(place, row, rgb);
#pragma unroll
    for (int first = 0; first < 3 * kWidth; first += kBytes) {
      Pack<unsigned char, kBytes> pack;
#pragma unroll
      for (int i = 0; i < kBytes; ++i) {
        const float value = rgb[(first + i) % 3][(first + i) / 3];
        pack.elements[i] = static_cast<unsigned char>(value * 255.0F + 0.5F);
      }
      store_vector(to + 3 * row * args.width + first, pack);
    }
  }
}

__device__ __forceinline__ float luma_of(float red, float green, float blue) {
  return kRed * red + kGreen * green + kBlue * blue;
}

template <int kCount>
__device__ __forceinline__ void store_codes(const float (&codes)[kCount], void* plane,
                                            std::int64_t at) {
  Pack<unsigned short, kCount> pack;
#pragma unroll
  for (int i = 0; i < kCount; ++i) pack.elements[i] = static_cast<unsigned short>(codes[i] + 0.5F);
  store_vector(static_cast<unsigned short*>(plane) + at, pack);
}

/// Cb and Cr of the columns from x - 1 on, summed over the rows that were added.
template <int kWidth>
struct Differences {
  float cb[kWidth + 1] = {}, cr[kWidth + 1] = {};

  __device__ __forceinline__ void add(int i, float red, float blue, float luma) {
    cb[i] += (blue - luma) / (2.0F * (1.0F - kBlue));
    cr[i] += (red - luma) / (2.0F * (1.0F - kRed));
  }

  /// Those of the column before this thread's first one; at the edge that column itself.
  __device__ __forceinline__ void add_left(const Place& place, int row) {
    const float* left = place.from + row * place.width - (place.x > 0 ? 1 : 0);
    const float red = bounded(left[0]), green = bounded(left[place.plane]);
    const float blue = bounded(left[2 * place.plane]);
    add(0, red, blue, luma_of(red, green, blue));
  }
};

template <int kWidth>
__device__ __forceinline__ void store_chroma(const float (&sums)[kWidth + 1], void* plane,
                                             std::int64_t at) {
  float codes[kWidth / 2];
#pragma unroll
  for (int i = 0; i < kWidth; i += 2) {
    const float sum = (sums[i] + 2.0F * sums[i + 1] + sums[i + 2]) / 4.0F;
    codes[i / 2] = (128.0F + 224.0F * sum / 2.0F) * 4.0F;
  }
  store_codes(codes, plane, at);
}

/// kWidth columns of two rows a thread: 8, or 2 where they are not aligned.
template <int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    yuv420p10_pixels(const FramePixelsArgs args, std::int64_t begin, unsigned chunks) {
  Place place;
  if (!find<kWidth>(args, begin, chunks, place)) return;
  Differences<kWidth> differences;
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    float rgb[3][kWidth], codes[kWidth];
    load_row(place, row, rgb);
    differences.add_left(place, row);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      const float luma = luma_of(rgb[0][i], rgb[1][i], rgb[2][i]);
      differences.add(i + 1, rgb[0][i], rgb[2][i], luma);
      codes[i] = (16.0F + 219.0F * luma) * 4.0F;
    }
    store_codes(codes, args.planes[0], (2 * place.pair + row) * args.width + place.x);
  }
  const std::int64_t at = (place.pair * args.width + place.x) / 2;
  store_chroma<kWidth>(differences.cb, args.planes[1], at);
  store_chroma<kWidth>(differences.cr, args.planes[2], at);
}

template <int kWidth>
int launch(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream,
           void (*kernel)(FramePixelsArgs, std::int64_t, unsigned)) {
  const std::int64_t items = args.width / kWidth;
  const unsigned threads = threads_for(items, 1, kMostThreads);
  const auto chunks = static_cast<unsigned>((items + threads - 1) / threads);
  return launch_blocks({(end - begin) * chunks, threads, 0, stream}, kernel, args, begin, chunks);
}

}  // namespace

int frame_pixels_cuda(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end,
                      CudaStream stream) {
  if (args.width < 2 || args.height < 2 || args.width % 2 != 0 || args.height % 2 != 0 ||
      args.width > 0xffffff) {
    return cudaErrorInvalidValue;
  }
  bool aligned = args.width % 16 == 0 && is_aligned<float>(args.rgb, 0);
  for (const void* plane : args.planes) {
    if (!is_aligned<float>(plane, 0, sizeof(float))) return cudaErrorInvalidValue;
    aligned = aligned && is_aligned<float>(plane, 0);
  }
  if (args.format == PixelFormat::kRgb24) {
    return aligned ? launch<16>(args, begin, end, stream, rgb24_pixels<16>)
                   : launch<2>(args, begin, end, stream, rgb24_pixels<2>);
  }
  return aligned ? launch<8>(args, begin, end, stream, yuv420p10_pixels<8>)
                 : launch<2>(args, begin, end, stream, yuv420p10_pixels<2>);
}

}  // namespace zoetrope::kernels
