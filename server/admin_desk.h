// server/admin_desk.h: what the admin listener serves: figures and health.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (listen.admin)
#pragma once

#include <string>
#include <vector>

#include "server/http_desk.h"
#include "server/snapshot.h"

namespace server {

/// GET and HEAD of /metrics, /healthz (this process answers) and /readyz (and is fit to serve). It changes nothing
/// and asks for no credentials; but the Host must be one of `hosts`, localhost or an IP address, since otherwise the
/// pages of a stranger's web site could read it through the browser of somebody who may. Thread: loop.
class AdminDesk final : public HttpDesk {
public:
    /// `hosts` without ports. Borrows the photographer.
    AdminDesk(const Photographer& photographer, std::string version, std::vector<std::string> hosts)
        : photographer_(photographer), version_(std::move(version)), hosts_(std::move(hosts)) {}

    void serve(const base::Request& request, base::Responder responder) override;
    [[nodiscard]] base::Response refusal(const base::Error& error) const override;

private:
    [[nodiscard]] bool knows_host(const base::Request& request) const;
    void ready(base::Responder responder) const;

    const Photographer& photographer_;
    const std::string version_;
    const std::vector<std::string> hosts_;
};

}  // namespace server
