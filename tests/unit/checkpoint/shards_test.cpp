#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "checkpoint/safetensors.h"
#include "support/expect_error.h"
#include "support/safetensors_bytes.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using test::write_bytes;

// A component folder that is written shard by shard.
class Shards : public testing::Test {
 protected:
  const std::filesystem::path& path() const { return folder_.path(); }

  // A file with one F32 of 4 bytes a name.
  void add_file(const std::string& file, const std::vector<std::string>& names) {
    const float value = 1;
    std::vector<TensorToWrite> tensors;
    for (const std::string& name : names) tensors.push_back({name, DType::kF32, {1}, &value});
    write_safetensors(path() / file, tensors, {});
  }

  void add_index(const std::string& weight_map, const std::string& stem = "model") {
    write_bytes(path() / (stem + ".safetensors.index.json"),
                R"({"metadata":{"total_size":8},"weight_map":)" + weight_map + "}");
  }

  void expect_open_error(const std::string& part) {
    EXPECT_ERROR(TensorFiles::open_folder(path()), ErrorCode::kCorrupt, part);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Shards, AreOneSetOfTensors) {
  add_file("m-1.safetensors", {"a", "b"});
  add_file("m-2.safetensors", {"c"});
  add_index(R"({"a":"m-1.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"})");
  const TensorFiles files = TensorFiles::open_folder(path());
  EXPECT_EQ(files.tensors().size(), 3u);
  EXPECT_EQ(files.paths().size(), 2u);
  EXPECT_EQ(files.total_bytes(), 12u);
  EXPECT_EQ(files.total_parameters(), 3u);
  EXPECT_EQ(files.tensors().at("c").file->path(), path() / "m-2.safetensors");
  EXPECT_THAT(*files.shape_of("a"), testing::ElementsAre(1));
  EXPECT_EQ(files.shape_of("d"), nullptr);
}

TEST_F(Shards, YieldToASingleFileOfTheSameStem) {
  add_file("model.safetensors", {"single"});
  add_index(R"({"a":"missing.safetensors"})");
  EXPECT_TRUE(TensorFiles::open_folder(path()).tensors().contains("single"));
}

TEST_F(Shards, PreferTheStemOfDiffusers) {
  add_file("model.safetensors", {"transformers"});
  add_file("diffusion_pytorch_model.safetensors", {"diffusers"});
  EXPECT_TRUE(TensorFiles::open_folder(path()).tensors().contains("diffusers"));
}

// A hub cache keeps blobs elsewhere and links to them.
TEST_F(Shards, AreReadThroughLinks) {
  const test::TemporaryFolder blobs;
  const float value = 1;
  write_safetensors(blobs.path() / "0a1b", {{"a", DType::kF32, {1}, &value}}, {});
  std::filesystem::create_symlink(blobs.path() / "0a1b", path() / "s.safetensors");
  add_index(R"({"a":"s.safetensors"})");
  EXPECT_EQ(TensorFiles::open_folder(path()).tensors().size(), 1u);
}

TEST_F(Shards, ThatAreMissingAreNamed) {
  add_file("m-1.safetensors", {"a"});
  add_index(R"({"a":"m-1.safetensors","b":"m-2.safetensors"})");
  expect_open_error("the shard 'm-2.safetensors' is missing");
}

TEST_F(Shards, HoldTheTensorsThatTheIndexPlacesInThem) {
  add_file("m-1.safetensors", {"a"});
  add_file("m-2.safetensors", {"b"});
  add_index(R"({"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-2.safetensors"})");
  expect_open_error("tensor 'c' is not in 'm-2.safetensors'");
}

TEST_F(Shards, HoldNoTensorThatTheIndexDoesNotList) {
  add_file("m-1.safetensors", {"a", "b"});
  add_index(R"({"a":"m-1.safetensors"})");
  expect_open_error("'m-1.safetensors' holds tensor 'b', which the index does not list");
}

TEST_F(Shards, HoldNoTensorThatTheIndexPlacesElsewhere) {
  add_file("m-1.safetensors", {"a", "b"});
  add_file("m-2.safetensors", {"b"});
  add_index(R"({"a":"m-1.safetensors","b":"m-2.safetensors"})");
  expect_open_error("holds tensor 'b', which the index places in 'm-2.safetensors'");
}

TEST_F(Shards, AreFilesOfTheSameFolder) {
  for (const char* name :
       {"../m.safetensors", "/tmp/m.safetensors", "sub/m.safetensors", "..", ".", "",
        "a\\u0000.safetensors", "a\\nb.safetensors", "c:\\\\m.safetensors"}) {
    add_index(R"({"a":")" + std::string(name) + R"("})");
    expect_open_error("not a plain file name of this folder");
  }
  add_index(R"({"a":")" + std::string(300, 'x') + R"(.safetensors"})");
  expect_open_error("not a plain file name of this folder");
}

TEST_F(Shards, AreSafetensors) {
  add_index(R"({"a":"pytorch_model-00001.bin"})");
  expect_open_error("pickles are never read");
}

TEST_F(Shards, AreRegularFiles) {
  add_index(R"({"a":"s.safetensors"})");
  std::filesystem::create_directory(path() / "s.safetensors");
  expect_open_error("not a regular file");
  std::filesystem::remove(path() / "s.safetensors");
  ASSERT_EQ(mkfifo((path() / "s.safetensors").c_str(), 0600), 0);
  expect_open_error("not a regular file");
  std::filesystem::remove(path() / "s.safetensors");
  std::filesystem::create_symlink("/dev/zero", path() / "s.safetensors");
  expect_open_error("not a regular file");
  std::filesystem::remove(path() / "s.safetensors");
  std::filesystem::create_symlink("s.safetensors", path() / "s.safetensors");
  expect_open_error("s.safetensors: Too many levels of symbolic links");
}

TEST_F(Shards, AreAtMostTenThousand) {
  std::string map = "{";
  for (int i = 0; i <= 10'000; ++i) {
    const std::string number = std::to_string(i);
    map += (i == 0 ? "\"" : ",\"") + number + "\":\"" + number + ".safetensors\"";
  }
  add_index(map + "}");
  expect_open_error("10001 shards (at most 10000)");
}

TEST_F(Shards, NeedAnIndexThatMapsNamesToNames) {
  add_index("[]");
  expect_open_error("no object 'weight_map'");
  add_index("{}");
  expect_open_error("weight_map is empty");
  add_index(R"({"a":1})");
  expect_open_error("a value of weight_map is an integer (expected a string)");
  add_index(R"({"a":"s.safetensors","a":"s.safetensors"})");
  expect_open_error("occurs twice");
}

TEST_F(Shards, WithoutAnIndexAreListed) {
  add_file("model-00001-of-00002.safetensors", {"a"});
  expect_open_error("only 'model-00001-of-00002.safetensors'");
}

TEST_F(Shards, OfAVariantAreListed) {
  add_file("diffusion_pytorch_model.fp16.safetensors", {"a"});
  expect_open_error("variants such as .fp16 are not supported");
}

TEST_F(Shards, AreNotSoughtInPickles) {
  write_bytes(path() / "pytorch_model.bin", "PK\x03\x04");
  expect_open_error("only 'pytorch_model.bin': it is a pickle");
}

TEST_F(Shards, ThatAreNowhereSayWhatIsExpected) {
  expect_open_error("no weights (expected model.safetensors");
  EXPECT_ERROR(TensorFiles::open_folder(path() / "none"), ErrorCode::kCorrupt, "no such folder");
}

TEST_F(Shards, OpenByFolderIndexOrFile) {
  add_file("a.safetensors", {"a"});
  add_file("b.safetensors", {"b"});
  add_index(R"({"a":"a.safetensors","b":"b.safetensors"})");
  EXPECT_EQ(TensorFiles::open_path(path()).tensors().size(), 2u);
  EXPECT_EQ(TensorFiles::open_path(path() / "model.safetensors.index.json").tensors().size(), 2u);
  EXPECT_EQ(TensorFiles::open_path(path() / "b.safetensors").tensors().size(), 1u);
}

TEST_F(Shards, ShowTheirTensorsUnderOtherNames) {
  add_file("model.safetensors", {"net.a", "net.b", "marker"});
  const auto without_prefix = [](const std::string& name) {
    return name.starts_with("net.") ? name.substr(4) : "";
  };
  const TensorFiles files = TensorFiles::open_folder(path()).renamed(without_prefix);
  EXPECT_NE(files.shape_of("a"), nullptr);
  EXPECT_EQ(files.tensors().size(), 2u);
  EXPECT_EQ(files.total_bytes(), 8u);
  EXPECT_EQ(files.paths().size(), 1u);
}

TEST_F(Shards, RefuseTwoTensorsOfOneNewName) {
  add_file("model.safetensors", {"a", "b"});
  EXPECT_ERROR(TensorFiles::open_folder(path()).renamed([](const auto&) { return "w"; }),
               ErrorCode::kCorrupt, "two tensors are 'w' of the model, one is 'b' (expected one)");
}

}  // namespace
}  // namespace zoetrope
