// tests/doors/zimbra_world.h: the Zimbra door in front of a whole presence service, and clients that talk to it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "doors/zimbra_desk.h"
#include "tests/doors/bsim_world.h"

namespace tests {

/// A program that talks XML, and acknowledges what it has seen unless told otherwise.
struct ZimbraClient {
    std::string token;
    std::string session;        ///< "" = asks for one
    bool with_session = true;
    bool acknowledges = true;
    std::uint64_t seen = 0;
    std::string news;           ///< what the last answer told, one `n` behind the other
    std::string context;        ///< the last one
    int status = 0;
};

class ZimbraWorld : public BsimWorld {
public:
    explicit ZimbraWorld(doors::ZimbraSettings settings = usual()) : zimbra(house(), nullptr, std::move(settings)) {}

    static doors::ZimbraSettings usual() {
        doors::ZimbraSettings s;
        s.sessions.life = std::chrono::seconds(600);
        s.sessions.most_of_user = 5;
        s.bounds.elements = 10000;
        s.version = "1";
        return s;
    }
    static base::Result<presence::Message> compose_talk(const std::string& text, const std::string& talk) {
        return presence::Message{{}, {}, text, {presence::MessageKind::text, "{" + talk + "}", "text/plain", text}};
    }
    static base::Result<presence::Message> compose_typing(const std::string& who, const std::string&) {
        return presence::Message{{}, {}, "Content-Type: text/x-msmsgscontrol\r\nTypingUser: " + who + "\r\n\r\n\r\n",
                                 {presence::MessageKind::control, "", "text/x-msmsgscontrol", ""}};
    }

    static base::Request posted(std::string body) {
        base::Request request;
        request.method = "POST";
        request.target = "/service/soap/";
        request.headers = {{"Host", "im.example.com"}, {"Content-Type", "application/soap+xml; charset=utf-8"}};
        request.body = std::move(body);
        request.peer = *base::IpAddress::parse("10.0.0.7");
        request.connection = base::ConnectionId(7);
        request.id = 5;
        return request;
    }
    static std::string envelope(const std::string& context, const std::string& body) {
        return R"(<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header><context xmlns="urn:zimbra">)" +
               context + "</context></soap:Header><soap:Body>" + body + "</soap:Body></soap:Envelope>";
    }
    /// The answer, or where it will be.
    Pending post(base::Request request) {
        auto answer = std::make_shared<std::optional<base::Response>>();
        zimbra.serve(request, base::Responder([answer](base::Response response) { *answer = std::move(response); },
                                              [answer] { answer->emplace().status = 599; }));
        return answer;
    }
    base::Response answered(base::Request request) {
        const Pending answer = post(std::move(request));
        finish();
        EXPECT_TRUE(answer->has_value()) << "not answered";
        base::Response none;
        none.status = 0;
        return answer->has_value() ? std::move(**answer) : std::move(none);
    }
    /// The answer's body to any text that is posted; read whole.
    std::string said_to(const std::string& body) {
        auto response = answered(posted(body));
        if (response.written) response.written(true);
        return response.body;
    }

    static std::string context_of(const ZimbraClient& c) {
        std::string out;
        if (!c.token.empty()) out += "<authToken>" + c.token + "</authToken>";
        if (c.with_session) out += c.session.empty() ? "<session/>" : "<session id=\"" + c.session + "\"/>";
        if (c.acknowledges && c.seen > 0) out += "<notify seq=\"" + std::to_string(c.seen) + "\"/>";
        return out;
    }
    Pending begin_call(const ZimbraClient& c, const std::string& body) { return post(posted(envelope(context_of(c), body))); }
    /// What a client makes of an answer; returns what the Body holds. `read` false: it was lost on the way.
    std::string take(ZimbraClient& c, base::Response response, bool read = true) {
        c.status = response.status;
        c.context = content(response.body, "context");
        c.news.clear();
        if (!read) {
            if (response.written) response.written(false);
            finish();
            return "";
        }
        if (const std::string id = content(c.context, "session id"); !id.empty()) {}
        if (const std::size_t at = c.context.find("<session id=\""); at != std::string::npos) {
            const std::string id = c.context.substr(at + 13, c.context.find('"', at + 13) - at - 13);
            if (id != c.session) c.seen = 0;
            c.session = id;
        }
        for (std::size_t at = 0; (at = c.context.find("<notify seq=\"", at)) != std::string::npos; ++at) {
            const std::uint64_t seq = std::stoull(c.context.substr(at + 13));
            if (seq <= c.seen) continue;
            c.seen = seq;
            const std::size_t begin = c.context.find("<im>", at) + 4;
            c.news += c.context.substr(begin, c.context.find("</im>", at) - begin);
        }
        if (response.written) response.written(true);
        finish();
        return content(response.body, "soap:Body");
    }
    std::string call(ZimbraClient& c, const std::string& body) {
        return take(c, answered(posted(envelope(context_of(c), body))));
    }
    static std::string im(const std::string& request, const std::string& attributes = "", const std::string& inside = "") {
        return "<IM" + request + "Request xmlns=\"urn:zimbraIM\"" + (attributes.empty() ? "" : " ") + attributes + ">" + inside +
               "</IM" + request + "Request>";
    }
    static std::string no_op(const std::string& attributes = "") { return R"(<NoOpRequest xmlns="urn:zimbraMail" )" + attributes + "/>"; }
    static std::string words(const std::string& to, const std::string& text) {
        return im("SendMessage", "", "<message " + to + "><body><text>" + text + "</text></body></message>");
    }
    /// With a session, and without IM.
    ZimbraClient log_in(const std::string& name) {
        ZimbraClient c;
        const std::string body = call(c, R"(<AuthRequest xmlns="urn:zimbraAccount"><account by="name">)" + name +
                                             "</account><password>pw</password></AuthRequest>");
        c.token = content(body, "authToken");
        EXPECT_FALSE(c.token.empty()) << body;
        return c;
    }
    /// Logged in to IM, and what came of that is read.
    ZimbraClient on_im(const std::string& name) {
        ZimbraClient c = log_in(name);
        call(c, im("GatewayList"));
        call(c, no_op());
        return c;
    }
    std::string poll(ZimbraClient& c) {
        call(c, no_op());
        return c.news;
    }
    using BsimWorld::poll;

    doors::ZimbraHouse house() {
        return {service, boxes, wheel, clock, gate, compose_talk, compose_typing,
                [this](std::function<void()> f) { later.push_back(std::move(f)); }, nullptr, {}, gateways()};
    }
    doors::ZimbraGateways gateways() {
        using State = doors::ZimbraGateway::State;
        return [this](const std::string& key) {
            return std::vector<doors::ZimbraGateway>{{"BSIMService", "bsim", "im.example.com", desk.has(key) ? State::online : State::offline}};
        };
    }

    doors::ZimbraDesk zimbra;
};

/// The code of the fault that a body is; "" of another body.
inline std::string error_code(const std::string& body) { return ZimbraWorld::content(ZimbraWorld::content(body, "Error"), "Code"); }

}  // namespace tests
