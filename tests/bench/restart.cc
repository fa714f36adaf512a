// tests/bench/restart.cc: how long the daemon takes from its start to its first line of "listening", with much to read.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7, 11 (restart with 1 M subscriptions)
//
// usage: restart [--rvpd FILE] [--subscriptions N] [--rounds N] --folder FOLDER
// Writes a store as the daemon does (the service on its journal), a tenth of it log-ons, then starts the real daemon on
// it: after a stop and after kill -9 by turns. The time is that of the machine's clock, so what else runs counts.
#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/loop.h"
#include "presence/service.h"
#include "store/journal.h"
#include "tests/bench/child.h"
#include "tests/bench/report.h"
#include "tests/bench/requests.h"

namespace {

using namespace bench;

constexpr std::int64_t kEach = 10;         // subscriptions of one principal, its log-on included
constexpr std::int64_t kUnderWay = 5'000;  // well below what the journal lets wait

/// For tables alone: nothing is sent.
class SilentCarrier final : public presence::Carrier {
public:
    base::Result<presence::TargetId> open(std::string_view, const presence::Contact&, const base::IpAddress&) override {
        return presence::TargetId(next_++);
    }
    void close(presence::TargetId) override {}
    std::shared_ptr<presence::Prepared> prepare(const presence::Notification&) override { return nullptr; }
    void push(presence::Delivery) override {}
    void forget(presence::TargetId, presence::SubscriptionId) override {}
    void cancel(presence::TargetId, presence::DeliveryToken) override {}

private:
    std::uint32_t next_ = 0;
};

presence::Settings settings() {
    presence::Settings s;
    s.auto_create = {"/instmsg/aliases/"};
    return s;
}

class Scribe {
public:
    explicit Scribe(const std::string& path) : journal_(loop_, log_, path) {
        if (auto opened = journal_.open(); !opened) stop(opened.error().text);
    }
    ~Scribe() { journal_.close(); }

    void write(std::int64_t subscriptions) {
        const std::int64_t people = std::max<std::int64_t>(1, subscriptions / kEach);
        for (std::int64_t n = 0; n < subscriptions; ++n) {
            const std::int64_t who = n % people;
            const std::int64_t whom = (who + n / people * 37) % people;
            subscribe(who, whom, n < people);
            while (asked_ - answered_ > kUnderWay) loop_.io().run_one();
        }
        while (answered_ < asked_) loop_.io().run_one();
        if (failed_ > 0) stop(std::to_string(failed_) + " subscriptions were refused");
    }

private:
    void subscribe(std::int64_t who, std::int64_t whom, bool log_on) {
        presence::Caller caller;
        caller.key = path(who);
        caller.url = principal_url(name(who));
        caller.source = *base::IpAddress::parse("127.0.0.1");
        caller.connection = base::ConnectionId(1);
        const auto type = log_on ? presence::NotificationType::notify : presence::NotificationType::propchange;
        const std::string at = log_on ? "http://127.0.0.1:" + std::to_string(1024 + who % 30'000) : caller.url;
        ++asked_;
        service_.subscribe(caller, {{path(whom), path(whom), 0}, type, at, std::chrono::seconds(86'400)},
                           [this](const auto& made) {
                               ++answered_;
                               failed_ += made ? 0 : 1;
                           });
    }
    static std::string name(std::int64_t who) { return "p" + std::to_string(who); }
    static std::string path(std::int64_t who) { return "/instmsg/aliases/" + name(who); }

    std::int64_t asked_ = 0, answered_ = 0, failed_ = 0;
    base::SystemClock clock_;
    base::Log log_{base::LogLevel::error};
    base::Loop loop_{clock_, std::chrono::milliseconds(250)};
    presence::Realm realm_{kDomain, "bench.test", {}};
    SilentCarrier carrier_;
    store::Journal journal_;
    presence::Service service_{realm_, settings(), carrier_, journal_, loop_.wheel(), clock_};
};

double seconds_to_ready(const std::string& rvpd, const std::string& folder, bool kill) {
    const std::int64_t start = now_ns();
    Child daemon({rvpd, "--config", folder + "/restart.conf"}, folder + "/restart.log");
    daemon.read_answer("listening rvp", std::chrono::seconds(120));
    const double seconds = static_cast<double>(now_ns() - start) / 1e9;
    if (!kill && daemon.finish(SIGTERM) != 0) stop("rvpd did not stop cleanly");
    return seconds;
}

int measure(const Options& options) {
    const std::string folder = options.text("folder", ".");
    const std::int64_t subscriptions = options.number("subscriptions", 1'000'000);
    const std::string store = folder + "/restart.db";
    Scribe(store).write(subscriptions);
    std::ofstream(folder + "/restart.conf")
        << "domain = \"" << kDomain << "\"\n[listen]\nhttp = [\"127.0.0.1:0\"]\nadmin = \"\"\ncontrol = \"\"\n"
        << "[store]\npath = \"" << store << "\"\n";
    std::vector<double> taken;
    for (std::int64_t round = 0; round < options.number("rounds", 5); ++round) {
        taken.push_back(seconds_to_ready(options.text("rvpd", "build/rvpd"), folder, round % 2 == 0));
    }
    const Spread s = spread(taken);
    const std::string what = "restart with " + std::to_string(subscriptions) + " subscriptions: ready after";
    std::printf("%-58s | %10.2f %-6s | <= 3.00  %s (%.2f .. %.2f)\n", what.c_str(), s.median, "s",
                s.median <= 3 ? "ok" : "MISSED", s.least, s.most);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return guarded("restart", [&] {
        return measure(Options(argc, argv, {"rvpd", "folder", "subscriptions", "rounds"}));
    });
}
