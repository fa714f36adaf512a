// tests/doors/msnp_world.h: the MSNP24 door in front of a whole presence service, and clients whose bytes are seen.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "doors/msnp_desk.h"
#include "tests/doors/bsim_world.h"

namespace tests {

/// One connection; the test says how much of what it was sent is still on its way.
class MsnpClient final : public doors::MsnpOut {
public:
    void send(std::string packets) override { sent_ += packets; }
    void close() override { closed = true; }
    [[nodiscard]] std::size_t unsent() const override { return behind; }
    void read_on() override {}

    /// What came since the last call, as `SDG 0 MSGR`.
    std::vector<std::string> heads() {
        std::vector<std::string> all;
        for (const doors::MsnpFrame& frame : take()) {
            const std::string path = frame.path.empty() ? "" : "\\" + frame.path;
            all.push_back(frame.command + " " + std::to_string(frame.trid) + " " + frame.target + path);
        }
        return all;
    }
    std::vector<doors::MsnpFrame> take() {
        doors::MsnpReader reader({.line_bytes = 1024, .payload_bytes = 1 << 24});
        reader.feed(std::exchange(sent_, ""));
        std::vector<doors::MsnpFrame> all;
        for (auto frame = reader.next(); frame && *frame; frame = reader.next()) all.push_back(std::move(**frame));
        return all;
    }

    std::size_t behind = 0;
    bool closed = false;

private:
    std::string sent_;

public:
    std::unique_ptr<doors::MsnpLine> line;  // goes first
};

/// Nobody was given one, unless the test says which alice has.
class FewTickets final : public doors::TicketGate {
public:
    std::optional<doors::Proved> prove_ticket(const std::string& ticket) override {
        return !good.empty() && ticket == good ? std::optional(doors::Proved{"alice", 1}) : std::nullopt;
    }
    std::string good;
};

class MsnpWorld : public BsimWorld {
public:
    MsnpWorld() : msnp(house()) {}

    static base::Result<presence::Message> compose_part(const std::string& headers, const std::string& body, const std::string& talk) {
        return presence::Message{{}, {}, "MIME-Version: 1.0\r\n" + headers + "\r\n" + body,
                                 {presence::MessageKind::text, "{" + talk + "}", "text/plain", body}};
    }
    static base::Result<presence::Message> compose_typing(const std::string& who, const std::string&, const std::string& headers) {
        return presence::Message{{}, {}, "Content-Type: text/x-msmsgscontrol\r\nTypingUser: " + who + "\r\n" + headers + "\r\n\r\n",
                                 {presence::MessageKind::control, "", "text/x-msmsgscontrol", ""}};
    }

    void open(MsnpClient& client, const char* address = "10.0.0.1") {
        client.line = msnp.open(client, {*base::IpAddress::parse(address), true, base::ConnectionId(++connections_)});
    }
    /// A packet; nothing is waited for.
    void begin(MsnpClient& client, const std::string& command, unsigned trid, const std::string& target, const std::string& payload) {
        client.line->received(doors::msnp_packet(command, trid, target, payload));
    }
    /// The same, and all that follows from it.
    void say(MsnpClient& client, const std::string& command, unsigned trid, const std::string& target, const std::string& payload) {
        begin(client, command, trid, target, payload);
        finish();
    }
    void prove(MsnpClient& client, const std::string& name, const std::string& password) {
        say(client, "CNT", 1, "CON", "\r\n<connect><ver>2</ver></connect>");
        const std::string uic = base::base64_encode(name + '\0' + password);
        say(client, "ATH", 2, "CON\\USER", "\r\n<user><uic>" + uic + "</uic><id>" + name + "</id></user>");
    }
    /// Bound and online; what was answered is read.
    void sign_on(MsnpClient& client, const std::string& name, const std::string& endpoint = "") {
        open(client);
        prove(client, name, "pw");
        say(client, "BND", 3, "CON\\MSGR", "\r\n<msgr><ver>2</ver><epid>" + endpoint + "</epid></msgr>");
        say(client, "PUT", 4, "MSGR\\PRESENCE", published("<s n=\"IM\"><Status>NLN</Status></s>"));
        EXPECT_EQ(client.heads(), (std::vector<std::string>{"CNT 1 CON", "ATH 2 CON", "BND 3 CON", "PUT 4 MSGR"}));
    }
    static std::string published(const std::string& services) {
        return "Routing: 1.0\r\n\r\nReliability: 1.0\r\n\r\nPublication: 1.0\r\n\r\n<user>" + services + "</user>";
    }
    static std::string words(const std::string& to, const std::string& text) {
        return "Routing: 1.0\r\nTo: 8:" + to + "\r\n\r\nReliability: 1.0\r\n\r\nMessaging: 2.0\r\nMessage-Type: Text\r\n\r\n" + text;
    }
    /// A note, to a person or a thread.
    static std::string note(const std::string& to, const std::string& type, const std::string& body = "") {
        return "Routing: 1.0\r\nTo: " + to + "\r\n\r\nReliability: 1.0\r\n\r\nMessaging: 2.0\r\nMessage-Type: " + type + "\r\n\r\n" + body;
    }
    /// `TYPE from TO: body` of each SDG that came.
    static std::vector<std::string> notes(MsnpClient& client) {
        std::vector<std::string> all;
        for (const doors::MsnpFrame& frame : client.take()) {
            if (frame.command != "SDG" || frame.trid != 0) continue;
            const auto routed = *doors::read_routed(frame.payload);
            all.push_back(std::string(routed.about.value("Message-Type")) + " " + std::string(routed.routing.value("From")) + " to " +
                          std::string(routed.routing.value("To")) + ": " + std::string(routed.body));
        }
        return all;
    }
    /// A contact list that has but this one in it.
    static std::string listed(const std::string& name, int lists) {
        return "\r\n<ml><skp><c n=\"" + name + "\" t=\"8\"><s l=\"" + std::to_string(lists) + "\" n=\"IM\"/></c></skp></ml>";
    }
    /// Has it in his list, and is told of it.
    void watch(MsnpClient& client, const std::string& name) {
        say(client, "PUT", 90, "MSGR\\CONTACTS", listed(name, 1));
        say(client, "PUT", 91, "MSGR\\SUBSCRIPTIONS", "\r\n<subscribe><presence><buddies><all/></buddies></presence></subscribe>");
    }
    /// What somebody wrote beside his state.
    std::string text_of(const std::string& name) {
        const presence::Node* node = service.nodes().find("/instmsg/aliases/" + name);
        const auto value = node ? node->property(presence::prop_status_text(), "") : std::nullopt;
        const auto* text = value ? std::get_if<presence::Text>(&*value) : nullptr;
        return text ? text->text : "";
    }
    /// The account's contact; none when it is not in its list.
    std::optional<presence::ListedContact> contact(const std::string& owner, const std::string& name) {
        const auto* all = service.contacts("/instmsg/aliases/" + owner);
        return all ? all->find("/instmsg/aliases/" + name) : std::nullopt;
    }

    FewTickets tickets;
    doors::MsnpDesk msnp;

private:
    doors::MsnpHouse house() {
        return {service, boxes, wheel, clock, gate, tickets, journal, nullptr, compose_part, compose_typing,
                [this](std::function<void()> f) { later.push_back(std::move(f)); }, nullptr, {}};
    }

    std::uint64_t connections_ = 100;
};

}  // namespace tests
