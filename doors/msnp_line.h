// doors/msnp_line.h: one connection of MSNP24: greeting, proof, binding, and then commands one after the other.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 2, 9, 11
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/timer_wheel.h"
#include "doors/msnp_endpoint.h"
#include "doors/msnp_frame.h"
#include "doors/msnp_house.h"
#include "doors/msnp_rate.h"

namespace doors {

/// How often proofs failed lately, by household: who has a /64 of IPv6 is one. Thread: loop.
class MsnpFailures {
public:
    static constexpr unsigned kMost = 30;                ///< of one household, in kTime
    static constexpr std::chrono::seconds kTime{60};
    static constexpr std::size_t kMostHouseholds = 10000;  ///< then the oldest count is forgotten

    /// Whether another proof from there is looked at.
    [[nodiscard]] bool may_try(const base::IpAddress& from, base::Instant now) const;
    void failed(const base::IpAddress& from, base::Instant now);

private:
    struct Count {
        base::Instant since{};
        unsigned failures = 0;
    };
    std::unordered_map<std::uint64_t, Count> counts_;
};

/// Answers in the order of the questions: the next packet is read once the last is answered. Thread: loop.
class MsnpLine final : private base::TimerHook {
public:
    /// All are borrowed.
    MsnpLine(MsnpHouse& house, MsnpCrowd& crowd, MsnpFailures& failures, MsnpOut& out, const MsnpPeer& peer);
    ~MsnpLine();

    void received(std::string_view bytes);
    /// Whether more bytes are wanted now.
    [[nodiscard]] bool wants_more() const;
    /// The client has taken all that was sent.
    void drained();
    /// He is told why, and put out.
    void end(const std::string& why);
    /// Somebody waits for an answer.
    [[nodiscard]] bool owes() const { return busy_; }

private:
    using Handler = void (MsnpLine::*)(const MsnpFrame&);
    static constexpr std::chrono::minutes kSilence{5};  // and the connection is closed

    void on_due(base::Instant due) override;
    void run();
    void handle(const MsnpFrame& frame);
    [[nodiscard]] static Handler handler_of(const MsnpFrame& frame);
    /// Whether he asks at a pace that is served; if not he is told, and put out if he goes on.
    [[nodiscard]] bool in_time(const MsnpFrame& frame);
    /// An ACK for something that he was sent, once: whoever gets much has much to acknowledge.
    [[nodiscard]] bool is_owed(const MsnpFrame& frame);

    void connect(const MsnpFrame& frame);
    void authenticate(const MsnpFrame& frame);
    void bind(const MsnpFrame& frame);
    void ping(const MsnpFrame& frame);
    void out(const MsnpFrame& frame);
    void acknowledge(const MsnpFrame& frame);
    void say(const MsnpFrame& frame);
    void put_presence(const MsnpFrame& frame);
    void put_subscriptions(const MsnpFrame& frame);
    void put_contacts(const MsnpFrame& frame);
    void delete_contacts(const MsnpFrame& frame);
    void get_recent(const MsnpFrame& frame);
    void get_messages(const MsnpFrame& frame);
    void take_note(const MsnpFrame& frame);  // what needs no more than a yes
    void put_thread(const MsnpFrame& frame);
    void delete_from_thread(const MsnpFrame& frame);
    void get_threads(const MsnpFrame& frame);

    [[nodiscard]] std::optional<Proved> prove(const base::xml::Element& user);
    [[nodiscard]] std::optional<Proved> prove_ticket(std::string ticket);
    [[nodiscard]] std::optional<Proved> prove_plain(const std::string& uic);
    [[nodiscard]] std::optional<Proved> prove_nonce(const std::string& named, const std::string& uic);
    void start_binding(const MsnpFrame& frame, std::string endpoint, bool second_proof);
    void bound(std::uint32_t trid, bool second_proof, const base::Result<void>& how);
    [[nodiscard]] std::string bind_answer(std::uint32_t trid) const;
    /// The body of a packet that is not routed; answers it when it is no such element, or more than may be.
    [[nodiscard]] std::optional<base::xml::Element> body_of(const MsnpFrame& frame, std::string_view root);
    [[nodiscard]] std::optional<base::xml::Element> body_of(const MsnpFrame& frame, std::string_view root, const base::xml::Bounds& bounds);
    /// The same of `<ml>`, which may be long.
    [[nodiscard]] std::optional<base::xml::Element> contacts_of(const MsnpFrame& frame);

    void yes(const MsnpFrame& frame, std::string_view body = {});
    void no(const MsnpFrame& frame, MsnpCode code, std::string_view text);
    void no(const MsnpFrame& frame, const base::Error& error);
    /// Answers, if this is still there by then, with what went wrong, or success and a body: the one that is told, or
    /// `body` where T is void.
    template <class T>
    [[nodiscard]] std::move_only_function<void(base::Result<T>)> answering(const MsnpFrame& frame, std::string body = {});
    void answered();
    [[nodiscard]] std::string utc_time() const;

    MsnpHouse& house_;
    MsnpCrowd& crowd_;
    MsnpFailures& failures_;
    MsnpOut& out_;
    const MsnpPeer peer_;
    const base::Instant since_;
    const std::string context_;
    MsnpReader reader_;
    bool greeted_ = false;
    std::string nonce_;  // "" = none that may still be answered
    std::optional<Proved> proved_;
    unsigned refused_ = 0;
    MsnpRate rate_;
    unsigned too_fast_ = 0;           // packets that were not served, with no pause between them
    base::Instant too_fast_at_{};     // the last of them
    std::uint64_t acknowledged_ = 0;  // the highest Ack-Id
    std::unique_ptr<MsnpEndpoint> endpoint_;  // null: not bound
    bool bound_ = false;
    bool busy_ = false;      // an answer is owed
    bool running_ = false;
    bool over_ = false;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace doors
