// tests/fuzz/headers_fuzz.cc: the values of a request's headers, and whether its head is framed. First line: method,
// target, version; then `Name: value` lines.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/headers.h"

#include <algorithm>

#include "rvp/credentials.h"
#include "server/http_framing.h"
#include "tests/fuzz/fuzz.h"

namespace {

base::Request request_of(std::string_view text, std::string& version) {
    base::Request request;
    std::string_view line = fuzz::cut_line(text);
    const auto word = [&line] {
        const std::size_t end = std::min(line.find(' '), line.size());
        const std::string_view taken = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
        return std::string(taken);
    };
    request.method = word();
    request.target = word();
    version = word();
    request.minor_version = version == "HTTP/1.0" ? 0 : 1;
    while (!text.empty()) {
        line = fuzz::cut_line(text);
        const std::size_t colon = std::min(line.find(':'), line.size());
        request.headers.push_back({std::string(line.substr(0, colon)),
                                   std::string(line.substr(std::min(colon + 1, line.size())))});
    }
    return request;
}

void check_framing(const base::Request& request, const std::string& version) {
    const auto framing = server::check_framing(request, version);
    if (!framing) return;
    fuzz::must(request.count("Content-Length") + request.count("Transfer-Encoding") <= 1, "one thing frames the body");
    fuzz::must(!framing->chunked || framing->content_length == 0, "a chunked body has no length");
    fuzz::must(request.count("Host") == 1 || version == "HTTP/1.0", "HTTP/1.1 has a Host");
    for (const base::HttpHeader& h : request.headers) {
        fuzz::must((h.name + h.value).find_first_of("\r\n") == std::string::npos && !h.name.empty(), "no line hides");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string version;
    const base::Request request = request_of(fuzz::text_of(bytes, size), version);
    check_framing(request, version);
    const presence::Realm realm("im.example.com", "example.com", {"127.0.0.1:8080"});
    if (const auto node = rvp::target_node(request, realm)) {
        fuzz::must(node->key.starts_with('/') || realm.ours(node->key), "a node of ours has a path for a key");
    }
    if (const auto time = rvp::lifetime(request); time && *time) {
        fuzz::must((*time)->count() >= 0, "a lifetime is not negative");
    }
    if (const auto id = rvp::subscription_id(request); id && *id) {
        fuzz::must(static_cast<std::uint32_t>(**id) > 0 && static_cast<std::uint32_t>(**id) < 1U << 31, "ids fit the wire");
    }
    if (const auto hops = rvp::hop_count(request)) fuzz::must(*hops >= 1, "the first hop is 1");
    static_cast<void>(rvp::notification_type(request));
    static_cast<void>(rvp::ack_type(request));
    const std::string answered = rvp::answered_version(request);
    fuzz::must(answered.find_first_not_of("0123456789.") == std::string::npos, "the version answered is a number");
    if (const auto caller = rvp::caller_of(request, realm)) {
        fuzz::must(!caller->key.empty() && caller->proof == presence::Proof::assertion, "nothing is proved by saying it");
    }
    return 0;
}
