// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dipper {

/// How often the whole process has asked for memory through operator new.
[[nodiscard]] long allocation_count();

}  // namespace dipper
