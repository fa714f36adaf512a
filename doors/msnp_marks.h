// doors/msnp_marks.h: how far somebody has read his talks: the consumption horizon.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 8.1; seed 002
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "doors/msnp_history.h"
#include "presence/ports.h"
#include "presence/record.h"

namespace doors {

/// `h`, key = node key, NUL, conversation: the last message its owner has read there, and when; milliseconds.
struct MarkRecord {
    static constexpr char kKind = 'h';
    std::uint64_t arrival = 0, read = 0;
    std::string client_id;
    template <class C>
    void fields(C& c) { c(arrival), c(read), c(client_id); }
};

/// One endpoint's marks: what was read is on disk after keep(), not before; a mark is worth no commit of its own.
/// Thread: loop.
class MsnpMarks {
public:
    MsnpMarks(presence::Journal& journal, std::string own) : journal_(journal), own_(std::move(own)) {}

    /// A message went to the client under this number, or in answer to nothing (0).
    void told(std::uint64_t ack, const std::string& talk, std::int64_t time_ms, const std::string& client_id);
    /// He says that he has it.
    void acknowledged(std::uint64_t ack, std::int64_t now_ms);
    void seen(std::int64_t message_id, std::int64_t now_ms);
    /// Whoever writes has read.
    void wrote(const std::string& talk, std::int64_t time_ms, const std::string& client_id, std::int64_t now_ms);
    void keep();
    /// `done` may come after this has gone.
    void all(std::move_only_function<void(MsnpHistory::Horizons)> done) const;

private:
    struct Told {
        std::uint64_t ack;
        std::string talk;
        std::int64_t time_ms;
        std::string client_id;
    };
    using Marks = std::map<std::string, MarkRecord>;  // by conversation
    void mark(const Told& told, std::int64_t now_ms);
    /// What is on disk; `done` may come after this has gone.
    void scan(std::move_only_function<void(const Marks&)> done) const;
    void learn_kept();

    presence::Journal& journal_;
    const std::string own_;
    std::deque<Told> told_;
    Marks marks_;  // not kept yet
    std::shared_ptr<Marks> kept_;  // null: nothing was marked yet
};

}  // namespace doors
