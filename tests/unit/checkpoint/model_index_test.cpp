#include "checkpoint/model_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/safetensors_bytes.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using test::write_bytes;

class Config : public testing::Test {
 protected:
  ConfigFile read(const std::string& text) {
    return ConfigFile(write_bytes(folder_.path() / "config.json", text));
  }
  test::TemporaryFolder folder_;
};

TEST_F(Config, GivesValuesOfEveryType) {
  const ConfigFile config = read(
      R"({"i":3,"n":1e-6,"b":true,"s":"x","is":[1,2],"ns":[0.5,2],"bs":[false,true],"null":null})");
  EXPECT_EQ(config.integer("i", 0), 3);
  EXPECT_EQ(config.number("n", 0), 1e-6);
  EXPECT_EQ(config.number("i", 0), 3.0);
  EXPECT_TRUE(config.boolean("b", false));
  EXPECT_EQ(config.string("s", ""), "x");
  EXPECT_THAT(config.integers("is"), testing::ElementsAre(1, 2));
  EXPECT_THAT(config.numbers("ns"), testing::ElementsAre(0.5, 2));
  EXPECT_THAT(config.booleans("bs"), testing::ElementsAre(false, true));
}

TEST_F(Config, FallsBackWhereAKeyIsAbsentOrNull) {
  const ConfigFile config = read(R"({"null":null})");
  for (const char* key : {"null", "absent"}) {
    EXPECT_EQ(config.integer(key, 7), 7);
    EXPECT_EQ(config.number(key, 0.5), 0.5);
    EXPECT_TRUE(config.boolean(key, true));
    EXPECT_EQ(config.string(key, "d"), "d");
    EXPECT_TRUE(config.integers(key).empty());
    EXPECT_EQ(config.find(key), nullptr);
  }
}

TEST_F(Config, NamesFileKeyAndTypesInsteadOfFallingBack) {
  const ConfigFile config = read(R"({"i":"3","b":1,"is":[1,2.5]})");
  EXPECT_ERROR(config.integer("i", 0), ErrorCode::kCorrupt,
               "config.json: 'i' is a string (expected an integer)");
  EXPECT_ERROR(config.boolean("b", false), ErrorCode::kCorrupt,
               "'b' is an integer (expected a boolean)");
  EXPECT_ERROR(config.integers("is"), ErrorCode::kCorrupt,
               "'is'[1] is a number (expected an integer)");
}

TEST_F(Config, IsAnObject) { EXPECT_ERROR(read("[1]"), ErrorCode::kCorrupt, "expected an object"); }

TEST(ConfigFile, ThatIsMadeUpNamesTheFileItStandsFor) {
  const ConfigFile config("weights.safetensors", {{"shift", "x"}});
  EXPECT_EQ(config.integer("absent", 7), 7);
  EXPECT_ERROR(config.number("shift", 0), ErrorCode::kCorrupt,
               "read weights.safetensors: 'shift' is a string");
}

class Model : public testing::Test {
 protected:
  const std::filesystem::path& path() const { return folder_.path(); }
  void expect_open_error(const std::string& part) {
    EXPECT_ERROR(ModelIndex(path()), ErrorCode::kCorrupt, part);
  }
  test::TemporaryFolder folder_;
};

TEST_F(Model, ListsItsComponentsAndScalars) {
  write_bytes(path() / "model_index.json", R"({
    "_class_name": "WanPipeline", "_diffusers_version": "0.33.0",
    "vae": ["diffusers", "AutoencoderKLWan"], "image_encoder": [null, null],
    "boundary_ratio": 0.875, "expand_timesteps": null, "later": {"a": [1, 2]},
    "../outside": ["diffusers", "X"]})");
  const ModelIndex model(path());
  EXPECT_EQ(model.pipeline_class(), "WanPipeline");
  EXPECT_EQ(model.component_class("vae"), "AutoencoderKLWan");
  EXPECT_EQ(model.component_class("image_encoder"), "");
  EXPECT_EQ(model.component_class("transformer_2"), "");
  EXPECT_EQ(model.components().size(), 1u);
  EXPECT_EQ(model.scalars().number("boundary_ratio", 0), 0.875);
  EXPECT_FALSE(model.scalars().boolean("expand_timesteps", false));
  EXPECT_EQ(model.component_path("vae"), path() / "vae");
}

TEST_F(Model, MayHavePartsElsewhereWithTheirOwnConfigs) {
  write_bytes(path() / "model_index.json",
              R"({"_class_name":"WanPipeline","vae":["diffusers","AutoencoderKLWan"]})");
  std::filesystem::create_directory(path() / "vae");
  write_bytes(path() / "vae/config.json", R"({"z_dim":16})");
  ModelIndex model(path());
  EXPECT_EQ(model.component_config("vae").integer("z_dim", 0), 16);

  const std::filesystem::path file = "elsewhere.safetensors";
  model.replace({{"vae", {file, ConfigFile(file, {{"z_dim", 48}})}}});
  EXPECT_EQ(model.component_path("vae"), file);
  EXPECT_EQ(model.component_config("vae").integer("z_dim", 0), 48);
  EXPECT_EQ(model.component_path("transformer"), path() / "transformer");
}

TEST_F(Model, MayConsistOfLooseFilesAlone) {
  const ModelIndex model(
      "t2v.safetensors",
      {{"_class_name", "WanPipeline"}, {"vae", Json::Array{"diffusers", "AutoencoderKLWan"}}},
      {{"vae", {path(), std::nullopt}}});
  EXPECT_EQ(model.pipeline_class(), "WanPipeline");
  EXPECT_EQ(model.component_class("vae"), "AutoencoderKLWan");
  EXPECT_EQ(model.component_path("vae"), path());
}

TEST_F(Model, NeedsAPipelineClass) {
  write_bytes(path() / "model_index.json", "{}");
  expect_open_error("'_class_name' is missing");
}

TEST_F(Model, ThatIsNotThereSaysSo) {
  EXPECT_ERROR(ModelIndex(path() / "none"), ErrorCode::kCorrupt, "none: no such folder");
}

TEST(ModelIndex, SaysWhyAPathCannotBeFollowed) {
  const test::TemporaryFolder folder;
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  write_bytes(folder.path() / "file", "");
  const std::pair<std::string, const char*> cases[] = {
      {"loop", "Too many levels of symbolic links"},
      {std::string(300, 'n'), "File name too long"},
      {"file/x", "no such folder"},
      {"file", "a file (expected a diffusers folder"}};
  for (const auto& [name, message] : cases) {
    EXPECT_ERROR(ModelIndex(folder.path() / name), ErrorCode::kCorrupt, name + ": " + message);
  }
}

TEST_F(Model, IsAFolder) {
  const auto file = write_bytes(path() / "m.safetensors", "");
  EXPECT_ERROR(ModelIndex{file}, ErrorCode::kCorrupt, "a file (expected a diffusers folder");
}

TEST_F(Model, InItsAuthorsLayoutGetsAHint) {
  write_bytes(path() / "Wan2.1_VAE.pth", "");
  expect_open_error("whose name ends in -Diffusers");
}

TEST_F(Model, ThatIsAComponentGetsAHint) {
  write_bytes(path() / "config.json", "{}");
  expect_open_error("looks like a single component");
}

TEST_F(Model, ThatIsAHubCacheGetsAHint) {
  std::filesystem::create_directory(path() / "snapshots");
  expect_open_error("below its snapshots/");
}

TEST_F(Model, InAnEmptyFolderIsNoModel) { expect_open_error("no model_index.json (expected"); }

}  // namespace
}  // namespace zoetrope
