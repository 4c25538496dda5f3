#include "core/sha256.h"

#include <array>
#include <memory>
#include <vector>

#include <openssl/evp.h>

#include "core/check.h"
#include "core/files.h"

namespace zoetrope {
namespace {

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    ZOETROPE_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void update(const void* data, std::size_t bytes) {
    ZOETROPE_CHECK(EVP_DigestUpdate(context_.get(), data, bytes) == 1);
  }
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    ZOETROPE_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    std::string text;
    for (const unsigned char byte : digest) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256_of(std::string_view text) {
  Digest digest;
  digest.update(text.data(), text.size());
  return digest.hex();
}

std::string sha256_of_file(const std::filesystem::path& path, const std::atomic<bool>* stop) {
  constexpr std::uint64_t kPiece = 4 << 20;
  const InputFile file(path);
  Digest digest;
  std::vector<char> piece(kPiece);
  for (std::uint64_t at = 0; at < file.size(); at += kPiece) {
    if (stop != nullptr && *stop) return {};
    const std::uint64_t bytes = std::min(kPiece, file.size() - at);
    file.read_at(at, piece.data(), bytes);
    digest.update(piece.data(), bytes);
  }
  return digest.hex();
}

}  // namespace zoetrope
