// tests/server/storm_test.cc: many changes to many watchers: each ends with the truth, and none is led back in time.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 3.4, 5
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "presence/service.h"
#include "server/courier.h"
#include "tests/server/loopback.h"

namespace server {
namespace {

using presence::SubscriptionId;

constexpr int kPresentities = 5;
constexpr int kWatchers = 20;  // of each presentity
constexpr int kLazy = 5;       // of them answer nothing before the storm is over
constexpr int kChanges = 300;  // of each presentity

/// What a watcher was told of one presentity.
struct Told {
    std::string state;
    int number = 0;
    int sequence = 0;
};

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const auto at = text.find(begin);
    if (at == std::string::npos) return "";
    const auto from = at + begin.size();
    return text.substr(from, text.find(end, from) - from);
}

/// A client who takes what comes, and notes what must not be.
class Watcher {
public:
    Watcher() { port_.listen(); }

    void serve() {
        if (!connection_) {
            if (!port_.has_caller()) return;
            connection_.emplace(port_.accept());
        }
        if (!connection_->has_more()) return;
        take(connection_->read_request());
        connection_->answer_framed(200);
    }

    [[nodiscard]] const std::string url() const { return "http://" + port_.text(); }
    std::map<std::string, Told> told;  // by Subscription-Id
    std::string complaint;
    int notifies = 0;

private:
    void take(const std::string& notify) {
        ++notifies;
        Told& one = told[between(notify, "Subscription-Id: ", "\r\n")];
        const int sequence = std::stoi(between(notify, "RVPD-Seq: ", "\r\n"));
        if (sequence != one.sequence + 1) complaint = "RVPD-Seq jumps to " + std::to_string(sequence);
        one.sequence = sequence;
        if (const std::string state = between(notify, "<r:state><r:", "/>"); !state.empty()) one.state = state;
        const std::string number = between(notify, "N=", ";");
        if (number.empty()) return;
        if (std::stoi(number) < one.number) complaint = number + " came after " + std::to_string(one.number);
        one.number = std::stoi(number);
    }

    loopback::Port port_;
    std::optional<loopback::Connection> connection_;
};

class Storm : public ::testing::Test {
protected:
    Storm() : realm_("im.example.com", "example.com", {}) {
        main_.call([this] {
            courier_ = std::make_unique<Courier>(main_.loop(), clock_, log_, policy_, CourierSettings{.threads = 2});
            presence::Settings settings;
            settings.auto_create = {"/instmsg/aliases/"};
            service_ = std::make_unique<presence::Service>(realm_, settings, *courier_, journal_, main_.loop().wheel(),
                                                           clock_);
            courier_->set_events(*service_);
            for (int w = 0; w < kWatchers; ++w) subscribe_all(w);
        });
    }
    ~Storm() override {
        main_.call([this] {
            service_.reset();
            courier_.reset();
        });
    }

    static std::string path_of(const std::string& name) { return "/instmsg/aliases/" + name; }
    static std::string url_of(const std::string& name) { return "http://im.example.com" + path_of(name); }
    static presence::NodeName node(const std::string& name) { return {path_of(name), path_of(name), 0}; }
    static presence::Caller who(const std::string& name) {
        presence::Caller caller;
        caller.key = path_of(name);
        caller.url = url_of(name);
        caller.source = *base::IpAddress::parse("127.0.0.1");
        caller.connection = base::ConnectionId(std::hash<std::string>()(name));
        return caller;
    }

    void subscribe_all(int w) {
        const std::string name = "w" + std::to_string(w);
        const std::string url = watchers_[static_cast<std::size_t>(w)].url();
        subscribe(name, {node(name), presence::NotificationType::notify, url, {}});
        for (int p = 0; p < kPresentities; ++p) {
            const auto id = subscribe(name, {node("p" + std::to_string(p)), presence::NotificationType::propchange,
                                             url_of(name), {}});
            presentity_of_[std::to_string(static_cast<unsigned>(id))] = p;
        }
    }
    SubscriptionId subscribe(const std::string& name, presence::SubscribeRequest request) {
        SubscriptionId id{};
        service_->subscribe(who(name), std::move(request), [&](base::Result<presence::Subscribed> made) {
            ASSERT_TRUE(made) << made.error().text;
            id = made->id;
        });
        return id;
    }

    /// The state, a number, or the number with another property: sets of properties that overlap.
    void change(int p, int n) {
        const std::string name = "p" + std::to_string(p);
        presence::PatchRequest request{node(name), {}};
        Told& truth = truth_[p];
        const auto kind = random_() % 4;
        if (kind != 0) {
            truth.state = n % 2 == 0 ? "busy" : "away";
            request.items.emplace_back(presence::StatePatch{presence::Status(truth.state), {}, {}, {}});
        }
        if (kind != 1) {
            truth.number = n;
            request.items.emplace_back(set("n", "N=" + std::to_string(n) + ";"));
        }
        if (kind == 2) request.items.emplace_back(set("other", std::to_string(n)));
        main_.call([&] {
            service_->patch(who(name), request, [](base::Result<std::vector<presence::Granted>> granted) {
                EXPECT_TRUE(granted) << granted.error().text;
            });
        });
    }
    static presence::PropPatch set(const std::string& local, const std::string& text) {
        return {{"http://example.com/ns", local}, presence::Text{text}, {}, {}};
    }
    bool busy() {
        std::promise<bool> is;
        main_.call([&] { courier_->settle([&](bool answer) { is.set_value(answer); }); });
        return is.get_future().get();
    }

    base::FakeClock clock_;
    base::Log log_{base::LogLevel::error};
    CallbackPolicy policy_ = CallbackPolicy::make({"source"}).value();
    presence::Realm realm_;
    presence::NullJournal journal_;
    std::vector<Watcher> watchers_{kWatchers};
    std::map<std::string, int> presentity_of_;  // by Subscription-Id
    std::map<int, Told> truth_;
    std::minstd_rand random_{1};  // the same storm each time
    loopback::LoopThread main_{clock_};
    std::unique_ptr<Courier> courier_;
    std::unique_ptr<presence::Service> service_;
};

TEST_F(Storm, EveryWatcherEndsWithTheTruthAndNoChangeOvertakesALaterOne) {
    std::atomic<bool> over{false};
    std::atomic<bool> ended{false};
    std::thread clients([&] {
        while (!ended) {
            const std::size_t first = over ? 0 : kLazy;
            for (std::size_t w = first; w < watchers_.size(); ++w) watchers_[w].serve();
            std::this_thread::yield();
        }
    });
    for (int n = 1; n <= kChanges; ++n) {
        for (int p = 0; p < kPresentities; ++p) change(p, n);
    }
    over = true;
    while (busy()) {}
    ended = true;
    clients.join();
    int fewest = kChanges * kPresentities;
    for (const Watcher& watcher : watchers_) {
        EXPECT_EQ(watcher.complaint, "");
        EXPECT_EQ(watcher.told.size(), static_cast<std::size_t>(kPresentities));
        for (const auto& [id, told] : watcher.told) {
            const Told& truth = truth_[presentity_of_[id]];
            EXPECT_EQ(told.state, truth.state);
            EXPECT_EQ(told.number, truth.number);
        }
        fewest = std::min(fewest, watcher.notifies);
    }
    EXPECT_LE(fewest, 3 * kPresentities + 1) << "who is lazy is told the newest only";
}

}  // namespace
}  // namespace server
