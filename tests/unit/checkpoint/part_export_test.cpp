#include "checkpoint/part_export.h"

#include <gtest/gtest.h>

#include "core/files.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "tensor/tensor.h"

namespace zoetrope {
namespace {

class Export : public testing::Test {
 protected:
  Export() : out_(folder_.path() / "out") { std::filesystem::create_directory(out_); }

  void add(const std::string& name, const Tensor& tensor, DType dtype) {
    data_.push_back(tensor.contiguous());
    tensors_.push_back({name, dtype, tensor.sizes().vec(), data_.back().data_ptr()});
  }

  TensorFiles files() {
    write_safetensors(folder_.path() / "in.safetensors", tensors_, {});
    return TensorFiles::open_file(folder_.path() / "in.safetensors");
  }

  void write(const ExportOptions& options = {}) {
    const TensorFiles input = files();
    PartExport(input, "model", options).write(out_, [](std::uint64_t) {});
  }

  Tensor read(const std::string& name, at::ScalarType type) {
    const TensorFiles found = TensorFiles::open_folder(out_);
    const TensorPlace place = found.tensors().at(name);
    const Tensor tensor = at::empty(place.info->shape, type);
    EXPECT_EQ(place.info->bytes, tensor.nbytes());
    place.file->read(*place.info, tensor.data_ptr());
    return tensor;
  }

  static constexpr std::uint64_t kTensorBytes = 64 * 4;

  /// Four tensors of 256 bytes in shards of two.
  ExportOptions add_four() {
    for (const char* name : {"a", "b", "c", "d"}) add(name, at::randn({64}), DType::kF32);
    return {.dtype = std::nullopt, .max_shard_bytes = 2 * kTensorBytes};
  }

  std::string content(const std::string& name) { return read_text_file(out_ / name, 1 << 20); }

  test::TemporaryFolder folder_;
  std::filesystem::path out_;
  std::vector<Tensor> data_;
  std::vector<TensorToWrite> tensors_;
};

TEST_F(Export, RoundsToTheNearestOfTheNewType) {
  const Tensor values = at::randn({3, 1'000});
  add("w", values, DType::kF32);
  write({.dtype = DType::kBF16});
  EXPECT_TRUE(at::equal(read("w", at::kBFloat16), values.to(at::kBFloat16)));
}

TEST_F(Export, KeepsTypesAndMakesBf16OfFp8WithItsScale) {
  const Tensor codes = at::arange(64, at::kInt).to(at::kByte).view({4, 16});
  const Tensor values = codes.view(at::kFloat8_e4m3fn).to(at::kFloat);
  add("w.weight", codes, DType::kF8E4M3);
  add("w.weight_scale", at::arange(1, 5, at::kFloat), DType::kF32);
  add("w.bias", at::ones({4}, at::kHalf), DType::kF16);
  add("ids", at::arange(5), DType::kI64);
  add("scaled_fp8", at::zeros({0}, at::kByte), DType::kF8E4M3);
  write();
  EXPECT_TRUE(at::equal(read("w.weight", at::kBFloat16),
                        (values * at::arange(1, 5, at::kFloat).view({4, 1})).to(at::kBFloat16)));
  EXPECT_TRUE(at::equal(read("w.bias", at::kHalf), at::ones({4}, at::kHalf)));
  EXPECT_TRUE(at::equal(read("ids", at::kLong), at::arange(5)));
  EXPECT_EQ(TensorFiles::open_folder(out_).tensors().size(), 3u);
}

// A tensor is written in pieces of four million numbers.
TEST_F(Export, OfATensorOfSeveralPiecesIsWhole) {
  const Tensor values = at::arange((4 << 20) + 3, at::kFloat).remainder(1'021);
  add("w", values, DType::kF32);
  write({.dtype = DType::kBF16});
  EXPECT_TRUE(at::equal(read("w", at::kBFloat16), values.to(at::kBFloat16)));
}

TEST_F(Export, SplitsIntoShardsWithAnIndex) {
  write(add_four());
  const TensorFiles found = TensorFiles::open_folder(out_);
  EXPECT_EQ(found.paths().size(), 2u);
  EXPECT_EQ(found.tensors().at("b").file->path(), out_ / "model-00001-of-00002.safetensors");
  EXPECT_EQ(found.tensors().at("c").file->path(), out_ / "model-00002-of-00002.safetensors");
}

TEST_F(Export, WritesOnlyWhatIsMissing) {
  const ExportOptions options = add_four();
  write(options);
  const std::string first = content("model-00001-of-00002.safetensors");
  const std::string second = content("model-00002-of-00002.safetensors");
  const TensorFiles input = files();
  const PartExport again(input, "model", options);
  EXPECT_EQ(again.missing_bytes(out_), 0u);

  // Cut short, as a crash of the file system would leave it.
  std::filesystem::resize_file(out_ / "model-00002-of-00002.safetensors", second.size() - 1);
  const auto time = std::filesystem::last_write_time(out_ / "model-00001-of-00002.safetensors");
  EXPECT_EQ(again.missing_bytes(out_), 2 * kTensorBytes);
  std::uint64_t told = 0;
  again.write(out_, [&](std::uint64_t bytes) { told += bytes; });
  EXPECT_EQ(told, again.total_bytes());
  EXPECT_EQ(content("model-00001-of-00002.safetensors"), first);
  EXPECT_EQ(content("model-00002-of-00002.safetensors"), second);
  EXPECT_EQ(std::filesystem::last_write_time(out_ / "model-00001-of-00002.safetensors"), time);
}

TEST_F(Export, ThatIsStoppedLeavesOnlyWholeFiles) {
  const TensorFiles input = (add_four(), files());
  const PartExport whole(input, "model", {.max_shard_bytes = 2 * kTensorBytes});
  std::uint64_t told = 0;
  const auto stop_in_the_second = [&](std::uint64_t bytes) {
    told += bytes;
    if (told > 2 * kTensorBytes) throw Error(ErrorCode::kStopped, "enough");
  };
  EXPECT_ERROR(whole.write(out_, stop_in_the_second), ErrorCode::kStopped, "enough");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(out_), {}), 1);
  EXPECT_EQ(whole.missing_bytes(out_), 2 * kTensorBytes);
}

TEST_F(Export, RefusesValuesThatAreNotFiniteInTheNewType) {
  add("w", at::full({3}, 65'520.0F), DType::kF32);  // the first that rounds to infinity in fp16
  EXPECT_NO_THROW(write({.dtype = DType::kBF16}));
  EXPECT_ERROR(write({.dtype = DType::kF16}), ErrorCode::kNumerical,
               "element 0 is not finite in F16");
}

TEST_F(Export, RefusesScalesThatDoNotFit) {
  add("w.weight", at::zeros({2, 2}, at::kByte), DType::kF8E4M3);
  add("w.weight_scale", at::ones({3}), DType::kF32);
  EXPECT_ERROR(write(), ErrorCode::kCorrupt, "its scale is F32 [3] (expected one number");
}

}  // namespace
}  // namespace zoetrope
