// tests/doors/bsim_life.h: three people who come and go at BSIMService in any order, and what must always hold.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 4 to 6
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/doors/slow_bsim_world.h"

namespace tests {

/// Acts are chosen by what `next` gives. A message that was acknowledged is read once by each sign-in that was there,
/// or else waits and is read by a later one; what was read is not told to who comes later.
class BsimLife {
public:
    using Next = std::function<std::uint8_t()>;
    using Must = std::function<void(bool holds, const std::string& what)>;
    BsimLife(Next next, Must must) : next_(std::move(next)), must_(std::move(must)) {}

    void act() {
        const std::uint8_t what = next_();
        switch (what % 20) {
            case 0: return log_in();
            case 1: return sign_in();
            case 2: return log_in(), sign_in();
            case 3:
            case 4: return poll(), settle_one(true);
            case 5: return poll();
            case 6: return settle_one(true);
            case 7: return settle_one(false);
            case 8:
            case 9: return send_by_soap();
            case 10:
            case 11: return send_by_rvp();
            case 12: return change_status();
            case 13: return change_contact();
            case 14: return pass(std::chrono::milliseconds(250 * (1 + next_())));
            case 15: return pass(std::chrono::seconds(next_()));
            case 16: return leave();
            case 17: return change_account();
            case 18: return rvp_life();
            default: return slow_down();
        }
    }

    /// Everybody leaves, comes once more, and reads what there is.
    void end() {
        slow_ = false;
        world_.journal.fail_next(0);
        while (!polls_.empty()) settle_one(true);
        settle_others(presence::Fate::gone);
        settle_calls();
        pass_slowly(700);
        settle_others(presence::Fate::gone);
        must_(world_.desk.sessions() == 0 && world_.boxes.size() == 0, "whoever does not poll leaves nothing behind");
        for (const std::string& name : kNames) {
            world_.gate.stamps[name] = ++stamp_;
            const std::string id = world_.login(name);
            must_(!id.empty(), "whoever has a password may log in");
            sessions_.push_back({id, name, {}});
            const base::Response answer = world_.login_im(id, name);
            must_(answer.status == 200, "and sign in");
            note_sign_in(sessions_.back(), name);
        }
        const std::size_t first = sessions_.size() - kNames.size();
        for (int round = 0; round < 3; ++round) {
            for (std::size_t i = first; i < sessions_.size(); ++i) poll_all(sessions_[i]);
            pass_slowly(31);
        }
        for (const auto& [number, m] : messages_) {
            must_(!m.accepted || m.blocked || m.taken || m.read, "message " + std::to_string(number) + " was acknowledged and is lost");
        }
    }

private:
    static inline const std::array<std::string, 3> kNames = {"ann", "bob", "cy"};
    struct Session {
        std::string id;
        std::string user;
        std::map<std::string, std::uint64_t> signed_in;  // when, by account
    };
    struct Message {
        std::string from, to, text;
        bool accepted = false;
        bool blocked = false;    // the receiver does not want to hear of the sender
        bool taken = false;      // by a log-on of RVP
        bool deep = false;       // its sender waited, so an answer that comes very late counts for nothing
        bool blurred = false;    // an answer to a poll came later than its sender waits
        bool read = false;
        std::uint64_t read_at = 0;
        std::set<std::pair<std::string, std::uint64_t>> readers;  // session, sign-in
    };
    struct Poll {
        base::Response answer;
        std::string session;
        std::map<std::string, std::uint64_t> signed_in;
        base::Instant at;
    };

    const std::string& name() { return kNames.at(next_() % kNames.size()); }
    Session* session() { return sessions_.empty() ? nullptr : &sessions_[next_() % sessions_.size()]; }

    // After each act, unless all is slow.
    void go_on() {
        if (slow_) return;
        world_.finish();
        settle_calls();
    }
    void settle_calls() {
        world_.finish();
        for (auto& [answer, then] : calls_) {
            must_(answer->has_value(), "every call is answered");
            check(**answer);
            then(**answer);
        }
        calls_.clear();
    }
    void check(const base::Response& answer) {
        must_(answer.status == 200 || answer.status == 500, "an answer is no surprise");
        must_(answer.body.empty() || base::xml::parse(answer.body, SlowBsimWorld::wide()).has_value(), "what we answer is well-formed");
    }
    void call(const std::string& method, const std::string& content, std::function<void(const base::Response&)> then = [](const auto&) {}) {
        calls_.emplace_back(world_.begin(method, content), std::move(then));
        go_on();
    }

    // -- who is there

