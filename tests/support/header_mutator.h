#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace zoetrope::test {

/// Makes safetensors files: good ones and, from those, ones with a few things wrong. The same
/// seed makes the same files everywhere.
class HeaderMutator {
 public:
  explicit HeaderMutator(std::uint64_t seed) : random_(seed) {}

  /// The bytes of a legal file with up to 6 small tensors.
  std::string good_file();

  /// A good file whose header has had 1 to 3 bytes, numbers or pieces changed.
  std::string mutated_file();

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string good_header(std::uint64_t& data_bytes);
  void mutate(std::string& header);

  std::mt19937_64 random_;
};

}  // namespace zoetrope::test
