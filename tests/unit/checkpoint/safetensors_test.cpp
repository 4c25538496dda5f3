#include "checkpoint/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/safetensors_bytes.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using test::safetensors_bytes;
using test::write_bytes;

// The header of the format's own description, and data that counts from 0.
TEST(SafetensorsFile, ReadsShapesTypesMetadataAndData) {
  const test::TemporaryFolder folder;
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]},)"
      R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  )";
  std::string data;
  for (char byte = 0; byte < 12; ++byte) data.push_back(byte);
  const SafetensorsFile file(
      write_bytes(folder.path() / "f.safetensors", safetensors_bytes(header) + data));

  EXPECT_EQ(file.metadata().at("format"), "pt");
  ASSERT_EQ(file.tensors().size(), 2u);
  const TensorInfo& b = file.tensors().at("b");
  EXPECT_EQ(b.dtype, DType::kBF16);
  EXPECT_THAT(b.shape, testing::ElementsAre(1, 2));
  EXPECT_EQ(b.offset, 8 + header.size() + 8);
  EXPECT_EQ(b.bytes, 4u);
  char bytes[4];
  file.read(b, bytes);
  EXPECT_THAT(bytes, testing::ElementsAre(8, 9, 10, 11));
}

TEST(SafetensorsFile, TakesScalarsAndTensorsWithoutElements) {
  const test::TemporaryFolder folder;
  const SafetensorsFile file(write_bytes(
      folder.path() / "f",
      safetensors_bytes(R"({"none":{"dtype":"F32","shape":[0,1099511627776],"data_offsets":[8,8]},)"
                        R"("one":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                        R"("first":{"dtype":"F64","shape":[3,0],"data_offsets":[0,0]}})",
                        8)));
  EXPECT_EQ(file.tensors().at("one").bytes, 8u);
  EXPECT_EQ(file.tensors().at("none").bytes, 0u);
}

TEST(SafetensorsFile, TakesAFileWithoutTensors) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(
      SafetensorsFile(write_bytes(folder.path() / "f", safetensors_bytes("{}"))).tensors().empty());
}

// 640 and 67324752 begin like a pickle and a zip archive; a legal file of such a length is read.
TEST(SafetensorsFile, DoesNotTakeALengthForAPickle) {
  const test::TemporaryFolder folder;
  std::string header = "{}";
  header.resize(0x0280, ' ');
  EXPECT_NO_THROW(SafetensorsFile(write_bytes(folder.path() / "f", safetensors_bytes(header))));
}

TEST(SafetensorsFile, SaysThatTheFileWasCutWhileInUse) {
  const test::TemporaryFolder folder;
  const auto path = write_bytes(
      folder.path() / "f",
      safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8));
  const SafetensorsFile file(path);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  char bytes[8];
  EXPECT_ERROR(file.read(file.tensors().at("a"), bytes), ErrorCode::kCorrupt, "3 bytes too early");
}

TEST(DTypes, HaveTheNamesAndSizesOfTheFormat) {
  EXPECT_STREQ(dtype_name(DType::kF8E4M3), "F8_E4M3");
  EXPECT_EQ(dtype_bytes(DType::kF8E4M3), 1u);
  EXPECT_STREQ(dtype_name(DType::kBF16), "BF16");
  EXPECT_EQ(dtype_bytes(DType::kBF16), 2u);
  EXPECT_STREQ(dtype_name(DType::kBool), "BOOL");
  EXPECT_EQ(dtype_bytes(DType::kU64), 8u);
}

TEST(WriteSafetensors, WritesWhatTheReaderReads) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "latents.safetensors";
  const float values[] = {1.5F, -2.0F, 3.25F};
  write_safetensors(path,
                    {{"latents", DType::kF32, {1, 3}, values}, {"empty", DType::kU8, {0}, nullptr}},
                    {{"prompt", "a \"quoted\" lighthouse, 灯台\n"}});

  const SafetensorsFile file(path);
  EXPECT_EQ(file.metadata().at("prompt"), "a \"quoted\" lighthouse, 灯台\n");
  const TensorInfo& info = file.tensors().at("latents");
  EXPECT_THAT(info.shape, testing::ElementsAre(1, 3));
  float read[3];
  file.read(info, read);
  EXPECT_THAT(read, testing::ElementsAre(1.5F, -2.0F, 3.25F));
  EXPECT_EQ(info.offset % 8, 0u);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".part"));
}

TEST(WriteSafetensors, LeavesNothingWhereTheFolderIsMissing) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(write_safetensors(folder.path() / "none" / "f.safetensors", {}, {}),
               ErrorCode::kResource, "No such file");
}

}  // namespace
}  // namespace zoetrope
