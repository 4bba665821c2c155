// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/philox.hpp"
#include "dipper/error.hpp"
#include "dipper/report.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

using Json = nlohmann::json;

Image noise(int side, std::uint64_t step, float amount = 1) {
  const Philox random{3, Stream::noise};
  Image image(side, side, 3);
  for (std::size_t i = 0; i < image.samples.size(); ++i) {
    image.samples[i] = 0.5F + amount * (random.uniform(step, i) - 0.5F);
  }
  return image;
}

class Reports : public test::TemporaryFolder {
 protected:
  [[nodiscard]] std::string text_of(const std::string& name) const {
    const std::vector<std::byte> bytes = read_file(file(name));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // What stands in the page's script of that id.
  [[nodiscard]] static Json script(const std::string& page, const std::string& id) {
    const std::string opening = R"(<script type="application/json" id=")" + id + "\">";
    const std::size_t begin = page.find(opening);
    EXPECT_NE(begin, std::string::npos);
    const std::size_t end = page.find("</script>", begin);
    return Json::parse(page.substr(begin + opening.size(), end - begin - opening.size()));
  }
};

TEST_F(Reports, APageHoldsTheRunAndItsPictures) {
  Report report(file("run.html"));
  report.frame(1, noise(20, 0));
  report.frame(10, noise(20, 1));
  report.picture("restored", "restored", noise(20, 2));
  const std::string run = R"({"task":"inpaint","input":{"file":"</script><b>&.png"}})";
  report.write("a <b> & c", run);
  EXPECT_EQ(names(), (std::vector<std::string>{"run.html", "run.json"}));
  EXPECT_EQ(Json::parse(text_of("run.json")), Json::parse(run));
  const std::string page = text_of("run.html");
  EXPECT_EQ(script(page, "run"), Json::parse(run));
  EXPECT_NE(page.find("<title>a &lt;b> &amp; c</title>"), std::string::npos);
  for (const char* name : {"{{title}}", "{{run}}", "{{pictures}}", "{{style}}"}) {
    EXPECT_EQ(page.find(name), std::string::npos) << name;
  }
  const Json pictures = script(page, "pictures");
  ASSERT_EQ(pictures.size(), 3);
  EXPECT_EQ(pictures[0].at("name"), "restored");
  EXPECT_EQ(pictures[2].at("iteration"), 10);
  for (const Json& picture : pictures) {
    EXPECT_TRUE(picture.at("src").get<std::string>().starts_with("data:image/webp;base64,UklGR"));
  }
}

// Everything is in the page: it may ask nobody for anything.
TEST_F(Reports, APageAsksForNothing) {
  Report report(file("run.html"));
  report.write("title", "{}");
  const std::string page = text_of("run.html");
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  for (const char* outside : {"src=\"http", "href=\"http", "url(http", "src=\"//", "@import", "fetch("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST_F(Reports, AFolderGetsAnIndexAndTheRun) {
  Report report(file("folder"));
  report.write("title", "{}");
  EXPECT_TRUE(std::filesystem::exists(file("folder/index.html")));
  EXPECT_EQ(text_of("folder/run.json"), "{}\n");
  Report again(file("folder"));  // one that is there will do
  again.write("title", R"({"a":1})");
  EXPECT_EQ(text_of("folder/run.json"), "{\"a\":1}\n");
}

TEST_F(Reports, OneThatIsNeverWrittenLeavesNothing) {
  {
    const Report page(file("run.html"));
    const Report folder(file("folder"));
  }
  EXPECT_TRUE(names().empty());
}

TEST_F(Reports, WhatCannotBeWrittenIsSaidBefore) {
  EXPECT_THROW(Report(file("no/such/folder/run.html")), Error);
  EXPECT_THROW(Report(file("no/such/folder")), Error);
  write_image(file("taken.png"), Image(1, 1, 1));
  EXPECT_THROW(Report(file("taken.png")), Error);
}

TEST_F(Reports, OfManyFramesSomeAreKeptEvenly) {
  Report report(file("run.html"));
  for (int n = 0; n < 1000; ++n) report.frame(n, Image(4, 4, 1, 0.5F));
  report.write("title", "{}");
  const Json frames = script(text_of("run.html"), "pictures");
  EXPECT_GE(frames.size(), 60);
  EXPECT_LE(frames.size(), 120);
  const int step = frames[1].at("iteration").get<int>();
  for (std::size_t n = 0; n < frames.size(); ++n) EXPECT_EQ(frames[n].at("iteration"), static_cast<int>(n) * step);
}

TEST_F(Reports, HundredFramesOfAPictureOf512PixelsTakeLessThan5MB) {
  Report report(file("run.html"));
  for (int n = 0; n < 100; ++n) report.frame(n, noise(512, n % 4, 0.3F));
  for (const char* name : {"damaged", "restored", "truth"}) report.picture(name, name, noise(512, 9, 0.1F));
  report.write("title", "{}");
  EXPECT_LT(std::filesystem::file_size(file("run.html")), 5'000'000);
}

TEST_F(Reports, TheLastFrameIsKeptHoweverManyThereAre) {
  Report report(file("R.HTML"));
  for (int n = 1; n <= 500; ++n) report.frame(n, noise(4, 0));
  report.last_frame(500, noise(4, 1));
  report.write("many", "{}");
  EXPECT_EQ(names(), (std::vector<std::string>{"R.HTML", "R.json"}));
  const Json pictures = script(text_of("R.HTML"), "pictures");
  EXPECT_LE(pictures.size(), 121);
  EXPECT_EQ(pictures.back().at("iteration"), 500);
  EXPECT_LT(pictures[pictures.size() - 2].at("iteration"), 500);
}

TEST_F(Reports, APageNeedsNoFile) {
  Report report;
  report.frame(1, noise(20, 0));
  EXPECT_EQ(script(report.page("a", R"({"task":"inpaint"})"), "run").at("task"), "inpaint");
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace dipper
