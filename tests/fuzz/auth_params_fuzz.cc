// tests/fuzz/auth_params_fuzz.cc: what follows the scheme in Authorization, and Digest's reading of it.
// SPDX-License-Identifier: Apache-2.0
#include "server/auth_params.h"

#include "presence/memory_journal.h"
#include "server/digest_auth.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    if (const auto params = server::read_auth_params(text)) {
        fuzz::must(params->size() <= 32, "there are not too many");
        for (const server::AuthParam& p : *params) {
            fuzz::must(!p.name.empty() && p.value.size() <= p.raw.size(), "undoing quoted-pairs makes nothing longer");
            fuzz::must(p.value.find_first_of("\r\n") == std::string::npos, "no line hides");
        }
    }
    static base::Log log(base::LogLevel::error);
    static presence::MemoryJournal journal;
    static const base::FakeClock clock;
    static const server::Accounts nobody({"realm", {"DOM", "example.com"}, false}, journal, log);
    server::DigestAuth digest(nobody, clock);
    base::Request request;
    request.method = "ACL";
    request.target = "/instmsg/aliases/bob";
    const auto found = digest.judge(request, text, {server::Accounts::Hash::md5, server::Accounts::Hash::sha256});
    fuzz::must(!found || found->account.empty(), "where nobody exists nobody is proved");
    return 0;
}
