// tests/server/admin_desk_test.cc: figures, health, and who may not look at them.
// SPDX-License-Identifier: Apache-2.0
#include "server/admin_desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "server/metrics.h"
#include "server/request_figures.h"
#include "base/json.h"
#include "tests/fakes.h"
#include "tests/server/courier_fixture.h"

namespace server {
namespace {

using namespace std::chrono_literals;

class AdminDeskTest : public CourierTest {
protected:
    base::Response ask(const std::string& method, const std::string& target, const std::string& host = "127.0.0.1:8081") {
        base::Request request;
        request.method = method;
        request.target = target;
        if (!host.empty()) request.headers.push_back({"Host", host});
        std::promise<base::Response> answer;
        main_.call([&] { desk_.serve(request, [&](base::Response r) { answer.set_value(std::move(r)); }); });
        return answer.get_future().get();
    }
    CourierSurvey survey() {
        std::promise<CourierSurvey> found;
        main_.call([&] { courier_->survey([&](CourierSurvey s) { found.set_value(std::move(s)); }); });
        return found.get_future().get();
    }

    tests::PresenceWorld world_;
    RequestFigures requests_;
    Photographer photographer_{{world_.service, *courier_, nullptr, requests_, main_.loop()}};
    AdminDesk desk_{photographer_, world_.service, "1.2.3", {"im.example.com"}};
};

bool has(const base::Response& response, const std::string& line) {
    return ("\n" + response.body).find("\n" + line + "\n") != std::string::npos;
}

TEST_F(AdminDeskTest, SaysThatItLivesAndIsReady) {
    EXPECT_EQ(ask("GET", "/healthz").body, "healthy\n");
    EXPECT_EQ(ask("GET", "/readyz?verbose").status, 200);
    EXPECT_EQ(ask("GET", "/healthz").status, 200);
}

TEST_F(AdminDeskTest, CountsWhatIsThere) {
    ASSERT_TRUE(world_.login("bob", 2));
    ASSERT_TRUE(world_.patch(world_.who("bob", 2), "bob", "online"));
    base::Request request;
    base::Response response;
    request.method = "PROPPATCH";
    response.status = 207;
    requests_.answered(request, response, 3ms);
    requests_.answered(request, response, 300us);
    const auto answer = ask("GET", "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(has(answer, "rvpd_build_info{version=\"1.2.3\"} 1"));
    EXPECT_TRUE(has(answer, "rvpd_principals_online 1"));
    EXPECT_TRUE(has(answer, "rvpd_subscriptions 1"));
    EXPECT_TRUE(has(answer, "# TYPE rvpd_requests_total counter"));
    EXPECT_TRUE(has(answer, "rvpd_requests_total{method=\"PROPPATCH\",status=\"207\"} 2"));
    EXPECT_TRUE(has(answer, "rvpd_request_seconds_bucket{method=\"PROPPATCH\",le=\"0.0005\"} 1"));
    EXPECT_TRUE(has(answer, "rvpd_request_seconds_bucket{method=\"PROPPATCH\",le=\"+Inf\"} 2")) << answer.body;
    EXPECT_TRUE(has(answer, "rvpd_request_seconds_sum{method=\"PROPPATCH\"} 0.0033"));
    EXPECT_EQ(answer.body.find("rvpd_store_failing"), std::string::npos);  // there is no store
}

// Exactly as it is: with six digits, 2027 and 2030 would be the same day.
TEST_F(AdminDeskTest, SaysWhenTheCertificateExpires) {
    EXPECT_EQ(ask("GET", "/metrics").body.find("rvpd_certificate"), std::string::npos);  // there is no TLS
    photographer_.set_certificate_expires(std::chrono::sys_seconds(1893456789s));
    EXPECT_TRUE(has(ask("GET", "/metrics"), "rvpd_certificate_expires_timestamp_seconds 1893456789"));
}

TEST_F(AdminDeskTest, CountsHowEndpointsFare) {
    loopback::Port dead, alive;
    alive.listen();
    const TargetId gone = open(dead), there = open(alive);
    push({message(gone, "1", 1), message(there, "2", 2)});
    auto connection = alive.accept();
    connection.read_request();
    clock_.advance(7ms);
    connection.answer_framed(200);
    fates_.take(2);
    const CourierSurvey found = survey();
    using State = presence::EndpointReport::State;
    EXPECT_EQ(found.endpoints[static_cast<std::size_t>(State::gone)], 1U);
    EXPECT_EQ(found.endpoints[static_cast<std::size_t>(State::healthy)], 1U);
    EXPECT_EQ(found.figures.answers[2], 1U);
    EXPECT_EQ(found.figures.failures[static_cast<std::size_t>(HttpClient::Failure::refused)], 1U);
    EXPECT_EQ(found.figures.told.total(), 1U);
    EXPECT_EQ(found.figures.told.sum(), 7ms);
    ASSERT_EQ(found.ailing.size(), 1U);
    EXPECT_EQ(found.ailing[0].name, dead.text());
    EXPECT_EQ(found.ailing[0].reason, "connections are refused or reset");
    EXPECT_TRUE(has(ask("GET", "/metrics"), "rvpd_endpoints{state=\"gone\"} 1"));
    EXPECT_TRUE(has(ask("GET", "/metrics"), "rvpd_notify_failures_total{why=\"refused\"} 1"));
}

TEST_F(AdminDeskTest, ThePageFetchesNothingFromElsewhere) {
    for (const char* path : {"/", "/status.css", "/status.js"}) {
        const auto file = ask("GET", path);
        EXPECT_EQ(file.status, 200) << path;
        EXPECT_EQ(file.body.find("://"), std::string::npos) << path;
        EXPECT_EQ(file.body.find("innerHTML"), std::string::npos) << path;
        const bool guarded = std::ranges::any_of(file.headers, [](const base::HttpHeader& h) {
            return h.name == "Content-Security-Policy" && h.value.starts_with("default-src 'none'; script-src 'self';");
        });
        EXPECT_TRUE(guarded) << path;
    }
}

TEST_F(AdminDeskTest, ThePageIsToldWhoIsThere) {
    ASSERT_TRUE(world_.login("bob", 2));
    ASSERT_TRUE(world_.patch(world_.who("bob", 2), "bob", "busy"));
    ASSERT_TRUE(world_.patch(world_.who("carol", 3), "carol", "away"));
    world_.carrier.reports[tests::PresenceWorld::url(2)].state = presence::EndpointReport::State::slow;
    const auto all = base::json::parse(ask("GET", "/status.json").body);
    ASSERT_TRUE(all);
    EXPECT_EQ(*all->find("online")->find("count")->as_int(), 2);
    EXPECT_EQ(*(*all->find("online")->find("list")->as_array())[0].find("name")->as_text(), "carol");
    const auto& subscription = all->find("subscriptions")->find("list")->as_array()->at(0);
    EXPECT_EQ(*subscription.find("node")->as_text(), "/instmsg/aliases/bob");
    EXPECT_EQ(*subscription.find("endpoint")->find("state")->as_text(), "slow");
    EXPECT_TRUE(all->find("commits")->is_null());
    const auto one = base::json::parse(ask("GET", "/status.json?name=%62ob").body);
    EXPECT_EQ(one->find("online")->find("list")->as_array()->size(), 1U);
    EXPECT_EQ(*(*one->find("online")->find("list")->as_array())[0].find("state")->as_text(), "busy");
    const auto none = base::json::parse(ask("GET", "/status.json?name=%3Cscript%3E").body);
    EXPECT_TRUE(none->find("online")->find("list")->as_array()->empty());
    EXPECT_EQ(ask("GET", "/status.json?name=%6").status, 400);
}

TEST_F(AdminDeskTest, IsNotReadByAStrangersWebSite) {
    EXPECT_EQ(ask("GET", "/metrics", "evil.example:8081").status, 403);
    for (const char* host : {"", "localhost:8081", "[::1]:8081", "192.0.2.7", "IM.example.com:8081"}) {
        EXPECT_EQ(ask("GET", "/healthz", host).status, 200) << host;
    }
}

TEST_F(AdminDeskTest, ServesNothingElse) {
    EXPECT_EQ(ask("GET", "/metric").status, 404);
    const auto refused = ask("PROPFIND", "/metrics");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.back().value, "GET, HEAD");
}

TEST(RequestFigures, AMethodThatIsNoneOfOursFillsNoMemory) {
    RequestFigures figures;
    base::Request request;
    base::Response response;
    response.status = 501;
    for (int i = 0; i < 3; ++i) {
        request.method = "X" + std::to_string(i);
        figures.answered(request, response, 1us);
    }
    std::string lines;
    figures.for_each([&](std::string_view method, int status, std::uint64_t count) {
        lines += std::string(method) + " " + std::to_string(status) + " " + std::to_string(count) + "\n";
    });
    EXPECT_EQ(lines, "other 501 3\n");
    EXPECT_EQ(figures.total(), 3U);
}

TEST(CourierSurvey, KeepsTheLongestQueues) {
    CourierSurvey sum;
    for (std::size_t i = 0; i < 3 * CourierSurvey::kMostLines; ++i) {
        CourierSurvey one;
        one.ailing.push_back({"h" + std::to_string(i), {}, "", i, 1});
        one.endpoints[2] = 1;
        sum.add(std::move(one));
    }
    ASSERT_EQ(sum.ailing.size(), CourierSurvey::kMostLines);
    EXPECT_EQ(sum.ailing.front().name, "h149");
    EXPECT_EQ(sum.ailing.back().name, "h100");
    EXPECT_EQ(sum.endpoints[2], 150U);
}

TEST(Metrics, FiguresOfOneNameStandTogetherAndValuesAreEscaped) {
    Metrics m;
    m.counter("a_total", "A.", 1, {{"x", "say \"hi\"\n"}});
    m.gauge("b", "B.", 2.5);
    m.counter("a_total", "", 2, {{"x", "z"}});
    EXPECT_EQ(m.text(),
              "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"say \\\"hi\\\"\\n\"} 1\na_total{x=\"z\"} 2\n"
              "# HELP b B.\n# TYPE b gauge\nb 2.5\n");
}

}  // namespace
}  // namespace server
