// doors/bsim_events.h: what happened to an account since its client polled last, and the document that tells it.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 5
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace doors {

struct BsimBuddy {
    std::string account;   ///< in full
    std::string nickname;
    std::string group_id;  ///< "" = none
    std::string status = "HDN";
    std::string id;        ///< a GUID
    bool blocked = false;
    std::string text;      ///< beside the status; "" = none
};

struct BsimGroup {
    std::string id;
    std::string name;
};

struct BsimText {
    std::string from;
    std::string text;
};

/// The fourteen events, in the order in which they are told; what did not happen is empty.
struct BsimEvents {
    std::vector<std::string> log;
    std::vector<std::string> errors;
    std::string login;   ///< when: yyyy-MM-dd HH:mm:ss
    std::string logout;
    std::optional<std::string> nickname;
    std::vector<BsimGroup> groups;
    std::optional<std::vector<BsimBuddy>> buddies;
    std::string status;
    std::vector<BsimBuddy> buddy_statuses;
    std::vector<std::string> deleted;  ///< accounts
    std::vector<BsimBuddy> added;
    std::vector<std::string> requests;  ///< accounts that ask to add this one
    std::vector<BsimText> messages;
    std::vector<BsimText> offline_messages;
};

/// Appends `<IM type="…" account="…">…</IM>`.
void append_events(std::string& document, const std::string& type, const std::string& account, const BsimEvents& events);

}  // namespace doors
