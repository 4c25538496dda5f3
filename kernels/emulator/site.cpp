#include "kernels/emulator/site.h"

#include <cstdio>
#include <map>
#include <memory>
#include <sstream>

#include <unistd.h>

extern "C" {
// The linker's names for both ends of the executable.
extern const char __executable_start;  // NOLINT
extern const char end;                 // NOLINT
}

namespace emulator {
namespace {

std::map<Site, std::string>& known_lines() {
  static std::map<Site, std::string> lines;
  return lines;
}

std::string executable() {
  std::string path(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return path;
}

std::string output_of(const std::string& command) {
  std::string output;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  char buffer[4096];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe.get()) != nullptr) output += buffer;
  return output;
}

std::string hexadecimal(Site site) {
  std::ostringstream text;
  text << "0x" << std::hex << site;
  return text.str();
}

bool is_stand_in(const std::string& line) {
  return line.find("emulator/include/") != std::string::npos || line.starts_with("??");
}

/// "/long/path/name.cu:12 (discriminator 3)" without the path and what follows the number.
std::string shortened(const std::string& line) {
  const std::string name = line.substr(line.find_last_of('/') + 1);
  return name.substr(0, name.find(' '));
}

/// addr2line -a -i: for each address itself, then its lines from the innermost inlined call out.
void learn(const std::vector<Site>& sites) {
  std::string command = "addr2line -a -i -e '" + executable() + "'";
  for (const Site site : sites) {
    known_lines()[site] = hexadecimal(site);
    // A return address is behind the call; one byte before it is inside.
    command.append(" ").append(hexadecimal(site - 1));
  }
  std::istringstream lines(output_of(command + " 2>/dev/null"));
  std::string line;
  Site site = 0;
  bool settled = true;
  while (std::getline(lines, line)) {
    if (line.starts_with("0x")) {
      site = static_cast<Site>(std::stoul(line, nullptr, 16)) + 1;
      settled = false;
    } else if (!settled && !is_stand_in(line)) {
      known_lines()[site] = shortened(line);
      settled = true;
    }
  }
}

}  // namespace

Site site_of(const void* return_address) {
  return static_cast<Site>(static_cast<const char*>(return_address) - &__executable_start);
}

std::vector<std::string> source_lines(const std::vector<Site>& sites) {
  std::vector<Site> unknown;
  for (const Site site : sites) {
    if (!known_lines().contains(site)) unknown.push_back(site);
  }
  if (!unknown.empty()) learn(unknown);
  std::vector<std::string> lines;
  lines.reserve(sites.size());
  for (const Site site : sites) lines.push_back(known_lines().at(site));
  return lines;
}

bool same_line(Site a, Site b) { return a == b || source_lines({a}) == source_lines({b}); }

bool is_image(const void* address) {
  return address >= static_cast<const void*>(&__executable_start) &&
         address < static_cast<const void*>(&end);
}

}  // namespace emulator
