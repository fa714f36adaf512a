// server/gssapi.cc: the one address of GSSAPI.
// SPDX-License-Identifier: Apache-2.0
#include "server/gssapi.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <array>
#include <utility>

namespace server {

using base::Errc;
using base::fail;

namespace {

// 1.3.6.1.4.1.311.2.2.10 and 1.3.6.1.5.5.2, which the headers do not name.
gss_OID_desc ntlm_oid() { return {10, const_cast<char*>("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")}; }
gss_OID_desc spnego_oid() { return {6, const_cast<char*>("\x2b\x06\x01\x05\x05\x02")}; }

/// Owns what the library filled.
struct Buffer {
    gss_buffer_desc desc = GSS_C_EMPTY_BUFFER;
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() {
        OM_uint32 minor = 0;
        gss_release_buffer(&minor, &desc);
    }
    [[nodiscard]] std::string text() const { return {static_cast<const char*>(desc.value), desc.length}; }
};

struct Name {
    gss_name_t name = GSS_C_NO_NAME;
    Name() = default;
    Name(const Name&) = delete;
    Name& operator=(const Name&) = delete;
    ~Name() {
        OM_uint32 minor = 0;
        gss_release_name(&minor, &name);
    }
    /// gss-ntlmssp counts the NUL behind the text, too. A text with a NUL inside is nobody's name.
    [[nodiscard]] std::string text() const {
        Buffer shown;
        OM_uint32 minor = 0;
        if (name == GSS_C_NO_NAME || gss_display_name(&minor, name, &shown.desc, nullptr) != GSS_S_COMPLETE) return "";
        std::string text = shown.text();
        if (!text.empty() && text.back() == '\0') text.pop_back();
        return text.find('\0') == std::string::npos ? text : "";
    }
};

gss_buffer_desc lent(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

void add_status(std::string& text, OM_uint32 status, int kind, gss_OID mech) {
    OM_uint32 more = 0;
    do {
        Buffer line;
        OM_uint32 minor = 0;
        if (gss_display_status(&minor, status, kind, mech, &more, &line.desc) != GSS_S_COMPLETE) return;
        std::string words = line.text();
        while (!words.empty() && words.back() == '\0') words.pop_back();
        if (!words.empty()) text += (text.empty() ? "" : ": ") + words;
    } while (more != 0);
}

std::string status_text(OM_uint32 major, OM_uint32 minor, gss_OID mech) {
    std::string text;
    add_status(text, major, GSS_C_GSS_CODE, GSS_C_NO_OID);
    if (minor != 0) add_status(text, minor, GSS_C_MECH_CODE, mech);
    return text.empty() ? "GSSAPI failed" : text;
}

bool same(gss_OID a, const gss_OID_desc& b) { return a != GSS_C_NO_OID && gss_oid_equal(a, &b) != 0; }

bool knows(const gss_OID_desc& mech) {
    OM_uint32 minor = 0;
    gss_OID_set all = GSS_C_NO_OID_SET;
    int there = 0;
    if (gss_indicate_mechs(&minor, &all) != GSS_S_COMPLETE) return false;
    gss_test_oid_set_member(&minor, const_cast<gss_OID_desc*>(&mech), all, &there);
    gss_release_oid_set(&minor, &all);
    return there != 0;
}

}  // namespace

struct GssCredential::Parts {
    Parts() = default;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts() {
        OM_uint32 minor = 0;
        gss_release_cred(&minor, &cred);
    }
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    gss_OID_desc proves{};  ///< what must have proved him, whatever else the library is able to do

