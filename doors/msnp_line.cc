// doors/msnp_line.cc: one connection of MSNP24: what comes, in turn, and what is done once it is bound.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_line.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "base/digest.h"
#include "base/household.h"
#include "base/text.h"

namespace doors {

using base::equal_ignoring_case;
using base::xml::Element;

namespace {

constexpr std::chrono::seconds kGreetTime{30};  // from connecting to CNT
constexpr std::size_t kBytesOfToken = 16 * 1024;     // so many more count as one more packet
constexpr unsigned kMostTooFast = 100;               // packets that are answered 800
constexpr std::chrono::seconds kSlowAgain{10};       // without one of them: he has understood
constexpr std::size_t kStrangersPayload = 16384;
constexpr std::size_t kElementsOfContact = 6;         // its own, its domain's, and what is said of its services
constexpr std::string_view kPingWait = "45";         // seconds until the next ping

/// Whoever has not bound has nothing long to say.
MsnpBounds bounds_of_strangers(const MsnpBounds& bounds) {
    return {bounds.line_bytes, std::min(bounds.payload_bytes, kStrangersPayload)};
}

/// With `&amp;` for each & that begins no reference: some clients write a ticket into ATH as it is (msnp24 2).
std::string with_escaped_ampersands(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        out += text[at];
        if (text[at] != '&') continue;
        const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#", at + 1);
        if (end == std::string_view::npos || end == at + 1 || text[end] != ';') out += "amp;";
    }
    return out;
}

}  // namespace

bool MsnpFailures::may_try(const base::IpAddress& from, base::Instant now) const {
    const auto found = counts_.find(base::household_of(from));
    return found == counts_.end() || now - found->second.since >= kTime || found->second.failures < kMost;
}

void MsnpFailures::failed(const base::IpAddress& from, base::Instant now) {
    const std::uint64_t household = base::household_of(from);
    if (counts_.size() >= kMostHouseholds && !counts_.contains(household)) {
        counts_.erase(std::ranges::min_element(counts_, {}, [](const auto& one) { return one.second.since; }));
    }
    Count& count = counts_[household];
    if (count.failures == 0 || now - count.since >= kTime) count = {now, 0};
    ++count.failures;
}

MsnpLine::MsnpLine(MsnpHouse& house, MsnpCrowd& crowd, MsnpFailures& failures, MsnpOut& out, const MsnpPeer& peer)
    : house_(house), crowd_(crowd), failures_(failures), out_(out), peer_(peer), since_(house.clock.now()),
      context_(base::hex_encode(base::random_bytes(8))), reader_(bounds_of_strangers(house.settings.packets)) {
    house_.wheel.arm(*this, since_ + kGreetTime);
}

MsnpLine::~MsnpLine() { alive_.reset(); }

// -- in and out

void MsnpLine::received(std::string_view bytes) {
    if (over_) return;
    reader_.feed(bytes);
    run();
}

bool MsnpLine::wants_more() const {
    const bool put_out = endpoint_ && endpoint_->over();
    return !over_ && !busy_ && !put_out && out_.unsent() <= kMsnpBehind;
}

void MsnpLine::run() {
    if (std::exchange(running_, true)) return;
    while (wants_more()) {
        auto frame = reader_.next();
        if (!frame) {
            const MsnpFault& fault = frame.error();
            out_.send(msnp_error(fault.code, fault.trid, "CON", fault.text));
            end("");
            break;
        }
        if (!*frame) break;
        busy_ = true;
        handle(**frame);
    }
    running_ = false;
}

void MsnpLine::drained() {
    if (over_) return;
    if (endpoint_ && bound_) endpoint_->drained();
    run();
}

void MsnpLine::end(const std::string& why) {
    if (std::exchange(over_, true)) return;
    cancel();
    if (!why.empty()) out_.send(msnp_packet("OUT", 0, "CON", MsnpWriter().end().body(why).take()));
    out_.close();
}

