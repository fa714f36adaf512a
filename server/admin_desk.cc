// server/admin_desk.cc: what the admin listener serves: the status page, figures and health.
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
#include "server/status_page.h"

namespace server {

namespace {

constexpr char kPlain[] = "text/plain; charset=utf-8";

base::Response page(int status, std::string_view type, std::string body) {
    base::Response response;
    response.status = status;
    response.body = std::move(body);
    response.with("Content-Type", std::string(type)).with("Cache-Control", "no-store").with("X-Content-Type-Options", "nosniff");
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

void AdminDesk::status(const base::Request& request, base::Responder responder) const {
    const std::string_view asked = "?name=";
    const std::size_t at = request.target.find(asked);
    const auto name = base::percent_decode(at == std::string::npos ? "" : request.target.substr(at + asked.size()));
    if (!name) return responder(refusal({base::Errc::malformed, "name has a broken percent escape"}));
    status_json(photographer_, service_, version_, *name, [responder = std::move(responder)](const auto& now) mutable {
        responder(page(200, "application/json", now.dump()));
    });
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
    if (path == "/status.json") return status(request, std::move(responder));
    if (const StatusFile* file = find_status_file(path)) {
        auto response = page(200, file->type, std::string(file->content));
        response.with("Content-Security-Policy", kStatusPolicy).with("Referrer-Policy", "no-referrer");
        return responder(std::move(response));
    }
    responder(refusal({base::Errc::not_found, "here are /, /metrics, /healthz and /readyz"}));
}

base::Response AdminDesk::refusal(const base::Error& error) const {
    return page(rvp::error_response(error).status, kPlain, error.text + "\n");
}

}  // namespace server
