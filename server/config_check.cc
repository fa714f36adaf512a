// server/config_check.cc: files into a draft, the draft into a Config, a Config into TOML.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (configuration), 6 (a listener outside loopback)
#include "server/config_check.h"

#include "base/fd.h"
#include "base/paths.h"
#include "base/text.h"
#include "server/certificate.h"
#include "server/config_shape.h"
#include "server/domains.h"
#include "server/gssapi.h"
#include "server/homes.h"
#include "server/tls.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <type_traits>
#include <utility>

namespace server {
namespace {

using base::Errc;
using base::fail;

// One over the bound that read_into complains about.
constexpr std::size_t kMaxReadBytes = (1 << 20) + 1;
// In conf.d.
constexpr std::size_t kMaxFiles = 1000;

struct LeaseRange {
    std::string_view name;  // "lease.presence_"
    std::chrono::seconds Config::*least;
    std::chrono::seconds Config::*fallback;
    std::chrono::seconds Config::*most;
};
constexpr std::array<LeaseRange, 2> kLeaseRanges = {{
    {"lease.subscription_", &Config::lease_subscription_min, &Config::lease_subscription_default,
     &Config::lease_subscription_max},
    {"lease.presence_", &Config::lease_presence_min, &Config::lease_presence_default,
     &Config::lease_presence_max},
}};

/// The domain without its port and a leading "im.".
std::string usual_mail_domain(std::string_view domain) {
    std::string_view host = host_of(domain);
    if (host.size() > 3 && base::equal_ignoring_case(host.substr(0, 3), "im."))
        host.remove_prefix(3);
    return std::string(host);
}

base::Result<void> check_leases(const Draft& draft) {
    const Config& c = draft.config;
    for (const LeaseRange& range : kLeaseRanges) {
        if (c.*range.least <= c.*range.fallback && c.*range.fallback <= c.*range.most) continue;
        std::string text = std::string(range.name) + "min_s, default_s and max_s are " +
                           std::to_string((c.*range.least).count()) + ", " +
                           std::to_string((c.*range.fallback).count()) + " and " +
                           std::to_string((c.*range.most).count()) +
                           " seconds; keep min <= default <= max";
        // The defaults are in order, so one of the three was written; the last word is what broke it.
        const Written* last = nullptr;
        for (std::string_view end : {"min_s", "default_s", "max_s"}) {
            const auto found = draft.written.find(std::string(range.name) + std::string(end));
            if (found != draft.written.end() && (!last || *last < found->second))
                last = &found->second;
        }
        if (!last) return fail(Errc::malformed, text);
        return complaint(last->value, text);
    }
    return {};
}

/// At the option, or at an item of its list; without a place where nothing was written.
std::unexpected<base::Error> complain_about(const Draft& draft, std::string_view option, const std::string& text,
                                            std::optional<std::size_t> item = std::nullopt) {
    const auto found = draft.written.find(option);
    if (found == draft.written.end()) return fail(Errc::malformed, text);
    return complaint(item ? found->second.items.at(*item) : found->second.value, text);
}

/// Of HTTP alone: over MSNP24 nobody is believed without a ticket or password, whatever auth.schemes are.
base::Result<void> check_listeners(const Draft& draft, std::string_view option,
                                   const std::vector<std::string>& listeners) {
    const Config& c = draft.config;
    const bool asserted = c.auth_assertion && c.auth_assertion_written;
    if (asserted || !c.auth_schemes.empty()) return {};
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        if (is_loopback_listener(listeners[i])) continue;
        const std::string text =
            std::string(option) + " " + toml_text(listeners[i]) +
            " is outside loopback, where anybody could claim any name while auth.schemes is "
            "empty; listen on 127.0.0.1, or write assertion = true under [auth] if you trust "
            "everybody who can reach it";
        return complain_about(draft, option, text, i);
    }
    return {};
}

base::Result<void> check_schemes(const Draft& draft) {
    const std::vector<std::string>& schemes = draft.config.auth_schemes;
    for (std::size_t i = 0; i < schemes.size(); ++i) {
        if (std::ranges::find(schemes, schemes[i]) == schemes.begin() + static_cast<std::ptrdiff_t>(i)) continue;
        return complaint(draft.written.at("auth.schemes").items.at(i),
                         "auth.schemes has " + toml_text(schemes[i]) + " twice; once is enough");
    }
    return {};
}

/// Whether the libraries and keys are there that a handshake needs.
base::Result<void> check_handshakes(const Draft& draft) {
    const Config& c = draft.config;
    for (std::size_t i = 0; i < c.auth_schemes.size(); ++i) {
        const bool ntlm = c.auth_schemes[i] == "ntlm";
        if (!ntlm && c.auth_schemes[i] != "negotiate") continue;
        const auto ours = ntlm ? GssCredential::ntlm("/dev/null", "localhost") : GssCredential::kerberos(c.auth_keytab);
        if (ours) continue;
        if (!ntlm && !c.auth_keytab.empty()) {
            return complain_about(draft, "auth.keytab", "auth.keytab " + toml_text(c.auth_keytab) + ": " + ours.error().text);
        }
        return complain_about(draft, "auth.schemes", "auth.schemes has " + toml_text(c.auth_schemes[i]) + ": " + ours.error().text, i);
    }
    return {};
}

/// Both files or neither, both as Certificate wants them.
base::Result<void> check_tls(const Draft& draft) {
    const Config& c = draft.config;
    if (c.tls_certificate.empty() != c.tls_key.empty()) {
        const char* there = c.tls_key.empty() ? "tls.certificate" : "tls.key";
        const char* missing = c.tls_key.empty() ? "tls.key" : "tls.certificate";
        return complain_about(draft, there, std::string(there) + " is of no use without " + missing);
    }
    if (c.tls_certificate.empty()) {
        for (const auto& [option, listeners] : {std::pair{"listen.https", &c.listen_https}, std::pair{"listen.msnps", &c.listen_msnps}}) {
            if (listeners->empty()) continue;
            return complain_about(draft, option, std::string(option) + " needs certificate and key under [tls]");
        }
        return {};
    }
    const auto loaded = Certificate::load(c.tls_certificate, c.tls_key);
    if (loaded) return {};
    const bool key = loaded.error().file == Certificate::Problem::File::key;
    const char* option = key ? "tls.key" : "tls.certificate";
    return complain_about(draft, option, std::string(option) + " " + toml_text(key ? c.tls_key : c.tls_certificate) +
                                             " " + loaded.error().text);
}

base::Result<void> check_ca(const Draft& draft) {
    const auto& ca = draft.config.tls_ca;
    for (std::size_t i = 0; i < ca.size(); ++i) {
        if (ca[i] == "system") continue;
        const auto made = TlsTrust::make({ca[i]});
        if (!made) return complain_about(draft, "tls.ca", "tls.ca " + toml_text(ca[i]) + " " + made.error().text, i);
    }
    return {};
}

/// Lines that say where a server is; and nothing that would do nothing.
base::Result<void> check_federation(const Draft& draft) {
    const Config& c = draft.config;
    for (std::size_t i = 0; i < c.federation_servers.size(); ++i) {
        const auto line = DomainLine::parse(c.federation_servers[i]);
        if (line) continue;
        return complain_about(draft, "federation.servers",
                              "federation.servers " + toml_text(c.federation_servers[i]) + " " + line.error().text, i);
    }
    for (std::size_t i = 0; i < c.homes.size(); ++i) {
        const auto line = HomeLine::parse(c.homes[i]);
        if (line) continue;
        return complain_about(draft, "homes", "homes: " + toml_text(c.homes[i]) + " " + line.error().text, i);
    }
    if (c.homes.empty() && c.federation_route != "proxy") {
        return complain_about(draft, "federation.route", "federation.route is of no use without homes");
    }
    if (c.federation_proof == "certificate" && c.listen_https.empty()) {
        return complain_about(draft, "federation.proof", "federation.proof = \"certificate\" needs listen.https");
    }
    if (!c.federation_domains.empty()) return {};
    if (c.federation_proof != "address") {
        return complain_about(draft, "federation.proof", "federation.proof is of no use without federation.domains");
    }
    const auto useless = [&](std::string_view option) {
        return complain_about(draft, option, std::string(option) + " is of no use without federation.domains");
    };
    if (!c.federation_servers.empty()) return useless("federation.servers");
    if (!c.federation_nameservers.empty()) return useless("federation.nameservers");
    if (c.federation_relay) return useless("federation.relay");
    if (c.federation_assertion) return useless("federation.assertion");
    return {};
}

base::Result<std::string> read_file(const std::string& path) {
    const auto cannot = [&](int error) {
        return fail(Errc::not_found, path + ": cannot be read: " + std::strerror(error));
    };
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return cannot(errno);
    std::string text;
    std::array<char, 16384> part;
    while (text.size() < kMaxReadBytes) {
        const ssize_t got = ::read(file.get(), part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot(errno);
        if (got == 0) break;
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

/// The conf.d/*.toml beside the main file, in order of name; none if there is no such folder.
base::Result<std::vector<std::string>> more_files(const std::string& main_file) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(main_file).parent_path() / "conf.d";
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    if (error == std::errc::no_such_file_or_directory) return std::vector<std::string>{};
    std::vector<std::string> files;
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.ends_with(".toml") && !name.starts_with('.'))
            files.push_back(entry->path().string());
        if (files.size() > kMaxFiles) {
            return fail(Errc::too_large,
                        folder.string() + ": more than " + std::to_string(kMaxFiles) + " files");
        }
    }
    if (error)
        return fail(Errc::not_found, folder.string() + ": cannot be read: " + error.message());
    std::ranges::sort(files);
    return files;
}

std::string as_toml(const std::string& value) {
    return toml_text(value);
}
std::string as_toml(bool value) {
    return value ? "true" : "false";
}
std::string as_toml(std::int64_t value) {
    return std::to_string(value);
}
std::string as_toml(std::chrono::seconds value) {
    return std::to_string(value.count());
}
std::string as_toml(const std::vector<std::string>& values) {
    std::string out;
    for (const std::string& value : values) out += (out.empty() ? "" : ", ") + toml_text(value);
    return "[" + out + "]";
}

}  // namespace

