// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dipper::cli {

/// From here on the first SIGINT, SIGTERM or SIGUSR1 only asks to stop; a second one ends the process as usual.
void catch_interrupts();

/// Whether to stop.
[[nodiscard]] bool interrupted();

}  // namespace dipper::cli
