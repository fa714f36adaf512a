// doors/msnp_line_bind.cc: who a connection of MSNP24 is: CNT, ATH and BND.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 2, 11
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "doors/msnp_line.h"
#include "doors/msnp_names.h"
#include "presence/contacts.h"

namespace doors {

using base::xml::Element;

namespace {

constexpr std::chrono::seconds kBindTime{60};  // from connecting to BND
constexpr std::chrono::hours kTokenLife{24};
constexpr unsigned kMostRefused = 3;

/// A name without what stands behind its @ and before its colon.
std::string plain_name(std::string_view name) {
    name = name.substr(0, name.find('@'));
    if (const std::size_t colon = name.rfind(':'); colon != std::string_view::npos) name = name.substr(colon + 1);
    return base::to_lower(name);
}

}  // namespace

void MsnpLine::connect(const MsnpFrame& frame) {
    const auto body = body_of(frame, "connect");
    if (!body) return;
    if (!greeted_ && !bound_) house_.wheel.arm(*this, since_ + kBindTime);
    greeted_ = true;
    const Element* was_sent = body->child("xfr");
    if (!house_.settings.transfer.empty() && !was_sent) {
        std::string transfer = "<xfr><target>";
        base::xml::append_escaped(transfer, house_.settings.transfer);
        transfer += "</target><flags>S</flags><state>" + base::base64_encode("Version: 1\r\nXfrCount: 1\r\n") +
                    "</state><wait>0</wait></xfr>";
        out_.send(msnp_packet("XFR", frame.trid, "CON", MsnpWriter().end().body(transfer).take()));
        return answered();
    }
    const bool first = body->text_of("ver") == "1";
    std::string answer = "<connect-response><ver>" + std::string(first ? "1" : "2") + "</ver><qostest>false</qostest>";
    nonce_ = first ? "" : presence::new_guid();
    if (!first) answer += "<nonce>" + nonce_ + "</nonce>";
    answer += "</connect-response>";
    out_.send(msnp_packet("CNT", frame.trid, "CON", MsnpWriter().end().body(answer).take()));
    answered();
}

void MsnpLine::authenticate(const MsnpFrame& frame) {
    const auto user = body_of(frame, "user");
    if (!user) return;
    const base::Instant now = house_.clock.now();
    auto proof = greeted_ && failures_.may_try(peer_.address, now) ? prove(*user) : std::nullopt;
    const bool another = proof && proved_ && proof->account != proved_->account;
    if (!proof || another) {
        failures_.failed(peer_.address, now);
        const bool last = ++refused_ >= kMostRefused;
        out_.send(msnp_error(MsnpCode::authentication, frame.trid, "CON", "Authentication failed"));
        if (last) return end("");
        return answered();
    }
    proved_ = std::move(proof);
    constexpr std::string_view kAnswer = "<auth-response><new-thread-allowed>true</new-thread-allowed>"
                                         "<p2p-migration-allowed>false</p2p-migration-allowed></auth-response>";
    out_.send(msnp_packet("ATH", frame.trid, "CON", MsnpWriter().end().body(kAnswer).take()));
    answered();
}

// In the order of msnp24 11; whatever fails fails alike.
std::optional<Proved> MsnpLine::prove(const Element& user) {
    const std::string uic = user.text_of("uic");
    std::string named = user.text_of("alias");
    if (named.empty()) named = user.text_of("id");
    named = plain_name(named);
    auto proof = prove_ticket(user.text_of("ssl-compact-ticket"));
    if (proof) return named.empty() || proof->account == named ? proof : std::nullopt;
    if (named.empty()) return std::nullopt;
    proof = prove_ticket(uic);
    if (!proof) {
        if (const auto decoded = base::base64_decode(uic)) proof = prove_ticket(*decoded);
    }
    if (!proof && peer_.secret) proof = prove_plain(uic);
    if (!proof) proof = prove_nonce(named, uic);
    return proof && proof->account == named ? proof : std::nullopt;
}

std::optional<Proved> MsnpLine::prove_ticket(std::string ticket) {
    if (ticket.starts_with("t=")) ticket.erase(0, 2);
    ticket.resize(std::min(ticket.find('&'), ticket.size()));
    constexpr std::size_t kMostTicket = 256;
    if (ticket.empty() || ticket.size() > kMostTicket) return std::nullopt;
    return house_.tickets.prove_ticket(ticket);
}

std::optional<Proved> MsnpLine::prove_plain(const std::string& uic) {
    auto decoded = base::base64_decode(uic);
    const std::size_t cut = decoded ? decoded->find('\0') : std::string::npos;
    if (cut == std::string::npos) return std::nullopt;
    std::string password = decoded->substr(cut + 1);
    auto proof = house_.gate.prove(decoded->substr(0, cut), password);
    base::wipe(password);
    base::wipe(*decoded);
    return proof;
}

// Nobody who has listened in can show it again: the nonce is good once.
std::optional<Proved> MsnpLine::prove_nonce(const std::string& named, const std::string& uic) {
    const auto proof = base::base64_decode(uic);
    if (nonce_.empty() || !proof || proof->size() != base::kSha256Bytes) return std::nullopt;
    return house_.gate.prove_nonce(named, std::exchange(nonce_, ""), *proof);
}

void MsnpLine::bind(const MsnpFrame& frame) {
    const auto body = body_of(frame, "msgr");
    if (!body) return;
    if (!proved_) return no(frame, MsnpCode::authentication, "Authentication failed");
    std::string endpoint = plain_guid(body->text_of("epid"));
    if (endpoint_) {
        // Clients that bind again at each ATH are answered, and never asked again: they would go on for ever.
        if (!endpoint.empty() && endpoint != endpoint_->endpoint()) {
            return no(frame, MsnpCode::bound_already, "This connection already has a feature set");
        }
        out_.send(bind_answer(frame.trid));
        return answered();
    }
    if (house_.closed && house_.closed()) return no(frame, MsnpCode::busy, "Too many log on at once; come again.");
    if (endpoint.empty()) endpoint = presence::new_guid();
    start_binding(frame, std::move(endpoint), body->child("altVersions") != nullptr);
}

void MsnpLine::start_binding(const MsnpFrame& frame, std::string endpoint, bool second_proof) {
    const auto own = house_.service.account_here(proved_->account);
    if (!own) return no(frame, own.error());
    auto others = crowd_.of(own->key);
    for (MsnpMember* other : others) {
        if (other->endpoint() == endpoint) other->end("You are bound over another connection.");
    }
    std::erase_if(others, [&](const MsnpMember* other) { return other->endpoint() == endpoint; });
    if (others.size() >= house_.settings.endpoints_per_account) {
        return no(frame, MsnpCode::too_many_endpoints, "There are too many endpoints of this account.");
    }
    presence::Caller caller;
    caller.key = own->key;
    caller.url = house_.service.realm().url_of(own->key);
    caller.proof = presence::Proof::digest;  // a password, or what was given for one
    caller.source = peer_.address;
    caller.connection = peer_.connection;
    endpoint_ = std::make_unique<MsnpEndpoint>(house_, crowd_, out_, std::move(caller), *own, std::move(endpoint), context_);
    endpoint_->begin([this, trid = frame.trid, second_proof](const base::Result<void>& how) { bound(trid, second_proof, how); });
}

std::string MsnpLine::bind_answer(std::uint32_t trid) const {
    const auto expiry = std::chrono::duration_cast<std::chrono::seconds>((house_.clock.wall() + kTokenLife).time_since_epoch()).count();
    MsnpWriter out;
    out.header("UtcTime", utc_time()).header("Set-Registration", base::base64_encode("r1;" + proved_->account));
    out.header("Registration-Token-Expiry", std::to_string(expiry)).header("Context", context_).end();
    out.body("<bind-response><ver>2</ver></bind-response>");
    return msnp_packet("BND", trid, "CON", out.take());
}

void MsnpLine::bound(std::uint32_t trid, bool second_proof, const base::Result<void>& how) {
    if (!how) {
        house_.post([this, alive = std::weak_ptr(alive_), trid, error = how.error()] {
            if (alive.expired()) return;
            endpoint_.reset();
            no({"BND", trid, "CON", "", ""}, error);
        });
        return;
    }
    bound_ = true;
    reader_.change(house_.settings.packets);
    house_.wheel.arm(*this, house_.clock.now() + kSilence);
    out_.send(bind_answer(trid));
    if (second_proof) out_.send(msnp_packet("ATH", 0, "CON", MsnpWriter().end().body("<auth-response/>").take()));
    answered();
}

}  // namespace doors
