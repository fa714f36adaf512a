// tests/bench/polls.h: thousands of sessions of BSIMService that poll, and most of them hear nothing new.
// SPDX-License-Identifier: Apache-2.0
// Spec: bsim 5, 6
#pragma once

#include "tests/bench/dialogue.h"
#include "tests/bench/report.h"
#include "tests/bench/servers.h"

#include <fstream>
#include <string>
#include <vector>

namespace bench {

/// Somebody is signed in to each session, with buddies of whom some are there, and has heard all that. Only then is
/// anything measured: passwords are proved before.
class Pollers {
public:
    static constexpr std::int64_t kBuddies = 5;

    Pollers(const Setting& setting, std::int64_t count)
        : sessions_file_(setting.folder + "/sessions"), answer_file_(setting.folder + "/answer"),
          server_(start_daemon(setting, Store::memory, true, "[bsim]\nextensions = true\n[limits]\nrequests_per_address = 0\n")), dialogue_(server_.port) {
        make_accounts(setting, count);
        std::vector<std::string> sessions;
        for (std::int64_t i = 0; i < count; ++i) sessions.push_back(sign_in(i, count));
        std::ofstream file(sessions_file_);
        for (const std::string& session : sessions) {
            ask(poll_request(session));  // who signed in, and whom he knows
            file << session << "\n";
        }
        // Who came later is news for who was there already; after that there is none.
        std::string last;
        for (const std::string& session : sessions) ask(poll_request(session));
        for (const std::string& session : sessions) last = ask(poll_request(session));
        if (last.find("On") != std::string::npos) stop("a poll that should tell nothing tells " + last);
        std::ofstream(answer_file_, std::ios::binary) << last.substr(last.find("\r\n\r\n") + 4);
        bytes_ = last.size();
    }

    [[nodiscard]] const std::string& sessions_file() const { return sessions_file_; }
    /// The body of an answer that tells nothing.
    [[nodiscard]] const std::string& answer_file() const { return answer_file_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] Server& server() { return server_; }

private:
    static void make_accounts(const Setting& setting, std::int64_t count) {
        const std::string path = setting.folder + "/people.csv";
        std::ofstream file(path);
        file << "user,password\n";
        for (std::int64_t i = 0; i < count; ++i) file << name(i) << ",pw\n";
        file.close();
        const std::string rvpctl = setting.rvpd.substr(0, setting.rvpd.rfind('/') + 1) + "rvpctl";
        Child ctl({rvpctl, "--socket", control_socket(setting), "user", "import", path});
        if (ctl.finish() != 0) stop("rvpctl user import failed");
    }
    std::string sign_in(std::int64_t i, std::int64_t count) {
        const std::string who = name(i);
        const std::string answer = ask(soap_request("Login", "<userId>" + who + "</userId><password>pw</password>"));
        static constexpr std::string_view kBegin = "<LoginResult>", kEnd = "</LoginResult>";
        const std::size_t from = answer.find(kBegin), to = answer.find(kEnd);
        if (from == std::string::npos || to == std::string::npos) stop("Login was answered: " + answer);
        const std::string session = answer.substr(from + kBegin.size(), to - from - kBegin.size());
        const std::string account = "<imType>msn</imType><account>" + who + "</account>";
        ask(session_call("LoginIM", session, account + "<password>pw</password>"));
        for (std::int64_t b = 1; b <= kBuddies; ++b) {
            ask(session_call("AddBuddy", session, account + "<buddyAccount>" + name((i + b * 7) % count) + "</buddyAccount>"));
        }
        return session;
    }
    static std::string name(std::int64_t i) { return "p" + std::to_string(i); }
    std::string ask(const std::string& request) {
        dialogue_.send(request);
        std::string answer = dialogue_.receive();
        if (!answer.starts_with("HTTP/1.1 200 ")) stop("a call was answered: " + answer.substr(0, 600));
        return answer;
    }

    const std::string sessions_file_;
    const std::string answer_file_;
    Server server_;
    Dialogue dialogue_;
    std::size_t bytes_ = 0;
};

/// What a poll takes of the daemon when each session polls every few seconds, beside a bare handler that gives the same
/// answer: `rate` polls a second are to cost no more than a quarter of a core.
inline void measure_polls(const Setting& setting, Report& report, std::int64_t sessions, std::int64_t rate) {
    if (setting.self) return;
    constexpr std::int64_t kSeconds = 3;  // of each round
    constexpr double kShare = 0.25;       // of a core
    Pollers pollers(setting, sessions);
    const Server bare = start_mhd(setting, {"--answer", pollers.answer_file()});
    Row row{"KeepSessionAlive of " + std::to_string(sessions) + " sessions, " + std::to_string(rate) + "/s, CPU each", "us",
            Sense::no_target, 0, {}, {}, kShare * 1e6 / static_cast<double>(rate)};
    std::int64_t from = 0;
    for (std::int64_t round = -1; round < setting.rounds; ++round) {  // round -1 warms up
        const auto run = [&](const Server& server) {
            return load(setting, server, {"--kind", "poll", "--file", pollers.sessions_file(), "--requests",
                                          std::to_string(rate * kSeconds), "--from", std::to_string(from), "--rate",
                                          std::to_string(rate)}).cpu_us;
        };
        const double ours = run(pollers.server());
        const double theirs = run(bare);
        from += rate * kSeconds;
        if (round < 0) continue;
        row.daemon.push_back(ours);
        row.reference.push_back(theirs);
    }
    end_daemon(setting, pollers.server());
    report.add(std::move(row));
    report.note("Polls: each of them has " + std::to_string(Pollers::kBuddies) +
                " buddies who are there, and hears nothing new; an answer has " + std::to_string(pollers.bytes()) + " bytes.");
}

}  // namespace bench
