// SPDX-License-Identifier: Apache-2.0
#include "fit/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "dipper/error.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

class SafetensorsFile : public test::TemporaryFolder {
 protected:
  void SetUp() override {
    TemporaryFolder::SetUp();
    OutputFile out(file("good"));
    const std::vector<NamedTensor> tensors{
        {"b/weight", {2, 3}, matrix}, {"a", {}, std::span(matrix).first(1)}, {"none", {0, 4}, {}}};
    write_safetensors(out, {{"text", "two\nlines, \"quoted\""}, {"more", ""}}, tensors);
    out.commit();
    const std::vector<std::byte> bytes = read_file(file("good"));
    content.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  [[nodiscard]] std::size_t header_length() const {
    std::uint64_t length = 0;
    std::memcpy(&length, content.data(), sizeof(length));
    return length;
  }

  /// Reads a file of these bytes; empty when that went well, else what was wrong.
  [[nodiscard]] std::string mistake(const std::string& bytes) const {
    std::ofstream(file("bad"), std::ios::binary) << bytes;
    try {
      const Safetensors read(file("bad"));
      return "";
    } catch (const Error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(file("bad").string() + " cannot be read as safetensors: "))
          << error.what();
      return error.what();
    }
  }

  /// The same for a file with this header and so many values.
  [[nodiscard]] std::string mistake(const std::string& header, std::size_t values) const {
    const std::uint64_t length = header.size();
    std::string bytes(sizeof(length), ' ');
    std::memcpy(bytes.data(), &length, sizeof(length));
    return mistake(bytes + header + std::string(values * sizeof(float), '\0'));
  }

  std::vector<float> matrix{1, -2.5F, 3e-40F, 4, 5, 6};
  std::string content;
};

TEST_F(SafetensorsFile, HoldsWhatWasWritten) {
  const Safetensors read(file("good"));
  EXPECT_EQ(read.metadata(), (Metadata{{"text", "two\nlines, \"quoted\""}, {"more", ""}}));
  ASSERT_EQ(read.tensors().size(), 3U);
  const NamedTensor* weight = read.find("b/weight");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->shape, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(std::vector(weight->values.begin(), weight->values.end()), matrix);
  EXPECT_EQ(read.find("a")->values.size(), 1U);
  EXPECT_TRUE(read.find("none")->values.empty());
  EXPECT_EQ(read.find("b"), nullptr);
}

TEST_F(SafetensorsFile, HasTheLayoutThatOthersRead) {
  const std::size_t data = 8 + header_length();
  EXPECT_EQ(data % 8, 0U);
  const auto header = nlohmann::json::parse(content.substr(8, header_length()));
  EXPECT_EQ(header.at("b/weight"), nlohmann::json::parse(R"({"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})"));
  EXPECT_EQ(header.at("a"), nlohmann::json::parse(R"({"dtype":"F32","shape":[],"data_offsets":[24,28]})"));
  EXPECT_EQ(header.at("__metadata__").at("more"), "");
  ASSERT_EQ(content.size(), data + 28);
  std::vector<float> values(6);
  std::memcpy(values.data(), content.data() + data, 24);
  EXPECT_EQ(values, matrix);
}

TEST_F(SafetensorsFile, ACutFileIsBroken) {
  for (std::size_t length = 0; length < content.size(); ++length) {
    EXPECT_NE(mistake(content.substr(0, length)), "") << length;
  }
  EXPECT_NE(mistake(content + "more").find("something follows its last tensor"), std::string::npos);
}

// What it then says is for a checksum to find; here it must only be read or refused.
TEST_F(SafetensorsFile, AFlippedBitOfTheHeaderNeverCrashes) {
  for (std::size_t bit = 0; bit < 8 * (8 + header_length()); ++bit) {
    std::string flipped = content;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    static_cast<void>(mistake(flipped));
  }
}

TEST_F(SafetensorsFile, EachMistakeHasItsSentence) {
  const auto tensor = [](const std::string& rest) { return R"({"t":{"dtype":"F32",)" + rest + "}}"; };
  EXPECT_EQ(mistake("{}", 0), "");
  struct Case {
    std::string header;
    std::size_t values;
    const char* why;
  };
  const std::vector<Case> cases{
      {"[]", 0, "its header is no JSON object"},
      {"{", 0, "its header is no JSON object"},
      {std::string(1'000'000, '['), 0, "its header is no JSON object"},
      {R"({"__metadata__":3})", 0, "its metadata are no object"},
      {R"({"__metadata__":{"n":3}})", 0, "its metadata hold n, which is no text"},
      {R"({"t":3})", 0, "its entry t is no tensor"},
      {R"({"t":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 2, "its tensor t is not of type F32"},
      {R"({"t":{"shape":[1],"data_offsets":[0,4]}})", 1, "its tensor t is not of type F32"},
      {tensor(R"("data_offsets":[0,4])"), 1, "its tensor t has no shape of whole numbers"},
      {tensor(R"("shape":[-1],"data_offsets":[0,4])"), 1, "its tensor t has no shape of whole numbers"},
      {tensor(R"("shape":[1],"data_offsets":[0.5,4])"), 1, "its tensor t has no data_offsets of whole numbers"},
      {tensor(R"("shape":[1],"data_offsets":[4])"), 1, "its tensor t has offsets that make no sense"},
      {tensor(R"("shape":[1],"data_offsets":[4,0])"), 1, "its tensor t has offsets that make no sense"},
      {tensor(R"("shape":[1],"data_offsets":[0,3])"), 1, "its tensor t has offsets that make no sense"},
      {tensor(R"("shape":[4000000000],"data_offsets":[0,16000000000])"), 1, "its tensor t reaches beyond the end"},
      {tensor(R"("shape":[2],"data_offsets":[0,4])"), 1, "its tensor t has a shape that does not fit its offsets"},
      {tensor(R"("shape":[4294967296,4294967296],"data_offsets":[0,0])"), 0,
       "its tensor t has a shape that does not fit its offsets"},
      {tensor(R"("shape":[1],"data_offsets":[4,8])"), 2, "its tensor t follows a gap"},
      {tensor(R"("shape":[1],"data_offsets":[0,4])"), 2, "something follows its last tensor"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       2, "its tensor b overlaps another"}};
  for (const Case& one : cases) {
    EXPECT_TRUE(mistake(one.header, one.values).ends_with(one.why)) << mistake(one.header, one.values) << one.why;
  }
}

TEST_F(SafetensorsFile, ClaimsOfTheFirstEightBytesAreChecked) {
  std::string huge = content;
  huge[7] = '\x10';  // 2^60 bytes
  EXPECT_TRUE(mistake(huge).ends_with("its header is longer than 16 MB"));
  std::string beyond = content;
  beyond[2] = '\x01';  // 65536 bytes
  EXPECT_TRUE(mistake(beyond).ends_with("it ends within its header"));
}

TEST_F(SafetensorsFile, WhatIsNoFileIsAnError) {
  EXPECT_THROW(Safetensors(file("none")), Error);
  EXPECT_THROW(Safetensors(file(".")), Error);
}

}  // namespace
}  // namespace dipper
