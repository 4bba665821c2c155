// SPDX-License-Identifier: Apache-2.0
#include "damage/text.hpp"

#include <ft2build.h>

#include <freetype/freetype.h>  // needs <ft2build.h>
#include <freetype/ftoutln.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/check.hpp"
#include "damage/font.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

constexpr double leading = 2;  // from baseline to baseline, in ems

struct Done {
  void operator()(FT_Library library) const { FT_Done_FreeType(library); }
  void operator()(FT_Face face) const { FT_Done_Face(face); }
};

// A word that is ready to be drawn.
struct Line {
  struct Glyph {
    FT_UInt index = 0;
    double x = 0;  // of its origin, in pixels from the word's
  };
  std::vector<Glyph> glyphs;
  double width = 0;  // pixels
};

// The font at one size.
class Font {
 public:
  explicit Font(double em) {
    FT_Library library = nullptr;
    DIPPER_CHECK_EQ(FT_Init_FreeType(&library), 0);
    library_.reset(library);
    FT_Face face = nullptr;
    const std::span<const unsigned char> file = font_file();
    DIPPER_CHECK_EQ(FT_New_Memory_Face(library, file.data(), static_cast<FT_Long>(file.size()), 0, &face), 0);
    face_.reset(face);
    DIPPER_CHECK_EQ(FT_Set_Char_Size(face, 0, std::lround(64 * em), 72, 72), 0);  // a point of 72 dpi is a pixel
  }

  // Where each glyph goes. Neither positions nor shapes are moved to whole pixels.
  Line set(const std::u32string& word) {
    Line line;
    for (const char32_t character : word) {
      const FT_UInt index = FT_Get_Char_Index(face_.get(), character);
      if (!line.glyphs.empty()) {
        FT_Vector kerning{};
        FT_Get_Kerning(face_.get(), line.glyphs.back().index, index, FT_KERNING_UNFITTED, &kerning);
        line.width += static_cast<double>(kerning.x) / 64;
      }
      line.glyphs.push_back({index, line.width});
      load(index);
      line.width += static_cast<double>(face_->glyph->linearHoriAdvance) / 65536;
    }
    return line;
  }

  // The glyph's bitmap with its origin at (x, y), y downwards: draw(column, row, coverage) for each of its pixels.
  template <class Draw>
  void draw(FT_UInt index, double x, double y, Draw draw) {
    load(index);
    const double column = std::floor(x);
    const double row = std::floor(y);
    FT_GlyphSlot slot = face_->glyph;
    FT_Outline_Translate(&slot->outline, std::lround(64 * (x - column)), -std::lround(64 * (y - row)));
    DIPPER_CHECK_EQ(FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL), 0);
    const FT_Bitmap& bitmap = slot->bitmap;
    for (int i = 0; i < static_cast<int>(bitmap.rows); ++i) {
      for (int j = 0; j < static_cast<int>(bitmap.width); ++j) {
        const float coverage = static_cast<float>(bitmap.buffer[i * bitmap.pitch + j]) / 255;
        draw(static_cast<int>(column) + slot->bitmap_left + j, static_cast<int>(row) - slot->bitmap_top + i, coverage);
      }
    }
  }

 private:
  void load(FT_UInt index) { DIPPER_CHECK_EQ(FT_Load_Glyph(face_.get(), index, FT_LOAD_NO_HINTING), 0); }

  std::unique_ptr<FT_LibraryRec_, Done> library_;
  std::unique_ptr<FT_FaceRec_, Done> face_;  // goes before its library
};

// One character of UTF-8, which is taken off the text. Throws Error when there is none: cut short, too long a form, or
// beyond Unicode.
char32_t take_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const int more = lead < 0x80 ? 0 : lead < 0xC0 ? -1 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF8 ? 3 : -1;
  bool good = more >= 0 && text.size() > static_cast<std::size_t>(more);
  char32_t character = more <= 0 ? lead : lead & (0x3FU >> more);
  for (int i = 1; good && i <= more; ++i) {
    const auto next = static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
    good = (next & 0xC0U) == 0x80;
    character = character << 6 | (next & 0x3FU);
  }
  constexpr char32_t least[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (!good || character < least[more] || character > 0x10FFFF || surrogate) {
    throw Error("--text is not in UTF-8; write it in that encoding");
  }
  text.remove_prefix(static_cast<std::size_t>(more) + 1);
  return character;
}

}  // namespace

std::vector<std::u32string> words_of(std::string_view text) {
  std::vector<std::u32string> words;
  bool between = true;
  while (!text.empty()) {
    const char32_t character = take_character(text);
    const bool space = character <= U' ';  // tabs and ends of lines too
    if (!space && between) words.emplace_back();
    if (!space) words.back() += character;
    between = space;
  }
  if (words.empty()) throw Error("--text is empty; write some, or leave the value out for a text of dipper's own");
  return words;
}

std::vector<float> draw_text(const std::vector<std::u32string>& words, int width, int height) {
  const double em = std::max(8.0, std::min(width, height) / 20.0);
  Font font(em);
  std::vector<Line> set;
  set.reserve(words.size());
  for (const std::u32string& word : words) set.push_back(font.set(word));
  const double space = font.set(U" ").width;

  std::vector<float> coverage(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  const auto cover = [&](int x, int y, float value) {
    if (x < 0 || x >= width || y < 0 || y >= height) return;
    float& at = coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
    at = std::max(at, value);
  };
  const double margin = em / 2;
  const int lines = std::max(1, static_cast<int>(height / (leading * em)));
  const double top = (height - lines * leading * em) / 2;  // the same is left below
  std::size_t next = 0;
  for (int line = 0; line < lines; ++line) {
    const double baseline = top + line * leading * em + (leading / 2 + 0.35) * em;  // half a capital below the middle
    double x = margin;
    do {  // a word that is wider than the picture gets a line and is cut
      for (const Line::Glyph& glyph : set[next].glyphs) font.draw(glyph.index, x + glyph.x, baseline, cover);
      x += set[next].width + space;
      next = (next + 1) % set.size();
    } while (x + set[next].width <= width - margin);
  }
  return coverage;
}

}  // namespace dipper