    void log_in() {
        if (sessions_.size() >= 8) return;
        const std::string user = name();
        const std::string id = world_.login(user);
        must_(id.empty() == (world_.gate.stamp(user) == 0), "whoever has a password may log in");
        sessions_.push_back({id, user, {}});
    }
    void note_sign_in(Session& s, const std::string& account) {
        if (!s.signed_in.contains(account)) s.signed_in[account] = ++moment_;
    }
    void sign_in() {
        Session* s = session();
        const std::string account = name();
        if (!s) return;
        note_sign_in(*s, account);
        const std::string password = next_() % 8 == 0 ? "wrong" : "pw";
        call("LoginIM", SlowBsimWorld::session(s->id) + SlowBsimWorld::element("imType", "msn") +
                            SlowBsimWorld::element("account", next_() % 2 == 0 ? account : account + "@example.com") +
                            SlowBsimWorld::element("password", password));
    }
    void leave() {
        Session* s = session();
        if (!s) return;
        const std::string account = name();
        if (next_() % 2 == 0) return call("Logout", SlowBsimWorld::session(s->id));
        s->signed_in.erase(account);
        call("LogoutIM", SlowBsimWorld::session(s->id) + SlowBsimWorld::element("account", account));
    }
    void change_account() {
        const std::string account = name();
        world_.gate.stamps[account] = next_() % 4 == 0 ? 0 : ++stamp_;
        for (Session& s : sessions_) s.signed_in.erase(account);  // a sign-in after this is another
    }
    void change_status() {
        static constexpr std::array kCodes = {"NLN", "BSY", "AWY", "HDN", "LUN", "nonsense"};
        if (Session* s = session()) {
            call("ChangeStatus", SlowBsimWorld::session(s->id) + SlowBsimWorld::element("IMAccount", name()) +
                                     SlowBsimWorld::element("Status", kCodes.at(next_() % kCodes.size())));
        }
    }
    void change_contact() {
        const std::string owner = name(), other = name();
        const std::uint8_t how = next_();
        if (how % 4 == 0) {
            return world_.service.remove_contact(SlowBsimWorld::alias(owner), "/instmsg/aliases/" + other, [](const auto&) {}), go_on();
        }
        presence::ContactPatch patch{"/instmsg/aliases/" + other};
        if ((how & 4U) != 0) patch.nickname = "N" + std::to_string(how);
        if ((how & 8U) != 0) patch.groups = {{"Friends"}};
        if ((how & 16U) != 0) {
            patch.blocked = (how & 32U) != 0;
            if (*patch.blocked) {
                blocks_.emplace(owner, other);
                for (auto& [number, m] : messages_) m.blocked = m.blocked || (m.to == owner && m.from == other);
            }
        }
        Session* s = session();
        if (!s || how % 4 == 1) {
            world_.service.put_contact(SlowBsimWorld::alias(owner), std::move(patch), [](const auto&) {});
            return go_on();
        }
        const std::string who = SlowBsimWorld::session(s->id) + SlowBsimWorld::element("account", owner) + SlowBsimWorld::element("buddyAccount", other);
        if (how % 4 == 2) call("AddBuddy", who);
        else call("DeleteBuddy", who);
    }

    // -- messages

    Message& write(const std::string& from, const std::string& to) {
        std::string text = "m" + std::to_string(messages_.size()) + " ";
        for (int bytes = next_() % 4; bytes > 0; --bytes) text += static_cast<char>(next_());
        Message& m = messages_[messages_.size()];
        m.from = from;
        m.to = to;
        m.text = text;
        m.blocked = blocks_.contains({to, from});
        return m;
    }
    void send_by_soap() {
        Session* s = session();
        const std::string from = name(), to = name();
        if (!s) return;
        Message& m = write(from, to);
        call("SendMessage", SlowBsimWorld::session(s->id) + SlowBsimWorld::element("account", from) + SlowBsimWorld::element("toAccount", to) +
                                SlowBsimWorld::element("message", doors::percent_encode_all(m.text)),
             [&m](const base::Response& answer) { m.accepted = answer.status == 200; });
    }
    void send_by_rvp() {
        const std::string from = name(), to = name();
        Message& m = write(from, to);
        static constexpr std::array kAcks = {presence::AckType::single_hop, presence::AckType::single_hop,
                                             presence::AckType::deep_or, presence::AckType::deep_and};
        const auto ack = kAcks.at(next_() % kAcks.size());
        m.deep = ack != presence::AckType::single_hop;
        const std::string text = doors::form_decode(doors::percent_encode_all(m.text));
        auto message = SlowBsimWorld::compose(text, "");
        world_.service.notify(world_.who(from), {SlowBsimWorld::alias(to), std::move(*message), ack, 1},
                              [&m](const base::Result<presence::Accepted>& how) { m.accepted = how.has_value(); });
        go_on();
    }

    // -- polls

