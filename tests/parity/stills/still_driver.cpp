// What still_parity_test.py talks to. A line in:
//   read STILL OUT | resize STILL OUT W H lanczos|bicubic | fit STILL OUT W H stretch|crop|pad
// A line out: "ok W H notes", with the pixels in OUT, or "error message".

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "media/resize.h"
#include "media/still.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

Fit fit_named(const std::string& name) {
  if (name == "crop") return Fit::kCrop;
  return name == "pad" ? Fit::kPad : Fit::kStretch;
}

std::string answer(const std::string& line) {
  std::istringstream words(line);
  std::string command, still, out, how;
  int width = 0, height = 0;
  words >> command >> still >> out >> width >> height >> how;
  std::string notes;
  Picture picture = read_still(still, [&](const std::string& note) { notes += " [" + note + "]"; });
  if (command == "resize") {
    picture = resize(picture, width, height,
                     how == "bicubic" ? ResizeFilter::kBicubic : ResizeFilter::kLanczos);
  } else if (command == "fit") {
    picture = fit_to(picture, width, height, fit_named(how));
  }
  std::ofstream(out, std::ios::binary)
      .write(reinterpret_cast<const char*>(picture.rgb.data()),
             static_cast<std::streamsize>(picture.rgb.size()));
  return "ok " + std::to_string(picture.width) + " " + std::to_string(picture.height) + notes;
}

}  // namespace
}  // namespace zoetrope

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    try {
      std::cout << zoetrope::answer(line) << std::endl;
    } catch (const zoetrope::Error& error) {
      std::cout << "error " << error.what() << std::endl;
    }
  }
  return 0;
}
