#include "ops/tiled_attention.h"

#include <algorithm>

#include <ATen/Parallel.h>

#include "core/check.h"
#include "kernels/attention/attention_cpu.h"
#include "ops/dispatch.h"
#include "ops/tiles.h"

namespace zoetrope::ops {
namespace {

constexpr std::int64_t kTileQueries = 64;
// A tile of keys and one of values stay in the second-level cache while the queries pass.
constexpr std::int64_t kTileElements = 65536, kFewestTileKeys = 64, kMostTileKeys = 512;
// Of packed keys and values at a time, at least one head's.
constexpr std::int64_t kPackedBytes = std::int64_t{32} << 20;

using T = at::BFloat16;

// What the tiles of keys of a head are.
struct Tiles {
  std::int64_t total, length;  // keys of the head and of a tile

  Tiles(std::int64_t keys, std::int64_t head_dim)
      : total(keys),
        length(std::clamp(kTileElements / head_dim / kColumnsTogether * kColumnsTogether,
                          kFewestTileKeys, kMostTileKeys)) {}
  std::int64_t count() const { return (total + length - 1) / length; }
  std::int64_t keys(std::int64_t tile) const { return std::min(length, total - tile * length); }
  std::int64_t padded(std::int64_t tile) const { return round_up(keys(tile), kColumnsTogether); }
};

// The keys and values of some heads as right factors.
class PackedHeads {
 public:
  PackedHeads(const Tensor& k, const Tensor& v, std::int64_t heads)
      : k_(k),
        v_(v),
        tiles_(k.size(1), k.size(3)),
        packed_(at::empty({heads, tiles_.count(), 2, tiles_.length * k.size(3)}, k.options())) {}

  const Tiles& tiles() const { return tiles_; }
  const T* keys(std::int64_t head, std::int64_t tile) const { return part(head, tile, 0); }
  const T* values(std::int64_t head, std::int64_t tile) const { return part(head, tile, 1); }

  // Packs heads [first, first + count).
  void pack(std::int64_t first, std::int64_t count) {
    const std::int64_t tiles = tiles_.count();
    at::parallel_for(0, count * tiles, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) pack_tile(first, i / tiles, i % tiles);
    });
  }

 private:
  T* part(std::int64_t head, std::int64_t tile, std::int64_t index) const {
    return static_cast<T*>(packed_.data_ptr()) + head * packed_.stride(0) +
           tile * packed_.stride(1) + index * packed_.stride(2);
  }

  void pack_tile(std::int64_t first, std::int64_t head, std::int64_t tile) {
    kernels::PackTileArgs args;
    args.tokens = tiles_.keys(tile);
    args.padded = tiles_.padded(tile);
    args.head_dim = k_.size(3);
    args.type = element_type(k_);
    const auto take = [&](const Tensor& x, std::int64_t index) {
      args.x_token_stride = x.stride(1);
      args.x = static_cast<const T*>(x.const_data_ptr()) + (first + head) * x.stride(2) +
               tile * tiles_.length * x.stride(1);
      args.packed = part(head, tile, index);
    };
    take(k_, 0);
    kernels::pack_keys_cpu(args);
    take(v_, 1);
    kernels::pack_values_cpu(args);
  }

  const Tensor &k_, &v_;
  Tiles tiles_;
  Tensor packed_;
};

// What a thread needs for its tile of queries.
class TileOfQueries {
 public:
  TileOfQueries(const Tiles& tiles, const Tensor& q, double scale, const float* key_bias)
      : tiles_(tiles),
        key_bias_(key_bias),
        head_dim_(q.size(3)),
        products_(at::empty({kTileQueries, tiles.length}, at::kFloat)),
        weights_(at::empty({kTileQueries, tiles.length}, q.options())),
        mixed_(at::empty({kTileQueries, head_dim_}, at::kFloat)),
        peaks_(at::empty({kTileQueries}, at::kFloat)),
        sums_(at::empty({kTileQueries}, at::kFloat)) {
    softmax_.products = products_.mutable_data_ptr<float>();
    softmax_.weights = weights_.data_ptr();
    softmax_.peaks = peaks_.mutable_data_ptr<float>();
    softmax_.sums = sums_.mutable_data_ptr<float>();
    softmax_.mixed = mixed_.mutable_data_ptr<float>();
    softmax_.head_dim = head_dim_;
    softmax_.scale = static_cast<float>(scale);
  }

  // q: `queries` rows, q_stride apart; y: the same, y_stride apart; `head` of the packed ones.
  void attend(std::int64_t queries, const T* q, std::int64_t q_stride, T* y, std::int64_t y_stride,
              const PackedHeads& packed, std::int64_t head) {
    mixed_.zero_();
    sums_.zero_();
    peaks_.fill_(kernels::kNoPeak);
    softmax_.queries = queries;
    for (std::int64_t tile = 0; tile < tiles_.count(); ++tile) {
      const std::int64_t padded = tiles_.padded(tile);
      softmax_.keys = tiles_.keys(tile);
      softmax_.padded = padded;
      softmax_.key_bias = key_bias_ == nullptr ? nullptr : key_bias_ + tile * tiles_.length;
      multiply<T>(
          {queries, padded, head_dim_, q, q_stride, packed.keys(head, tile), softmax_.products},
          /*add=*/false);
      kernels::softmax_tile_cpu(softmax_);
      multiply<T>({queries, head_dim_, padded, static_cast<const T*>(softmax_.weights), padded,
                   packed.values(head, tile), softmax_.mixed},
                  /*add=*/true);
    }
    kernels::finish_tile_cpu({softmax_.mixed, softmax_.sums, y, queries, head_dim_, y_stride});
  }

 private:
  const Tiles& tiles_;
  const float* key_bias_;  // [S], or null
  std::int64_t head_dim_;
  Tensor products_, weights_, mixed_, peaks_, sums_;
  kernels::SoftmaxTileArgs softmax_;
};

}  // namespace

Tensor tiled_attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                       const Tensor& key_bias) {
  ZOETROPE_CHECK(q.scalar_type() == at::kBFloat16);
  ZOETROPE_CHECK(q.stride(3) == 1 && k.stride(3) == 1 && v.stride(3) == 1);
  const std::int64_t heads = q.size(2), head_dim = q.size(3), queries = q.size(1);
  const Tensor y = at::empty({1, queries, heads * head_dim}, q.options());
  const std::int64_t head_bytes = 2 * k.size(1) * head_dim * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t at_a_time = std::clamp<std::int64_t>(kPackedBytes / head_bytes, 1, heads);
  const std::int64_t query_tiles = (queries + kTileQueries - 1) / kTileQueries;

  const float* bias = key_bias.defined() ? key_bias.const_data_ptr<float>() : nullptr;

  PackedHeads packed(k, v, at_a_time);
  for (std::int64_t first = 0; first < heads; first += at_a_time) {
    const std::int64_t count = std::min(at_a_time, heads - first);
    packed.pack(first, count);
    at::parallel_for(0, count * query_tiles, 1, [&](std::int64_t begin, std::int64_t end) {
      TileOfQueries tile(packed.tiles(), q, scale, bias);
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t head = i / query_tiles, row = i % query_tiles * kTileQueries;
        tile.attend(std::min(kTileQueries, queries - row),
                    static_cast<const T*>(q.const_data_ptr()) + row * q.stride(1) +
                        (first + head) * q.stride(2),
                    q.stride(1),
                    static_cast<T*>(y.data_ptr()) + row * y.stride(1) + (first + head) * head_dim,
                    y.stride(1), packed, head);
      }
      release_tiles();
    });
  }
  return y;
}

}  // namespace zoetrope::ops