    void poll() {
        Session* s = session();
        if (!s || polls_.size() >= 4) return;
        take(*s, world_.begin("KeepSessionAlive", SlowBsimWorld::session(s->id)));
        go_on();
    }
    void take(const Session& s, const SlowBsimWorld::Pending& answer) {
        must_(answer->has_value(), "a poll does not wait");
        check(**answer);
        polls_.push_back({std::move(**answer), s.id, s.signed_in, world_.clock.now()});
    }
    void settle_one(bool read) {
        if (polls_.empty()) return;
        const std::size_t at = read ? 0 : next_() % polls_.size();
        Poll poll = std::move(polls_[at]);
        polls_.erase(polls_.begin() + static_cast<std::ptrdiff_t>(at));
        settle(std::move(poll), read);
        go_on();
    }
    void settle(Poll poll, bool read) {
        const bool late = world_.clock.now() - poll.at >= std::chrono::seconds(20);
        for (const ToldByPoll& account : SlowBsimWorld::told_by(poll.answer)) {
            for (const ToldByPoll::Text& text : account.texts) note_told(poll, account.account, text, read, late);
        }
        if (!poll.answer.written) return;
        if (read || next_() % 2 == 0) poll.answer.written(read);
    }
    void note_told(const Poll& poll, const std::string& spelled, const ToldByPoll::Text& told, bool read, bool late) {
        const std::string account = spelled.substr(0, spelled.find('@'));
        const auto found = told.text.starts_with('m') ? messages_.find(std::strtoul(told.text.c_str() + 1, nullptr, 10)) : messages_.end();
        must_(found != messages_.end(), "nobody is told what nobody wrote");
        Message& m = found->second;
        must_(told.text == doors::form_decode(doors::percent_encode_all(m.text)), "a text is told as it was written");
        must_(m.to == account && told.from == m.from + "@example.com", "and to whom it was written, as its writer's");
        m.blurred = m.blurred || late;
        if (!read) return;
        const auto at = poll.signed_in.find(account);
        const std::uint64_t since = at == poll.signed_in.end() ? 0 : at->second;
        const bool first = m.readers.emplace(poll.session, since).second;
        const bool fresh = !m.read || since < m.read_at;
        must_(m.blurred || (first && fresh), "message " + told.text.substr(0, told.text.find(' ')) + " was told again once it was read");
        if (!m.read) m.read_at = ++moment_;
        m.read = true;
    }
    void poll_all(const Session& s) {
        for (;;) {
            take(s, world_.begin("KeepSessionAlive", SlowBsimWorld::session(s.id)));
            Poll poll = std::move(polls_.back());
            polls_.pop_back();
            std::size_t texts = 0;
            for (const ToldByPoll& account : SlowBsimWorld::told_by(poll.answer)) texts += account.texts.size();
            settle(std::move(poll), true);
            world_.finish();
            if (texts == 0) return;
        }
    }

    // -- the world around

    void rvp_life() {
        const std::string who = name();
        const std::uint8_t how = next_();
        if (how % 2 == 0) {
            presence::SubscribeRequest request{SlowBsimWorld::alias(who), presence::NotificationType::notify, "http://10.0.0.9:1000", {}};
            request.lifetime = std::chrono::seconds(60);
            world_.service.subscribe(world_.who(who, 9), request, [](const auto&) {});
            return go_on();
        }
        settle_others(static_cast<presence::Fate>(how / 2 % 6));
        go_on();
    }
    void settle_others(presence::Fate fate) {
        for (const FakeCarrier::Sent& s : world_.beyond.take()) {
            const auto* message = std::get_if<presence::Message>(&s.what().payload);
            if (message && fate == presence::Fate::taken) {
                Message& m = messages_.at(std::strtoul(message->facts.text.c_str() + 1, nullptr, 10));
                m.taken = true;
            }
            world_.service.settled(s.delivery.target, s.delivery.subscription, s.delivery.token, fate);
        }
        world_.finish();
    }
    // What is put off is put off for a turn of the loop, not for seconds.
    void pass(std::chrono::milliseconds time) {
        world_.run_later();
        world_.pass(time);
    }
    void slow_down() {
        const std::uint8_t how = next_();
        if (how % 8 == 7) return world_.journal.fail_next(1 + how / 8 % 4);
        if (how % 8 >= 4) return void(world_.journal.complete(1 + how / 8));
        if (how % 8 >= 2) return world_.run_later();
        slow_ = !slow_;
        if (!slow_) settle_calls();
    }
    void pass_slowly(int seconds) {
        for (int i = 0; i < seconds; i += 7) {
            world_.pass(std::chrono::seconds(std::min(7, seconds - i)));
            world_.finish();
        }
    }

    const Next next_;
    const Must must_;
    SlowBsimWorld world_;
    bool slow_ = false;
    std::uint64_t stamp_ = 1;
    std::uint64_t moment_ = 0;
    std::vector<Session> sessions_;
    std::deque<Poll> polls_;
    std::map<std::size_t, Message> messages_;
    std::set<std::pair<std::string, std::string>> blocks_;  // who ever blocked whom
    std::vector<std::pair<SlowBsimWorld::Pending, std::function<void(const base::Response&)>>> calls_;
};

}  // namespace tests
