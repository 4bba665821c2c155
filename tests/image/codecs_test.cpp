// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dipper/error.hpp"
#include "image/codec.hpp"
#include "pictures.hpp"

namespace dipper {
namespace {

TEST(Codecs, EachRecognisesItsOwnFilesOnly) {
  const Image image = test::pattern(5, 4, 3);
  for (const Codec& writer : codecs()) {
    const Bytes file = writer.encode(image);
    for (const Codec& reader : codecs()) {
      EXPECT_EQ(reader.recognises(file), reader.name == writer.name) << reader.name << " and " << writer.name;
    }
  }
}

TEST(Codecs, RecogniseNothingInShortOrForeignBytes) {
  const Bytes foreign(64, std::byte{'x'});
  for (const Codec& codec : codecs()) {
    for (std::size_t size = 0; size <= foreign.size(); ++size) {
      const Bytes start(foreign.begin(), foreign.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(codec.recognises(start)) << codec.name;
    }
    const Bytes file = codec.encode(test::pattern(5, 4, 3));
    const Bytes two(file.begin(), file.begin() + 2);
    EXPECT_FALSE(codec.recognises(two)) << codec.name;
  }
}

TEST(Codecs, CheckRefusesWhatEncodeRefuses) {
  for (const Codec& codec : codecs()) {
    for (const Image& image : {test::pattern(5, 4, 1), test::pattern(5, 4, 2), test::pattern(5, 4, 3),
                               test::pattern(5, 4, 4), Image(16384, 1, 3), Image(65501, 1, 1)}) {
      const auto refuses = [](const auto& f) {
        try {
          f();
          return false;
        } catch (const Error&) {
          return true;
        }
      };
      EXPECT_EQ(refuses([&] { codec.check(image.width, image.height, image.channels); }),
                refuses([&] { static_cast<void>(codec.encode(image)); }))
          << codec.name << ' ' << image.width << ' ' << image.channels;
    }
  }
}

TEST(Codecs, EveryExtensionBelongsToOne) {
  std::vector<std::string_view> all;
  for (const Codec& codec : codecs()) {
    EXPECT_FALSE(codec.extensions.empty());
    for (const std::string_view extension : codec.extensions) {
      EXPECT_EQ(extension.front(), '.');
      EXPECT_EQ(std::count(all.begin(), all.end(), extension), 0);
      all.push_back(extension);
    }
  }
  EXPECT_EQ(all.size(), 6U);
}

}  // namespace
}  // namespace dipper
