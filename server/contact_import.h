// server/contact_import.h: a file of contacts, as it comes in pieces and becomes patches of lists.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl contacts import)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/timer_wheel.h"
#include "presence/service.h"

namespace server {

/// One line of the file: a contact, in one group.
struct ImportRow {
    std::int64_t line = 0;
    std::string owner;
    std::string account;
    std::optional<std::string> nickname;  ///< nullopt: the file does not say
    std::optional<std::string> group;     ///< "": in none, as far as this line knows
    std::optional<bool> blocked;
};

/// What the lines come to.
struct ImportPlan {
    std::vector<presence::ContactsPatch> lists;
    std::vector<std::vector<std::int64_t>> lines;  ///< of each contact's first row
    std::size_t contacts = 0;
};

/// Adds up the rows of each contact: its groups, and whatever one of them says. Errc of Service::put_contacts; the text
/// begins with the line, as do those below: `12: what is wrong`.
class ImportPlanner {
public:
    explicit ImportPlanner(const presence::Service& service) : service_(&service) {}
    [[nodiscard]] base::Result<void> add(const ImportRow& row);
    /// The plan, if it can be done as things are now; nothing is left behind.
    [[nodiscard]] base::Result<ImportPlan> finish();

private:
    base::Result<std::size_t> list_of(const std::string& owner);

    const presence::Service* service_;
    ImportPlan plan_;
    std::unordered_map<std::string, std::size_t> owners_;  // as written
    std::unordered_map<std::string, std::size_t> lists_;   // by key
    std::unordered_map<std::string, std::size_t> seen_;    // list and account
};

/// Keeps files that come in pieces until they are whole; one that nobody goes on with is forgotten after a minute or
/// two. Thread: loop.
class ImportStages final : private base::TimerHook {
public:
    static constexpr std::size_t kMostRows = 50'000;  // of one file: its end is done in one go, and all others wait
    static constexpr std::size_t kMostBytes = std::size_t(32) << 20;
    static constexpr std::size_t kMostStages = 4;
    static constexpr std::chrono::seconds kPatience{60};

    ImportStages(const presence::Service& service, base::TimerWheel& wheel, const base::Clock& clock)
        : service_(service), wheel_(wheel), clock_(clock) {}

    /// Adds `piece`, an array of [line, owner, account, nickname, group, blocked] with null for what is not said, to
    /// what has come with `token`, or to nothing; returns the token to go on with. An error ends it. Errc: malformed,
    /// not_found, too_large, busy, precondition (unknown token).
    [[nodiscard]] base::Result<std::string> add(const std::string& token, const base::json::Value& piece);
    /// What all of it comes to; the token is unknown from then on.
    [[nodiscard]] base::Result<ImportPlan> finish(const std::string& token);

private:
    struct Stage {
        ImportPlanner planner;
        std::size_t rows = 0;
        std::size_t bytes = 0;
        base::Instant last{};
    };
    void on_due(base::Instant) override;
    [[nodiscard]] static base::Result<void> append(Stage& stage, const base::json::Value& piece);

    const presence::Service& service_;
    base::TimerWheel& wheel_;
    const base::Clock& clock_;
    std::map<std::string, Stage> stages_;
};

}  // namespace server
