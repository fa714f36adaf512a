// server/listening.h: where a daemon can be reached.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace server {

/// One listener that is bound and accepting.
struct Listening {
    std::string door;     ///< "rvp", "msnp" or "admin"
    std::string address;  ///< "127.0.0.1:8080", with the real port where 0 was asked for
    std::string scheme = "http";  ///< or "https", of msnp "tcp" or "tls"
};

}  // namespace server
