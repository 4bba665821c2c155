// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace dipper {

/// The text of a file of src/report/page, or of dygraphs, by its name; empty where there is none.
[[nodiscard]] std::string_view page_file(std::string_view name);

}  // namespace dipper
