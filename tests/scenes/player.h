// tests/scenes/player.h: plays one scene against a fresh daemon.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "tests/scenes/scene.h"

#include <optional>

namespace scenes {

/// Plays the scene to its end or to its first failure; nullopt when all was as expected.
[[nodiscard]] std::optional<Failure> play(const Scene& scene, base::Log& log);

}  // namespace scenes
