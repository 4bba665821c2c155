// SPDX-License-Identifier: Apache-2.0
#include "damage/font.hpp"

#include <cstdint>

// The assembler copies the file, whose name CMake gives, in no time; an array of its bytes would take the compiler
// long.
asm(".section .rodata\n"
    ".balign 16\n"
    ".globl dipper_font\n"
    ".hidden dipper_font\n"
    "dipper_font:\n"
    ".incbin \"" DIPPER_FONT
    "\"\n"
    "dipper_font_end:\n"
    ".balign 8\n"
    ".globl dipper_font_size\n"
    ".hidden dipper_font_size\n"
    "dipper_font_size:\n"
    ".quad dipper_font_end - dipper_font\n"
    ".previous\n");

extern "C" {
[[gnu::visibility("hidden")]] extern const unsigned char dipper_font[];
[[gnu::visibility("hidden")]] extern const std::uint64_t dipper_font_size;
}

namespace dipper {

std::span<const unsigned char> font_file() {
  return {dipper_font, dipper_font_size};
}

}  // namespace dipper
