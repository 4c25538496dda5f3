#include <utility>

#include "kernels/emulator/pipeline_kernel.h"

namespace emulator::test {
namespace {

template <std::size_t... kBugs>
bool launch_bug(const PipelinedProduct& product, bool specialised, PipelineBug bug,
                std::index_sequence<kBugs...>) {
  using Launch = bool (*)(const PipelinedProduct&, bool);
  constexpr Launch kLaunches[] = {launch_pipeline<static_cast<PipelineBug>(kBugs)>...};
  return kLaunches[static_cast<std::size_t>(bug)](product, specialised);
}

using AllBugs = std::make_index_sequence<static_cast<std::size_t>(PipelineBug::kCount)>;

}  // namespace

bool multiply_simply(const PipelinedProduct& product, PipelineBug bug) {
  return launch_bug(product, /*specialised=*/false, bug, AllBugs{});
}

bool multiply_specialised(const PipelinedProduct& product, PipelineBug bug) {
  return launch_bug(product, /*specialised=*/true, bug, AllBugs{});
}

}  // namespace emulator::test
