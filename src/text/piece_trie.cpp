#include "text/piece_trie.h"

#include <algorithm>
#include <numeric>

namespace zoetrope {

PieceTrie::PieceTrie(const std::vector<std::string>& pieces) {
  std::vector<std::int32_t> order(pieces.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return pieces[static_cast<std::size_t>(a)] < pieces[static_cast<std::size_t>(b)];
  });
  const auto piece = [&](std::size_t at) -> const std::string& {
    return pieces[static_cast<std::size_t>(order[at])];
  };

  // The pieces below a node are order[begin, end); all share their first `depth` bytes.
  struct Span {
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
  };
  std::vector<Span> spans{{0, pieces.size(), 0}};
  nodes_.push_back({0, -1, 0, 0});
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    auto [begin, end, depth] = spans[node];
    while (begin < end && piece(begin).size() == depth) {
      if (depth > 0) nodes_[node].id = order[begin];
      ++begin;
    }
    nodes_[node].first_child = static_cast<std::uint32_t>(nodes_.size());
    while (begin < end) {
      const char label = piece(begin)[depth];
      std::size_t next = begin;
      while (next < end && piece(next)[depth] == label) ++next;
      nodes_.push_back({0, -1, 0, static_cast<std::uint8_t>(label)});
      spans.push_back({begin, next, depth + 1});
      ++nodes_[node].children;
      begin = next;
    }
  }
}

std::uint32_t PieceTrie::child(std::uint32_t node, std::uint8_t label) const {
  const auto first = nodes_.begin() + nodes_[node].first_child;
  const auto last = first + nodes_[node].children;
  const auto found = std::lower_bound(
      first, last, label, [](const Node& a, std::uint8_t wanted) { return a.label < wanted; });
  if (found == last || found->label != label) return 0;
  return static_cast<std::uint32_t>(found - nodes_.begin());
}

std::int32_t PieceTrie::find(std::string_view text) const {
  std::int32_t result = -1;
  visit_prefixes(text, [&](std::size_t length, std::int32_t id) {
    if (length == text.size()) result = id;
  });
  return result;
}

}  // namespace zoetrope
