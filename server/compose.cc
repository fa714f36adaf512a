// server/compose.cc: plain text as the MIME part that RVP clients expect.
// SPDX-License-Identifier: Apache-2.0
#include "server/compose.h"

#include <utility>

#include "base/text.h"
#include "rvp/mime.h"

namespace server {

base::Result<presence::Message> compose_part(const std::string& headers, const std::string& body, const std::string& talk) {
    const std::string part = "MIME-Version: 1.0\r\n" + headers + "\r\n" + body;
    auto mime = rvp::read_mime(base::latin1_to_utf8(part), talk);  // each octet as it is
    if (!mime) return std::unexpected(mime.error());
    presence::Message message;
    message.facts = rvp::read_facts(*mime);
    message.mime = std::move(*mime);
    return message;
}

base::Result<presence::Message> compose_message(const std::string& text, const std::string& talk) {
    return compose_part("Content-Type: text/plain; charset=UTF-8\r\n", text, talk);
}

base::Result<presence::Message> compose_typing(const std::string& who, const std::string& talk) {
    return compose_typing_note(who, talk, "");
}

base::Result<presence::Message> compose_typing_note(const std::string& who, const std::string& talk, const std::string& headers) {
    return compose_part("Content-Type: text/x-msmsgscontrol\r\nTypingUser: " + who + "\r\n" + headers, "\r\n", talk);
}

}  // namespace server
