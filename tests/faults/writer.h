// tests/faults/writer.h: one client that does acts of every kind and keeps account of what was promised.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7; RVP 5.1, 5.2, 5.5, 5.7
#pragma once

#include "tests/faults/ledger.h"
#include "tests/faults/rvpd.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace bench {
class Dialogue;
}

namespace faults {

/// How a promise went.
enum class Outcome {
    kept,     ///< 2xx
    unsafe,   ///< a state that was set, but is not on disk (RVPD-Durable: no)
    refused,  ///< 507
    gone,     ///< the daemon went away without an answer
};

/// Acts in the name of one principal of its own, on that principal's node and on groups beside it. Everything about it
/// begins with its name, so that two writers never speak of the same fact. Throws on an answer that is none of the
/// above. Thread: one at a time.
class Writer {
public:
    Writer(std::string name, std::string call_back, unsigned seed);
    ~Writer();
    Writer(Writer&&) noexcept;

    /// To another daemon, or the same after its restart.
    void connect(const Rvpd& rvpd);
    /// One act of any kind.
    Outcome act();

    Outcome subscribe();
    Outcome renew(const std::string& fact);
    Outcome unsubscribe(const std::string& fact);
    Outcome set_property();
    Outcome set_state();
    Outcome set_acl();
    Outcome turn_node();
    Outcome set_contact();

    [[nodiscard]] std::vector<std::string> subscriptions() const;
    [[nodiscard]] const std::string& name() const { return name_; }
    Ledger ledger;

private:
    struct Answer {
        int status = 0;
        std::string text;
    };
    std::optional<Answer> exchange(const std::string& request);
    /// How a command ended that was to give `fact` this value.
    Outcome told(const std::string& fact, const std::string& value, const base::Result<base::json::Value>& done);
    /// Asks for `value` of `fact` by `request` and writes down how that went.
    Outcome promise(const std::string& fact, const std::string& value, const std::string& request);
    unsigned random(unsigned below) { return static_cast<unsigned>(random_() % below); }
    [[nodiscard]] std::string id_of(const std::string& fact) const;

    std::string name_;
    std::string call_back_;
    std::mt19937 random_;
    std::uint64_t count_ = 0;
    const Rvpd* rvpd_ = nullptr;
    std::unique_ptr<bench::Dialogue> dialogue_;
};

/// All that the daemon says of the principals `names` and of groups: through its doors, not from its store.
Facts facts_of(const Rvpd& rvpd, const std::vector<std::string>& names);

}  // namespace faults
