#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// Which strings of a set does a text begin with? Each string's id is its index in the set.
class PieceTrie {
 public:
  PieceTrie() : PieceTrie(std::vector<std::string>{}) {}

  /// An empty string is never found; of equal ones, the last is.
  explicit PieceTrie(const std::vector<std::string>& pieces);

  /// Calls visit(length in bytes, id) for each string that `text` begins with, shortest first.
  template <typename Visit>
  void visit_prefixes(std::string_view text, Visit visit) const {
    std::uint32_t node = 0;
    for (std::size_t length = 1; length <= text.size(); ++length) {
      node = child(node, static_cast<std::uint8_t>(text[length - 1]));
      if (node == 0) return;
      if (nodes_[node].id >= 0) visit(length, nodes_[node].id);
    }
  }

  /// The id of `text`, or -1.
  std::int32_t find(std::string_view text) const;

 private:
  struct Node {
    std::uint32_t first_child;
    std::int32_t id;
    std::uint16_t children;
    std::uint8_t label;
  };

  // The child of `node` by `label`, or 0: the root is nobody's child.
  std::uint32_t child(std::uint32_t node, std::uint8_t label) const;

  std::vector<Node> nodes_;  // breadth first: the children of a node are consecutive, by label
};

}  // namespace zoetrope
