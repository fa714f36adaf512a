// tests/store/store_world.h: a store in a folder of its own, on a loop that runs when told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "presence/ports.h"
#include "store/journal.h"
#include "tests/folder.h"

namespace tests {

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<long>(bytes.size()));
}

inline presence::Record put(char kind, std::uint16_t shard, std::string key, std::string value) {
    return {presence::Record::Act::put, shard, kind, std::move(key), std::move(value)};
}
inline presence::Record erase(char kind, std::uint16_t shard, std::string key) {
    return {presence::Record::Act::erase, shard, kind, std::move(key), {}};
}
inline presence::Batch batch_of(std::vector<presence::Record> records) { return {std::move(records), {}}; }

/// A loop on a fake clock; answers are waited for by running one handler after the other.
class LoopWorld {
public:
    /// Runs handlers until `come_true`; waits for them as long as it takes.
    void run_until(const std::function<bool()>& come_true) {
        while (!come_true()) loop.io().run_one();
    }
    /// Moves the clock and calls what is due.
    void pass(std::chrono::milliseconds time) {
        clock.advance(time);
        loop.tick();
    }

    base::FakeClock clock;
    base::Loop loop{clock, std::chrono::milliseconds(10)};
    base::Log log{base::LogLevel::error};
};

/// One store after the other on the same file.
class StoreWorld : public LoopWorld {
public:
    explicit StoreWorld(std::string file = "store.db") : path(folder.at(file)) {}
    ~StoreWorld() { shut(); }

    base::Result<void> open() {
        shut();
        journal.emplace(loop, log, path);
        auto opened = journal->open();
        if (!opened) journal.reset();
        return opened;
    }
    void shut() {
        if (journal) journal->close();
        journal.reset();
    }
    base::Result<void> commit(presence::Batch batch) {
        std::optional<base::Result<void>> answer;
        journal->commit(std::move(batch), [&answer](base::Result<void> outcome) { answer = std::move(outcome); });
        run_until([&answer] { return answer.has_value(); });
        return *answer;
    }
    /// "kind shard key=value" for each record.
    base::Result<std::vector<std::string>> load(std::string_view kinds) {
        std::vector<std::string> out;
        auto loaded = journal->load(kinds, [&out](const presence::Record& r) {
            out.push_back(std::string(1, r.kind) + " " + std::to_string(r.shard) + " " + r.key + "=" + r.value);
        });
        if (!loaded) return std::unexpected(loaded.error());
        return out;
    }
    /// The same, or what went wrong as the only line.
    std::vector<std::string> kept(std::string_view kinds) {
        auto loaded = load(kinds);
        if (!loaded) return {"! " + loaded.error().text};
        return std::move(*loaded);
    }

    Folder folder;
    std::string path;
    std::optional<store::Journal> journal;
};

}  // namespace tests