void MsnpLine::on_due(base::Instant) {
    const std::string why = bound_ ? "Nothing was heard of you." : "You took too long.";
    if (!over_) out_.send(msnp_error(MsnpCode::timed_out, 0, "CON", why));
    end(why);
}

void MsnpLine::answered() {
    busy_ = false;
    if (running_ || over_) return;
    run();
    if (wants_more()) out_.read_on();
}

std::string MsnpLine::utc_time() const {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(house_.clock.wall().time_since_epoch()).count());
}

void MsnpLine::yes(const MsnpFrame& frame, std::string_view body) {
    MsnpWriter out;
    out.header("UtcTime", utc_time()).header("Context", context_).end().body(body);
    out_.send(msnp_packet(frame.command, frame.trid, frame.target, out.take()));
    answered();
}

void MsnpLine::no(const MsnpFrame& frame, MsnpCode code, std::string_view text) {
    out_.send(msnp_error(code, frame.trid, frame.target, text));
    answered();
}

void MsnpLine::no(const MsnpFrame& frame, const base::Error& error) {
    const MsnpCode code = msnp_code(error.code);
    const bool nobody = code == MsnpCode::no_such_user && error.code != base::Errc::denied;
    no(frame, code, base::is_own_trouble(error.code) ? "The server cannot do that now." : nobody ? "Nobody is called so." : error.text);
}

template <class T>
std::move_only_function<void(base::Result<T>)> MsnpLine::answering(const MsnpFrame& frame, std::string body) {
    return [this, alive = std::weak_ptr(alive_), asked = MsnpFrame{frame.command, frame.trid, frame.target, "", ""},
            body = std::move(body)](const base::Result<T>& how) {
        if (alive.expired()) return;
        if (!how) return no(asked, how.error());
        if constexpr (std::is_void_v<T>) yes(asked, body);
        else yes(asked, *how);
    };
}

std::optional<Element> MsnpLine::body_of(const MsnpFrame& frame, std::string_view root) {
    return body_of(frame, root, house_.settings.bounds);
}

std::optional<Element> MsnpLine::body_of(const MsnpFrame& frame, std::string_view root, const base::xml::Bounds& bounds) {
    const auto plain = read_plain(frame.payload);
    const std::string_view body = plain ? base::trim(plain->body) : std::string_view();
    auto element = plain ? base::xml::parse(body, bounds) : std::unexpected(plain.error());
    if (!element && plain && frame.command == "ATH") {
        element = base::xml::parse(with_escaped_ampersands(body), bounds);
    }
    if (element && equal_ignoring_case(element->local, root)) return std::move(*element);
    const bool too_much = !element && element.error().code == base::Errc::too_large;
    if (too_much) no(frame, MsnpCode::detail, "There is more in it than may be.");
    else no(frame, MsnpCode::bad_xml, "The body should be <" + std::string(root) + ">.");
    return std::nullopt;
}

std::optional<Element> MsnpLine::contacts_of(const MsnpFrame& frame) {
    base::xml::Bounds bounds = house_.settings.bounds;
    const std::size_t most = house_.settings.contacts_per_packet;
    bounds.elements = std::max(bounds.elements, static_cast<int>(kElementsOfContact * most));
    auto list = body_of(frame, "ml", bounds);
    if (!list || contacts_in(*list) <= most) return list;
    no(frame, MsnpCode::detail, "There are more than " + std::to_string(most) + " contacts in it.");
    return std::nullopt;
}

// -- which packet is whose

