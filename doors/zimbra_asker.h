// doors/zimbra_asker.h: who asks at the Zimbra door, and how he is answered.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <memory>

#include "doors/zimbra_envelope.h"
#include "doors/zimbra_persona.h"
#include "doors/zimbra_queue.h"

namespace doors {

/// What an answer holds; its name is the request's.
using ZimbraReply = std::move_only_function<void(std::expected<ZimbraElement, ZimbraFault>)>;

/// Who asks, and in which session; null: in none.
struct ZimbraAsker {
    std::shared_ptr<ZimbraPersona> persona;
    std::shared_ptr<ZimbraQueue> queue;
};

}  // namespace doors
