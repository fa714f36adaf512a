// server/admin_desk.h: what the admin listener serves: the status page, figures and health.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (listen.admin)
#pragma once

#include <string>
#include <vector>

#include "server/http_desk.h"
#include "server/snapshot.h"

namespace server {

/// GET and HEAD of the status page, /metrics, /healthz (this process answers) and /readyz (and is fit to serve). It changes nothing
/// and asks for no credentials; but the Host must be one of `hosts`, localhost or an IP address, since otherwise the
/// pages of a stranger's web site could read it through the browser of somebody who may. Thread: loop.
class AdminDesk final : public HttpDesk {
public:
    /// `hosts` without ports. Borrows photographer and service.
    AdminDesk(const Photographer& photographer, presence::Service& service, std::string version,
              std::vector<std::string> hosts)
        : photographer_(photographer), service_(service), version_(std::move(version)), hosts_(std::move(hosts)) {}

    void serve(const base::Request& request, base::Responder responder) override;
    [[nodiscard]] base::Response refusal(const base::Error& error) const override;

private:
    [[nodiscard]] bool knows_host(const base::Request& request) const;
    void ready(base::Responder responder) const;
    void status(const base::Request& request, base::Responder responder) const;

    const Photographer& photographer_;
    presence::Service& service_;
    const std::string version_;
    const std::vector<std::string> hosts_;
};

}  // namespace server
