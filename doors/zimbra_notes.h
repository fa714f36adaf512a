// doors/zimbra_notes.h: notifications of the Zimbra door, each an `n`.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 4
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doors/zimbra_chats.h"
#include "doors/zimbra_element.h"

namespace doors {

/// Another way to this server, or another domain, as a person may see it.
struct ZimbraGateway {
    enum class State {
        online,   ///< he is logged on there; the domain was reached
        offline,  ///< he is not
        start,    ///< nobody was there yet who needed that domain
        trying,   ///< the domain was not reached, and will be tried again
    };
    std::string name, type, domain;
    State state = State::offline;
};
using ZimbraGateways = std::function<std::vector<ZimbraGateway>(const std::string& key)>;
/// In the words of registrations.
[[nodiscard]] std::string zimbra_word_of(ZimbraGateway::State state);
/// Its state is another.
[[nodiscard]] ZimbraElement zimbra_n_gateway(const ZimbraGateway& gateway);
/// The account has connected to it from another place.
[[nodiscard]] ZimbraElement zimbra_n_elsewhere(const ZimbraGateway& gateway, const std::string& user);

/// An entry of a roster, as its owner is told of it.
struct ZimbraBuddy {
    std::string address;
    std::string name{};
    std::vector<std::string> groups{};
    bool subscribed = false;  ///< he sees the other's presence
    bool asks = false;        ///< and waits to be let
};

[[nodiscard]] ZimbraElement zimbra_n(std::string_view type);
[[nodiscard]] ZimbraElement zimbra_n_buddy(const ZimbraBuddy& buddy);
/// `status` is told only of who is there.
[[nodiscard]] ZimbraElement zimbra_n_presence(const std::string& from, std::string_view show, const std::string& status);
/// `to` is whom an own line went to.
[[nodiscard]] ZimbraElement zimbra_n_message(const ZimbraLine& line, const std::string& thread, const std::string& to);
[[nodiscard]] ZimbraElement zimbra_n_typing(const std::string& from, const std::string& thread, std::int64_t ts, bool typing);
/// A message that did not arrive; `error` is a condition word of the document.
[[nodiscard]] ZimbraElement zimbra_n_error(const std::string& from, const std::string& thread, std::int64_t ts,
                                           const std::string& error, const std::string& text);

/// The element `p` of somebody who takes part; empty parts are not known.
struct ZimbraParticipant {
    std::string id, address, full_address, name, role, affiliation;
    bool me = false;
};
[[nodiscard]] ZimbraElement zimbra_participant(const ZimbraParticipant& one);
/// `{name}` with the thread and the participants in it.
[[nodiscard]] ZimbraElement zimbra_chat(std::string name, const std::string& thread, const std::vector<ZimbraParticipant>& all);

}  // namespace doors
