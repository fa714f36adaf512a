// server/http_door.h: libmicrohttpd <-> base/http; chooses a desk and stops there.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing), 8, 9 (wire, [tls])
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/result.h"
#include "server/certificate.h"
#include "server/http_desk.h"
#include "server/http_door_limits.h"
#include "server/peer_certificate.h"
#include "server/request_ids.h"

namespace server {

/// A bound, listening TCP socket.
struct Listener {
    base::Fd fd;
    std::string address;  ///< "127.0.0.1:8080", with the real port
};
/// Binds `host:port` (IP address, port 0 = any), or takes the socket of `opened` that listens there already.
/// Errc::internal names the address and the reason.
[[nodiscard]] base::Result<Listener> listen_on(const std::string& address, std::vector<base::Fd>& opened);
/// What a socket is bound to, as in rvpd.conf; for a complaint, so "something else" where that is no TCP address.
[[nodiscard]] std::string address_of(int fd);

/// Serves HTTP/1.1 on one listener, inside the loop (external epoll; answers may come later: the connection is
/// suspended meanwhile, and forgotten when its peer goes). Refuses unsound framing with 400 and closes. With a
/// certificate it speaks TLS 1.2 or 1.3, and nothing else.
/// Thread: loop. Errors of libmicrohttpd at start are thrown as std::runtime_error.
class HttpDoor {
public:
    /// `watch`, null for none, hears of each answer. All must outlive the door. `certificate`: null for plain HTTP.
    /// `trust`: clients are asked for a certificate, and this tells whom it proves; null: they are not.
    HttpDoor(base::Loop& loop, base::Log& log, RequestIds& ids, HttpDesk& desk, Listener listener, DoorLimits limits,
             HttpWatch* watch = nullptr, std::shared_ptr<const Certificate> certificate = nullptr,
             std::shared_ptr<const PeerTrust> trust = nullptr);
    ~HttpDoor();
    HttpDoor(const HttpDoor&) = delete;
    HttpDoor& operator=(const HttpDoor&) = delete;

    [[nodiscard]] const std::string& address() const;
    /// For what comes from now on; head_bytes and the numbers of connections stay as they were.
    void change(const DoorLimits& limits);
    /// Shows this to who connects from now on; who has connected before goes on with what there was. Without TLS it does
    /// nothing.
    void renew(std::shared_ptr<const Certificate> certificate, std::shared_ptr<const PeerTrust> trust = nullptr);
    /// Closes the listening socket; connections that are there are served on.
    void stop_listening();
    /// Whether an answer is owed to somebody.
    [[nodiscard]] bool owes() const;
    /// Whether bytes have arrived that were not looked at yet; for Daemon::settle.
    [[nodiscard]] bool busy() const;

private:
    struct Parts;
    std::shared_ptr<Parts> parts_;
};

}  // namespace server
