// tests/faults/crowd.h: many writers at once, and one question at the end: was every promise kept?
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/faults/sink.h"
#include "tests/faults/writer.h"

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace faults {

/// Writers of one name, each on a thread of its own while acting().
class Crowd {
public:
    Crowd(const std::string& name, std::size_t size, const Sink& sink, unsigned seed) {
        for (std::size_t i = 0; i < size; ++i) {
            names_.push_back(name + std::to_string(i));
            writers_.emplace_back(names_.back(), sink.url(), seed + static_cast<unsigned>(i));
        }
    }

    /// All act, while `meanwhile` runs, until it has returned or the daemon is gone. What went wrong is thrown.
    template <class F>
    void act_while(const Rvpd& rvpd, F meanwhile) {
        for (Writer& writer : writers_) writer.connect(rvpd);
        enough_ = false;
        acting_ = writers_.size();
        {
            std::vector<std::jthread> threads;
            for (Writer& writer : writers_) threads.emplace_back([this, &writer] { act(writer); });
            meanwhile();
            enough_ = true;
        }
        if (wrong_) std::rethrow_exception(std::exchange(wrong_, nullptr));
    }
    /// How many acts were answered 2xx, and how many 507.
    [[nodiscard]] std::size_t kept() const { return kept_; }
    [[nodiscard]] std::size_t refused() const { return refused_; }
    /// Waits until `count` more acts have been answered in any way, or nobody acts any more.
    void await_answers(std::size_t count) const {
        for (std::size_t before = answered_, now = before; now - before < count && acting_ > 0; now = answered_) {
            answered_.wait(now);
        }
    }

    /// Compares all that the daemon says with all that was promised: "" or a line per broken promise.
    std::string account(const Rvpd& rvpd) { return compare(facts_of(rvpd, names_)); }
    /// The same after a restart. What is found then is on disk, and promised from now on.
    std::string account_anew(const Rvpd& rvpd) {
        const Facts found = facts_of(rvpd, names_);
        std::string broken = compare(found);
        for (Writer& writer : writers_) writer.ledger.adopt(found);
        return broken;
    }
    [[nodiscard]] std::vector<Writer>& writers() { return writers_; }

private:
    void act(Writer& writer) {
        try {
            for (auto outcome = Outcome::kept; outcome != Outcome::gone && !enough_;) {
                outcome = writer.act();
                if (outcome == Outcome::kept) ++kept_;
                if (outcome == Outcome::refused) ++refused_;
                tell();
            }
        } catch (const std::exception&) {
            const std::scoped_lock lock(mutex_);
            wrong_ = std::current_exception();
        }
        --acting_;
        tell();
    }
    void tell() {
        ++answered_;
        answered_.notify_all();
    }
    std::string compare(const Facts& found) {
        std::string broken = strangers(found);
        for (Writer& writer : writers_) broken += writer.ledger.broken(found);
        return broken;
    }
    /// Facts that nobody asked for; an id that was given twice.
    std::string strangers(const Facts& found) {
        std::string all;
        for (const auto& [fact, value] : found) {
            const auto about_us = [&](const Writer& w) { return w.ledger.knows(fact); };
            const bool ours = fact.find(names_.front().substr(0, names_.front().size() - 1)) != fact.npos;
            if (ours && !value.empty() && std::ranges::none_of(writers_, about_us)) {
                all += fact + " is '" + value + "', which nobody asked for\n";
            }
            if (!fact.starts_with("subscription ")) continue;
            const auto [at, first] = holders_.emplace(value.substr(0, value.find(' ')), fact);
            if (at->second != fact) all += fact + " has the id of " + at->second + ": " + at->first + "\n";
        }
        return all;
    }

    std::vector<std::string> names_;
    std::vector<Writer> writers_;
    std::map<std::string, std::string> holders_;  // id -> the subscription that had it first
    std::atomic<bool> enough_ = false;
    std::atomic<std::size_t> kept_ = 0, refused_ = 0, answered_ = 0, acting_ = 0;
    std::mutex mutex_;
    std::exception_ptr wrong_;
};

}  // namespace faults
