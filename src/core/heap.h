#pragma once

namespace zoetrope {

/// For a program's start: every piece of memory of 16 MiB and more goes back to the system when it
/// is freed. By itself the allocator learns to keep pieces of that size, and a process then takes
/// up to a third more than it uses; with a smaller bound, new pages cost more time than is saved.
void return_large_pieces();

/// Gives memory that is free, but kept for the next allocation, back to the system. Takes
/// milliseconds: for between stages, not within.
void return_free_memory();

}  // namespace zoetrope
