// server/supervisor.cc: what is said to systemd, and what it hands over.
// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace server {

namespace {

constexpr std::chrono::milliseconds kUsualBeat{10'000};

/// One line, whatever `text` holds.
std::string line_of(const std::string& text) {
    std::string line = text;
    std::ranges::replace(line, '\n', ' ');
    return line;
}

}  // namespace

Supervisor::Supervisor() : listens_(std::getenv("NOTIFY_SOCKET") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) > 0) patience_ = std::chrono::microseconds(microseconds);
    const int count = ::sd_listen_fds(1);  // and forgets it, so that no child takes them for its own
    for (int i = 0; i < count; ++i) sockets_.emplace_back(SD_LISTEN_FDS_START + i);
}

std::vector<base::Fd> Supervisor::take_sockets() { return std::exchange(sockets_, {}); }

void Supervisor::ready(const std::string& status) const {
    ::sd_notify(0, ("READY=1\nSTATUS=" + line_of(status)).c_str());
}

// systemd 252 wants RELOADING=1 and then READY=1; later ones want the time as well, to know which reload is meant.
void Supervisor::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto since = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
    ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us) + "\nSTATUS=reloading").c_str());
}

void Supervisor::stopping() const { ::sd_notify(0, "STOPPING=1\nSTATUS=sending what is queued"); }

void Supervisor::status(const std::string& text) const { ::sd_notify(0, ("STATUS=" + line_of(text)).c_str()); }

void Supervisor::alive() const { ::sd_notify(0, "WATCHDOG=1"); }

Heartbeat::Heartbeat(const Supervisor& supervisor, base::Loop& loop, Courier& courier,
                     std::function<std::string(const CourierSurvey&)> status)
    : supervisor_(supervisor), loop_(loop), courier_(courier), status_(std::move(status)) {
    if (supervisor_.listens()) ask();
}

void Heartbeat::ask() {
    // Three times within the patience, for the machine may stumble.
    const auto beat = supervisor_.patience()
                          ? std::chrono::duration_cast<std::chrono::milliseconds>(*supervisor_.patience() / 3)
                          : kUsualBeat;
    loop_.wheel().arm(*this, loop_.clock().now() + std::min(beat, kUsualBeat));
    courier_.survey([weak = std::weak_ptr(self_)](const CourierSurvey& survey) {
        if (const auto self = weak.lock()) (*self)->heard(survey);
    });
}

void Heartbeat::heard(const CourierSurvey& survey) {
    supervisor_.alive();
    supervisor_.status(status_(survey));
}

}  // namespace server
