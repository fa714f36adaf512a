// server/tcp_door.h: listener for doors/msnp: bytes in, bytes out, plain or TLS.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 1, 2; design 6, 8
#pragma once

#include <memory>

#include "base/log.h"
#include "base/loop.h"
#include "doors/msnp_desk.h"
#include "server/http_door.h"
#include "server/socket_watch.h"
#include "server/tls.h"

namespace server {

/// Serves MSNP24 on one listener, inside the loop. A connection that rests holds no buffer. Thread: loop.
class TcpDoor {
public:
    /// All must outlive the door. `identity`: null for plain TCP.
    TcpDoor(base::Loop& loop, base::Log& log, SocketWatch& watch, doors::MsnpDesk& desk, Listener listener,
            const DoorLimits& limits, std::shared_ptr<const TlsIdentity> identity);
    ~TcpDoor();
    TcpDoor(const TcpDoor&) = delete;
    TcpDoor& operator=(const TcpDoor&) = delete;

    /// For what comes from now on; the numbers of connections stay as they were.
    void change(const DoorLimits& limits);
    /// Shows this to who connects from now on. Without TLS it does nothing.
    void renew(std::shared_ptr<const TlsIdentity> identity);
    /// Closes the listening socket, and tells everybody to go.
    void say_goodbye();
    /// Whether an answer is owed to somebody, or bytes have not been taken.
    [[nodiscard]] bool owes() const;
    /// Whether bytes have arrived that were not looked at yet; for Daemon::settle.
    [[nodiscard]] bool busy() const;

private:
    struct Parts;
    std::shared_ptr<Parts> parts_;
};

}  // namespace server