MsnpLine::Handler MsnpLine::handler_of(const MsnpFrame& frame) {
    struct Row {
        std::string_view command, path;  // "" = any
        Handler handler;
    };
    static constexpr std::array<Row, 18> kRows = {{
        {"CNT", "", &MsnpLine::connect},
        {"ATH", "", &MsnpLine::authenticate},
        {"BND", "", &MsnpLine::bind},
        {"PNG", "", &MsnpLine::ping},
        {"OUT", "", &MsnpLine::out},
        {"ACK", "", &MsnpLine::acknowledge},
        {"SDG", "", &MsnpLine::say},
        {"PUT", "PRESENCE", &MsnpLine::put_presence},
        {"PUT", "SUBSCRIPTIONS", &MsnpLine::put_subscriptions},
        {"PUT", "CONTACTS", &MsnpLine::put_contacts},
        {"PUT", "THREAD", &MsnpLine::put_thread},
        {"PUT", "", &MsnpLine::take_note},
        {"DEL", "CONTACTS", &MsnpLine::delete_contacts},
        {"DEL", "THREAD", &MsnpLine::delete_from_thread},
        {"DEL", "", &MsnpLine::take_note},
        {"GET", "RECENTCONVERSATIONS", &MsnpLine::get_recent},
        {"GET", "MESSAGESBYCONVERSATION", &MsnpLine::get_messages},
        {"GET", "THREADS", &MsnpLine::get_threads},
    }};
    const auto found = std::ranges::find_if(kRows, [&frame](const Row& row) {
        return row.command == frame.command && (row.path.empty() || row.path == frame.path);
    });
    return found == kRows.end() ? nullptr : found->handler;
}

bool MsnpLine::is_owed(const MsnpFrame& frame) {
    if (frame.command != "ACK" || !bound_) return false;
    const auto plain = read_plain(frame.payload);
    const auto ack = plain ? base::parse_number(plain->envelope.value("Ack-Id")) : std::nullopt;
    if (!ack || *ack <= acknowledged_ || *ack > endpoint_->last_ack()) return false;
    acknowledged_ = *ack;
    return true;
}

// What comes too fast is not done, nor counted against him later: the bucket fills while he is refused.
bool MsnpLine::in_time(const MsnpFrame& frame) {
    if (is_owed(frame)) return true;
    const base::Instant now = house_.clock.now();
    if (rate_.admits(house_.settings.pace, now, 1 + frame.payload.size() / kBytesOfToken)) return true;
    if (now - std::exchange(too_fast_at_, now) >= kSlowAgain) too_fast_ = 0;
    const std::string target = frame.target == "MSGR" ? "MSGR" : "CON";
    if (++too_fast_ > kMostTooFast) {
        out_.send(msnp_error(MsnpCode::too_active, frame.trid, target, "You went on asking too fast."));
        end("");
    } else if (frame.command != "ACK") {  // never answered
        out_.send(msnp_error(MsnpCode::rate, frame.trid, target, "You ask too fast."));
    }
    answered();
    return false;
}

void MsnpLine::handle(const MsnpFrame& frame) {
    if (frame.command == "OUT") return out(frame);
    if (!in_time(frame)) return;
    if (proved_ && house_.gate.stamp(proved_->account) != proved_->stamp) return end("Your password is another.");
    if (bound_) {
        endpoint_->keep_alive();
        house_.wheel.arm(*this, house_.clock.now() + kSilence);
    }
    if (frame.target != "CON" && frame.target != "MSGR") {
        return no({frame.command, frame.trid, "CON", "", ""}, MsnpCode::syntax, "The target is CON or MSGR.");
    }
    const Handler handler = handler_of(frame);
    const bool con = frame.command == "CNT" || frame.command == "ATH" || frame.command == "BND" || frame.command == "PNG";
    if (!handler) return no(frame, MsnpCode::syntax, "There is no such command.");
    if (!con && !bound_) {
        if (frame.command == "ACK") return answered();  // never answered
        return no(frame, MsnpCode::not_enabled, "Feature Set not enabled.");
    }
    (this->*handler)(frame);
}

// -- what is bound

