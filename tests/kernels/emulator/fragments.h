#pragma once

namespace emulator::test {

/// One warp: c[lane] += a[lane] * b[lane] by mma.m16n8k16; 4, 2 and 4 registers a lane.
void multiply_fragments(const unsigned* a, const unsigned* b, float* c, bool half);

/// registers[lane], 4 a lane, = ldmatrix.x4 of 32 rows of 8 elements.
void load_fragments(const unsigned* rows, unsigned* registers, bool transposed);

}  // namespace emulator::test
