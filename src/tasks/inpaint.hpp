// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasks/task.hpp"

namespace dipper {

/// Pixels are missing, scattered or in holes; a mask, a colour or a share says which.
extern const Task inpaint_task;

}  // namespace dipper
