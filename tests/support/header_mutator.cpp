#include "support/header_mutator.h"

#include <algorithm>
#include <vector>

#include "support/safetensors_bytes.h"

namespace zoetrope::test {
namespace {

constexpr std::pair<const char*, std::uint64_t> kTypes[] = {
    {"BOOL", 1}, {"F8_E4M3", 1}, {"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8}};

// What headers go wrong with: limits, wraps, other types, structure, and what other readers take.
constexpr const char* kPieces[] = {"0",
                                   "1",
                                   "2",
                                   "4",
                                   "8",
                                   "-1",
                                   "-0",
                                   "1.0",
                                   "1e3",
                                   "255",
                                   "65536",
                                   "[",
                                   "]",
                                   "{",
                                   "}",
                                   ",",
                                   ":",
                                   "\"",
                                   "null",
                                   "true",
                                   "[]",
                                   "{}",
                                   "\"a\"",
                                   "\\u0000",
                                   "\\",
                                   " ",
                                   "\n",
                                   "\"F4\"",
                                   "shape",
                                   "data_offsets",
                                   "dtype",
                                   "__metadata__",
                                   "4294967296",
                                   "1099511627776",
                                   "9223372036854775807",
                                   "9223372036854775808",
                                   "18446744073709551615",
                                   "18446744073709551616"};

}  // namespace

std::string HeaderMutator::good_header(std::uint64_t& data_bytes) {
  std::vector<std::string> entries;
  data_bytes = 0;
  const std::uint64_t tensors = below(7);
  for (std::uint64_t i = 0; i < tensors; ++i) {
    const auto& [type, type_bytes] = kTypes[below(std::size(kTypes))];
    std::uint64_t bytes = type_bytes;
    std::string shape;
    const std::uint64_t rank = below(4);
    for (std::uint64_t axis = 0; axis < rank; ++axis) {
      const std::uint64_t dim = below(5);
      shape += (axis == 0 ? "" : ",") + std::to_string(dim);
      bytes *= dim;
    }
    const std::string begin = std::to_string(data_bytes);
    data_bytes += bytes;
    entries.push_back("\"blocks." + std::to_string(i) + ".weight\":{\"dtype\":\"" + type +
                      "\",\"shape\":[" + shape + "],\"data_offsets\":[" + begin + "," +
                      std::to_string(data_bytes) + "]}");
  }
  if (below(3) == 0) entries.push_back(R"("__metadata__":{"format":"pt","a \"b\"":"é"})");
  for (std::size_t i = entries.size(); i > 1; --i) std::swap(entries[i - 1], entries[below(i)]);
  std::string header = "{";
  for (const std::string& entry : entries) header += (header.size() == 1 ? "" : ",") + entry;
  return header + "}" + std::string(below(9), ' ');
}

void HeaderMutator::mutate(std::string& header) {
  if (header.empty()) return;
  const std::size_t at = below(header.size());
  const std::size_t length = 1 + below(std::min<std::size_t>(8, header.size() - at));
  const std::string piece = kPieces[below(std::size(kPieces))];
  switch (below(6)) {
    case 0:  // a bit
      header[at] = static_cast<char>(header[at] ^ (1 << below(8)));
      break;
    case 1:  // a piece put in
      header.insert(at, piece);
      break;
    case 2:  // a piece taken out
      header.erase(at, length);
      break;
    case 3:  // a piece doubled
      header.insert(below(header.size()), header.substr(at, length * 12));
      break;
    default: {  // a number replaced: what stays JSON gets furthest
      const std::size_t begin = header.find_first_of("0123456789", at);
      if (begin == std::string::npos) break;
      const std::size_t end = header.find_first_not_of("0123456789", begin);
      header.replace(begin, end - begin, piece);
    }
  }
}

std::string HeaderMutator::good_file() {
  std::uint64_t data_bytes = 0;
  const std::string header = good_header(data_bytes);
  return safetensors_bytes(header, data_bytes);
}

std::string HeaderMutator::mutated_file() {
  std::uint64_t data_bytes = 0;
  std::string header = good_header(data_bytes);
  for (std::uint64_t count = 1 + below(3); count > 0; --count) mutate(header);
  return safetensors_bytes(header, data_bytes);
}

}  // namespace zoetrope::test
