// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

namespace dipper {

/// Options or const Options: what for_each_value() of a struct of options takes. It describes each value once, calling
///   visit.text(key, value, help)                     a std::string
///   visit.choice(key, value, choices, help)          a std::string, one of `choices`
///   visit.integer(key, value, low, high, help)       an int
///   visit.number(key, value, low, high, help)        a double
///   visit.flag(key, value, help)                     a bool
///   visit.integers(key, values, low, high, help)     a std::vector<int> of at least one
///   visit.choices(key, values, choices, help)        a std::vector<std::string> of at least one
/// and reading, `--set`, messages and documents follow from that. Keys have dots between their parts, "adam.rate".
template <class T, class Options>
concept ValuesOf = std::same_as<std::remove_const_t<T>, Options>;

}  // namespace dipper