    /// `store` may be empty: the library's own ways.
    base::Result<void> acquire(gss_name_t name, gss_OID_set mechs, const char* key, const std::string& value, gss_OID mech) {
        gss_key_value_element_desc element{key, value.c_str()};
        gss_key_value_set_desc store{1, &element};
        OM_uint32 minor = 0;
        const OM_uint32 major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, mechs, GSS_C_ACCEPT,
                                                      value.empty() ? nullptr : &store, &cred, nullptr, nullptr);
        if (major == GSS_S_COMPLETE) return {};
        return fail(Errc::not_found, status_text(major, minor, mech));
    }
};

GssCredential::GssCredential(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
GssCredential::GssCredential(GssCredential&&) noexcept = default;
GssCredential& GssCredential::operator=(GssCredential&&) noexcept = default;
GssCredential::~GssCredential() = default;

base::Result<GssCredential> GssCredential::kerberos(const std::string& keytab) {
    auto parts = std::make_unique<Parts>();
    parts->proves = *gss_mech_krb5;
    std::array<gss_OID_desc, 2> wanted{*gss_mech_krb5, spnego_oid()};
    gss_OID_set_desc both{wanted.size(), wanted.data()};
    gss_OID_set_desc inside{1, wanted.data()};
    // Of both the library finds enough that it has one; so whether there are keys is asked first.
    Parts alone;
    for (const auto& [to, mechs] : {std::pair(&alone, &inside), std::pair(parts.get(), &both)}) {
        auto got = to->acquire(GSS_C_NO_NAME, mechs, "keytab", keytab, wanted.data());
        if (!got) return std::unexpected(got.error());
    }
    // SPNEGO would otherwise talk about whatever else is installed: NTLM with winbind, for one.
    OM_uint32 minor = 0;
    const OM_uint32 major = gss_set_neg_mechs(&minor, parts->cred, &inside);
    if (major != GSS_S_COMPLETE) return fail(Errc::not_found, status_text(major, minor, wanted.data()));
    return GssCredential(std::move(parts));
}

base::Result<GssCredential> GssCredential::ntlm(const std::string& key_file, const std::string& host) {
    auto parts = std::make_unique<Parts>();
    parts->proves = ntlm_oid();
    if (!knows(parts->proves)) return fail(Errc::not_found, "GSSAPI knows no NTLM here; install gss-ntlmssp");
    const std::string service = "HTTP@" + host;
    gss_buffer_desc text = lent(service);
    Name name;
    OM_uint32 minor = 0;
    const OM_uint32 major = gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &name.name);
    if (major != GSS_S_COMPLETE) return fail(Errc::not_found, status_text(major, minor, GSS_C_NO_OID));
    gss_OID_set_desc mechs{1, &parts->proves};
    if (auto got = parts->acquire(name.name, &mechs, "ntlmssp_keyfile", key_file, &parts->proves); !got) {
        return std::unexpected(got.error());
    }
    return GssCredential(std::move(parts));
}

struct GssHandshake::Parts {
    Parts() = default;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts() { end(); }
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    bool over = false;

    void end() {
        OM_uint32 minor = 0;
        if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
        over = true;
    }
    [[nodiscard]] std::string whom() const {
        Name ours;
        OM_uint32 minor = 0;
        gss_inquire_context(&minor, context, nullptr, &ours.name, nullptr, nullptr, nullptr, nullptr, nullptr);
        return ours.text();
    }
};

GssHandshake::GssHandshake() : parts_(std::make_unique<Parts>()) {}
GssHandshake::GssHandshake(GssHandshake&&) noexcept = default;
GssHandshake& GssHandshake::operator=(GssHandshake&&) noexcept = default;
GssHandshake::~GssHandshake() = default;

base::Result<GssHandshake::Step> GssHandshake::step(const GssCredential& ours, std::string_view token) {
    if (parts_->over) return fail(Errc::unproven, "the handshake is over");
    if (token.empty() || token.size() > kTokenBytes) {
        parts_->end();
        return fail(Errc::unproven, "a token has 1 to " + std::to_string(kTokenBytes) + " bytes");
    }
    gss_buffer_desc in = lent(token);
    Buffer out;
    Name who;
    gss_OID mech = GSS_C_NO_OID;
    OM_uint32 minor = 0;
    OM_uint32 flags = 0;
    const OM_uint32 major = gss_accept_sec_context(&minor, &parts_->context, ours.parts_->cred, &in, GSS_C_NO_CHANNEL_BINDINGS,
                                                   &who.name, &mech, &out.desc, &flags, nullptr, nullptr);
    if (GSS_ERROR(major)) {
        parts_->end();
        return fail(Errc::unproven, status_text(major, minor, mech));
    }
    Step step;
    step.token = out.text();
    if ((major & GSS_S_CONTINUE_NEEDED) != 0) return step;
    step.who = who.text();
    step.whom = parts_->whom();
    parts_->end();
    if (!same(mech, ours.parts_->proves)) return fail(Errc::unproven, "it was proved in a way that is not offered");
    if ((flags & GSS_C_ANON_FLAG) != 0 || step.who.empty()) return fail(Errc::unproven, "nobody was proved");
    step.done = true;
    return step;
}

}  // namespace server
