// tests/doors/bsim_world.h: BSIMService on a fake clock and a carrier that sends nothing, and short ways to call it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doors/bsim_desk.h"
#include "presence/memory_journal.h"
#include "tests/fakes.h"

namespace tests {

/// Everybody's password is his name.
class FakeGate final : public doors::Gate {
public:
    std::optional<doors::Proved> prove(const std::string& user, const std::string& password) override {
        const std::string name = user.substr(0, user.find('@'));
        if (stamps[name] == 0 || password != name) return std::nullopt;
        return doors::Proved{name, stamps[name]};
    }
    std::uint64_t stamp(const std::string& account) override { return stamps[account]; }
    std::map<std::string, std::uint64_t> stamps{{"alice", 1}, {"bob", 2}, {"carol", 3}};
};

class BsimWorld {
public:
    explicit BsimWorld(presence::Settings settings = keeping(), doors::BsimSettings bsim = extended())
        : realm("im.example.com", "example.com", {}), wheel(clock.now(), std::chrono::milliseconds(250)),
          boxes(beyond, [this](std::function<void()> f) { later.push_back(std::move(f)); }),
          service(realm, std::move(settings), boxes, journal, wheel, clock) {
        boxes.set_events(service);
        desk = std::make_unique<doors::BsimDesk>(service, boxes, wheel, clock, gate, compose, nullptr, bsim);
    }
    static presence::Settings keeping() {
        presence::Settings s;
        s.auto_create = {"/instmsg/aliases/"};
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
        return presence::Message{{}, {}, "Content-Type: text/plain\r\n\r\n" + text, {presence::MessageKind::text, "", "text/plain", text}};
    }

    /// The whole answer; `written` is told by whoever wants to.
    base::Response post(const std::string& method, const std::string& inside, const std::string& target = "/imsoap/BSIMService.asmx") {
        base::Request request;
        request.method = "POST";
        request.target = target;
        request.peer = *base::IpAddress::parse("10.0.0.9");
        request.body = R"(<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><)" + method + ">" + inside +
                       "</" + method + "></e:Body></e:Envelope>";
        std::optional<base::Response> out;
        desk->serve(request, base::Responder([&out](base::Response r) { out = std::move(r); },
                                             [] { ADD_FAILURE() << "a call was not answered"; }));
        run_later();
        if (!out) throw std::runtime_error(method + " is not answered yet");
        return std::move(*out);
    }
    /// What stands between the tags of the first element of that name; "" without one.
    static std::string content(const std::string& xml, const std::string& name) {
        const std::size_t tag = xml.find("<" + name);
        if (tag == std::string::npos) return "";
        const std::size_t begin = xml.find('>', tag) + 1;
        const std::size_t end = xml.find("</" + name + ">", begin);
        return end == std::string::npos ? "" : xml.substr(begin, end - begin);
    }
    /// Logs in and signs in `name`, and reads what that brings. Returns the session's id.
    std::string sign_in(const std::string& name) {
        const std::string id = log_in(name);
        EXPECT_EQ(call(id, "LoginIM", account(name) + "<password>" + name + "</password>").status, 200);
        return id;
    }
    std::string log_in(const std::string& name) {
        return content(post("Login", "<userId>" + name + "</userId><password>" + name + "</password>").body, "SessionId");
    }
    static std::string account(const std::string& name) {
        return "<imType>msn</imType><account>" + name + "@example.com</account>";
    }
    base::Response call(const std::string& id, const std::string& method, const std::string& inside = "") {
        auto response = post(method, "<session><SessionId>" + id + "</SessionId></session>" + inside, "/imsoap/BSIMService.asmx?inline");
        return response;
    }
    /// The events of the only account, as the client reads them; `read` false: it has gone before it could.
    std::string poll(const std::string& id, bool read = true) {
        auto response = call(id, "KeepSessionAlive");
        if (response.written) response.written(read);
        run_later();
        return response.status == 200 ? content(response.body, "IM") : "fault " + content(response.body, "faultstring");
    }
    void say(const std::string& id, const std::string& from, const std::string& to, const std::string& text) {
        EXPECT_EQ(call(id, "SendMessage", account(from) + "<toAccount>" + to + "</toAccount><message>" + text + "</message>").status, 200);
    }
    void run_later() {
        while (!later.empty()) {
            for (auto& f : std::exchange(later, {})) f();
        }
    }
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        wheel.run(clock.now());
        run_later();
    }
    presence::Caller who(const std::string& name) {
        presence::Caller caller;
        caller.key = "/instmsg/aliases/" + name;
        caller.url = "http://im.example.com/instmsg/aliases/" + name;
        caller.source = *base::IpAddress::parse("10.0.0.1");
        caller.connection = base::ConnectionId(++connections);
        return caller;
    }
    static presence::NodeName node(const std::string& name) {
        return {"/instmsg/aliases/" + name, "/instmsg/aliases/" + name, 0};
    }
    /// As an RVP client does.
    void set_state(const std::string& name, const std::string& state) {
        service.patch(who(name), {node(name), {presence::StatePatch{presence::Status(state), {}, std::chrono::seconds(3600), {}, {}}}},
                      [](const auto& granted) { EXPECT_TRUE(granted); });
        run_later();
    }
    void put_contact(const std::string& owner, presence::ContactPatch contact) {
        service.put_contact(node(owner), std::move(contact), [](const auto& put) { EXPECT_TRUE(put); });
        run_later();
    }
    std::string state_of(const std::string& name) {
        const presence::Node* found = service.nodes().find("/instmsg/aliases/" + name);
        return found ? found->told.name() : "";
    }

    base::FakeClock clock;
    presence::Realm realm;
    base::TimerWheel wheel;
    FakeCarrier beyond;
    std::vector<std::function<void()>> later;
    doors::Mailboxes boxes;
    presence::MemoryJournal journal;
    FakeGate gate;
    presence::Service service;
    std::unique_ptr<doors::BsimDesk> desk;
    std::uint64_t connections = 0;
};

}  // namespace tests
