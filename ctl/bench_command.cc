// ctl/bench_command.cc: rvpctl bench, from its options to its exit code.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl bench)
#include "ctl/bench.h"
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <memory>
#include <ostream>

namespace ctl {

using base::json::Value;

namespace {

constexpr int kMostConnections = 1000;
constexpr int kMostRequests = 10'000'000;

struct BenchOptions {
    std::string name;
    std::string address;
    BenchSettings settings;
};

/// A PROPFIND of one state, by its owner.
std::string request_for(const std::string& path, const std::string& domain) {
    constexpr std::string_view kBody = R"(<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/">)"
                                       R"(<d:prop><r:state/></d:prop></d:propfind>)";
    return "PROPFIND " + path + " HTTP/1.1\r\nHost: " + domain + "\r\nDepth: 0\r\nRVP-From-Principal: http://" + domain + path +
           "\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(kBody.size()) + "\r\n\r\n" + std::string(kBody);
}

/// The first plain listener for RVP.
std::string listener_of(const Value& status) {
    const Value* listeners = status.find("listeners");
    if (!listeners || !listeners->as_array()) return "";
    for (const Value& one : *listeners->as_array()) {
        if (shown(one, "door") == "rvp" && shown(one, "scheme") == "http") return shown(one, "address");
    }
    return "";
}

/// Asks the daemon whom it serves, and where: what the request needs.
base::Result<void> fill_in(const Terms& terms, BenchOptions& options) {
    auto client = Client::connect(terms.socket);
    if (!client) return std::unexpected(client.error());
    const auto status = client->ask("status", Value::object());
    if (!status) return std::unexpected(status.error());
    const auto node = client->ask("presence show", Value::object().set("name", options.name));
    if (!node) return std::unexpected(node.error());
    options.settings.address = options.address.empty() ? listener_of(*status) : options.address;
    if (options.settings.address.empty()) return base::fail(base::Errc::not_found, "rvpd has no listener without TLS; name one with --address");
    options.settings.request = request_for(shown(*node, "node"), shown(*status, "domain"));
    return {};
}

double milliseconds(std::chrono::nanoseconds time) { return std::round(std::chrono::duration<double, std::milli>(time).count() * 1000) / 1000; }

Value value_of(const BenchResult& result) {
    Value statuses = Value::object();
    for (const auto& [status, count] : result.statuses) statuses.set(std::to_string(status), count);
    const double seconds = std::chrono::duration<double>(result.whole).count();
    const auto count = static_cast<std::int64_t>(result.took.size());
    Value v = Value::object().set("requests", count).set("statuses", std::move(statuses));
    v.set("us", std::chrono::duration_cast<std::chrono::microseconds>(result.whole).count());
    v.set("per_second", static_cast<std::int64_t>(seconds > 0 ? static_cast<double>(count) / seconds : 0));
    for (const auto& [name, share] : {std::pair("half_us", 0.5), std::pair("most_us", 0.99), std::pair("longest_us", 1.0)}) {
        v.set(name, std::chrono::duration_cast<std::chrono::microseconds>(result.quantile(share)).count());
    }
    return v;
}

std::string text_of(const BenchResult& result) {
    const Value v = value_of(result);
    std::string out = shown(v, "requests") + " requests, " + shown(v, "per_second") + " in a second; answered ";
    std::string statuses;
    for (const auto& [status, count] : result.statuses) {
        statuses += (statuses.empty() ? "" : ", ") + std::to_string(status) + " (" + std::to_string(count) + ")";
    }
    out += statuses + "\n";
    const auto line = [](const char* whose, std::chrono::nanoseconds time) {
        std::string text = std::to_string(milliseconds(time));
        return std::string(whose) + text.substr(0, text.find('.') + 4) + " ms\n";
    };
    return out + line("half of them within    ", result.quantile(0.5)) + line("99 of 100 within       ", result.quantile(0.99)) +
           line("the longest took       ", result.quantile(1.0));
}

int run_bench(const Terms& terms, BenchOptions& options) {
    const std::string asked = "bench " + options.name;
    const auto ready = fill_in(terms, options);
    const auto result = ready ? bench(options.settings) : base::Result<BenchResult>(std::unexpected(ready.error()));
    if (!result) {
        terms.err << "rvpctl: " << printable(asked) << ": " << printable(result.error().text) << std::endl;
        return kFailed;
    }
    terms.out << (terms.json ? value_of(*result).dump() + "\n" : text_of(*result)) << std::flush;
    const bool well = result->statuses.size() == 1 && result->statuses.begin()->first / 100 == 2;
    if (!well) terms.err << "rvpctl: " << printable(asked) << ": not all of them were answered 2xx" << (result->refusal.empty() ? "" : ": ") << printable(result->refusal) << std::endl;
    return well && terms.out ? 0 : kFailed;
}

}  // namespace

void add_bench(CLI::App& app, Terms& terms, Chosen& chosen) {
    auto options = std::make_shared<BenchOptions>();
    CLI::App* command = app.add_subcommand("bench", "how fast the daemon answers, asked again and again");
    add_terms(*command, terms);
    command->add_option("NAME", options->name, "whose state is asked for, in his own name")->required();
    command->add_option("--connections", options->settings.connections, "how many ask at a time (8)")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, kMostConnections));
    command->add_option("--requests", options->settings.requests, "how many requests in all (5000)")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, kMostRequests));
    command->add_option("--address", options->address, "the listener to ask; by default the first without TLS")
        ->type_name("HOST:PORT");
    command->callback([options, &terms, &chosen] {
        chosen = [options, &terms] { return run_bench(terms, *options); };
    });
}

}  // namespace ctl
