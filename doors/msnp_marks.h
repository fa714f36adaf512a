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
#include <unordered_map>
#include <utility>

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

/// How far somebody has read each of his talks: one for all his endpoints, of whom the newest word counts. What was read is
/// on disk after keep(), not before; a mark is worth no commit of its own. Thread: loop.
class MsnpHorizon : public std::enable_shared_from_this<MsnpHorizon> {
public:
    /// `journal` outlives it, and what was asked of it.
    MsnpHorizon(presence::Journal& journal, std::string own) : journal_(journal), own_(std::move(own)) {}

    /// What was read before that stays read.
    void read(const std::string& talk, const MarkRecord& mark);
    void keep();
    /// `done` may come after this has gone.
    void all(std::move_only_function<void(MsnpHistory::Horizons)> done) const;

private:
    using Marks = std::map<std::string, MarkRecord>;  // by conversation
    /// What is on disk; `done` may come after this has gone. Errors are the store's.
    void scan(std::move_only_function<void(base::Result<Marks>)> done) const;
    void learn();
    void write();

    presence::Journal& journal_;
    const std::string own_;
    Marks marks_;  // not kept yet
    Marks kept_;   // once it has learnt them
    enum class Learnt { nothing, asked, all } learnt_ = Learnt::nothing;
    bool keep_ = false;  // once it has
};

/// Those of everybody who needs one now. Thread: loop.
class MsnpHorizons {
public:
    [[nodiscard]] std::shared_ptr<MsnpHorizon> of(presence::Journal& journal, const std::string& own);

private:
    using All = std::unordered_map<std::string, std::weak_ptr<MsnpHorizon>>;
    std::shared_ptr<All> all_ = std::make_shared<All>();
};

/// One endpoint's marks. Thread: loop.
class MsnpMarks {
public:
    explicit MsnpMarks(std::shared_ptr<MsnpHorizon> horizon) : horizon_(std::move(horizon)) {}

    /// A message went to the client under this number, or in answer to nothing (0).
    void told(std::uint64_t ack, const std::string& talk, std::int64_t time_ms, const std::string& client_id);
    /// He says that he has it.
    void acknowledged(std::uint64_t ack, std::int64_t now_ms);
    void seen(std::int64_t message_id, std::int64_t now_ms);
    /// Whoever writes has read.
    void wrote(const std::string& talk, std::int64_t time_ms, const std::string& client_id, std::int64_t now_ms);
    void keep() { horizon_->keep(); }
    void all(std::move_only_function<void(MsnpHistory::Horizons)> done) const { horizon_->all(std::move(done)); }

private:
    struct Told {
        std::uint64_t ack;
        std::string talk;
        std::int64_t time_ms;
        std::string client_id;
    };
    void mark(const Told& told, std::int64_t now_ms);

    const std::shared_ptr<MsnpHorizon> horizon_;
    std::deque<Told> told_;
};

}  // namespace doors
