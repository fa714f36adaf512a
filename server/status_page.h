// server/status_page.h: the page at / of the admin listener: its files, and the figures it fetches.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (status page)
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/once.h"
#include "presence/service.h"
#include "server/snapshot.h"

namespace server {

/// One file of the page.
struct StatusFile {
    std::string_view path;  ///< "/", "/status.css", "/status.js"
    std::string_view type;
    std::string_view content;
};
/// Null when it is none of them.
[[nodiscard]] const StatusFile* find_status_file(std::string_view path);

/// Nothing is fetched from elsewhere, nothing inline is run, nobody may put the page into a frame.
inline constexpr char kStatusPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

/// What /status.json says: one object with version, domain, up_seconds, unfit, online, subscriptions, endpoints,
/// queues, requests, fanout, commits (null without a store on disk) and process. Lists hold at most kStatusLines; with
/// `name` only what is of that principal or node. Rates and recent latencies follow from two of them.
inline constexpr std::size_t kStatusLines = 100;
void status_json(const Photographer& photographer, presence::Service& service, const std::string& version,
                 const std::string& name, base::Once<void(base::json::Value)> done);

}  // namespace server
