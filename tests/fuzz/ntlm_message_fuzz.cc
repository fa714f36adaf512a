// tests/fuzz/ntlm_message_fuzz.cc: what is read of an NTLM message before the library gets it.
// SPDX-License-Identifier: Apache-2.0
#include "server/ntlm_message.h"

#include "base/text.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view message = fuzz::text_of(bytes, size);
    const auto type = server::ntlm_type(message);
    if (const auto challenge = server::read_ntlm_challenge(message)) {
        fuzz::must(base::valid_utf8(challenge->target), "a target is a text");
    }
    for (const bool unicode : {false, true}) {
        const auto shown = server::read_ntlm_authenticate(message, {unicode, false, true});
        if (!shown) continue;
        fuzz::must(base::valid_utf8(shown->user) && base::valid_utf8(shown->domain), "names are texts");
        fuzz::must(shown->response.size() <= size, "the response is in the message");
        fuzz::must(shown->user.size() <= 1024, "a name has a bound");
        const std::string roomy = server::with_version(server::NtlmType::authenticate, message);
        const auto again = server::read_ntlm_authenticate(roomy, {unicode, false, true});
        fuzz::must(again && again->response == shown->response, "room for a version changes nothing");
    }
    fuzz::must(type || !type.error().text.empty(), "an error says what is wrong");
    return 0;
}
