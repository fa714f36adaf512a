// tests/faults/rvpd.h: the real daemon on a store of its own: started, killed, started again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ctl/client.h"
#include "tests/bench/child.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace faults {

/// The folder that this program was built into; the daemon is one above.
inline std::filesystem::path programs() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

/// One folder with configuration, store, control socket and log; gone at the end. The daemon in it runs or does not.
class Rvpd {
public:
    Rvpd() {
        std::string name = (std::filesystem::temp_directory_path() / "rvpd-faults-XXXXXX").string();
        if (!::mkdtemp(name.data())) bench::stop_errno("mkdtemp " + name);
        folder_ = name;
        std::ofstream(file("rvpd.conf"))
            << "domain = \"im.bench.test\"\n[listen]\nhttp = [\"127.0.0.1:0\"]\nadmin = \"\"\ncontrol = \""
            << file("control.sock") << "\"\n[callback]\nallow = [\"source\", \"127.0.0.0/8\"]\n[store]\npath = \""
            << file("rvpd.db") << "\"\n";
        std::filesystem::create_directory(file("faults"));
    }
    ~Rvpd() {
        child_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Rvpd(const Rvpd&) = delete;
    Rvpd& operator=(const Rvpd&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Returns when it serves.
    void start() {
        launch();
        const std::string where = child_->read_answer("listening rvp", std::chrono::seconds(60));
        port_ = static_cast<std::uint16_t>(bench::to_number(where.substr(where.rfind(':') + 1), where));
    }
    /// Does not wait for it.
    void launch() {
        std::filesystem::remove(file("control.sock"));
        child_ = std::make_unique<bench::Child>(command(), file("log"));
    }
    /// What starts it; the preloaded disk belongs to it.
    [[nodiscard]] std::vector<std::string> command() const {
        return {"/usr/bin/env", "LD_PRELOAD=" + (programs() / "disk_shim.so").string(),
                "RVPD_TEST_FAULTS=" + file("faults"), rvpd(), "--config", file("rvpd.conf")};
    }
    /// kill -9.
    void kill() { child_.reset(); }
    /// SIGTERM; returns the exit status.
    int stop() {
        const int status = child_->finish(SIGTERM);
        child_.reset();
        return status;
    }
    /// From now on the disk has this fault of disk_shim.cc, until it is mended.
    void spoil_disk(const std::string& fault) const { std::ofstream(file("faults/" + fault)); }
    void mend_disk() const {
        for (const auto& fault : std::filesystem::directory_iterator(file("faults"))) std::filesystem::remove(fault);
    }

    base::Result<base::json::Value> ask(const std::string& command, const base::json::Value& args) const {
        auto client = ctl::Client::connect(file("control.sock"));
        if (!client) return std::unexpected(client.error());
        return client->ask(command, args);
    }
    /// The exit status of `rvpd --config … --restore BACKUP`.
    int restore(const std::string& backup) const {
        return bench::Child({rvpd(), "--config", file("rvpd.conf"), "--restore", backup}, file("log")).finish();
    }
    [[nodiscard]] std::string log() const {
        std::ifstream in(file("log"));
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    static std::string rvpd() { return (programs().parent_path() / "rvpd").string(); }

    std::filesystem::path folder_;
    std::unique_ptr<bench::Child> child_;
    std::uint16_t port_ = 0;
};

}  // namespace faults
