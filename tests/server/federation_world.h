// tests/server/federation_world.h: a server of im.example.com that knows others, and one who asks it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "server/federation.h"
#include "tests/rvp/desk_world.h"
#include "tests/server/loopback.h"

namespace tests {

/// Knows no name.
struct NoDns : server::Dns {
    void srv(const std::string&, SrvDone done) override { done(base::fail(base::Errc::not_found, "no such name")); }
    void addresses(const std::string&, AddressesDone done) override { done(base::fail(base::Errc::not_found, "no such host")); }
};

/// The other servers live on loopback; the loop has a thread of its own, on which everything is built, asked and ended.
class FederationWorld : public ::testing::Test {
protected:
    struct Others {
        Others(DeskWorld& world, base::Loop& loop, base::Log& log, std::unique_ptr<server::Dns> dns, server::DomainSettings known,
               server::Federation::Settings settings)
            : domains(std::move(dns), world.clock, std::move(known), 1), passages(loop, domains, {}),
              federation(domains, world.realm, world.clock, log, settings, "us"),
              desk(rvp::Verbs{world.service, world.realm, {}, 65536, nullptr, nullptr, nullptr, {nullptr, rvp::Assertion::accepted, &federation}}) {}
        server::OtherDomains domains;
        server::Passages passages;
        server::Federation federation;
        rvp::Desk desk;
    };

    ~FederationWorld() override { end(); }
    /// On the loop: what was made before is ended.
    void make(server::DomainSettings known, server::Federation::Settings settings = {}, std::unique_ptr<server::Dns> dns = std::make_unique<NoDns>()) {
        others_.reset();
        others_ = std::make_unique<Others>(world_, thread_.loop(), log_, std::move(dns), std::move(known), settings);
    }
    void end() {
        thread_.call([this] { others_.reset(); });
    }
    void send(const base::Request& request) {
        thread_.call([&] {
            others_->federation.serve(request, [this](base::Response response) {
                answer_ = std::move(response);
                done_.add(std::to_string(answer_.status));
            }, others_->desk);
        });
    }
    /// The status of the answer.
    std::string ask(const base::Request& request) {
        send(request);
        return done_.take(1).at(0);
    }

    DeskWorld world_;
    base::SystemClock clock_;
    base::Log log_{base::LogLevel::error};
    loopback::Record done_;
    base::Response answer_;
    loopback::LoopThread thread_{clock_};
    std::unique_ptr<Others> others_;
};

}  // namespace tests
