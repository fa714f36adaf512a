// tests/bench/ref_mhd.cc: a bare libmicrohttpd handler with fixed answers.
// SPDX-License-Identifier: Apache-2.0
// epoll, one internal thread. A login SUBSCRIBE (Notification-Type pragma/notify) gets a fixed 200,
// everything else a fixed 207 with an XML body of about 600 bytes; request bodies are taken and
// thrown away. With --answer FILE everything gets a 200 with the body that the file holds. Says `listening PORT`; ends when stdin ends.

#include "tests/bench/common.h"

#include <microhttpd.h>

#include <fstream>
#include <iterator>

namespace {

using namespace bench;

struct Answers {
    MHD_Response* login = nullptr;
    MHD_Response* multistatus = nullptr;
    MHD_Response* from_file = nullptr;  // to everything, if there is one
};

MHD_Response* fixed(std::string_view body) {
    // libmicrohttpd copies the body; its C face wants a pointer to non-const and promises not to
    // write.
    MHD_Response* r = MHD_create_response_from_buffer(body.size(), const_cast<char*>(body.data()),
                                                      MHD_RESPMEM_MUST_COPY);
    if (r == nullptr) stop("cannot make a response");
    MHD_add_response_header(r, "RVP-Notifications-Version", "0.2");
    MHD_add_response_header(r, "Subscription-Id", "98210");
    MHD_add_response_header(r, "Subscription-Lifetime", "14400");
    if (!body.empty()) MHD_add_response_header(r, "Content-Type", "text/xml");
    return r;
}

// The answer to a SOAP call.
MHD_Response* answer_in(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string body{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (body.empty()) stop("there is no answer in " + path);
    MHD_Response* r = MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
    if (r == nullptr) stop("cannot make a response");
    MHD_add_response_header(r, "Content-Type", "text/xml; charset=utf-8");
    MHD_add_response_header(r, "Cache-Control", "private, max-age=0");
    return r;
}

constexpr std::string_view kMultistatus =
    "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\" "
    "xmlns:r=\"http://schemas.microsoft.com/rvp/\" "
    "xmlns:a=\"http://schemas.microsoft.com/rvp/acl/\"><d:response><d:href>http://im.bench.test/"
    "instmsg/aliases/"
    "p12345</d:href><d:propstat><d:prop><r:state><r:offline/></r:state><d:displayname>p12345</"
    "d:displayname>"
    "<r:email>p12345@bench.test</r:email><r:mobile-state>0</r:mobile-state><r:mobile-description>"
    "a telephone that is on and that will ring</r:mobile-description></d:prop><d:status>HTTP/1.1 "
    "200 Successful"
    "</d:status></d:propstat></d:response></d:multistatus>";

MHD_Result handle(void* cls, MHD_Connection* connection, const char*, const char*, const char*,
                  const char*, std::size_t* upload_size, void** state) noexcept {
    static int seen;
    if (*state == nullptr) {
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size != 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    const auto* answers = static_cast<const Answers*>(cls);
    if (answers->from_file != nullptr) return MHD_queue_response(connection, 200, answers->from_file);
    const char* type =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Notification-Type");
    if (type != nullptr && std::strcmp(type, "pragma/notify") == 0) {
        return MHD_queue_response(connection, 200, answers->login);
    }
    return MHD_queue_response(connection, 207, answers->multistatus);
}

}  // namespace

int main(int argc, char** argv) {
    return guarded("ref_mhd", [&] {
        const Options options(argc, argv, {"answer"});
        raise_descriptor_limit();
        Answers answers{fixed(""), fixed(kMultistatus), nullptr};
        if (const std::string file = options.text("answer", ""); !file.empty()) answers.from_file = answer_in(file);
        const sockaddr_in address = socket_address({htonl(INADDR_LOOPBACK)}, 0);
        MHD_Daemon* daemon =
            MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, &handle, &answers,
                             MHD_OPTION_SOCK_ADDR, reinterpret_cast<const sockaddr*>(&address),
                             MHD_OPTION_CONNECTION_LIMIT, 4096U, MHD_OPTION_LISTEN_BACKLOG_SIZE,
                             1024U, MHD_OPTION_END);
        if (daemon == nullptr) stop("libmicrohttpd did not start");
        const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
        std::printf("listening %u\n", static_cast<unsigned>(info->port));
        std::fflush(stdout);
        char piece[64];
        while (::read(STDIN_FILENO, piece, sizeof piece) > 0) {
        }
        MHD_stop_daemon(daemon);
        MHD_destroy_response(answers.login);
        MHD_destroy_response(answers.multistatus);
        if (answers.from_file != nullptr) MHD_destroy_response(answers.from_file);
        return 0;
    });
}
