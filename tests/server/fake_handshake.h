// tests/server/fake_handshake.h: handshakes that believe everything: hello -> who? -> a name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "server/handshake.h"

namespace tests {

class FakeHandshakes final : public server::HandshakeScheme {
public:
    /// `farewell` is the token at the end.
    explicit FakeHandshakes(std::string name, std::string farewell = "") : name_(std::move(name)), farewell_(std::move(farewell)) {}
    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] std::unique_ptr<server::Handshake> begin() override { return std::make_unique<Talk>(farewell_); }
    /// Of all of them.
    [[nodiscard]] static int alive() { return count(); }

private:
    static int& count() {
        static int n = 0;
        return n;
    }
    class Talk final : public server::Handshake {
    public:
        explicit Talk(const std::string& farewell) : farewell_(farewell) { ++count(); }
        ~Talk() override { --count(); }
        Step step(std::string_view token) override {
            Step step;
            if (token == "hello") {
                greeted_ = true;
                step.token = "who?";
            } else if (greeted_ && token != "mallory") {
                step.account = std::string(token);
                step.token = farewell_;
            } else {
                step.refusal = base::Error{token == "broken" ? base::Errc::malformed : base::Errc::unproven, "no"};
            }
            return step;
        }

    private:
        const std::string& farewell_;
        bool greeted_ = false;
    };
    const std::string name_;
    const std::string farewell_;
};

}  // namespace tests
