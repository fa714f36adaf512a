// tests/ctl/listen_test.cc: the call-back sink of rvpctl, spoken to over real sockets.
// SPDX-License-Identifier: Apache-2.0

#include "ctl/listen.h"

#include "base/fd.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <sstream>
#include <thread>

namespace {

constexpr std::chrono::seconds kLimit{20};  // real time; only a broken sink ever waits for it

/// A stream buffer that another thread may read while the sink prints.
class Page : public std::streambuf {
public:
    [[nodiscard]] std::string text() {
        const std::scoped_lock lock(mutex_);
        return text_;
    }
    /// Waits until `part` was printed; false when it never was.
    bool wait_for(std::string_view part) {
        std::unique_lock lock(mutex_);
        return printed_.wait_for(lock, kLimit, [&] { return text_.find(part) != text_.npos; });
    }

protected:
    int_type overflow(int_type c) override {
        const char one = traits_type::to_char_type(c);
        xsputn(&one, 1);
        return c;
    }
    std::streamsize xsputn(const char* bytes, std::streamsize n) override {
        const std::scoped_lock lock(mutex_);
        text_.append(bytes, static_cast<std::size_t>(n));
        printed_.notify_all();
        return n;
    }

private:
    std::mutex mutex_;
    std::condition_variable printed_;
    std::string text_;
};

/// A blocking client of the sink.
class Peer {
public:
    explicit Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{kLimit.count(), 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    }
    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;  // the sink has hung up: what it said is judged by the reader
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void finish() { ::shutdown(fd_.get(), SHUT_WR); }
    /// Exactly one answer head (our answers have no body), or what came before the end.
    std::string answer() {
        std::string got;
        for (char c; !got.ends_with("\r\n\r\n") && ::recv(fd_.get(), &c, 1, 0) == 1;)
            got.push_back(c);
        return got;
    }
    /// Everything up to the end of the connection; "(open)" is added when the end does not come.
    std::string rest() {
        std::string got;
        char chunk[4096];
        ssize_t n = 0;
        while ((n = ::recv(fd_.get(), chunk, sizeof chunk, 0)) > 0)
            got.append(chunk, static_cast<std::size_t>(n));
        return n == 0 ? got : got + "(open)";
    }

private:
    base::Fd fd_;
};

/// A sink on its own thread.
class ListenTest : public testing::Test {
protected:
    void start(ctl::ListenSettings settings = {}) {
        auto opened = ctl::Listener::open(settings, out_, err_);
        ASSERT_TRUE(opened.has_value()) << opened.error().text;
        sink_ = std::move(*opened);
        thread_ = std::thread([this] { sink_->run(); });
    }
    void TearDown() override {
        if (!sink_) return;
        sink_->stop();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const {
        const std::string url = sink_->url();
        return static_cast<std::uint16_t>(
            *base::parse_number(url.substr(url.rfind(':') + 1), 65535));
    }
    /// What was printed behind the first line.
    [[nodiscard]] std::string printed() { return page_.text().substr(page_.text().find('\n') + 1); }

    Page page_;
    Page complaints_;
    std::ostream out_{&page_};
    std::ostream err_{&complaints_};
    std::unique_ptr<ctl::Listener> sink_;
    std::thread thread_;
};

constexpr std::string_view kOk = "HTTP/1.1 200 Successful\r\nContent-Length: 0\r\n\r\n";

std::string notify(std::string_view body) {
    return "NOTIFY / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

std::string notify_page(std::string_view body) {
    return "NOTIFY / HTTP/1.1\nHost: x\nContent-Length: " + std::to_string(body.size()) + "\n\n" +
           std::string(body) + "\n\n";
}

TEST_F(ListenTest, SaysFirstWhereItListens) {
    start();
    ASSERT_TRUE(page_.wait_for("\n"));
    EXPECT_EQ(page_.text(), "listening http://127.0.0.1:" + std::to_string(port()) + "\n");
    EXPECT_NE(port(), 0);
}

TEST_F(ListenTest, PrintsHeadAndBodyAndAnswers) {
    start();
    Peer peer(port());
    peer.send(notify("<a/>"));
    EXPECT_EQ(peer.answer(), kOk);
    EXPECT_EQ(printed(), notify_page("<a/>"));
}

TEST_F(ListenTest, PrintsABodyThatEndsItsLineWithoutASecondEnd) {
    start();
    Peer peer(port());
    peer.send(notify("one\r\ntwo\n"));
    EXPECT_EQ(peer.answer(), kOk);
    EXPECT_EQ(printed(), "NOTIFY / HTTP/1.1\nHost: x\nContent-Length: 9\n\none\r\ntwo\n\n");
}

TEST_F(ListenTest, PrintsANotifyWithoutABodyAsItsHead) {
    start();
    Peer peer(port());
    peer.send("NOTIFY / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(peer.answer(), kOk);
    EXPECT_EQ(printed(), "NOTIFY / HTTP/1.1\nHost: x\n\n\n");
}

TEST_F(ListenTest, UnderstandsBareLineFeeds) {
    start();
    Peer peer(port());
    peer.send("NOTIFY / HTTP/1.1\nHost: x\nContent-Length: 4\n\n<b/>");
    EXPECT_EQ(peer.answer(), kOk);
    EXPECT_EQ(printed(), notify_page("<b/>"));
}

TEST_F(ListenTest, AnswersInTurnWhatWasSentAhead) {
    start();
    Peer peer(port());
    peer.send(notify("first") + notify("second") + notify("third"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(peer.answer(), kOk);
    EXPECT_EQ(printed(), notify_page("first") + notify_page("second") + notify_page("third"));
}

TEST_F(ListenTest, TakesARequestThatComesInPieces) {
    start();
    Peer slow(port());
    slow.send("NOTIFY / HTTP/1.1\r\nHost: x\r\nContent-Le");
    Peer quick(port());
    quick.send(notify("quick"));
    EXPECT_EQ(quick.answer(), kOk);
    slow.send("ngth: 4\r\n\r\nsl");
    slow.send("ow");
    EXPECT_EQ(slow.answer(), kOk);
    EXPECT_EQ(printed(), notify_page("quick") + notify_page("slow"));
}

TEST_F(ListenTest, AnswersTheStatusAskedFor) {
    start({.status = 412});
    Peer peer(port());
    peer.send(notify(""));
    EXPECT_EQ(peer.answer(), "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(ListenTest, ClosesWhenThePeerWantsThat) {
    start();
    Peer peer(port());
    peer.send("NOTIFY / HTTP/1.1\r\nConnection: close\r\n\r\n");
    peer.finish();
    EXPECT_EQ(peer.rest(),
              "HTTP/1.1 200 Successful\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_F(ListenTest, PrintsAtOnceAndAnswersAfterTheDelay) {
    start({.delay = std::chrono::hours(1)});
    Peer peer(port());
    peer.send(notify("late"));
    ASSERT_TRUE(page_.wait_for("late"));
    sink_->stop();
    thread_.join();
    sink_.reset();
    EXPECT_EQ(peer.rest(), "");
}

TEST_F(ListenTest, AnswersWhenTheDelayIsOver) {
    start({.delay = std::chrono::milliseconds(1)});
    Peer peer(port());
    peer.send(notify("late"));
    EXPECT_EQ(peer.answer(), kOk);
}

TEST_F(ListenTest, EndsByItselfAfterTheCount) {
    start({.count = 2});
    Peer peer(port());
    peer.send(notify("1"));
    EXPECT_EQ(peer.answer(), kOk);
    Peer other(port());
    other.send(notify("2"));
    EXPECT_EQ(other.answer(), kOk);
    thread_.join();
    EXPECT_EQ(printed(), notify_page("1") + notify_page("2"));
}

TEST_F(ListenTest, NeitherPrintsNorCountsOtherMethods) {
    start({.count = 1});
    Peer peer(port());
    peer.send("GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi" + notify("1"));
    EXPECT_EQ(peer.answer(), "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(peer.answer(), kOk);
    thread_.join();
    EXPECT_EQ(printed(), notify_page("1"));
    EXPECT_NE(complaints_.text().find("GET"), std::string::npos);
}

struct Bad {
    const char* name;
    std::string bytes;
    const char* status;
};

class ListenRefusal : public ListenTest, public testing::WithParamInterface<Bad> {};

TEST_P(ListenRefusal, IsAnsweredAndTheConnectionClosed) {
    start();
    Peer peer(port());
    peer.send(GetParam().bytes);
    peer.finish();
    const std::string came = peer.rest();
    EXPECT_TRUE(came.starts_with(std::string("HTTP/1.1 ") + GetParam().status)) << came;
    EXPECT_TRUE(came.ends_with("Connection: close\r\n\r\n")) << came;
    EXPECT_EQ(printed(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, ListenRefusal,
    testing::Values(
        Bad{"HeadTooLong", "NOTIFY / HTTP/1.1\r\nX: " + std::string(17000, 'x') + "\r\n\r\n",
            "431"},
        Bad{"EndlessHead", std::string(200000, 'x'), "431"},
        Bad{"BodyTooLong", "NOTIFY / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", "413"},
        Bad{"LengthNoNumber", "NOTIFY / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
        Bad{"TwoLengths", "NOTIFY / HTTP/1.1\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n",
            "400"},
        Bad{"Chunked", "NOTIFY / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501"},
        Bad{"NoRequestLine", "hello\r\n\r\n", "400"},
        Bad{"NamelessHeader", "NOTIFY / HTTP/1.1\r\nhello\r\n\r\n", "400"}),
    [](const testing::TestParamInfo<Bad>& bad) { return bad.param.name; });

TEST_F(ListenTest, TakesABodyOfAMebibyte) {
    start();
    Peer peer(port());
    peer.send(notify(std::string(1024 * 1024, 'b')));
    EXPECT_EQ(peer.answer(), kOk);
}

TEST_F(ListenTest, NamesThePortThatIsTaken) {
    start();
    const auto second = ctl::Listener::open({.port = port()}, out_, err_);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().text.find("127.0.0.1:" + std::to_string(port())), std::string::npos);
}

TEST_F(ListenTest, NamesTheHostThatIsNotOurs) {
    const auto sink = ctl::Listener::open({.host = "no such host"}, out_, err_);
    ASSERT_FALSE(sink.has_value());
    EXPECT_NE(sink.error().text.find("no such host"), std::string::npos);
}

}  // namespace
