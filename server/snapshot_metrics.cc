// server/snapshot_metrics.cc: a snapshot under the names that rvpd(8) documents.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (/metrics)
#include "server/metrics.h"
#include "server/snapshot.h"

#include <array>
#include <string_view>

namespace server {

namespace {

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

double number(std::uint64_t count) { return static_cast<double>(count); }

void write_requests(Metrics& m, const RequestFigures& requests) {
    requests.for_each([&](std::string_view method, int status, std::uint64_t count) {
        m.counter("rvpd_requests_total", "Requests answered.", number(count),
                  {{"method", std::string(method)}, {"status", std::to_string(status)}});
    });
    for (std::size_t i = 0; i < RequestFigures::kMethods.size(); ++i) {
        if (requests.took()[i].total() == 0) continue;
        m.histogram("rvpd_request_seconds", "From the request line to the first byte of the answer.",
                    requests.took()[i], {{"method", std::string(RequestFigures::kMethods[i])}});
    }
}

void write_presence(Metrics& m, const Snapshot& s) {
    m.gauge("rvpd_nodes", "Nodes that exist.", number(s.nodes));
    m.gauge("rvpd_subscriptions", "Subscriptions, those included that expired and can be revived.",
            number(s.subscriptions));
    m.gauge("rvpd_sessions", "Sessions of clients that poll.", number(s.sessions));
    m.gauge("rvpd_principals_online", "Principals that others see as anything but offline.", number(s.tally.online));
    const auto due = [&](const char* what, std::uint64_t count) {
        m.counter("rvpd_leases_due_total", "Leases that came due without having been renewed.", number(count),
                  {{"of", what}});
    };
    due("subscription", s.tally.subscriptions_due);
    due("view", s.tally.views_due);
    due("property", s.tally.properties_due);
}

void write_courier(Metrics& m, const CourierSurvey& s) {
    static constexpr std::array kFailures = {"refused",     "no_connection", "no_answer", "not_http",
                                             "not_allowed", "untrusted",     "no_tls"};
    static_assert(kFailures.size() == HttpClient::kFailures);
    for (std::size_t i = 0; i < CourierSurvey::kStateNames.size(); ++i) {
        m.gauge("rvpd_endpoints", "Call-back hosts, by how they fare.", number(s.endpoints[i]), {{"state", CourierSurvey::kStateNames[i]}});
    }
    m.gauge("rvpd_notify_queued", "Notifications that wait to be sent.", number(s.queued));
    m.gauge("rvpd_notify_wait_seconds", "How long the oldest one has waited for a thread to begin with it.",
            seconds(s.age));
    for (std::size_t i = 1; i < s.figures.answers.size(); ++i) {
        m.counter("rvpd_notify_answers_total", "Answers to notifications, by the class of their status.",
                  number(s.figures.answers[i]), {{"class", std::to_string(i) + "xx"}});
    }
    for (std::size_t i = 0; i < kFailures.size(); ++i) {
        m.counter("rvpd_notify_failures_total", "Attempts to notify that were not answered.",
                  number(s.figures.failures[i]), {{"why", kFailures[i]}});
    }
    m.counter("rvpd_notify_dropped_total", "Notifications that a full queue did not keep.", number(s.figures.dropped));
    m.histogram("rvpd_fanout_seconds", "From a change until a receiver has taken it; counted to the millisecond.",
                s.figures.told);
}

void write_store(Metrics& m, const Snapshot::Store& s) {
    m.counter("rvpd_commits_total", "Commits of the store.", number(s.commits.took.total()), {{"result", "done"}});
    m.counter("rvpd_commits_total", "", number(s.commits.failed), {{"result", "failed"}});
    m.counter("rvpd_commit_acts_total", "Acts that the commits held.", number(s.commits.jobs));
    m.histogram("rvpd_commit_seconds", "How long a commit took, the disk included.", s.commits.took);
    m.gauge("rvpd_store_queued", "Acts that wait to be on disk.", number(s.queued));
    m.gauge("rvpd_store_queued_bytes", "What they hold.", number(s.queued_bytes));
    m.gauge("rvpd_store_failing", "1 while the last commit failed.", s.failing ? 1 : 0);
}

void write_process(Metrics& m, const Snapshot& s, const std::string& version) {
    m.gauge("rvpd_build_info", "Always 1.", 1, {{"version", version}});
    m.gauge("rvpd_up_seconds", "Time since the start.", seconds(s.up));
    m.gauge("rvpd_loop_lag_seconds", "How late the main loop's last tick came.", seconds(s.loop_lag));
    m.counter("rvpd_cpu_seconds_total", "Processor time used.", seconds(s.cpu));
    m.gauge("rvpd_resident_bytes", "Memory that is in use.", number(s.resident_bytes));
    m.gauge("rvpd_open_descriptors", "Files and sockets that are open.", number(s.descriptors));
    m.gauge("rvpd_max_descriptors", "How many may be open.", number(s.descriptors_allowed));
    if (!s.certificate_expires) return;
    m.gauge("rvpd_certificate_expires_timestamp_seconds", "When the certificate that https and msnps listeners show expires, since 1970.",
            static_cast<double>(s.certificate_expires->time_since_epoch().count()));
}

}  // namespace

std::string metrics_text(const Snapshot& snapshot, const std::string& version) {
    Metrics m;
    write_process(m, snapshot, version);
    write_requests(m, snapshot.requests);
    write_presence(m, snapshot);
    write_courier(m, snapshot.courier);
    if (snapshot.store) write_store(m, *snapshot.store);
    return m.text();
}

}  // namespace server
