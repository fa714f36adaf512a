// server/admin_desk.cc: what the admin listener serves: figures and health.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (listen.admin)
#include "server/admin_desk.h"

#include <algorithm>
#include <utility>

#include "base/ip.h"
#include "base/text.h"
#include "rvp/status.h"
#include "server/config_shape.h"
#include "server/metrics.h"

namespace server {

namespace {

constexpr char kPlain[] = "text/plain; charset=utf-8";

base::Response page(int status, const char* type, std::string body) {
    base::Response response;
    response.status = status;
    response.body = std::move(body);
    response.with("Content-Type", type).with("Cache-Control", "no-store").with("X-Content-Type-Options", "nosniff");
    return response;
}

}  // namespace

bool AdminDesk::knows_host(const base::Request& request) const {
    const auto header = request.header("Host");
    if (!header) return true;  // HTTP/1.0, so no browser
    std::string_view host = host_of(*header);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    if (base::equal_ignoring_case(host, "localhost") || base::IpAddress::parse(std::string(host))) return true;
    return std::ranges::any_of(hosts_, [&](const std::string& one) { return base::equal_ignoring_case(one, host); });
}

void AdminDesk::ready(base::Responder responder) const {
    std::string text;
    for (const std::string& why : photographer_.unfit()) text += why + "\n";
    responder(page(text.empty() ? 200 : 503, kPlain, text.empty() ? "ready\n" : text));
}

void AdminDesk::serve(const base::Request& request, base::Responder responder) {
    if (!knows_host(request)) {
        return responder(refusal({base::Errc::denied, "the admin listener is not known under this Host; use an address, "
                                                      "localhost, or a name that domain or aliases give"}));
    }
    if (request.method != "GET" && request.method != "HEAD") {
        auto response = refusal({base::Errc::not_allowed, request.method + " is not served here; GET is"});
        response.with("Allow", "GET, HEAD");
        return responder(std::move(response));
    }
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/healthz") return responder(page(200, kPlain, "healthy\n"));
    if (path == "/readyz") return ready(std::move(responder));
    if (path == "/metrics") {
        return photographer_.take([version = version_, responder = std::move(responder)](const Snapshot& now) mutable {
            responder(page(200, kMetricsType, metrics_text(now, version)));
        });
    }
    responder(refusal({base::Errc::not_found, "here are /metrics, /healthz and /readyz"}));
}

base::Response AdminDesk::refusal(const base::Error& error) const {
    return page(rvp::error_response(error).status, kPlain, error.text + "\n");
}

}  // namespace server
