#include "checkpoint/size_reader.h"

#include <algorithm>
#include <charconv>

#include "zoetrope/error.h"

namespace zoetrope {

SizeReader::SizeReader(const ConfigFile& config, const TensorFiles& files)
    : config_(config), files_(files) {}

void SizeReader::fail(const std::string& found) const {
  throw Error(ErrorCode::kCorrupt, "read " + config_.path().string() + ": " + found);
}

std::int64_t SizeReader::bounded(const std::string& what, std::int64_t value) const {
  if (value < 1 || value > kMaxSize) {
    fail(what + " is " + std::to_string(value) + " (expected 1 to " + std::to_string(kMaxSize) +
         ")");
  }
  return value;
}

std::int64_t SizeReader::from_config(const std::string& key, std::int64_t fallback) const {
  return bounded("'" + key + "'", config_.integer(key, fallback));
}

void SizeReader::require_agreement(const std::string& key, std::int64_t found,
                                   const std::string& tensor) const {
  const std::int64_t configured = config_.integer(key, found);
  if (configured != found) {
    fail("'" + key + "' is " + std::to_string(configured) + " (the weights have " +
         std::to_string(found) + ")" + (tensor.empty() ? "" : " by the shape of '" + tensor + "'"));
  }
}

std::int64_t SizeReader::from_shape(const Axis& axis, const std::string& key,
                                    std::int64_t fallback) const {
  const auto* shape = files_.shape_of(axis.tensor);
  if (shape == nullptr || shape->size() != axis.rank) return from_config(key, fallback);
  const std::int64_t found = bounded(
      "size " + std::to_string(axis.axis) + " of '" + axis.tensor + "'", (*shape)[axis.axis]);
  require_agreement(key, found, axis.tensor);
  return found;
}

std::int64_t SizeReader::blocks(const std::string& prefix, const std::string& key,
                                std::int64_t fallback) const {
  const auto& tensors = files_.tensors();
  const std::string start = prefix + ".";
  std::int64_t count = 0;
  for (auto entry = tensors.lower_bound(start);
       entry != tensors.end() && entry->first.starts_with(start); ++entry) {
    const char* end = entry->first.data() + entry->first.size();
    std::int64_t index = -1;
    const auto number = std::from_chars(entry->first.data() + start.size(), end, index);
    if (number.ec != std::errc() || number.ptr == end || *number.ptr != '.' || index < 0) continue;
    // Every block has tensors of its own, so a larger number is a name made to make us work.
    if (index >= static_cast<std::int64_t>(tensors.size())) {
      fail("the weights name '" + entry->first + "' among " + std::to_string(tensors.size()) +
           " tensors (expected blocks without gaps)");
    }
    count = std::max(count, index + 1);
  }
  if (count == 0) return from_config(key, fallback);
  require_agreement(key, count);
  return count;
}

}  // namespace zoetrope
