// server/config.h: rvpd.conf as a value, from one table of options.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "server/config_shape.h"

namespace server {

/// Everything rvpd.conf can say, already checked. Defaults are those of the option table.
struct Config {
    std::string domain;
    std::vector<std::string> aliases;
    std::string mail_domain;  ///< never empty after load: derived from domain when not set

    std::vector<std::string> homes;  ///< "NAME = URL"

    std::string process_user;  ///< "" = rvpd, if that will do

    std::vector<std::string> listen_http;
    std::vector<std::string> listen_https;
    std::vector<std::string> listen_msnp;
    std::vector<std::string> listen_msnps;
    std::string listen_admin;    ///< "" = off
    std::string listen_control;  ///< path; "" = off

    std::string tls_certificate;  ///< path; "" = none
    std::string tls_key;
    std::vector<std::string> tls_ca;  ///< "system", and paths

    std::vector<std::string> nodes_auto_create;

    std::vector<std::string> auth_schemes;
    std::string auth_nt_domain;
    bool auth_ntlm_v1 = false;
    bool auth_msnp_proof = false;
    std::string auth_keytab;  ///< path; "" = the system's
    std::vector<std::string> auth_kerberos_realms;  ///< empty = that of our own key
    bool auth_assertion = true;
    bool auth_assertion_written = false;  ///< stands in the file, so the admin means it
    std::string auth_realm;

    std::string msnp_transfer;  ///< host:port; "" = none
    std::int64_t msnp_contacts_per_packet = 0;
    std::int64_t msnp_requests_per_s = 0;
    std::int64_t msnp_requests_at_once = 0;
    bool bsim_enabled = true;
    bool bsim_extensions = false;
    bool bsim_inline = false;
    bool bsim_utc = false;
    std::chrono::seconds bsim_session{};

    bool zimbra_enabled = true;
    bool zimbra_gateways = true;
    std::chrono::seconds zimbra_session{};
    std::int64_t zimbra_sessions_per_account = 0;
    std::chrono::seconds zimbra_token{};
    std::chrono::seconds zimbra_chat_idle{};
    std::int64_t zimbra_html_bytes = 0;
    int zimbra_html_depth = 0;

    std::chrono::seconds lease_subscription_min{};
    std::chrono::seconds lease_subscription_default{};
    std::chrono::seconds lease_subscription_max{};
    std::chrono::seconds lease_presence_min{};
    std::chrono::seconds lease_presence_default{};
    std::chrono::seconds lease_presence_max{};
    std::chrono::seconds lease_linger{};
    std::chrono::seconds lease_settle{};
    int lease_jitter_percent = 0;

    std::vector<std::string> callback_allow;
    std::string message_offline;  ///< "reject" or "store"
    int message_keep_days = 0;
    bool message_archive = true;
    int message_archive_days = 0;  ///< 0 = for ever
    std::vector<std::string> federation_domains;
    std::vector<std::string> federation_servers;  ///< "DOMAIN = URL"
    std::vector<std::string> federation_nameservers;
    std::vector<std::string> federation_routers;
    bool federation_relay = false;
    bool federation_assertion = false;
    std::string federation_proof;  ///< "address" or "certificate"
    std::string federation_route;  ///< "proxy" or "redirect"
    int push_threads = 0;          ///< 0 = cores - 1, at least 1
    int push_connections_per_endpoint = 0;
    int push_slow_ms = 0;
    int push_suspend_after = 0;
    std::chrono::seconds push_drain{};
    std::string store_path;
    std::string log_level;
    bool log_access = false;
    std::string log_format;

