// tests/bench/way_out.h: one change told to many endpoints, by the daemon and by the bare sender.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 11; RVP 5.5.1, 5.6
#pragma once

#include "tests/bench/dialogue.h"
#include "tests/bench/report.h"
#include "tests/bench/servers.h"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

/// All endpoints of one pair, over as many sinks as descriptors demand: each end may hold a
/// listener and two connections per endpoint.
class Sinks {
public:
    Sinks(const Setting& setting, std::int64_t count, const std::string& mode) {
        const std::int64_t most = std::max<std::int64_t>(1, (setting.descriptors - 100) / 3);
        const std::int64_t pieces = (count + most - 1) / most;
        for (std::int64_t first = 0, piece = 1; first < count; ++piece) {
            const std::int64_t next = count * piece / pieces;
            children_.push_back(std::make_unique<Child>(
                std::vector{setting.program("sink"), std::string("--first"), std::to_string(first),
                            std::string("--count"), std::to_string(next - first),
                            std::string("--mode"), mode}));
            endpoints_.push_back(
                children_.back()->read_answer("listening", std::chrono::seconds(20)));
            first = next;
        }
    }
    /// One endpoint with `watchers` behind it.
    Sinks(const Setting& setting, std::int64_t watchers) {
        children_.push_back(std::make_unique<Child>(std::vector{
            setting.program("sink"), std::string("--behind"), std::to_string(watchers)}));
        endpoints_.push_back(children_.back()->read_answer("listening", std::chrono::seconds(20)));
    }
    /// `--endpoints …` for each sink.
    [[nodiscard]] std::vector<std::string> options() const {
        std::vector<std::string> all;
        for (const std::string& text : endpoints_) {
            all.push_back("--endpoints");
            all.push_back(text);
        }
        return all;
    }
    /// Every endpoint is to be told once, and with `text`.
    void expect(const std::string& text) { order("expect " + text); }
    /// Every endpoint is to end with `text`.
    void await(const std::string& text) { order("await " + text); }
    void order(const std::string& line) {
        for (const auto& child : children_) {
            child->write_line(line);
            if (child->read_line() != "ready") stop("the sink is not ready");
        }
    }
    /// Waits until every endpoint was told; returns the clock of the last one.
    std::int64_t wait_for_all() {
        std::int64_t last = 0;
        for (const auto& child : children_) {
            std::istringstream line(answer_of(*child));
            std::int64_t at = 0;
            std::int64_t twice = 0;
            std::int64_t wrong = 0;
            line >> at >> twice >> wrong >> bytes_ >> p99_;
            if (!line || twice != 0 || wrong != 0) {
                stop(std::to_string(twice) + " NOTIFYs came twice, " + std::to_string(wrong) +
                     " were wrong");
            }
            last = std::max(last, at);
        }
        return last;
    }
    void check_no_strays() {
        for (const auto& child : children_) {
            child->write_line("count");
            const std::string counts = child->read_answer("count");
            if (!counts.ends_with(" 0"))
                stop("NOTIFYs came that were not due: told, stray = " + counts);
        }
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    /// The clock when 99 of 100 had been told; of one sink.
    [[nodiscard]] std::int64_t p99() const { return p99_; }

private:
    static std::string answer_of(Child& child) {
        try {
            return child.read_answer("done", std::chrono::seconds(20));
        } catch (const std::exception&) {
            child.write_line("count");
            stop("not every endpoint was told within 20 s: told, stray = " +
                 child.read_answer("count"));
        }
    }

    std::vector<std::unique_ptr<Child>> children_;
    std::vector<std::string> endpoints_;
    std::size_t bytes_ = 0;
    std::int64_t p99_ = 0;
};

/// Whoever can tell one change to all endpoints.
class Teller {
public:
    virtual ~Teller() = default;
    /// Text that each NOTIFY of the next change will hold.
    virtual std::string next_text() = 0;
    virtual void tell() = 0;
    /// Waits for its own end of the change.
    virtual void told() = 0;
    [[nodiscard]] virtual const Child& child() const = 0;
};

class BareTeller final : public Teller {
public:
    BareTeller(const Setting& setting, const Sinks& sinks, const std::string& mode,
               const std::vector<std::string>& more = {})
        : child_(argv(setting, sinks, mode, more)) {
        child_.read_answer("connected", std::chrono::seconds(20));
    }
    std::string next_text() override { return "<r:online"; }
    void tell() override { child_.write_line("go"); }
    void told() override { child_.read_answer("done", std::chrono::seconds(20)); }
    [[nodiscard]] const Child& child() const override { return child_; }

private:
    static std::vector<std::string> argv(const Setting& setting, const Sinks& sinks,
                                         const std::string& mode,
                                         const std::vector<std::string>& more) {
        std::vector<std::string> all{setting.program("ref_notify"), "--mode", mode};
        all.insert(all.end(), more.begin(), more.end());
        const std::vector<std::string> endpoints = sinks.options();
        all.insert(all.end(), endpoints.begin(), endpoints.end());
        return all;
    }
    Child child_;
};

/// The daemon, told by a PROPPATCH of star's state; each endpoint is a watcher who has logged in
/// from there.
class DaemonTeller final : public Teller {
public:
    DaemonTeller(const Setting& setting, const Sinks& sinks,
                 const std::vector<std::string>& more = {})
        : setting_(setting), server_(start_daemon(setting)) {
        for (const std::string kind : {"watch-login", "watch"}) {
            std::vector<std::string> options = sinks.options();
            options.insert(options.end(), {"--kind", kind});
            options.insert(options.end(), more.begin(), more.end());
            load(setting, server_, options);
        }
        star_ = std::make_unique<Dialogue>(server_.port);
    }
    std::string next_text() override {
        state_ = state_ == "busy" ? "online" : "busy";
        return "<r:" + state_;
    }
    void tell() override { change(state_); }
    void change(const std::string& state) { star_->send(state_request("star", state)); }
    void told() override {
        const std::string answer = star_->receive();
        if (!answer.starts_with("HTTP/1.1 207 "))
            stop("PROPPATCH was answered: " + answer.substr(0, 400));
    }
    [[nodiscard]] const Child& child() const override { return *server_.child; }
    [[nodiscard]] std::uint16_t port() const { return server_.port; }
    void end() { end_daemon(setting_, server_); }

private:
    const Setting& setting_;
    Server server_;
    std::unique_ptr<Dialogue> star_;
    std::string state_;
};

inline Measured tell_all(Teller& teller, Sinks& sinks, std::int64_t endpoints,
                         std::int64_t changes) {
    std::int64_t wall = 0;
    const std::int64_t before = teller.child().settled_cpu_ns();
    for (std::int64_t i = 0; i < changes; ++i) {
        sinks.expect(teller.next_text());
        const std::int64_t start = now_ns();
        teller.tell();
        wall += sinks.wait_for_all() - start;
        teller.told();
    }
    const auto acts = static_cast<double>(endpoints * changes);
    const auto cpu = static_cast<double>(teller.child().settled_cpu_ns() - before);
    return {acts / static_cast<double>(wall) * 1e9, cpu / acts / 1e3};
}

struct WayOut {
    std::string mode;
    std::int64_t endpoints = 0;
    std::int64_t changes = 0;  // per round
    Row rate;
    Row cpu;
    std::int64_t behind = 0;  // this many watchers behind one endpoint
};

inline void measure_way_out(const Setting& setting, Report& report, WayOut way) {
    if (setting.descriptors < way.endpoints + 200) {
        report.note("skipped " + way.rate.what + ": only " + std::to_string(setting.descriptors) +
                    " descriptors are allowed (ulimit -Hn)");
        return;
    }
    std::vector<std::string> more;
    if (way.behind > 0) more = {"--behind", std::to_string(way.behind)};
    Sinks sinks =
        way.behind > 0 ? Sinks(setting, way.behind) : Sinks(setting, way.endpoints, way.mode);
    std::unique_ptr<Teller> ours;
    if (setting.self) {
        ours = std::make_unique<BareTeller>(setting, sinks, way.mode, more);
    } else {
        ours = std::make_unique<DaemonTeller>(setting, sinks, more);
    }
    BareTeller bare(setting, sinks, way.mode, more);
    const std::int64_t told = way.behind > 0 ? way.behind : way.endpoints;
    std::size_t bytes = 0;
    for (std::int64_t round = -1; round < setting.rounds;
         ++round) {  // round -1 connects and warms up
        const Measured a = tell_all(*ours, sinks, told, way.changes);
        bytes = sinks.bytes();
        const Measured b = tell_all(bare, sinks, told, way.changes);
        if (round < 0) continue;
        way.rate.daemon.push_back(a.rate / 1e3);
        way.rate.reference.push_back(b.rate / 1e3);
        way.cpu.daemon.push_back(a.cpu_us);
        way.cpu.reference.push_back(b.cpu_us);
    }
    sinks.check_no_strays();
    if (auto* daemon = dynamic_cast<DaemonTeller*>(ours.get())) daemon->end();
    report.add(std::move(way.cpu));
    report.add(std::move(way.rate));
    if (way.mode == "keep" && way.endpoints == 1000) {
        report.note("A NOTIFY of the daemon has " + std::to_string(bytes) +
                    " bytes, of the reference " + std::to_string(sinks.bytes()) + ".");
    }
}

inline WayOut keep_alive(std::int64_t endpoints) {
    const std::string title = "1 change to " + std::to_string(endpoints) + " endpoints";
    WayOut way{"keep", endpoints, std::max<std::int64_t>(10, 100'000 / endpoints), {}, {}, 0};
    way.rate = {title + ", NOTIFY",
                "k/s",
                endpoints >= 1000 ? Sense::at_least : Sense::no_target,
                0.80,
                {},
                {}};
    way.cpu = {title + ", CPU per NOTIFY",
               "us",
               endpoints == 1000 ? Sense::at_most : Sense::no_target,
               1.25,
               {},
               {}};
    return way;
}

inline WayOut new_connections(std::int64_t endpoints) {
    const std::string title = std::to_string(endpoints) + " endpoints that close";
    WayOut way{"close", endpoints, 15, {}, {}, 0};
    way.rate = {title + ", NOTIFY", "k/s", Sense::at_least, 0.90, {}, {}};
    way.cpu = {title + ", CPU per NOTIFY", "us", Sense::no_target, 0, {}, {}};
    return way;
}

/// Another server: its watchers share an endpoint, and the reference pipelines over 4 connections.
inline WayOut one_endpoint(std::int64_t watchers) {
    const std::string title = std::to_string(watchers) + " watchers behind 1 endpoint";
    WayOut way{"pipe", 1, 50, {}, {}, watchers};
    way.rate = {title + ", NOTIFY", "k/s", Sense::no_target, 0, {}, {}};
    way.cpu = {title + ", CPU per NOTIFY", "us", Sense::no_target, 0, {}, {}};
    return way;
}

/// Until 99 of 100 watchers have been told of a change: of so many changes, one after the other, the slowest.
inline double slowest_p99_ms(DaemonTeller& daemon, Sinks& sinks, std::int64_t changes) {
    double slowest = 0;
    for (std::int64_t i = 0; i < changes; ++i) {
        sinks.expect(daemon.next_text());
        const std::int64_t start = now_ns();
        daemon.tell();
        sinks.wait_for_all();
        daemon.told();
        slowest = std::max(slowest, static_cast<double>(sinks.p99() - start) / 1e6);
    }
    return slowest;
}

/// Fills the row with what `beside(round)` measures (column of the daemon) and `alone()` just before it (that of the
/// reference); round -1 warms up.
inline void measure_beside(const Setting& setting, Row& row, const auto& alone, const auto& beside) {
    for (std::int64_t round = -1; round < setting.rounds; ++round) {
        const double without = alone();
        const double with = beside(round);
        if (round < 0) continue;
        row.daemon.push_back(with);
        row.reference.push_back(without);
    }
}

}  // namespace bench
