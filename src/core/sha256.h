#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>

namespace zoetrope {

/// Lower-case hexadecimal SHA-256 of a text, as `sha256sum` prints it.
std::string sha256_of(std::string_view text);

/// The same of a file, read in pieces; empty if `stop` became true on the way.
/// Throws Error(kCorrupt) if it can't be read.
std::string sha256_of_file(const std::filesystem::path& path,
                           const std::atomic<bool>* stop = nullptr);

}  // namespace zoetrope
