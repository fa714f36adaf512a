// base/fetch.h: memory that is far away, asked for before it is needed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace base {

/// Has so many bytes brought near, and waits for nothing. Nothing is read, so that the address may be any, null too.
inline void fetch(const void* address, std::size_t bytes) {
    constexpr std::uintptr_t kLine = 64;
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    for (std::uintptr_t at = begin & ~(kLine - 1); at < begin + bytes; at += kLine) __builtin_prefetch(reinterpret_cast<const void*>(at));
}
/// The same for an object, as far as its type here says.
template <class T>
void fetch(const T* object) {
    fetch(object, sizeof(T));
}

}  // namespace base
