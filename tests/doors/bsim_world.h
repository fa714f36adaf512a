// tests/doors/bsim_world.h: BSIMService in front of a store that does at once what it is asked; answers are read as text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/doors/slow_bsim_world.h"

namespace tests {

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class BsimWorld : public SlowBsimWorld {
public:
    using SlowBsimWorld::SlowBsimWorld;

    /// What stands between the tags of the first element of that name; "" without one.
    static std::string content(const std::string& xml, const std::string& name) {
        const std::size_t tag = xml.find("<" + name);
        if (tag == std::string::npos) return "";
        const std::size_t begin = xml.find('>', tag) + 1;
        const std::size_t end = xml.find("</" + name + ">", begin);
        return end == std::string::npos ? "" : xml.substr(begin, end - begin);
    }
    static std::string account(const std::string& name) {
        return element("imType", "msn") + element("account", name + "@example.com");
    }
    base::Response call(const std::string& id, const std::string& method, const std::string& inside = "") {
        base::Request request = request_of(method, session(id) + inside);
        request.target += "?inline";
        base::Response response = answer_to(std::move(request));
        EXPECT_NE(response.status, 0) << method << " is not answered";
        finish();  // some are answered before all is done
        return response;
    }
    /// Logs in and signs in `name`. Returns the session's id.
    std::string sign_in(const std::string& name) {
        const std::string id = login(name);
        EXPECT_EQ(call(id, "LoginIM", account(name) + element("password", "pw")).status, 200);
        return id;
    }
    /// The events of the only account, as the client reads them; `read` false: it has gone before it could.
    std::string poll(const std::string& id, bool read = true) {
        auto response = call(id, "KeepSessionAlive");
        if (response.written) response.written(read);
        finish();
        return response.status == 200 ? content(response.body, "IM") : "fault " + content(response.body, "faultstring");
    }
    void say(const std::string& id, const std::string& from, const std::string& to, const std::string& text) {
        const std::string inside = account(from) + element("toAccount", to) + element("message", text);
        EXPECT_EQ(call(id, "SendMessage", inside).status, 200);
    }
    void pass(std::chrono::milliseconds time) {
        SlowBsimWorld::pass(time);
        finish();
    }
    /// As an RVP client does.
    void set_state(const std::string& name, const std::string& state) {
        service.patch(who(name), {alias(name), {presence::StatePatch{presence::Status(state), {}, std::chrono::seconds(3600), {}, {}}}},
                      [](const auto& granted) { EXPECT_TRUE(granted); });
        finish();
    }
    void put_contact(const std::string& owner, presence::ContactPatch contact) {
        service.put_contact(alias(owner), std::move(contact), [](const auto& put) { EXPECT_TRUE(put); });
        finish();
    }
    std::string state_of(const std::string& name) {
        const presence::Node* found = service.nodes().find("/instmsg/aliases/" + name);
        return found ? found->told.name() : "";
    }
};

}  // namespace tests