std::unexpected<base::Error> complaint(const Place& place, std::string_view text) {
    std::string line =
        place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
    for (char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    return fail(Errc::malformed, std::move(line));
}

std::string shown(const Option& option, const Config& config) {
    return std::visit(
        [&](auto field) {
            if constexpr (std::is_same_v<decltype(field), int Config::*>) {
                return as_toml(static_cast<std::int64_t>(config.*field));
            } else {
                return as_toml(config.*field);
            }
        },
        option.field);
}

bool has_default(const Option& option, const Config& config) {
    return shown(option, config) == option.fallback;
}

Draft default_draft() {
    std::string text;
    for (const Option& option : option_table()) {
        text += std::string(option.name) + " = " + std::string(option.fallback) + "\n";
    }
    Draft draft;
    const auto read = read_into(draft, text, "option_table.cc");
    assert(read && "a default in the option table breaks its own row");
    draft.written.clear();
    return draft;
}

base::Result<Config> finish(Draft draft) {
    Config& c = draft.config;
    c.auth_assertion_written = draft.written.contains("auth.assertion");
    if (c.mail_domain.empty()) c.mail_domain = usual_mail_domain(c.domain);
    if (c.store_path.empty()) c.store_path = base::usual_store();
    if (!draft.written.contains("listen.control")) c.listen_control = base::usual_control_socket();
    if (const auto leases = check_leases(draft); !leases) return std::unexpected(leases.error());
    if (const auto schemes = check_schemes(draft); !schemes) return std::unexpected(schemes.error());
    if (const auto shakes = check_handshakes(draft); !shakes) return std::unexpected(shakes.error());
    if (const auto http = check_listeners(draft, "listen.http", c.listen_http); !http)
        return std::unexpected(http.error());
    if (const auto https = check_listeners(draft, "listen.https", c.listen_https); !https)
        return std::unexpected(https.error());
    if (const auto tls = check_tls(draft); !tls) return std::unexpected(tls.error());
    if (const auto ca = check_ca(draft); !ca) return std::unexpected(ca.error());
    if (const auto others = check_federation(draft); !others) return std::unexpected(others.error());
    return std::move(c);
}

Config default_config() {
    auto config = finish(default_draft());
    assert(config && "the defaults must pass their own checks");
    return std::move(*config);
}

base::Result<Config> parse_config(std::string_view toml, std::string_view file_name) {
    Draft draft = default_draft();
    if (const auto read = read_into(draft, toml, file_name); !read)
        return std::unexpected(read.error());
    return finish(std::move(draft));
}

base::Result<Config> load_config(const std::string& path) {
    Draft draft = default_draft();
    const auto lay = [&](const std::string& file) -> base::Result<void> {
        const auto text = read_file(file);
        if (!text) return std::unexpected(text.error());
        return read_into(draft, *text, file);
    };
    if (const auto laid = lay(path); !laid) return std::unexpected(laid.error());
    const auto more = more_files(path);
    if (!more) return std::unexpected(more.error());
    for (const std::string& file : *more) {
        if (const auto laid = lay(file); !laid) return std::unexpected(laid.error());
    }
    return finish(std::move(draft));
}

std::string dump_config(const Config& config) {
    std::string out;
    std::string_view table;
    for (const Option& option : option_table()) {
        const auto dot = option.name.find('.');
        const auto here =
            dot == std::string_view::npos ? std::string_view() : option.name.substr(0, dot);
        if (here != table) out += "\n[" + std::string(here) + "]\n";
        table = here;
        const std::string line = std::string(option.name.substr(here.empty() ? 0 : dot + 1)) +
                                 " = " + shown(option, config) + "\n";
        // Written out, assertion = true opens listeners outside loopback: only the admin may say it.
        const bool silent = option.name == "auth.assertion" && !config.auth_assertion_written;
        out += (silent ? "# not written: " : "") + line;
    }
    return out;
}

}  // namespace server
