// server/command_args.h: what a command of rvpctl was given, by name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace server {

/// The member `name` of `args`; `otherwise` when it is absent or no text.
[[nodiscard]] std::string text_arg(const base::json::Value& args, std::string_view name, std::string_view otherwise = {});
/// Every item of the list `name`, numbers in their JSON spelling; none when it is absent or no list.
[[nodiscard]] std::vector<std::string> texts_arg(const base::json::Value& args, std::string_view name);

}  // namespace server
