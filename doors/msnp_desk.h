// doors/msnp_desk.h: the MSNP24 door: connections in, people out.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24
#pragma once

#include <memory>
#include <string>

#include "doors/msnp_house.h"
#include "doors/msnp_line.h"
#include "doors/msnp_threads.h"

namespace doors {

/// Thread: loop. Outlives its lines.
class MsnpDesk final : private presence::ContactEvents {
public:
    explicit MsnpDesk(MsnpHouse house);
    ~MsnpDesk() override;

    /// A client has connected; `out` outlives the line.
    [[nodiscard]] std::unique_ptr<MsnpLine> open(MsnpOut& out, const MsnpPeer& peer);
    /// For what comes from now on.
    void change(const MsnpSettings& settings) { house_.settings = settings; }
    /// Whether somebody (a node key) is signed in here.
    [[nodiscard]] bool has(const std::string& key) const { return crowd_.has(key); }
    /// Somebody's password is another, or he is no more: he is put out.
    void account_changed(const std::string& account);

private:
    void contact_put(const std::string& owner, const presence::ListedContact& contact, bool is_new) override;
    void contact_removed(const std::string& owner, const presence::ListedContact& contact) override;

    MsnpHouse house_;
    MsnpCrowd crowd_;
    MsnpThreads threads_{house_, crowd_};
    MsnpFailures failures_;
};

}  // namespace doors
