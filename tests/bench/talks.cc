// tests/bench/talks.cc: what a page of a long talk costs, at its beginning and at its end, while others write.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 8 (paging); design 11
//
// usage: talks [--folder FOLDER] [--messages N]; exits 1 when a message was given twice, or not at all.
#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "store/archive.h"
#include "store/journal.h"

namespace {

constexpr std::size_t kPage = 100;
constexpr std::size_t kMeasured = 50;  // pages at either end
const std::string kTalk = "/instmsg/aliases/alice\n/instmsg/aliases/bob";

presence::Batch said(std::size_t count, std::int64_t& time_ms) {
    presence::Batch batch;
    for (std::size_t i = 0; i < count; ++i) {
        presence::ArchivedMessage message;
        message.time_ms = ++time_ms;
        message.conversation = kTalk;
        message.sender = "http://im.bench.test/instmsg/aliases/alice";
        message.receivers = {"/instmsg/aliases/bob"};
        message.text = "message number " + std::to_string(time_ms);
        message.octets = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n" + message.text;
        batch.messages.push_back(std::move(message));
    }
    return batch;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    std::string folder = "/tmp";
    std::size_t messages = 100'000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::string(argv[i]) == "--folder") folder = argv[i + 1];
        if (std::string(argv[i]) == "--messages") messages = static_cast<std::size_t>(std::atol(argv[i + 1]));
    }
    const std::string path = folder + "/talks.db";
    std::remove(path.c_str());
    base::FakeClock clock;
    base::Log log(base::LogLevel::error);
    base::Loop loop(clock, std::chrono::milliseconds(10));
    store::Journal journal(loop, log, path);
    if (!journal.open()) return 1;
    store::Archive archive(journal);
    const auto run_until = [&loop](const std::function<bool()>& come_true) {
        while (!come_true()) loop.io().run_one();
    };
    std::int64_t time_ms = 1'000'000;
    const auto write = [&](std::size_t count) {
        bool kept = false;
        journal.commit(said(count, time_ms), [&kept](const base::Result<void>& how) { kept = how.has_value(); });
        run_until([&kept] { return kept; });
    };
    for (std::size_t i = 0; i < messages; i += 1000) write(1000);

    std::unordered_set<std::uint64_t> seen;
    std::vector<double> costs;
    presence::TalkQuery query{kTalk};
    query.limit = kPage;
    for (bool more = true; more;) {
        const auto start = std::chrono::steady_clock::now();
        std::optional<base::Result<presence::TalkPage>> page;
        archive.talk(query, [&page](base::Result<presence::TalkPage> found) { page = std::move(found); });
        run_until([&page] { return page.has_value(); });
        costs.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
        if (!*page) return 1;
        for (const auto& m : (*page)->messages) {
            if (!seen.insert(m.id).second) return std::printf("message %llu was given twice\n", static_cast<unsigned long long>(m.id)), 1;
        }
        more = (*page)->more;
        if (more) query.below = (*page)->messages.back().id;
        write(1);
    }
    const std::size_t each = std::min(kMeasured, costs.size());
    const double first = median({costs.begin(), costs.begin() + static_cast<std::ptrdiff_t>(each)});
    const double last = median({costs.end() - static_cast<std::ptrdiff_t>(each), costs.end()});
    std::printf("history walk: %zu messages in %zu pages while others wrote, each once: %s\n", seen.size(), costs.size(),
                seen.size() == messages ? "yes" : "NO");
    std::printf("  a page of %zu: %.0f us at the newest end, %.0f us at the oldest (medians of %zu), ratio %.2f\n", kPage, first, last,
                each, last / first);
    archive.close();
    journal.close();
    return seen.size() == messages ? 0 : 1;
}
