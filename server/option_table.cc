// server/option_table.cc: every option of rvpd.conf, one row each.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (configuration), 6 (limits)
#include "server/config.h"

#include <algorithm>
#include <array>
#include <utility>

namespace server {
namespace {

using Choices = std::vector<std::string_view>;
using Texts = std::vector<std::string> Config::*;
constexpr auto kReady = Readiness::ready;
constexpr std::int64_t kYear = 31'536'000;
constexpr std::int64_t kMany = 1'000'000;
constexpr std::int64_t kMebi = 1'048'576;

Option text(std::string_view name, std::string_view fallback, std::string Config::*field,
            TextShape shape, Readiness readiness, std::string_view manual) {
    return {name, "text", "", fallback, 0, 0, {}, shape, readiness, field, manual};
}
Option list(std::string_view name, std::string_view fallback, Texts field, TextShape shape,
            Choices choices, Readiness readiness, std::string_view manual) {
    return {name, "list", "", fallback, 0, 0, std::move(choices), shape, readiness, field, manual};
}
Option choice(std::string_view name, std::string_view fallback, std::string Config::*field,
              Choices choices, Readiness readiness, std::string_view manual) {
    return {name,           "choice",  "",    fallback, 0, 0, std::move(choices),
            TextShape::any, readiness, field, manual};
}
Option flag(std::string_view name, std::string_view fallback, bool Config::*field,
            Readiness readiness, std::string_view manual) {
    return {name, "bool", "", fallback, 0, 0, {}, TextShape::any, readiness, field, manual};
}
Option number(std::string_view name, std::string_view unit, std::string_view fallback,
              std::int64_t least, std::int64_t most, OptionField field, std::string_view manual) {
    return {name, "number", unit, fallback, least, most, {}, TextShape::any, kReady, field, manual};
}
Option seconds(std::string_view name, std::string_view fallback, std::int64_t least,
               std::int64_t most, std::chrono::seconds Config::*field, std::string_view manual) {
    return {name, "seconds",      "seconds", fallback, least, most,
            {},   TextShape::any, kReady,    field,    manual};
}

std::vector<Option> make_table() {
    using enum TextShape;
    using C = Config;
    return {
        text("domain", R"("localhost:8080")", &C::domain, authority, kReady,
             "The logical authority of our nodes: a host, or host:port. It stands in every URL "
             "that rvpd prints when the request named none of ours."),
        list("aliases", "[]", &C::aliases, authority, {}, kReady,
             "Other authorities that mean this server. The addresses it listens on always do."),
        text(
            "mail_domain", R"("")", &C::mail_domain, mail_domain, kReady,
            R"(The mail domain of principals: bob@mail_domain is /instmsg/aliases/bob. Empty means the )"
            R"(domain without a leading "im." and without its port.)"),

        list("homes", "[]", &C::homes, home, {}, kReady,
             "Which server of this domain holds which principals, the same on each of them: a table of NAME = \"URL\", or "
             "a list of \"NAME = URL\". A name may hold asterisks; one that begins with a slash is the path of other "
             "nodes. A whole name goes before a pattern, and a pattern before one with fewer letters. Whoever is not "
             "named, or is at an authority of this server (domain, aliases, listeners), lives here. With https a server "
             "is spoken to over TLS, and must show a certificate for the URL's host."),

        text("process.user", R"("")", &C::process_user, any, kReady,
             "Whom root becomes for good once the addresses are bound. Empty means rvpd, if there is such "
             "a user and store.path is not written; else root stays, which the log warns of. The user must "
             "be able to read the configuration and to write the store and the folder of the control "
             "socket; /var/lib/rvpd and /run/rvpd are made, and handed over from root. Nobody but root "
             "becomes anybody."),

        list("listen.http", R"(["127.0.0.1:8080"])", &C::listen_http, listener, {}, kReady,
             "Where RVP is served, as address:port; an IPv6 address stands in brackets. Port 0 "
             "takes any free port. An address outside loopback is refused unless auth.schemes "
             "is set or auth.assertion = true is written out."),
        list("listen.https", "[]", &C::listen_https, listener, {}, kReady,
             "The same over TLS, version 1.2 or 1.3, with the certificate of the table tls. Node URLs keep "
             "beginning with http: they are names, whatever carries them."),
        list("listen.msnp", "[]", &C::listen_msnp, listener, {}, kReady,
             "Where MSNP24 is served, for Miranda NG, JavaSkype and their kind; see rvpd-msnp(7). Who signs in shows a "
             "ticket, or, over loopback alone, his password."),
        list("listen.msnps", "[]", &C::listen_msnps, listener, {}, kReady,
             "The same over TLS, with the certificate of the table tls; here a password may be shown from anywhere."),
        text("listen.admin", R"("127.0.0.1:8081")", &C::listen_admin, listener_or_off, kReady,
             "Where the status page, /metrics, /healthz and /readyz are served. They ask for no "
             "credentials, so keep them on loopback or a private network. A Host that is no IP "
             "address must be localhost or one of domain and aliases. Empty means off."),
        text("listen.control", R"("")", &C::listen_control, socket_or_off, kReady,
             "The socket for rvpctl, an absolute path. Where nothing is written it is "
             "control.sock in $RUNTIME_DIRECTORY if that is set, else in /run/rvpd for root, "
             "else in $XDG_RUNTIME_DIR/rvpd, else in rvpd-UID under the temporary directory. "
             "Written out as the empty text it means off."),

        text("tls.certificate", R"("")", &C::tls_certificate, file_or_none, kReady,
             "The file, in PEM, with the certificate that listen.https and listen.msnps show, and behind it those that "
             "lead to its authority."),
        text("tls.key", R"("")", &C::tls_key, file_or_none, kReady,
             "The file with the private key of that certificate, in PEM and without a password. Only "
             "the user that rvpd runs as should be able to read it."),
        list("tls.ca", R"(["system"])", &C::tls_ca, authority_file, {}, kReady,
             "Whose certificates are believed when a call-back is https: the word system for the authorities that "
             "this machine knows, and files of PEM with others. Without system only those in the files are."),

        list("nodes.auto_create", R"(["/instmsg/aliases/"])", &C::nodes_auto_create, prefix, {},
             kReady,
             "Path prefixes under which a node comes into being with the first authorised "
             "request that names it. Each begins and ends with a slash; case does not matter. "
             "Use the empty list in production."),

        list("auth.schemes", "[]", &C::auth_schemes, any, {"negotiate", "ntlm", "digest", "digest-sha256"}, kReady,
             "The ways to prove who one is, in the order in which they are offered. negotiate is "
             "Kerberos; ntlm is NTLM version 2, for which gss-ntlmssp must be installed; digest is "
             "Digest with MD5, which every client knows; digest-sha256 is the same with SHA-256. "
             "Accounts are made with rvpctl user, but those of Kerberos by the KDC. NTLM needs a hash "
             "of its own, which the store has only while ntlm stands here: set passwords again once "
             "it does."),
        text("auth.keytab", R"("")", &C::auth_keytab, file_or_none, kReady,
             "The file with the Kerberos key of HTTP/HOST@REALM, HOST being the name that clients connect "
             "to. Only the user that rvpd runs as should be able to read it. Empty means the keytab of the system."),
        list("auth.kerberos_realms", "[]", &C::auth_kerberos_realms, kerberos_realm, {}, kReady,
             "The realms of Kerberos whose people are ours: the principal u@REALM is the account u, for each "
             "of them, so list two only where the same name is the same person in both. Case matters. Empty "
             "means the realm of the key in auth.keytab; write out what there is where that is another, such "
             "as that of the hosts."),
        text("auth.nt_domain", R"("")", &C::auth_nt_domain, nt_domain, kReady,
             R"(DOM in the account names DOM\user and DOM/user. Passwords must be set again after a )"
             "change, since every spelling of a name has a hash of its own."),
        flag("auth.ntlm_v1", "false", &C::auth_ntlm_v1, kReady,
             "Accept NTLM version 1 too, for clients that speak nothing else. Who hears one "
             "exchange of it can find out the password."),
        flag("auth.msnp_proof", "false", &C::auth_msnp_proof, kReady,
             "Let clients of MSNP24 prove themselves by an HMAC over a nonce, so that no password crosses a listener "
             "without TLS. It needs a hash of its own, worth a password to whoever steals it, which the "
             "store has only while this is true: set passwords again once it is."),
        flag("auth.assertion", "true", &C::auth_assertion, kReady,
             "Accept the name in RVP-From-Principal without proof, from whoever shows no "
             "credentials. Where false, everybody must prove who he is. Write it out to listen "
             "outside loopback without auth.schemes; then anybody who can reach the server can "
             "claim to be anybody."),
        text("auth.realm", R"("")", &C::auth_realm, realm, kReady,
             "The realm that Digest shows to people. Empty means the domain. Passwords must be set "
             "again after a change, since it is part of every hash."),

        seconds("lease.subscription_min_s", "60", 1, kYear, &C::lease_subscription_min,
                "The shortest lease of a subscription; who asks for less gets this."),
        seconds("lease.subscription_default_s", "14400", 1, kYear, &C::lease_subscription_default,
                "The lease of a subscription that names no lifetime."),
        seconds("lease.subscription_max_s", "86400", 1, kYear, &C::lease_subscription_max,
                "The longest lease of a subscription; who asks for more gets this."),
        seconds("lease.presence_min_s", "1", 1, kYear, &C::lease_presence_min,
                "The shortest lease of a leased value, such as a state."),
        seconds("lease.presence_default_s", "1200", 1, kYear, &C::lease_presence_default,
                "The lease of a value that names no timeout."),
        seconds("lease.presence_max_s", "86400", 1, kYear, &C::lease_presence_max,
                "The longest lease of a leased value."),
        seconds(
            "lease.linger_s", "5", 0, 3600, &C::lease_linger,
            "How long a change to offline that a lease or a dead call-back caused is kept back. "
            "A renewal inside that time tells nobody anything."),
        seconds("lease.settle_s", "30", 0, 3600, &C::lease_settle,
                "After a start, each live subscription is told the present state once within "
                "this time."),
        number("lease.jitter_percent", "percent", "0", 0, 50, &C::lease_jitter_percent,
               "Shorten each grant by a random share of up to this much, so that renewals do "
               "not come in herds."),

        list("callback.allow", R"(["source"])", &C::callback_allow, callback, {}, kReady,
             "Where NOTIFY may be sent: the word source for the requester's own address, CIDR "
             "ranges such as 10.0.0.0/8, and host names. Link-local, metadata and multicast "
             "addresses are refused whatever stands here."),

        choice("message.offline", R"("reject")", &C::message_offline, {"reject", "store"}, kReady,
               "What becomes of a message when nobody is home. With reject its sender gets 412. With "
               "store it is kept and answered 202, and delivered when its receiver logs on, in order "
               "and before anything newer. Only what somebody said is kept: typing and control notes "
               "and invitations get 412 either way."),
        number("message.keep_days", "days", "30", 1, 36'500, &C::message_keep_days,
               "How long such a message is kept for somebody who does not log on."),
        flag("message.archive", "true", &C::message_archive, kReady,
             "Keep every message that was delivered, or is kept for later, in the archive that "
             "rvpctl history searches. Typing and control notes are never archived. The archive is "
             "in the store, so there is none with store.path = \":memory:\"."),
        number("message.archive_days", "days", "0", 0, 36'500, &C::message_archive_days,
               "Messages older than this are deleted from the archive, once a day. 0 keeps them for "
               "ever."),

        text("msnp.transfer", R"("")", &C::msnp_transfer, transfer_or_none, kReady,
             "A host:port to which clients of MSNP24 are sent as soon as they connect, unless they were sent here. "
             "Empty means that they stay."),
        number("msnp.contacts_per_packet", "contacts", "20000", 1, 100'000, &C::msnp_contacts_per_packet,
               "How many contacts one packet of a client of MSNP24 may name; a longer one is answered 241, and nothing of it is "
               "done. limits.body_bytes bounds it, too."),
        number("msnp.requests_per_s", "packets", "100", 0, 1'000'000, &C::msnp_requests_per_s,
               "How many packets of one connection of MSNP24 are served in a second, in the long run. A packet counts once "
               "more for each 16384 bytes in it. One more is answered 800 and not done; who is told so 100 times, without a "
               "pause of ten seconds, is answered 713 and put out. "
               "What acknowledges a message does not count. 0 means no bound."),
        number("msnp.requests_at_once", "packets", "2000", 10, kMany, &C::msnp_requests_at_once,
               "How many of them may come at a time, from a client that was silent before."),
        flag("bsim.enabled", "true", &C::bsim_enabled, kReady,
             "Serve BSIMService, instant messaging for SOAP clients that poll, at /imsoap/BSIMService.asmx of "
             "every listener for RVP. Whoever signs in there needs an account (rvpctl user)."),
        flag("bsim.extensions", "false", &C::bsim_extensions, kReady,
             "Serve methods too for which the original has events but no known names: Logout, LogoutIM, "
             "ChangeNickname, AddBuddy, DeleteBuddy and AcceptBuddy. They stand in the WSDL then."),
        flag("bsim.inline", "false", &C::bsim_inline, kReady,
             "Give the event document of KeepSessionAlive as elements instead of as a string. Clients made from "
             "the WSDL of one form fail on the other. A client may ask for it itself, by posting to the address "
             "with ?inline behind it."),
        flag("bsim.utc", "false", &C::bsim_utc, kReady,
             "Write the times of logins in UTC instead of in the server's time zone."),
        seconds("bsim.session_s", "120", 30, 3600, &C::bsim_session,
                "How long a session lives without a call; then its accounts are signed off."),

        flag("zimbra.enabled", "true", &C::zimbra_enabled, kReady,
             "Serve Zimbra's instant messaging over SOAP and JSON, for its web client and for scripts, at /service/soap of "
             "every listener for RVP. Whoever logs in there needs an account (rvpctl user)."),
        flag("zimbra.gateways", "true", &C::zimbra_gateways, kReady,
             "Name the other doors of this server as gateways, with whether one is logged on there, and the domains of "
             "federation.domains, with whether their servers are reached. Clients that show "
             "every gateway as an account to be registered are better off without."),
        seconds("zimbra.session_s", "600", 30, 86'400, &C::zimbra_session,
                "How long a session lives without a call. One in which a call waits lives on."),
        number("zimbra.sessions_per_account", "sessions", "5", 1, 1000, &C::zimbra_sessions_per_account,
               "Sessions of one account; when there is one more, the one that was not used for longest ends."),
        seconds("zimbra.login_s", "172800", 60, kYear, &C::zimbra_token,
                "How long a token lives. None outlives a restart of the daemon, or a new password."),
        seconds("zimbra.chat_idle_s", "3900", 60, kYear, &C::zimbra_chat_idle,
                "A chat in which nobody says anything for so long is closed."),
        number("zimbra.html_bytes", "bytes", "65536", 256, kMebi, &C::zimbra_html_bytes,
               "The longest HTML of a message; a longer one is refused."),
        number("zimbra.html_depth", "levels", "32", 2, 256, &C::zimbra_html_depth, "How deep its tags may be nested."),

        list("federation.domains", "[]", &C::federation_domains, other_domain, {}, kReady,
             "Domains whose people may subscribe and notify here, and to whose nodes notifications may be sent, each as it "
             "stands in their URLs: a host, or host:port; an asterisk means all. Only a domain's own server may speak for "
             "its people, see federation.proof. With none, other domains are not "
             "known: whoever says that he is from elsewhere is believed or not as auth.assertion says."),
        list("federation.servers", "[]", &C::federation_servers, any, {}, kReady,
             "Where servers of other domains are, each as \"DOMAIN = URL\", such as \"im.acme.com = http://10.0.0.1:8080\". "
             "With https they are spoken to over TLS, and must show a certificate for the domain's host. The server of any "
             "other domain is found in the DNS, by the SRV record _rvp._tcp.DOMAIN or else by the address of DOMAIN, and "
             "may then be in a loopback or private range only if callback.allow lists that range."),
        list("federation.nameservers", "[]", &C::federation_nameservers, listener, {}, kReady,
             "The name servers to ask, as address:port. None means those of the system."),
        flag("federation.relay", "false", &C::federation_relay, kReady,
             "Carry what our people ask of nodes in other domains to the servers of these, for clients that reach no "
             "server but this. The client names the node in full in its request line, as to a proxy, or the domain in "
             "Host if federation.domains has it by name. Its Call-Back must be its own URL here."),
        flag("federation.assertion", "false", &C::federation_assertion, kReady,
             "Believe people of those domains wherever their requests come from, without proof. Clients of other "
             "domains that come here themselves need it; then anybody can claim to be any of them."),
        choice("federation.proof", R"("address")", &C::federation_proof, {"address", "certificate"}, kReady,
               "How a request shows that it is from a domain's own server: by the address that it comes from, at which the "
               "domain's server is found; or by the certificate that it shows over TLS, which must name the domain's host "
               "and lead to an authority in tls.ca. With certificate, clients of listen.https are asked for one and may "
               "show none, and tls.certificate is shown to https servers that ask for ours."),
        choice("federation.route", R"("proxy")", &C::federation_route, {"proxy", "redirect"}, kReady,
               "How a request is answered for a node that another server of this domain holds, see homes: carried there, "
               "or answered 302 with the URL there, which some clients cannot follow. What servers ask is always carried."),
        list("federation.routers", "[]", &C::federation_routers, range, {}, kReady,
             "The addresses of the other servers of this domain, routers and homes, and ranges of them. They are believed "
             "about whose request they carry, and speak for all people of the domain."),

        number("push.threads", "threads", "0", 0, 256, &C::push_threads,
               "Threads that send notifications. 0 means one fewer than there are cores, and at "
               "least one."),
        number("push.connections_per_endpoint", "connections", "4", 1, 64,
               &C::push_connections_per_endpoint,
               "Connections to one call-back host and port that serves at least four watchers, as "
               "another server does. More than one are opened when many notifications wait for it. "
               "A client always gets one. Messages to another server have up to 64 more, since each "
               "may wait there until somebody has it."),
        number("push.slow_ms", "milliseconds", "2000", 1, 10'000, &C::push_slow_ms,
               "A call-back host whose answers take longer than this, smoothed over some eight of "
               "them, is shown as slow."),
        number("push.suspend_after", "failures", "3", 1, 1000, &C::push_suspend_after,
               "After this many failures in a row a call-back host is shown as suspended, until it "
               "answers again."),
        seconds("push.drain_s", "5", 0, 300, &C::push_drain,
                "How long the end of the daemon waits for notifications that are queued and for answers "
                "that are owed. What is kept on disk is delivered after the next start."),
        text("store.path", R"("")", &C::store_path, any, kReady,
             "The database file. Empty means rvpd.db in $STATE_DIRECTORY if that is set, else in "
             "/var/lib/rvpd for root, else in ~/.local/state/rvpd. The special name :memory: keeps "
             "everything in memory and loses it at exit."),
        choice("log.level", R"("info")", &C::log_level, {"debug", "info", "warning", "error"},
               kReady, "The least important events that are logged."),
        flag("log.access", "false", &C::log_access, kReady,
             "Whether each request that was answered, and each attempt to deliver a notification, is logged at level "
             "info; otherwise they are of level debug. Both lines bear the id of the request."),
        choice("log.format", R"("text")", &C::log_format, {"text", "json"}, kReady,
               "One line of key=value pairs, or one JSON object, for each event."),

        number("limits.head_bytes", "bytes", "16384", 1024, kMebi, &C::limit_head_bytes,
               "The longest request line and headers together."),
        number("limits.headers", "headers", "64", 8, 1024, &C::limit_headers,
               "Header lines in a request."),
        number("limits.body_bytes", "bytes", "1048576", 1, 64 * kMebi, &C::limit_body_bytes,
               "The longest request body; a longer one is answered 413."),
        number("limits.drain_bytes", "bytes", "8388608", 0, 1024 * kMebi, &C::limit_drain_bytes,
               "How much of a body that is too long is read and thrown away so that the client "
               "can read its 413. Beyond that the connection is cut."),
        number("limits.bodies_bytes", "bytes", "268435456", 1024, 1024 * 1024 * kMebi, &C::limit_bodies_bytes,
               "Bodies of requests that are coming in and of answers that are going out, at one listener. "
               "What finds no room among them is answered 503. Those of all listeners take at most a quarter "
               "of what MemoryMax of systemd, or a container, allows."),
        number("limits.xml_depth", "levels", "64", 8, 256, &C::limit_xml_depth,
               "Nesting of elements in a body."),
        number("limits.xml_elements", "elements", "1000", 16, kMany, &C::limit_xml_elements,
               "Elements in a body."),
        number("limits.xml_attributes", "attributes", "64", 4, 1024, &C::limit_xml_attributes,
               "Attributes of one element."),
        number("limits.soap_elements", "elements", "10000", 16, kMany, &C::limit_soap_elements,
               "Elements in a body of the SOAP doors."),
        number("limits.soap_batch", "requests", "100", 1, 10'000, &C::limit_soap_batch,
               "Requests in one batch of the Zimbra door."),
        number("limits.sessions", "sessions", "20000", 1, kMany, &C::limit_sessions,
               "Sessions of clients that poll, open at once."),
        number("limits.sessions_per_account", "sessions", "16", 1, 1000, &C::limit_sessions_per_account,
               "How many of these one account may have."),
        number("limits.queue_per_session", "notifications", "1000", 16, 100'000, &C::limit_queue_per_session,
               "Notifications that wait for one session of the Zimbra door; with one more it ends, and its client begins anew."),
        number("limits.chats_per_account", "chats", "100", 1, 10'000, &C::limit_chats_per_account,
               "Chats that one account has open at the Zimbra door. To open one more is refused; for one that is opened "
               "by a message from another, the one that was silent for longest is closed."),
        number("limits.messages_per_chat", "messages", "200", 1, 100'000, &C::limit_messages_per_chat,
               "Messages that such a chat remembers."),
        number("limits.connections", "connections", "20000", 1, kMany, &C::limit_connections,
               "Connections open at once, from everybody together, at one listener. Fewer where all listeners "
               "could take more than three quarters of the descriptors, or a third of the memory, that the system allows."),
        number("limits.connections_per_address", "connections", "10000", 1, kMany,
               &C::limit_connections_per_address, "Connections open at once from one address."),
        number("limits.requests_per_address", "requests", "10000", 0, kMany, &C::limit_requests_per_address,
               "Requests in a second from one address, or from one /64 of IPv6, at one listener; further ones are "
               "answered 503 with Retry-After, and their connection is closed. 0 means no bound."),
        seconds("limits.head_time_s", "10", 1, 3600, &C::limit_head_time,
                "How long a client may take to send the head of a request."),
        seconds("limits.body_time_s", "30", 1, 3600, &C::limit_body_time,
                "How long a client may take to send the body of a request."),
        seconds("limits.idle_time_s", "900", 1, 86'400, &C::limit_idle_time,
                "How long a connection may stay open without a request."),
        number("limits.nodes_per_principal", "nodes", "1000", 1, kMany,
               &C::limit_nodes_per_principal, "Nodes that one principal may bring into being."),
        number("limits.nodes_per_domain", "nodes", "5000", 1, kMany, &C::limit_nodes_per_domain,
               "Nodes that all people of one other domain together may bring into being, until their owners come themselves."),
        number("limits.subscriptions_per_principal", "subscriptions", "10000", 1, kMany,
               &C::limit_subscriptions_per_principal, "Live subscriptions of one principal."),
        number("limits.foreign_call_backs", "call-backs", "1000", 1, kMany, &C::limit_foreign_call_backs,
               "Call-backs of one principal that lead to other addresses than the one that asked for "
               "them; nodes of this server do not count."),
        number("limits.new_foreign_call_backs", "call-backs", "100", 1, kMany,
               &C::limit_new_foreign_call_backs, "How many of these may be new in one minute."),
        number("limits.call_backs_per_host", "call-backs", "50000", 1, kMany,
               &C::limit_call_backs_per_host,
               "Call-backs of all principals together that lead to one host, those left out that were "
               "asked for from its own address."),
        number("limits.new_call_backs_per_host", "call-backs", "1000", 1, kMany,
               &C::limit_new_call_backs_per_host, "How many of these may be new in one minute."),
        number("limits.views_per_principal", "views", "64", 1, 1000, &C::limit_views_per_principal,
               "Views, that is, log-ons with leased values of their own, of one principal."),
        number("limits.queue_per_endpoint", "deliveries", "1000", 1, kMany,
               &C::limit_queue_per_endpoint,
               "Deliveries that wait for one call-back host and port; further ones are dropped."),
        number("limits.log_on_ms", "milliseconds", "100", 1, 10'000, &C::limit_log_on_ms,
               "How long new log-ons may keep everything else waiting: those that come when this time "
               "is used up are answered 503 with Retry-After until what waits has been served, and so "
               "are all while the server is five times as late as that."),
        number("limits.push_wait_ms", "milliseconds", "1000", 1, 60'000, &C::limit_push_wait_ms,
               "While notifications have waited longer than this for a thread to begin with them, new "
               "log-ons are answered 503 with Retry-After."),
        number("limits.kept_messages", "messages", "1000", 1, kMany, &C::limit_kept_messages,
               "Messages that are kept for one node until they can be delivered; further ones are "
               "answered 412."),
        number("limits.kept_bytes", "bytes", "4194304", 1024, 1024 * kMebi, &C::limit_kept_bytes,
               "What those of one node may hold together; what does not fit is answered 412. Where that is since "
               "one of several log-ons takes nothing, the others get what comes, and who sends it is answered once one of "
               "them has taken it."),
        number("limits.properties_per_node", "properties", "64", 1, 10'000,
               &C::limit_properties_per_node, "Properties that one node may hold."),
        number("limits.property_bytes", "bytes", "65536", 1, 16 * kMebi, &C::limit_property_bytes,
               "The longest value of one property."),
        number("limits.acl_entries", "entries", "1000", 1, kMany, &C::limit_acl_entries,
               "Entries in the access control list of one node."),
        number("limits.contacts_per_account", "contacts", "1000", 1, 100'000, &C::limit_contacts_per_account,
               "Contacts in the list of one account."),
        number("limits.asks_per_account", "people", "1000", 1, 100'000, &C::limit_asks_per_account,
               "Who may wait at once for one account to let them see its presence."),
        number("limits.privacy_lists", "lists", "10", 1, 1000, &C::limit_privacy_lists,
               "Privacy lists of one account."),
        number("limits.privacy_items", "items", "100", 1, 10'000, &C::limit_privacy_items,
               "Items of one privacy list."),
        number("limits.rooms", "rooms", "10000", 0, kMany, &C::limit_rooms,
               "Rooms that there may be. With 0 nobody can make one."),
        number("limits.rooms_per_principal", "rooms", "100", 0, kMany, &C::limit_rooms_per_principal,
               "Rooms that somebody owns, beyond which he can make no more."),
        number("limits.room_occupants", "people", "200", 1, 100'000, &C::limit_room_occupants,
               "Who may be in one room at once, whatever its owners say; owners, admins and members may go in "
               "beyond that."),
        number("limits.room_members", "people", "1000", 1, 100'000, &C::limit_room_members,
               "Owners, admins, members and banned of one room together."),
        number("limits.room_name_bytes", "bytes", "64", 1, 256, &C::limit_room_name_bytes,
               "The longest name of a room."),
        number("limits.room_text_bytes", "bytes", "1000", 1, 65'536, &C::limit_room_text_bytes,
               "The longest subject, description, long name, password and invitation of a room."),
    };
}

// What server/daemon has a Reloader::Step for; all else needs a restart. "lease." is all of a table.
constexpr std::array<std::string_view, 15> kReloadable = {
    "msnp.", "zimbra.", "bsim.",              "nodes.auto_create",  "lease.",    "callback.allow", "message.", "push.connections_per_endpoint", "push.slow_ms",
    "push.suspend_after", "push.drain_s", "log.level", "log.access", "limits.", "tls."};
constexpr std::array<std::string_view, 7> kNotReloadable = {"bsim.enabled", "zimbra.enabled", "zimbra.gateways", "lease.settle_s", "limits.head_bytes", "limits.connections",
                                                            "limits.connections_per_address"};

bool is_reloadable(std::string_view name) {
    if (std::ranges::find(kNotReloadable, name) != kNotReloadable.end()) return false;
    return std::ranges::any_of(kReloadable, [name](std::string_view one) {
        return one == name || (one.ends_with('.') && name.starts_with(one));
    });
}

std::vector<Option> make_marked_table() {
    std::vector<Option> table = make_table();
    for (Option& option : table) option.reload = is_reloadable(option.name) ? Reload::now : Reload::restart;
    return table;
}

}  // namespace

const std::vector<Option>& option_table() {
    static const std::vector<Option> table = make_marked_table();
    return table;
}

}  // namespace server
