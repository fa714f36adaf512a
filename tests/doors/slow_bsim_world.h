// tests/doors/slow_bsim_world.h: BSIMService in front of a whole presence service, with a store that is slow when told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/xml.h"
#include "doors/bsim_desk.h"
#include "doors/form_text.h"
#include "tests/fake_journal.h"
#include "tests/fakes.h"

namespace tests {

/// Everybody's password is "pw", as long as there is somebody.
class OpenGate final : public doors::Gate {
public:
    std::optional<doors::Proved> prove(const std::string& user, const std::string& password) override {
        const std::string account = user.substr(0, user.find('@'));
        if (stamp(account) == 0 || password != "pw") return std::nullopt;
        return doors::Proved{account, stamp(account)};
    }
    /// Which nonce is shown back is the proof, filled up to its length.
    std::optional<doors::Proved> prove_nonce(const std::string& user, const std::string& nonce, const std::string& proof) override {
        if (stamp(user) == 0 || nonce.empty() || proof != nonce.substr(0, 32)) return std::nullopt;
        return doors::Proved{user, stamp(user)};
    }
    std::uint64_t stamp(const std::string& account) override {
        const auto found = stamps.find(account);
        return found == stamps.end() ? 0 : found->second;
    }
    std::map<std::string, std::uint64_t> stamps{{"alice", 1}, {"ann", 1}, {"bob", 1}, {"carol", 1}, {"cy", 1}};
};

/// What one poll said, account by account.
struct ToldByPoll {
    struct Text {
        std::string from;
        std::string text;
        bool offline = false;
    };
    std::string account;
    std::vector<std::string> events;  ///< names, in order
    std::vector<Text> texts;
};

class SlowBsimWorld {
public:
    explicit SlowBsimWorld(presence::Settings settings = keeping())
        : realm("im.example.com", "example.com", {"127.0.0.1:8080"}),
          wheel(clock.now(), std::chrono::milliseconds(250)),
          boxes(beyond, [this](std::function<void()> f) { later.push_back(std::move(f)); }),
          service(realm, std::move(settings), boxes, journal, wheel, clock),
          desk(service, boxes, wheel, clock, gate, compose, nullptr, extended()) {
        boxes.set_events(service);
    }
    ~SlowBsimWorld() {
        journal.complete_all();
        run_later();
    }

    /// Nothing that was acknowledged is lost.
    static presence::Settings keeping() {
        presence::Settings s = PresenceWorld::defaults();
        s.keep.offline = presence::Offline::store;
        return s;
    }
    static doors::BsimSettings extended() {
        doors::BsimSettings s;
        s.extensions = true;
        s.utc = true;
        return s;
    }
    static base::Result<presence::Message> compose(const std::string& text, const std::string&) {
        return presence::Message{{}, {}, text, {presence::MessageKind::text, "", "text/plain", text}};
    }

    /// The answer, or where it will be once it comes.
    using Pending = std::shared_ptr<std::optional<base::Response>>;
    Pending begin(base::Request request) {
        auto answer = std::make_shared<std::optional<base::Response>>();
        const auto lost = [answer] {  // as the door has it
            answer->emplace();
            (*answer)->status = 500;
        };
        desk.serve(request, base::Responder([answer](base::Response response) { *answer = std::move(response); }, lost));
        return answer;
    }
    /// `content`: the parameters, as XML.
    Pending begin(const std::string& method, const std::string& content) { return begin(request_of(method, content)); }
    /// Of a call that is answered once the store has done what it was asked.
    base::Response ask(const std::string& method, const std::string& content) {
        return answer_to(request_of(method, content));
    }
    /// The same for a whole request; of one that is not answered even then, the status is 0.
    base::Response answer_to(base::Request request) {
        const Pending answer = begin(std::move(request));
        if (!answer->has_value()) finish();
        base::Response none;
        none.status = 0;
        return answer->has_value() ? std::move(**answer) : std::move(none);
    }

    static base::Request request_of(const std::string& method, const std::string& content) {
        base::Request request;
        request.method = "POST";
        request.target = "/imsoap/BSIMService.asmx";
        request.headers = {{"Host", "im.example.com"}, {"Content-Type", "text/xml; charset=utf-8"}};
        request.body = R"(<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><)" + method +
                       R"( xmlns="http://www.imcomponents.com">)" + content + "</" + method + "></soap:Body></soap:Envelope>";
        request.peer = *base::IpAddress::parse("10.0.0.1");
        request.connection = base::ConnectionId(1);
        return request;
    }
    static std::string element(const std::string& name, const std::string& text) {
        std::string out = "<" + name + ">";
        base::xml::append_escaped(out, text);
        return out + "</" + name + ">";
    }
    static std::string session(const std::string& id) { return "<session>" + element("SessionId", id) + "</session>"; }

