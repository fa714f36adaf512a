// rvp/verb.h: what each method's handler is given.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5
#pragma once

#include <string>

#include "base/http.h"
#include "base/xml.h"
#include "presence/service.h"

namespace rvp {

/// What all handlers share; borrowed, outlives them.
struct Verbs {
    presence::Service& service;
    const presence::Realm& realm;
    base::xml::Bounds bounds;
    std::size_t property_bytes = 65536;  ///< of one property's value
};

/// One request that is known to be for a node, by somebody.
struct Act {
    const base::Request& request;  ///< borrowed for the call; copy what a late answer needs
    presence::Caller caller;
    presence::NodeName node;

    /// The logical URL of the node, under the authority by which it was named.
    [[nodiscard]] std::string href(const presence::Realm& realm) const {
        return presence::Address(realm.spelling(node.authority), node.path).url();
    }
};

/// Handles one method; pays `responder` now or later.
using Handler = void (*)(const Verbs&, Act, base::Responder);

}  // namespace rvp
