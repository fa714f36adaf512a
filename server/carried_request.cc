// server/carried_request.cc: names of nodes and header lines, read and written alike.
// SPDX-License-Identifier: Apache-2.0
#include "server/carried_request.h"

namespace server {

std::optional<NamedNode> named_node(const base::Request& request) {
    const std::string_view host = request.header("Host").value_or("");
    auto address = presence::Address::from_target(request.target, host);
    if (!address || address->is_service()) return std::nullopt;
    const auto at_host = presence::Address::from_target("/", host);
    const bool in_full = !request.target.starts_with('/') || !at_host || at_host->authority() != address->authority();
    return NamedNode{std::move(*address), in_full};
}

base::Response refused_for_now(const rvp::Desk& desk, const base::Error& error) {
    base::Response response = desk.refusal(error);
    if (error.code == base::Errc::busy) response.with("Retry-After", "2");
    return response;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ");
    for (const char c : value) {
        if ((static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f) head += c;
    }
    head += "\r\n";
}

std::string origin_form(const presence::Address& node) {
    return node.url().substr(std::string_view("http://").size() + node.authority().size());
}

}  // namespace server
