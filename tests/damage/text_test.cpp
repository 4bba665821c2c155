// SPDX-License-Identifier: Apache-2.0
#include "damage/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "dipper/error.hpp"

namespace dipper {
namespace {

double share(const std::vector<float>& coverage) {
  return std::accumulate(coverage.begin(), coverage.end(), 0.0) / static_cast<double>(coverage.size());
}

// How many times a row that is covered somewhere follows one that is not.
int lines_of(const std::vector<float>& coverage, int width) {
  int lines = 0;
  bool before = false;
  for (auto row = coverage.begin(); row != coverage.end(); row += width) {
    const bool now = std::any_of(row, row + width, [](float value) { return value > 0; });
    lines += now && !before ? 1 : 0;
    before = now;
  }
  return lines;
}

std::string error_of(std::string_view text) {
  try {
    static_cast<void>(words_of(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(WordsOf, PartsAtSpacesAndReadsUtf8) {
  EXPECT_EQ(words_of("  Grüße,\tdu\n€ 𝄞 "), (std::vector<std::u32string>{U"Grüße,", U"du", U"€", U"𝄞"}));
}

TEST(WordsOf, RefusesAnEmptyText) {
  for (const char* text : {"", " ", "\n\t "}) EXPECT_NE(error_of(text).find("--text is empty"), std::string::npos);
}

TEST(WordsOf, RefusesWhatIsNotUtf8) {
  const std::vector<std::string> bad = {
      "\xE9t\xE9",         // Latin-1
      "caf\xC3",           // cut short
      "\x80",              // goes on without a beginning
      "\xC0\xAF",          // two bytes for what one holds
      "\xE0\x80\xAF",      // three
      "\xED\xA0\x80",      // half of a surrogate pair
      "\xF4\x90\x80\x80",  // beyond Unicode
      "\xFF\xFE\xFD\xFC\xFB",
  };
  for (const std::string& text : bad)
    EXPECT_NE(error_of(text).find("not in UTF-8"), std::string::npos) << error_of(text);
  EXPECT_EQ(error_of("\xF4\x8F\xBF\xBF \xED\x9F\xBF \xEE\x80\x80"), "no error");  // the last one, and beside surrogates
}

TEST(DrawText, FillsThePictureWithLines) {
  const std::vector<float> coverage = draw_text(words_of("nnn mmm"), 390, 260);
  ASSERT_EQ(coverage.size(), 390U * 260U);
  EXPECT_EQ(lines_of(coverage, 390), 10);  // 260 rows of 2 x 13
  for (const float value : coverage) {
    ASSERT_GE(value, 0);
    ASSERT_LE(value, 1);
  }
  EXPECT_GT(*std::max_element(coverage.begin(), coverage.end()), 0.9F);
  EXPECT_GT(share(coverage), 0.06);
  EXPECT_LT(share(coverage), 0.25);
  // Every line reaches the right part of the picture.
  for (int line = 0; line < 10; ++line) {
    bool covered = false;
    for (int y = 26 * line; y < 26 * line + 26; ++y) {
      const auto row = coverage.begin() + 390 * y;
      covered = covered || std::any_of(row + 330, row + 390, [](float value) { return value > 0; });
    }
    EXPECT_TRUE(covered) << line;
  }
}

TEST(DrawText, GrowsWithThePicture) {
  const std::vector<std::u32string> words = words_of("abc def");
  const std::vector<float> small = draw_text(words, 260, 260);
  const std::vector<float> large = draw_text(words, 1040, 1040);
  EXPECT_EQ(lines_of(small, 260), 10);
  EXPECT_EQ(lines_of(large, 1040), 10);
  EXPECT_NEAR(share(small), share(large), 0.01);
}

TEST(DrawText, CutsWhatDoesNotFit) {
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1, 1}, {3, 200}, {200, 3}, {7, 7}}) {
    EXPECT_EQ(draw_text(words_of("Verschlimmbesserung"), width, height).size(),
              static_cast<std::size_t>(width * height));
  }
}

TEST(DrawText, AccentsAreDrawnAndUnknownCharactersAreABox) {
  const auto drawn = [](std::string_view text) { return draw_text(words_of(text), 100, 20); };
  EXPECT_NE(drawn("e"), drawn("é"));
  EXPECT_NE(drawn("é"), drawn("漢"));
  EXPECT_EQ(drawn("漢"), drawn("字"));
  EXPECT_GT(share(drawn("字")), 0.05);
}

TEST(DrawText, LettersAreKerned) {
  // The same letters, which move together only where an A stands beside a V.
  const auto right_end = [](std::string_view text) {
    const std::vector<float> coverage = draw_text(words_of(text), 90, 11);
    int end = 0;
    for (std::size_t i = 0; i < coverage.size(); ++i)
      end = coverage[i] > 0 ? std::max(end, static_cast<int>(i % 90)) : end;
    return end;
  };
  EXPECT_LT(right_end("AVAVAVAVAV"), right_end("AAAAAVVVVV") - 2);
}

}  // namespace
}  // namespace dipper
