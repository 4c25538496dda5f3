#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace zoetrope::test {

/// Makes stills with a few things wrong out of good ones. The same seed makes the same files.
class StillMutator {
 public:
  explicit StillMutator(std::uint64_t seed);

  /// Small stills of all three kinds and many forms.
  const std::vector<std::string>& seeds() const { return seeds_; }

  /// One of the seeds with 1 to 3 changes: bits, bytes, lengths, pieces left out, doubled, swapped
  /// or taken from another seed, the end cut off. The checksums of a PNG are made right again in
  /// half of the cases, so that what lies behind them is reached.
  std::string mutated();

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  void mutate(std::string& still);

  std::mt19937_64 random_;
  std::vector<std::string> seeds_;
};

}  // namespace zoetrope::test
