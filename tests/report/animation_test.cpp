// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.hpp"
#include "dipper/error.hpp"
#include "dipper/report.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

class AnimationFile : public test::TemporaryFolder {
 protected:
  [[nodiscard]] std::string start_of(const std::string& name, std::size_t count) const {
    const std::vector<std::byte> bytes = read_file(file(name));
    return {reinterpret_cast<const char*>(bytes.data()), count};
  }
};

TEST_F(AnimationFile, TheExtensionSaysTheFormat) {
  for (const std::string name : {"a.gif", "b.GIF", "c.webp"}) {
    Animation animation(file(name));
    animation.add(Image(6, 4, 3, 0.1F));
    animation.add(Image(6, 4, 3, 0.9F));
    animation.write();
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"a.gif", "b.GIF", "c.webp"}));
  EXPECT_EQ(start_of("a.gif", 6), "GIF89a");
  EXPECT_EQ(start_of("b.GIF", 6), "GIF89a");
  EXPECT_EQ(start_of("c.webp", 4), "RIFF");
}

TEST_F(AnimationFile, FramesFitIntoTheSize) {
  Animation animation(file("a.gif"), 50);
  animation.add(Image(200, 80, 1, 0.3F));
  animation.write();
  const std::vector<std::byte> bytes = read_file(file("a.gif"));
  EXPECT_EQ(std::to_integer<int>(bytes[6]), 50);  // the header's width and height
  EXPECT_EQ(std::to_integer<int>(bytes[8]), 20);
}

TEST_F(AnimationFile, NothingIsWrittenBeforeTheEnd) {
  {
    Animation animation(file("a.gif"));
    animation.add(Image(6, 4, 3, 0.1F));
    EXPECT_TRUE(names().empty());
  }
  EXPECT_TRUE(names().empty());
}

TEST_F(AnimationFile, MistakesAreErrors) {
  EXPECT_THROW(Animation(file("a.png")), Error);
  EXPECT_THROW(Animation(file("a")), Error);
  EXPECT_THROW(Animation(file("none/a.gif")), Error);
  EXPECT_THROW(Animation(file("a.gif"), 0), Error);
  Animation animation(file("a.gif"));
  EXPECT_THROW(animation.write(), Error);
  animation.add(Image(6, 4, 3, 0.1F));
  EXPECT_THROW(animation.add(Image(4, 6, 3, 0.1F)), Error);
  EXPECT_THROW(animation.add(Image()), Error);
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace dipper
