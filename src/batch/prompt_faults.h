#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope::batch {

/// What is wrong with a prompt file: the first hundred sentences, and how many there are.
class PromptFaults {
 public:
  explicit PromptFaults(std::string name) : name_(std::move(name)) {}

  /// "NAME:LINE: what"
  void add(int line, const std::string& what);

  const std::string& name() const { return name_; }
  std::int64_t count() const { return count_; }

  /// Whether a further sentence would be counted but not shown, so that none need be made.
  bool full() const { return sentences_.size() >= kMostShown; }

  /// Throws PromptFileError, "read NAME: 2 faults"; one and several: what is counted.
  void throw_if_any(const char* one = "fault", const char* several = "faults") const;

 private:
  static constexpr std::size_t kMostShown = 100;

  std::string name_;
  std::vector<std::string> sentences_;
  std::int64_t count_ = 0;
};

}  // namespace zoetrope::batch
