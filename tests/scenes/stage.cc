// tests/scenes/stage.cc: one daemon on its own thread, with a fake clock.
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenes/stage.h"

#include "base/json.h"
#include "base/text.h"
#include "ctl/client.h"
#include "tests/scenes/wire.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace scenes {

namespace {

constexpr std::chrono::milliseconds kLook{2};
constexpr std::chrono::milliseconds kGrace{200};  // for what is not held to get done beside what is

/// What scenes have where design 9 has something else; auto_create as in conf/rvpd.conf.
constexpr std::pair<std::string_view, std::string_view> kUsual[] = {
    {"listen.http", R"(["127.0.0.1:0"])"},
    {"listen.admin", R"("")"},
    {"listen.control", R"("")"},
    {"push.threads", "2"},
    {"nodes.auto_create",
     R"(["/instmsg/aliases/", "/groups/", "/lists/", "/information/", "/devices/", "/stock/", )"
     R"("/shipments/"])"},
};

std::string_view key_of(const Line& line) {
    const std::string_view text = line.text;
    return base::trim(text.substr(0, text.find('=')));
}

/// `store`: the file of the store, where the lines name none.
server::Config read_config(const std::vector<Line>& lines, const std::string& store) {
    std::string toml;
    const auto unless_replaced = [&](std::string_view key, std::string_view value) {
        for (const Line& line : lines) {
            if (key_of(line) == key) return;
        }
        toml.append(key).append(" = ").append(value).append("\n");
    };
    for (const auto& [key, value] : kUsual) unless_replaced(key, value);
    unless_replaced("store.path", '"' + store + '"');
    for (const Line& line : lines) toml.append(line.text).append("\n");
    auto config = server::parse_config(toml, "config lines");
    if (!config) throw Failure{lines.empty() ? 1 : lines.front().number, config.error().text};
    return std::move(*config);
}

}  // namespace

Stage::Stage(const Scene& scene, base::Log& log)
    : folder_(scene.restarts || scene.accounts ? std::make_unique<tests::Folder>() : nullptr),
      log_(log),
      config_(read_config(scene.config, scene.restarts ? folder_->at("rvpd.db") : ":memory:")) {
    if (scene.accounts) config_.listen_control = folder_->at("control.sock");
    start();
}

Stage::~Stage() {
    if (daemon_) stop();
}

void Stage::start() {
    daemon_ = std::make_unique<server::Daemon>(config_, clock_, log_);
    thread_ = std::thread([this] { daemon_->run(); });
}

void Stage::set_account(const std::string& name, const std::string& password) {
    auto client = ctl::Client::connect(config_.listen_control);
    if (!client) throw std::runtime_error(client.error().text);
    auto args = base::json::Value::object().set("user", name);
    if (!password.empty()) args.set("password", password);
    auto done = client->ask(password.empty() ? "user del" : "user add", args);
    if (!done && !password.empty()) done = client->ask("user passwd", args);
    if (!done) throw std::runtime_error(done.error().text);
}

void Stage::stop() {
    for (std::future<void>& one : settling_) {
        if (one.wait_for(kLimit) == std::future_status::ready) continue;
        std::fputs("scenes: the daemon never settles, so it cannot be taken down\n", stderr);
        std::abort();
    }
    settling_.clear();
    daemon_->stop();
    thread_.join();
}

void Stage::restart(const Restart& restart) {
    config_.listen_http.clear();
    config_.listen_msnp.clear();
    for (const server::Listening& one : daemon_->listening()) {
        if (one.door == "rvp") config_.listen_http.push_back(one.address);
        if (one.door == "msnp") config_.listen_msnp.push_back(one.address);
    }
    stop();
    daemon_.reset();
    clock_.advance(restart.down);
    if (restart.machine) clock_.reboot();
    start();
}

std::string Stage::address() const {
    for (const server::Listening& one : daemon_->listening()) {
        if (one.door == "rvp") return one.address;
    }
    throw std::runtime_error("the daemon has no rvp listener");
}

std::string Stage::msnp_address() const {
    for (const server::Listening& one : daemon_->listening()) {
        if (one.door == "msnp") return one.address;
    }
    return "";
}

std::string Stage::ticket(const std::string& account) {
    auto client = ctl::Client::connect(config_.listen_control);
    if (!client) throw std::runtime_error(client.error().text);
    const auto made = client->ask("ticket", base::json::Value::object().set("user", account));
    if (!made) throw std::runtime_error(made.error().text);
    const auto* ticket = made->find("ticket");
    return ticket && ticket->as_text() ? *ticket->as_text() : "";
}

void Stage::reap() {
    std::erase_if(settling_, [](std::future<void>& one) {
        return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
}

bool Stage::settle(const std::function<bool()>& held) {
    reap();
    const auto start = std::chrono::steady_clock::now();
    settling_.push_back(std::async(std::launch::async, [this] { daemon_->settle(); }));
    for (;;) {
        if (settling_.back().wait_for(kLook) == std::future_status::ready) {
            settling_.pop_back();
            return true;
        }
        const auto passed = std::chrono::steady_clock::now() - start;
        if (passed > kGrace && held()) return false;
        if (passed > kLimit) throw std::runtime_error("the daemon did not settle within 20 s");
    }
}

}  // namespace scenes
