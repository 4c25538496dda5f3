#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "checkpoint/weight_reader.h"

namespace zoetrope {

/// How many of a network's blocks stay in memory: all, unless a limit on memory says less.
constexpr std::int64_t kAllBlocks = std::numeric_limits<std::int64_t>::max();

/// The blocks of a network, in the order in which they run. The first ones are kept in memory; the
/// others are read from their files, and converted, each time they run, so that a network larger
/// than memory runs too, as fast as the files can be read.
template <typename Block>
class Blocks {
 public:
  using Make = std::function<Block(const WeightReader&)>;

  /// scope: of block i, "SCOPE.i". Checks the tensors of every block, whether it is kept or not.
  Blocks(const WeightReader& weights, const std::string& scope, std::int64_t count,
         std::int64_t kept, Make make)
      : make_(std::move(make)) {
    for (std::int64_t i = 0; i < count; ++i) {
      readers_.push_back(weights.scope(scope + "." + std::to_string(i)));
      if (i < kept) {
        kept_.push_back(std::make_shared<const Block>(make_(readers_.back())));
      } else if (weights.checking()) {
        make_(readers_.back());
      }
    }
  }

  std::size_t size() const { return readers_.size(); }

  /// Block i, read now if it is not kept. Throws Error(kCorrupt) as reading weights does.
  std::shared_ptr<const Block> operator[](std::size_t i) const {
    return i < kept_.size() ? kept_[i] : std::make_shared<const Block>(make_(readers_[i]));
  }

 private:
  Make make_;
  std::vector<WeightReader> readers_;
  std::vector<std::shared_ptr<const Block>> kept_;
};

}  // namespace zoetrope
