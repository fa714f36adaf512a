// server/daemon.cc: owns the whole of rvpd, and is asked by its process.
// SPDX-License-Identifier: Apache-2.0
#include "server/daemon.h"

#include <algorithm>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "server/daemon_parts.h"

namespace server {

void DaemonParts::begin_drain() {
    if (drain.begun()) return;
    desk.close();
    if (zimbra) zimbra->close();  // who waits is answered
    photographer.set_unfit("the daemon is about to end");
    for (std::size_t i = 0; i < rvp_doors; ++i) doors[i]->stop_listening();
    for (const auto& door : msnp_doors) door->say_goodbye();
    if (supervisor) supervisor->stopping();
    drain.begin(reloader.running().push_drain);
}

bool DaemonParts::owes() const {
    const auto end = doors.begin() + static_cast<std::ptrdiff_t>(rvp_doors);
    const bool msnp_owes = std::any_of(msnp_doors.begin(), msnp_doors.end(), [](const auto& door) { return door->owes(); });
    return (disk && disk->busy()) || msnp_owes || std::any_of(doors.begin(), end, [](const auto& door) { return door->owes(); });
}

presence::Journal& DaemonParts::journal() {
    if (disk) return *disk;
    return in_memory;
}

Daemon::Daemon(const Config& config, const base::Clock& clock, base::Log& log, Surroundings around)
    : parts_(std::make_unique<DaemonParts>(config, clock, log, std::move(around))) {}

Daemon::~Daemon() = default;

const std::vector<Listening>& Daemon::listening() const { return parts_->listening; }

void Daemon::run() { parts_->loop.run(); }

void Daemon::stop() { parts_->loop.stop(); }

void Daemon::reload() {
    parts_->loop.post([this] { (void)parts_->reload(); });  // the log has told
}

void Daemon::drain() {
    parts_->loop.post([this] { parts_->begin_drain(); });
}

void Daemon::settle() {
    // One quiet round is not enough: what a courier reported in it may have caused the next delivery.
    constexpr int kQuietRounds = 3;
    for (int quiet = 0; quiet < kQuietRounds;) {
        auto busy = std::make_shared<std::promise<bool>>();
        auto answer = busy->get_future();
        parts_->loop.post([this, busy] {
            parts_->loop.tick();
            bool others_busy = false;
            for (const auto& door : parts_->doors) others_busy = others_busy || door->busy();
            for (const auto& door : parts_->msnp_doors) others_busy = others_busy || door->busy();
            others_busy = others_busy || (parts_->disk && parts_->disk->busy()) || (parts_->archive && parts_->archive->busy());
            parts_->courier.settle([busy, others_busy](bool couriers_busy) { busy->set_value(couriers_busy || others_busy); });
        });
        quiet = answer.get() ? 0 : quiet + 1;
        std::this_thread::yield();
    }
}

}  // namespace server
