// SPDX-License-Identifier: Apache-2.0
// The real program on whole pictures: what it restores, in every shape and kind of picture.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "cli/program.hpp"

namespace dipper::test {
namespace {

/// Soft coloured waves with an edge: easy enough for a few hundred iterations, too varied for a blur.
Image waves(int width, int height, int channels, SampleType sample = SampleType::u8) {
  Image image(width, height, channels, 1.0F);
  image.sample = sample;
  for (int c = 0; c < image.colour_channels(); ++c) {
    for (int i = 0; i < height; ++i) {
      for (int j = 0; j < width; ++j) {
        const double wave = 0.5 + 0.3 * std::sin(0.21 * i + c) * std::cos(0.17 * j - c);
        image.plane(c)[static_cast<std::size_t>(i) * width + j] = static_cast<float>(wave + (j > i ? 0.15 : 0));
      }
    }
  }
  return image;
}

class Inpaint : public ProgramTest {
 protected:
  nlohmann::json inpaint(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "inpaint");
    arguments.insert(arguments.end(), {"--json", "--quiet"});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out, nullptr, false);
  }
};

TEST_F(Inpaint, RestoresHalfOfThePixels) {
  write_image(folder_ / "waves.png", waves(64, 64, 3));
  const auto result = inpaint({"waves.png", "--drop", "0.5", "-o", "out.png"});
  EXPECT_GT(result["psnr"].get<double>(), 28);  // the damaged picture has 8 dB; without the fit nothing comes near
  EXPECT_GT(result["ssim"].get<double>(), 0.85);
  EXPECT_EQ(psnr(read_image(folder_ / "out.png"), read_image(folder_ / "waves.png")), result["psnr"].get<double>());
  EXPECT_LT(psnr(read_image(folder_ / "out_damaged.png"), read_image(folder_ / "waves.png")), 12);
}

TEST_F(Inpaint, GivesTheSameBytesForAnyThreadsAndFromRunToRun) {
  write_image(folder_ / "waves.png", waves(150, 100, 3));
  for (const char* recipe : {"quick", "seed-pixel-shuffle", "seed-deconv"}) {
    std::vector<std::vector<std::byte>> files;
    for (const char* threads : {"1", "2", "2", "3"}) {
      inpaint({"waves.png", "--drop", "0.5", "--recipe", recipe, "--iterations", "8", "--raw", "--threads", threads,
               "-o", "out.png"});
      files.push_back(read_file(folder_ / "out.png"));
      EXPECT_EQ(files.back(), files.front()) << recipe << " on " << threads << " threads";
    }
  }
}

TEST_F(Inpaint, TakesEverySizeAndKind) {
  struct Case {
    int width, height, channels;
    SampleType sample;
    const char* extension;
  };
  const std::vector<Case> cases{{451, 300, 3, SampleType::u8, ".png"}, {387, 353, 3, SampleType::u8, ".webp"},
                                {17, 3, 3, SampleType::u8, ".png"},    {3, 17, 1, SampleType::u8, ".png"},
                                {65, 40, 2, SampleType::u8, ".png"},   {40, 65, 4, SampleType::u8, ".webp"},
                                {70, 50, 3, SampleType::u16, ".png"},  {50, 70, 1, SampleType::u16, ".tif"},
                                {33, 34, 3, SampleType::f32, ".tif"},  {30, 20, 3, SampleType::u8, ".jpg"}};
  for (const Case& one : cases) {
    const std::string in = std::string("in") + one.extension;
    const std::string out = std::string("out") + one.extension;
    SCOPED_TRACE(testing::Message() << one.width << 'x' << one.height << 'x' << one.channels << in);
    write_image(folder_ / in, waves(one.width, one.height, one.channels, one.sample));
    const Image picture = read_image(folder_ / in);
    inpaint({in, "--drop", "0.4", "--iterations", "2", "-o", out});
    const Image restored = read_image(folder_ / out);
    const Image damaged = read_image(folder_ / (std::string("out_damaged") + one.extension));
    EXPECT_EQ(restored.width, picture.width);
    EXPECT_EQ(restored.height, picture.height);
    EXPECT_EQ(restored.channels, picture.channels);
    EXPECT_EQ(restored.sample, picture.sample);
    if (std::string(one.extension) == ".jpg") continue;  // JPEG keeps no sample exactly
    for (std::size_t i = 0; i < picture.plane_size(); ++i) {
      if (damaged.plane(0)[i] != picture.plane(0)[i]) continue;
      EXPECT_EQ(restored.plane(0)[i], picture.plane(0)[i]);
    }
  }
}

TEST_F(Inpaint, TakesAPictureOfOnePixelThatIsHalfKnown) {
  write_image(folder_ / "one.png", Image(1, 1, 3, 0.8F));
  write_image(folder_ / "half.png", Image(1, 1, 1, 0.5F));
  inpaint({"one.png", "--mask", "half.png", "--iterations", "3", "-o", "out.png"});
  EXPECT_EQ(read_image(folder_ / "out.png").width, 1);
}

TEST_F(Inpaint, MakesEverythingAUserAsksFor) {
  write_image(folder_ / "waves.png", waves(80, 60, 3));
  inpaint({"waves.png", "--drop", "0.5", "-o", "out.png", "--iterations", "20", "--every", "5", "--frames", "frames",
           "--animation", "fit.gif", "--strip", "strip.png"});
  for (const char* name : {"frame_000001.png", "frame_000005.png", "frame_000010.png", "frame_000020.png"}) {
    EXPECT_EQ(read_image(folder_ / "frames" / name).width, 80) << name;
  }
  EXPECT_GT(read_file(folder_ / "fit.gif").size(), 1000U);
  EXPECT_GE(read_image(folder_ / "strip.png").width, 3 * 80);
}

Image middle(const Image& whole, int size) {
  Image part(size, size, whole.channels);
  for (int c = 0; c < whole.channels; ++c) {
    for (int i = 0; i < size; ++i) {
      const std::size_t row = (whole.height - size) / 2 + i;
      std::ranges::copy(whole.plane(c).subspan(row * whole.width + (whole.width - size) / 2, size),
                        part.plane(c).begin() + static_cast<std::ptrdiff_t>(i) * size);
    }
  }
  return part;
}

// The pictures of the paper's and the seed's authors are not part of the repository.
TEST_F(Inpaint, BringsBackTheBunny) {
  const std::filesystem::path bunny = DIPPER_SOURCE_DIR "/../shared/data/seed/bunny_512.jpg";
  if (!std::filesystem::exists(bunny)) GTEST_SKIP() << "there is no " << bunny.string();
  write_image(folder_ / "bunny.png", middle(read_image(bunny), 256));
  const auto result = inpaint({"bunny.png", "--drop", "0.5", "--iterations", "100", "-o", "out.png"});
  EXPECT_GT(result["raw_psnr"].get<double>(), 24);
}

}  // namespace
}  // namespace dipper::test
