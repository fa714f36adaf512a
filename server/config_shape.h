// server/config_shape.h: what the texts in rvpd.conf must look like.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace server {

/// What a text, or each item of a list, must look like.
enum class TextShape {
    any,          ///< whatever the choices say, or anything
    authority,    ///< host or host:port
    mail_domain,  ///< "" or a host name
    listener,     ///< IP address and port, as "127.0.0.1:8080" or "[::1]:8080"
    listener_or_off,
    socket_or_off,  ///< absolute path that fits into a socket address, or ""
    file_or_none,   ///< absolute path, or ""
    authority_file,  ///< absolute path, or "system"
    prefix,         ///< "/path/", kept in lower case
    realm,          ///< "" or up to 128 characters without quotes, backslashes and control characters
    kerberos_realm,  ///< up to 128 characters without / @ and those that a realm may not have
    transfer_or_none,  ///< "" or host:port, as MSNP24 can write it
    nt_domain,      ///< "" or up to 64 characters that may stand in an account's name
    callback,       ///< "source", a CIDR, or a host name
    other_domain,   ///< "*", host or host:port
    range,          ///< an address or a CIDR
    home,           ///< "NAME = URL"; may stand as a table of NAME = "URL"
};

/// The value as Config keeps it (prefixes in lower case, localhost:PORT as 127.0.0.1:PORT).
/// Errc::malformed: text that completes the sentence `NAME "VALUE" …`, such as `is not address:port, …`.
[[nodiscard]] base::Result<std::string> shape_text(TextShape shape, std::string_view value);

/// Whether an address that shape_text let through as TextShape::listener can be reached from this machine
/// only.
[[nodiscard]] bool is_loopback_listener(std::string_view listener);

/// Host of `host[:port]`, brackets round IPv6 kept.
[[nodiscard]] std::string_view host_of(std::string_view authority);

/// Text between quotes as TOML has it, so that nothing inside can break a line; cut after `most` bytes.
[[nodiscard]] std::string toml_text(std::string_view text,
                                    std::size_t most = std::string_view::npos);

}  // namespace server
