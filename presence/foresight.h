// presence/foresight.h: has memory fetched what a request will look at, while the request is still being read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "presence/node.h"
#include "presence/principal.h"

namespace presence {

/// To serve a request is for the most part to wait for memory: among a million people neither the node nor its owner, nor
/// who asks, nor where he is called back is in a cache, and each is found only through the one before it. To read the
/// request takes as long, and each go_on() meanwhile has the next of them fetched and waits for none. It changes
/// nothing, and what it does not foresee is found all the same. What it found it keeps as bare pointers: while it is used
/// no node, principal or call-back may be removed, and so it is never kept beyond the call that it was made in.
/// Thread: loop.
class Foresight {
public:
    Foresight(const NodeTable& nodes, const PrincipalTable& principals, std::string_view node_key)
        : nodes_(nodes), principals_(principals), node_hash_(nodes.foresee(node_key)) {}
    Foresight(const Foresight&) = delete;
    Foresight& operator=(const Foresight&) = delete;

    /// As soon as it is known who asks, if his principal will be looked for.
    void asks(std::string_view principal_key) {
        at_who_ = Far::slot;
        who_hash_ = principals_.foresee(principal_key);
    }
    void go_on();

private:
    /// How far has been asked for: each is found through the one before.
    enum class Far { nothing, slot, object, texts, all };

    void go_on_to_node();
    void go_on_to_who();

    const NodeTable& nodes_;
    const PrincipalTable& principals_;
    std::size_t node_hash_;
    std::size_t who_hash_ = 0;
    const Node* node_ = nullptr;
    const Principal* principal_ = nullptr;
    Far at_node_ = Far::slot;
    Far at_who_ = Far::nothing;
};

}  // namespace presence
