#include <utility>

#include "kernels/emulator/products_kernel.h"

namespace emulator::test {
namespace {

template <ProductBug kBug, int kSums, bool kHeld>
void launch(const GroupProduct& product) {
  cudaLaunchConfig_t config{};
  config.gridDim = 1;
  // Three groups with 256 registers a thread would need half as many again as there are.
  config.blockDim = kBug == ProductBug::kTooManyRegisters ? 384 : 128;
  config.dynamicSmemBytes = (64 + 2 * kSums + 8) * kTileRowBytes;
  cudaLaunchKernelEx(&config, product_kernel<kBug, kSums, kHeld>,
                     static_cast<const __nv_bfloat16*>(product.a),
                     static_cast<const __nv_bfloat16*>(product.b), product.sums);
}

template <ProductBug kBug>
void launch_any(const GroupProduct& product) {
  if (product.held) {
    launch<kBug, 32, true>(product);
  } else if (product.n == 64) {
    launch<kBug, 32, false>(product);
  } else {
    launch<kBug, 64, false>(product);
  }
}

template <std::size_t... kBugs>
void launch_bug(const GroupProduct& product, ProductBug bug, std::index_sequence<kBugs...>) {
  using Launch = void (*)(const GroupProduct&);
  constexpr Launch kLaunches[] = {launch_any<static_cast<ProductBug>(kBugs)>...};
  kLaunches[static_cast<std::size_t>(bug)](product);
}

}  // namespace

void multiply_by_group(const GroupProduct& product, ProductBug bug) {
  launch_bug(product, bug,
             std::make_index_sequence<static_cast<std::size_t>(ProductBug::kCount)>());
}

}  // namespace emulator::test
