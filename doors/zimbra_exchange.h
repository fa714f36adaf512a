// doors/zimbra_exchange.h: what the Zimbra desk holds: sessions, and calls from their envelope to their answer.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1.4, 1.6
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "doors/sessions.h"
#include "doors/zimbra_context.h"
#include "doors/zimbra_persona.h"
#include "doors/zimbra_queue.h"

namespace doors {

/// A session of this door: what it has yet to be told.
class ZimbraSession final : public SessionState {
public:
    /// `over` is called as it ends.
    ZimbraSession(std::shared_ptr<ZimbraPersona> of, std::shared_ptr<ZimbraQueue> its, std::function<void(ZimbraSession&)> over)
        : persona(std::move(of)), queue(std::move(its)), over_(std::move(over)) {}
    ~ZimbraSession() override { over_(*this); }
    [[nodiscard]] bool in_use() const override { return queue->waits(); }

    const std::shared_ptr<ZimbraPersona> persona;
    const std::shared_ptr<ZimbraQueue> queue;
    std::string id;
    std::uint64_t used = 0;
    bool asked = false;  ///< it ends since somebody wants it

private:
    const std::function<void(ZimbraSession&)> over_;
};

/// One call.
struct ZimbraExchange {
    ZimbraExchange() = default;
    ~ZimbraExchange() { end_act(); }
    ZimbraExchange(const ZimbraExchange&) = delete;
    ZimbraExchange& operator=(const ZimbraExchange&) = delete;
    void begin_act() {
        acts = true;
        queue->begin_act();
    }
    void end_act() {
        if (std::exchange(acts, false)) queue->end_act();
    }

    ZimbraDialect dialect = ZimbraDialect::soap12;
    ZimbraContext context;
    std::string trace;
    base::IpAddress peer;
    bool tls = false;
    base::Responder respond;

    std::shared_ptr<ZimbraPersona> persona;  ///< null: not logged in
    std::chrono::milliseconds left{};        ///< of his token
    std::string session;
    std::shared_ptr<ZimbraQueue> queue;      ///< null: without a session
    bool new_session = false;

    std::vector<ZimbraElement> requests;
    std::size_t at = 0;
    std::optional<ZimbraElement> batch;  ///< the answer to one, as far as it has come
    bool stops = false;                  ///< after the first fault
    bool failed = false;
    bool finished = false;
    std::expected<ZimbraElement, ZimbraFault> outcome;  ///< of a call that is no batch, or why it is none
    std::optional<std::string> single_id;
    std::optional<std::string> cookie;
    bool acts = false;
};

}  // namespace doors
