#include "ops/tiles.h"

#include <ATen/cpu/Utils.h>
#include <ATen/native/CPUBlas.h>

namespace zoetrope::ops {
namespace {

bool has(const char* capability) {
  static const auto all = at::cpu::get_cpu_capabilities();
  const auto found = all.find(capability);
  return found != all.end() && found->second.isBool() && found->second.toBool();
}

}  // namespace

bool has_fast_tiles(at::ScalarType type) {
  if (type == at::kBFloat16) return has("avx512_bf16") || has("amx_bf16");
  return type == at::kFloat && has("avx512_f");
}

template <typename T>
void multiply(const TileProduct<T>& p, bool add) {
  at::native::cpublas::brgemm(p.rows, p.columns, p.depth, p.a_stride, p.columns, p.columns, add,
                              p.a, p.b, p.c, /*is_vnni=*/sizeof(T) == 2);
}
template void multiply(const TileProduct<float>&, bool);
template void multiply(const TileProduct<at::BFloat16>&, bool);

void release_tiles() { at::native::cpublas::brgemm_release(); }

}  // namespace zoetrope::ops
