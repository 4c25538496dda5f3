// Writes the stills of tests/corrupt, one a file, into a folder for still_fuzz to begin with.

#include <filesystem>

#include "corrupt/still_mutator.h"
#include "support/safetensors_bytes.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const zoetrope::test::StillMutator mutator(1);
  int number = 0;
  for (const std::string& seed : mutator.seeds()) {
    zoetrope::test::write_bytes(
        std::filesystem::path(arguments[1]) / ("seed" + std::to_string(number++)), seed);
  }
  return 0;
}
