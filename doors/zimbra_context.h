// doors/zimbra_context.h: what a request's header says of its sender, his session, and what he has seen.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1.4
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/http.h"
#include "doors/zimbra_envelope.h"

namespace doors {

struct ZimbraContext {
    bool said = false;          ///< there was a context at all
    std::string token;          ///< "" = none
    bool wants_session = false;
    std::string session;        ///< "" = a new one
    std::int64_t seen = -1;     ///< the highest notify block that was seen
    std::string act_for;        ///< "" = himself
    bool act_for_id = false;    ///< by id, not by name
    bool void_on_expired = false;
};

/// The token comes from the context, or else from the cookie.
[[nodiscard]] std::expected<ZimbraContext, ZimbraFault> read_zimbra_context(const std::optional<ZimbraElement>& context,
                                                                            const base::Request& request);

inline constexpr std::string_view kZimbraCookie = "ZM_AUTH_TOKEN";

}  // namespace doors