void MsnpLine::ping(const MsnpFrame& frame) {
    if (const auto plain = read_plain(frame.payload); plain && bound_) {
        const auto seen = base::parse_number(plain->envelope.value("Last-Msg-Id"), INT64_MAX);
        if (seen) endpoint_->marks().seen(static_cast<std::int64_t>(*seen), house_.clock.wall().time_since_epoch().count());
        endpoint_->marks().keep();
    }
    const std::string body = "<ping-response><wait>" + std::string(kPingWait) + "</wait></ping-response>";
    out_.send(msnp_packet("PNG", frame.trid, "CON", MsnpWriter().end().body(body).take()));
    answered();
}

void MsnpLine::out(const MsnpFrame&) {
    if (bound_) endpoint_->sign_off();
    end("");
}

void MsnpLine::acknowledge(const MsnpFrame& frame) {
    const auto plain = read_plain(frame.payload);
    const auto ack = plain ? base::parse_number(plain->envelope.value("Ack-Id")) : std::nullopt;
    if (ack) endpoint_->marks().acknowledged(*ack, house_.clock.wall().time_since_epoch().count());
    answered();
}

void MsnpLine::say(const MsnpFrame& frame) {
    const auto routed = read_routed(frame.payload);
    if (!routed) return no(frame, MsnpCode::detail, routed.error().text);
    endpoint_->say(*routed, answering<void>(frame));
}

void MsnpLine::put_presence(const MsnpFrame& frame) {
    const auto routed = read_routed(frame.payload);
    auto user = routed ? base::xml::parse(base::trim(routed->body), house_.settings.bounds) : std::unexpected(routed.error());
    if (!user || user->local != "user") return no(frame, MsnpCode::bad_xml, "The body should be <user>.");
    std::string body = "<presence-response>";
    base::xml::append_element(body, *user, {});
    body += "<from>" + endpoint_->name() + "</from></presence-response>";
    endpoint_->set_presence(*user, answering<void>(frame, std::move(body)));
}

void MsnpLine::put_subscriptions(const MsnpFrame& frame) {
    const auto body = body_of(frame, "subscribe");
    if (!body) return;
    const Element* presence = body->child("presence");
    yes(frame);
    if (presence && presence->child("buddies")) endpoint_->watch_buddies();
}

void MsnpLine::put_contacts(const MsnpFrame& frame) {
    if (const auto body = contacts_of(frame)) endpoint_->put_contacts(*body, answering<void>(frame));
}

void MsnpLine::delete_contacts(const MsnpFrame& frame) {
    if (const auto body = contacts_of(frame)) endpoint_->remove_contacts(*body, answering<void>(frame));
}

void MsnpLine::take_note(const MsnpFrame& frame) { yes(frame); }

void MsnpLine::put_thread(const MsnpFrame& frame) {
    const auto body = body_of(frame, "thread");
    if (!body) return;
    endpoint_->put_thread(*body, [answer = answering<std::string>(frame)](const base::Result<std::string>& name) mutable {
        answer(name ? base::Result<std::string>("<thread><id>" + *name + "</id></thread>") : std::unexpected(name.error()));
    });
}

// A body after DEL would put some clients out of step.
void MsnpLine::delete_from_thread(const MsnpFrame& frame) {
    if (const auto body = body_of(frame, "thread")) endpoint_->remove_from_thread(*body, answering<void>(frame));
}

void MsnpLine::get_threads(const MsnpFrame& frame) {
    if (const auto body = body_of(frame, "threads")) yes(frame, endpoint_->threads(*body));
}

void MsnpLine::get_recent(const MsnpFrame& frame) {
    if (const auto body = body_of(frame, "recentconversations")) endpoint_->recent(*body, answering<std::string>(frame));
}

void MsnpLine::get_messages(const MsnpFrame& frame) {
    const auto body = body_of(frame, "messagesbyconversation");
    if (!body) return;
    endpoint_->history().messages(*body, answering<std::string>(frame));
}

}  // namespace doors
