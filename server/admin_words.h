// server/admin_words.h: what presence knows, in the words of rvpctl.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl); RVP 5.7.1 (rights), 5.7.2.1 (credentials)
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "presence/admin.h"
#include "presence/subscription.h"

#include <string>
#include <string_view>
#include <vector>

namespace server {

/// `2026-11-21T01:02:03Z`
[[nodiscard]] std::string text_of(base::WallTime time);

[[nodiscard]] base::json::Value node_value(const presence::NodeLine& line);
/// With id, node, principal, call_back, type, seconds_left, active and endpoint.
[[nodiscard]] base::json::Value subscription_value(const presence::SubscriptionDetail& detail,
                                                   const presence::EndpointReport& endpoint);
/// How list_subscriptions would tell of it.
[[nodiscard]] presence::SubscriptionDetail detail_of(const presence::Subscription& subscription,
                                                     base::Instant now);
/// The node's state and its views, without a word about any watcher.
[[nodiscard]] base::json::Value presence_value(const presence::Explanation& e);
/// presence_value, and what the watcher sees and why.
[[nodiscard]] base::json::Value explanation_value(const presence::Explanation& e);
/// One object per entry: who (a URL, or `all`), credentials, grant, deny.
[[nodiscard]] base::json::Value acl_value(const presence::Acl& acl);

/// Errc::malformed names the word and the nearest known one. `what` says what kind of word it is.
[[nodiscard]] base::Error unknown_word(std::string_view what, std::string_view word,
                                       const std::vector<std::string_view>& known);
/// `read`, `send-to`, …; `all` is every right. Errc::malformed as unknown_word.
[[nodiscard]] base::Result<presence::Rights> read_rights(const std::vector<std::string>& names);
/// `any`, `assertion`, `digest` or `ntlm`. Errc::malformed as unknown_word.
[[nodiscard]] base::Result<presence::Credentials> read_credentials(std::string_view name);
/// One of the known states, or `invisible`. Errc::malformed as unknown_word.
[[nodiscard]] base::Result<presence::Status> read_state(std::string_view name);

}  // namespace server