    // [limits]: what a hostile or broken peer can cost.
    std::int64_t limit_head_bytes = 0;
    std::int64_t limit_headers = 0;
    std::int64_t limit_body_bytes = 0;
    std::int64_t limit_drain_bytes = 0;
    std::int64_t limit_bodies_bytes = 0;
    std::int64_t limit_requests_per_address = 0;
    std::int64_t limit_xml_depth = 0;
    std::int64_t limit_xml_elements = 0;
    std::int64_t limit_xml_attributes = 0;
    std::int64_t limit_soap_elements = 0;
    std::int64_t limit_soap_batch = 0;
    std::int64_t limit_sessions = 0;
    std::int64_t limit_sessions_per_account = 0;
    std::int64_t limit_queue_per_session = 0;
    std::int64_t limit_chats_per_account = 0;
    std::int64_t limit_messages_per_chat = 0;
    std::int64_t limit_connections = 0;
    std::int64_t limit_connections_per_address = 0;
    std::chrono::seconds limit_head_time{};
    std::chrono::seconds limit_body_time{};
    std::chrono::seconds limit_idle_time{};
    std::int64_t limit_nodes_per_principal = 0;
    std::int64_t limit_nodes_per_domain = 0;
    std::int64_t limit_subscriptions_per_principal = 0;
    std::int64_t limit_foreign_call_backs = 0;
    std::int64_t limit_new_foreign_call_backs = 0;
    std::int64_t limit_call_backs_per_host = 0;
    std::int64_t limit_new_call_backs_per_host = 0;
    std::int64_t limit_views_per_principal = 0;
    std::int64_t limit_queue_per_endpoint = 0;
    int limit_log_on_ms = 0;
    int limit_push_wait_ms = 0;
    std::int64_t limit_kept_messages = 0;
    std::int64_t limit_kept_bytes = 0;
    std::int64_t limit_properties_per_node = 0;
    std::int64_t limit_property_bytes = 0;
    std::int64_t limit_acl_entries = 0;
    std::int64_t limit_contacts_per_account = 0;
    std::int64_t limit_asks_per_account = 0;
    std::int64_t limit_privacy_lists = 0;
    std::int64_t limit_privacy_items = 0;
    std::int64_t limit_rooms = 0;
    std::int64_t limit_rooms_per_principal = 0;
    std::int64_t limit_room_occupants = 0;
    std::int64_t limit_room_members = 0;
    std::int64_t limit_room_name_bytes = 0;
    std::int64_t limit_room_text_bytes = 0;

    bool operator==(const Config&) const = default;
};

/// Where an option lives in Config.
using OptionField = std::variant<std::string Config::*, std::vector<std::string> Config::*, bool Config::*,
                                 int Config::*, std::int64_t Config::*, std::chrono::seconds Config::*>;

/// When a changed value takes effect.
enum class Reload { restart, now };

/// Whether the feature behind an option is there; a value that would do nothing is refused, not ignored.
enum class Readiness { ready, default_only };

/// One option: the single source for the checker, --dump-config, rvpd.conf(5) and the sample.
struct Option {
    std::string_view name;  ///< "lease.linger_s"
    std::string_view type;  ///< "text", "list", "bool", "number", "seconds", "choice"
    std::string_view unit;  ///< "", "seconds", "bytes", "percent", …
    std::string_view fallback;  ///< the default, as TOML text
    std::int64_t least = 0;     ///< for numbers and seconds
    std::int64_t most = 0;
    std::vector<std::string_view> choices;  ///< for "choice", and for the items of a list if not empty
    TextShape shape = TextShape::any;
    Readiness readiness = Readiness::ready;
    OptionField field;
    std::string_view manual;  ///< a few sentences for rvpd.conf(5)
    Reload reload = Reload::restart;
};

[[nodiscard]] const std::vector<Option>& option_table();
/// The options as mdoc items: what rvpd.conf(5) holds between its two marks.
[[nodiscard]] std::string manual_options();

/// The configuration of an empty file.
[[nodiscard]] Config default_config();
/// Reads TOML text. The error's text is `file:line:column: what, and what was meant`.
[[nodiscard]] base::Result<Config> parse_config(std::string_view toml, std::string_view file_name);
/// Reads a file and the conf.d/*.toml beside it, in order of name; a later file overrides an earlier one.
[[nodiscard]] base::Result<Config> load_config(const std::string& path);
/// Every option with its value, as TOML that load_config reads back; secrets are not shown.
[[nodiscard]] std::string dump_config(const Config& config);

}  // namespace server
