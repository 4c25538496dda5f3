#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace emulator {

/// A place in the program: an address relative to the executable's start. 0 is none.
using Site = std::uint32_t;

/// Of a return address.
Site site_of(const void* return_address);

/// "file:line" of each, as the kernel's author wrote it: calls that were inlined from the stand-in
/// headers count for the line that calls them. Needs debug lines (-g1) and binutils' addr2line;
/// without them it is a hexadecimal address.
std::vector<std::string> source_lines(const std::vector<Site>& sites);

/// Compilers copy code: one line may be several sites.
bool same_line(Site a, Site b);

/// Whether this is the executable's own code or data.
bool is_image(const void* address);

}  // namespace emulator
