#include "core/heap.h"

#include <malloc.h>

namespace zoetrope {

void return_large_pieces() { mallopt(M_MMAP_THRESHOLD, 16 << 20); }

void return_free_memory() { malloc_trim(/*pad=*/0); }

}  // namespace zoetrope
