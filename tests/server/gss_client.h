// tests/server/gss_client.h: the other side of NTLM, by the library's own initiator; and the file that it answers to.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif
#include <unistd.h>

#include <string>

#include "base/digest.h"
#include "base/fd.h"

namespace tests {

/// Each answer of gss-ntlmssp's own client loses some memory, which is not ours to look for.
#if defined(__SANITIZE_ADDRESS__)
using LeaksOfTheLibrary = __lsan::ScopedDisabler;
#else
struct LeaksOfTheLibrary {
    LeaksOfTheLibrary() {}
};
#endif

/// A client of NTLM. `level` is LmCompatibilityLevel: 0 speaks version 1, 2 version 1 with extended session security,
/// 3 version 2.
class NtlmClient {
public:
    NtlmClient(const std::string& user, const std::string& password, int level = 3) : level_(std::to_string(level)) {
        const LeaksOfTheLibrary ignored;
        const Level in_force(level_);
        OM_uint32 minor = 0;
        gss_buffer_desc text{user.size(), const_cast<char*>(user.data())};
        gss_name_t name = GSS_C_NO_NAME;
        EXPECT_EQ(gss_import_name(&minor, &text, GSS_C_NT_USER_NAME, &name), GSS_S_COMPLETE);
        gss_OID_set_desc mechs{1, &oid_};
        gss_buffer_desc secret{password.size(), const_cast<char*>(password.c_str())};
        EXPECT_EQ(gss_acquire_cred_with_password(&minor, name, &secret, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE, &cred_,
                                                 nullptr, nullptr),
                  GSS_S_COMPLETE);
        gss_release_name(&minor, &name);
        text = {19, const_cast<char*>("HTTP@im.example.com")};
        EXPECT_EQ(gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &server_), GSS_S_COMPLETE);
    }
    ~NtlmClient() {
        OM_uint32 minor = 0;
        gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
        gss_release_name(&minor, &server_);
        gss_release_cred(&minor, &cred_);
    }
    NtlmClient(const NtlmClient&) = delete;
    NtlmClient& operator=(const NtlmClient&) = delete;

    /// The first message, or what answers the server's `token`.
    std::string next(const std::string& token = "") {
        const LeaksOfTheLibrary ignored;
        const Level in_force(level_);
        OM_uint32 minor = 0;
        gss_buffer_desc in{token.size(), const_cast<char*>(token.data())};
        gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
        const OM_uint32 major =
            gss_init_sec_context(&minor, cred_, &context_, server_, &oid_, GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG, GSS_C_INDEFINITE, GSS_C_NO_CHANNEL_BINDINGS,
                                 token.empty() ? GSS_C_NO_BUFFER : &in, nullptr, &out, nullptr, nullptr);
        EXPECT_FALSE(GSS_ERROR(major)) << major << " " << minor;
        std::string text(static_cast<char*>(out.value), out.length);
        gss_release_buffer(&minor, &out);
        return text;
    }

private:
    /// The library asks the environment each time.
    struct Level {
        explicit Level(const std::string& level) {
            if (const char* was = getenv("LM_COMPAT_LEVEL")) before = was;
            setenv("LM_COMPAT_LEVEL", level.c_str(), 1);
        }
        ~Level() { before.empty() ? unsetenv("LM_COMPAT_LEVEL") : setenv("LM_COMPAT_LEVEL", before.c_str(), 1); }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;
        std::string before;
    };
    std::string level_;
    gss_OID_desc oid_{10, const_cast<char*>("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")};
    gss_cred_id_t cred_ = GSS_C_NO_CREDENTIAL;
    gss_name_t server_ = GSS_C_NO_NAME;
    gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
};

}  // namespace tests
