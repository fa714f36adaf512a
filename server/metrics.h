// server/metrics.h: figures as the text that Prometheus reads.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (/metrics); Prometheus text format 0.0.4
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/stopwatch.h"

namespace server {

/// The Content-Type of Metrics::text.
inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

/// Filled when somebody asks, from figures that are kept anyway: counting itself knows nothing of it, so it costs an
/// addition and no lock. Figures of one name stand together, whatever their order; the first help text counts.
class Metrics {
public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    void counter(const std::string& name, const std::string& help, double value, const Labels& labels = {});
    void gauge(const std::string& name, const std::string& help, double value, const Labels& labels = {});
    /// In seconds.
    void histogram(const std::string& name, const std::string& help, const base::Histogram& value,
                   const Labels& labels = {});

    [[nodiscard]] std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace server
