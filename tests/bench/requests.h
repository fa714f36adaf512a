// tests/bench/requests.h: the requests that the bench sends to the daemon, as clients write them.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.7.1, 5.1.7.2, 5.4, 5.5.1; bsim 1, 4
#pragma once

#include <string>

namespace bench {

inline constexpr const char* kDomain = "im.bench.test";

inline std::string principal_url(const std::string& name) {
    return std::string("http://") + kDomain + "/instmsg/aliases/" + name;
}

/// Request line and the headers that every request has; what follows ends in the blank line and the
/// body.
inline std::string request_head(const std::string& method, const std::string& node,
                                const std::string& from) {
    return method + " /instmsg/aliases/" + node + " HTTP/1.1\r\nHost: " + kDomain +
           "\r\nRVP-Notifications-Version: 0.2\r\nRVP-From-Principal: " + principal_url(from) +
           "\r\n";
}

inline std::string with_body(const std::string& head, const std::string& body) {
    return head + "Content-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

inline std::string login_request(const std::string& name, const std::string& call_back) {
    return request_head("SUBSCRIBE", name, name) +
           "Subscription-Lifetime: 14400\r\nNotification-Type: pragma/notify\r\nCall-Back: " +
           call_back + "\r\nContent-Length: 0\r\n\r\n";
}

inline std::string property_request(const std::string& watcher, const std::string& presentity) {
    return request_head("SUBSCRIBE", presentity, watcher) +
           "Subscription-Lifetime: 14400\r\nNotification-Type: update/propchange\r\nCall-Back: " +
           principal_url(watcher) + "\r\nContent-Length: 0\r\n\r\n";
}

inline std::string propfind_request(const std::string& who, const std::string& node) {
    return with_body(
        request_head("PROPFIND", node, who) + "Depth: 0\r\n",
        "<?xml version=\"1.0\"?><d:propfind xmlns:d=\"DAV:\"><d:prop><d:displayname/></d:prop>"
        "</d:propfind>");
}

/// The leased state of 5.5.1, for an hour.
inline std::string state_request(const std::string& name, const std::string& state) {
    return with_body(
        request_head("PROPPATCH", name, name),
        "<?xml version=\"1.0\"?><d:propertyupdate xmlns:d=\"DAV:\" "
        "xmlns:r=\"http://schemas.microsoft.com/rvp/"
        "\"><d:set><d:prop><r:state><r:leased-value><r:value><r:" +
            state +
            "/></r:value><r:default-value><r:offline/></r:default-value><d:timeout>3600</d:timeout>"
            "</r:leased-value></r:state></d:prop></d:set></d:propertyupdate>");
}

/// A call of BSIMService, as .NET writes one but for Expect; `content`: its parameters.
inline std::string soap_request(const std::string& method, const std::string& content) {
    const std::string body =
        R"(<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" )"
        R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body><)" +
        method + R"( xmlns="http://www.imcomponents.com">)" + content + "</" + method + "></soap:Body></soap:Envelope>";
    return "POST /imsoap/BSIMService.asmx HTTP/1.1\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client "
           "Protocol 2.0.50727.1433)\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: "
           "\"http://www.imcomponents.com/" + method + "\"\r\nHost: " + kDomain + "\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// `session` is what LoginResult holds, which a client sends back whole.
inline std::string session_call(const std::string& method, const std::string& session, const std::string& content = "") {
    return soap_request(method, "<session>" + session + "</session>" + content);
}

inline std::string poll_request(const std::string& session) { return session_call("KeepSessionAlive", session); }

}  // namespace bench
