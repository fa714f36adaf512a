// server/carried_request.h: what a relay and a router both do with a request on its way to another server.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.2; RFC 9110 5.5; rvp-in-practice 6.2
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/http.h"
#include "presence/address.h"
#include "rvp/desk.h"

namespace server {

/// The node that a request is for.
struct NamedNode {
    presence::Address address;
    /// It says itself which server it means. Else Host alone does, where clients write names that we do not know, and mean
    /// us.
    bool in_full = false;
};

/// None: it names no node, or nothing that is one.
[[nodiscard]] std::optional<NamedNode> named_node(const base::Request& request);

/// As Desk::refusal(); what may go a moment later says so by Retry-After.
[[nodiscard]] base::Response refused_for_now(const rvp::Desk& desk, const base::Error& error);

/// Appends a header line, whose value cannot end it.
void append_field(std::string& head, std::string_view name, std::string_view value);

/// What stands in a request line for a node of a server that is named in Host.
[[nodiscard]] std::string origin_form(const presence::Address& node);

}  // namespace server
