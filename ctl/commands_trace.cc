// ctl/commands_trace.cc: rvpctl trace.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <memory>
#include <ostream>

namespace ctl {

using base::json::Value;

namespace {

constexpr int kMostEvents = 1'000'000'000;

std::string clock_of(const Value& event) {
    const Value* at = event.find("time_ms");
    const auto ms = at ? at->as_int() : std::nullopt;
    if (!ms) return "";
    const long of_day = static_cast<long>(*ms % 86'400'000);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%02ld:%02ld:%02ld.%03ld ", of_day / 3'600'000, of_day / 60'000 % 60,
                  of_day / 1000 % 60, of_day % 1000);
    return text.data();
}

/// `10:11:12.345 b001 NOTIFY /instmsg/aliases/bob by … from 192.0.2.7: 200, 3 ms`
std::string line_of(const Value& event) {
    const std::string kind = shown(event, "kind");
    if (kind == "lost") return "... " + shown(event, "count") + " events were lost: there were too many\n";
    std::string line = clock_of(event) + shown(event, "request") + " ";
    const Value* reason = event.find(kind == "request" ? "why" : "failure");
    const std::string why = reason && reason->as_text() ? *reason->as_text() : "";
    if (kind == "request") {
        line += shown(event, "method") + " " + shown(event, "node") + " by " + shown(event, "by") + " from " + shown(event, "from");
        line += ": " + shown(event, "status") + ", " + shown(event, "took_ms") + " ms" + (why.empty() ? "" : ": " + why);
    } else {
        line += "-> " + shown(event, "endpoint") + " " + shown(event, "what") + " of " + shown(event, "node") + " for " + shown(event, "to");
        line += ", subscription " + shown(event, "subscription") + " seq " + shown(event, "seq");
        line += ": " + (why.empty() ? shown(event, "status") : why) + ", " + shown(event, "took_ms") + " ms";
    }
    return printable(line) + "\n";
}

int fail_with(const Terms& terms, const std::string& asked, const base::Error& error) {
    terms.err << "rvpctl: " << printable(asked) << ": " << printable(error.text) << std::endl;
    return kFailed;
}

/// Until `count` events are printed; 0: until one of the two ends.
int trace(const Terms& terms, const std::string& name, std::size_t count) {
    const std::string asked = "trace " + name;
    auto client = Client::connect(terms.socket);
    if (!client) {
        terms.err << "rvpctl: " << client.error().text << std::endl;
        return kFailed;
    }
    const auto begun = client->ask("trace", Value::object().set("name", name));
    if (!begun) return fail_with(terms, asked, begun.error());
    const Value* tracer = begun->find("tracer");
    if (!terms.json) terms.err << "tracing " << shown(*begun, "node") << "; interrupt to end" << std::endl;
    for (std::size_t printed = 0;;) {
        const auto events = client->ask("trace next", Value::object().set("tracer", tracer ? *tracer : Value()));
        if (!events) return fail_with(terms, asked, events.error());
        for (const Value& event : events->as_array() ? *events->as_array() : std::vector<Value>()) {
            terms.out << (terms.json ? event.dump() + "\n" : line_of(event)) << std::flush;
            if (!terms.out) return fail_with(terms, asked, {base::Errc::internal, "the result could not be written"});
            if (++printed == count) return 0;
        }
    }
}

}  // namespace

void add_trace(CLI::App& app, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    auto count = std::make_shared<std::size_t>(0);
    CLI::App* command = app.add_subcommand("trace", "follow one principal's requests and deliveries");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "a principal or the path of a node")->required();
    command->add_option("--count", *count, "exit after this many events")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, kMostEvents));
    command->callback([name, count, &terms, &chosen] {
        chosen = [name, count, &terms] { return trace(terms, *name, *count); };
    });
}

}  // namespace ctl
