// server/command_args.cc: what a command of rvpctl was given, by name.
// SPDX-License-Identifier: Apache-2.0
#include "server/command_args.h"

namespace server {

std::string text_arg(const base::json::Value& args, std::string_view name, std::string_view otherwise) {
    const base::json::Value* value = args.find(name);
    return value && value->as_text() ? *value->as_text() : std::string(otherwise);
}

std::vector<std::string> texts_arg(const base::json::Value& args, std::string_view name) {
    std::vector<std::string> texts;
    const base::json::Value* list = args.find(name);
    if (!list || !list->as_array()) return texts;
    for (const base::json::Value& item : *list->as_array()) texts.push_back(item.as_text() ? *item.as_text() : item.dump());
    return texts;
}

}  // namespace server
