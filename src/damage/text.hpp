// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dipper {

/// The words of a text in UTF-8, parted where it has spaces or ends a line. Throws Error when it is no UTF-8 or has no
/// words.
[[nodiscard]] std::vector<std::u32string> words_of(std::string_view text);

/// How much of each pixel, 0 to 1, is covered when the words are set again and again, line below line, over the whole
/// of a picture. The em is a 20th of the shorter side, but at least 8 pixels, and lines are two of them apart. Each
/// character gets one glyph, from left to right, and those that the font lacks its box.
[[nodiscard]] std::vector<float> draw_text(const std::vector<std::u32string>& words, int width, int height);

}  // namespace dipper
