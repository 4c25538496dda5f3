#pragma once

#include <functional>

#include "kernels/memory.h"

namespace zoetrope::kernels::test {

/// Where a kernel's memory is moved to, as cudaMalloc and cudaMemcpy do it.
struct Place {
  std::function<void*(std::size_t bytes)> allocate;  ///< filled with 0xff
  std::function<void(void*)> free;
  std::function<void(void*to, const void*from, std::size_t bytes)> copy_in, copy_out;
};

/// A copy of a kernel's memory in another place while it runs. What lies close together, as the
/// rows of one tensor do, keeps its distances; what the kernel may not touch is not copied.
class MovedMemory {
 public:
  MovedMemory(Memory memory, Place place);
  ~MovedMemory();
  MovedMemory(const MovedMemory&) = delete;
  MovedMemory& operator=(const MovedMemory&) = delete;

  /// Points to where what was pointed to lies now. Null, and what belongs to no span, stays.
  template <typename T>
  void operator()(T*& pointer) const {
    pointer = static_cast<T*>(const_cast<void*>(moved(pointer)));
  }

  /// Brings what the kernel may have written back.
  void bring_back() const;

 private:
  struct Region {
    const unsigned char *begin, *end;
    unsigned char* copy;
  };
  const void* moved(const void* pointer) const;

  Memory memory_;
  Place place_;
  std::vector<Region> regions_;  // by address
};

/// Calls visit(pointer) for each pointer of the arguments.
template <typename Visitor>
void visit_pointers(FramePixelsArgs& args, const Visitor& visit) {
  visit(args.rgb);
  for (void*& plane : args.planes) visit(plane);
}
template <typename Visitor>
void visit_pointers(GatedResidualArgs& args, const Visitor& visit) {
  visit(args.x), visit(args.branch), visit(args.gate), visit(args.y);
}
template <typename Visitor>
void visit_pointers(GatherArgs& args, const Visitor& visit) {
  visit(args.x), visit(args.y);
}
template <typename Visitor>
void visit_pointers(GuidedStepArgs& args, const Visitor& visit) {
  visit(args.prompted), visit(args.negative), visit(args.x);
  for (const float*& known : args.history) visit(known);
  visit(args.next), visit(args.kept_start), visit(args.kept_prediction);
}
template <typename Visitor>
void visit_pointers(LayerNormModulateArgs& args, const Visitor& visit) {
  visit(args.x), visit(args.scale), visit(args.shift), visit(args.y);
}
template <typename Visitor>
void visit_pointers(LayerNormQuantiseArgs& args, const Visitor& visit) {
  visit_pointers(args.norm, visit);
  visit(args.row_scales);
}
template <typename Visitor>
void visit_pointers(QkNormRopeArgs& args, const Visitor& visit) {
  visit(args.q), visit(args.k), visit(args.q_weight), visit(args.k_weight);
  visit(args.cos), visit(args.sin);
}
template <typename Visitor>
void visit_pointers(RmsNormArgs& args, const Visitor& visit) {
  visit(args.x), visit(args.weight), visit(args.y);
}
template <typename Visitor>
void visit_pointers(AttentionArgs& args, const Visitor& visit) {
  visit(args.q), visit(args.k), visit(args.v), visit(args.y), visit(args.key_bias);
}

/// Runs kernel(args) on copies of its memory in a place, and brings back what it wrote.
template <typename Args, typename Kernel>
void run_moved(const Memory& memory, const Place& place, Args args, const Kernel& kernel) {
  const MovedMemory moved(memory, place);
  visit_pointers(args, moved);
  kernel(args);
  moved.bring_back();
}

}  // namespace zoetrope::kernels::test