    /// The id of a new session; "" when there is none.
    std::string login(const std::string& user) {
        const base::Response answer = ask("Login", element("userId", user) + element("password", "pw"));
        const auto document = base::xml::parse(answer.body);
        if (!document || answer.status != 200) return "";
        return document->first_child()->first_child()->first_child()->child("SessionId")->all_text();
    }
    base::Response login_im(const std::string& id, const std::string& account) {
        return ask("LoginIM", session(id) + element("imType", "msn") + element("account", account) + element("password", "pw"));
    }
    base::Response send(const std::string& id, const std::string& from, const std::string& to, const std::string& text) {
        return ask("SendMessage", session(id) + element("imType", "msn") + element("account", from) + element("toAccount", to) +
                                      element("message", doors::percent_encode_all(text)));
    }
    /// A poll; `written` of what is returned is still to be called, or it was not.
    base::Response poll(const std::string& id) { return ask("KeepSessionAlive", session(id)); }
    /// A poll that was read: what it said.
    std::vector<ToldByPoll> read(const std::string& id) {
        base::Response answer = poll(id);
        auto told = told_by(answer);
        if (answer.written) answer.written(true);
        finish();
        return told;
    }
    /// The messages of a poll that was read, as `from: text`, with a * in front of those kept meanwhile.
    std::vector<std::string> texts(const std::string& id) {
        std::vector<std::string> all;
        for (const ToldByPoll& account : read(id)) {
            for (const ToldByPoll::Text& t : account.texts) all.push_back((t.offline ? "*" : "") + t.from + ": " + t.text);
        }
        return all;
    }
    /// What an answer to a poll says; nothing when it is a fault. Throws when it cannot be read.
    static std::vector<ToldByPoll> told_by(const base::Response& answer) {
        std::vector<ToldByPoll> told;
        if (answer.status != 200) return told;
        const auto envelope = base::xml::parse(answer.body, wide());
        const auto inner = base::xml::parse(envelope.value().first_child()->first_child()->first_child()->all_text(), wide());
        for (const auto& im : inner.value().children) {
            ToldByPoll& one = told.emplace_back();
            for (const auto& a : im.attributes) {
                if (a.local == "account") one.account = a.value;
            }
            for (const auto& event : im.children) {
                one.events.push_back(event.local);
                const bool offline = event.local == "OnOfflineMessage";
                if (!offline && event.local != "OnMessage") continue;
                for (const auto& m : event.children) {
                    one.texts.push_back({m.attributes.at(0).value, doors::form_decode(m.all_text()), offline});
                }
            }
        }
        return told;
    }
    static base::xml::Bounds wide() { return {.bytes = 1 << 26, .depth = 128, .elements = 100'000, .attributes = 1 << 16}; }

    /// What was put off until later.
    void run_later() {
        while (!later.empty()) {
            for (auto& f : std::exchange(later, {})) f();
        }
    }
    /// The store does what it was asked, and all that follows from it.
    void finish() {
        do run_later();
        while (journal.complete_all() > 0 || !later.empty());
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        wheel.run(clock.now());
    }
    presence::Caller who(const std::string& name, int host = 1) const {
        presence::Caller caller;
        caller.key = "/instmsg/aliases/" + name;
        caller.url = "http://im.example.com" + caller.key;
        caller.source = *base::IpAddress::parse("10.0.0." + std::to_string(host));
        caller.connection = base::ConnectionId(static_cast<std::uint64_t>(1000 + host));
        return caller;
    }
    static presence::NodeName alias(const std::string& name) { return {"/instmsg/aliases/" + name, "/instmsg/aliases/" + name, 0}; }

    base::FakeClock clock;
    presence::Realm realm;
    base::TimerWheel wheel;
    FakeCarrier beyond;
    std::vector<std::function<void()>> later;
    doors::Mailboxes boxes;
    FakeJournal journal;
    presence::Service service;
    /// What the desk still wants kept when it goes is kept while the service is there to hear of it.
    struct LastCommits {
        FakeJournal& journal;
        ~LastCommits() { journal.complete_all(); }
    };
    LastCommits last_commits{journal};
    OpenGate gate;
    doors::BsimDesk desk;
};

}  // namespace tests
