// server/metrics.cc: figures as the text that Prometheus reads.
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

namespace server {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct Metrics::Families {
    std::vector<MetricFamily> all;

    ClientMetric& add(const std::string& name, const std::string& help, MetricType type, const Labels& labels) {
        auto family = std::ranges::find(all, name, &MetricFamily::name);
        if (family == all.end()) family = all.insert(all.end(), {name, help, type, {}});
        ClientMetric& metric = family->metric.emplace_back();
        for (const auto& [label, value] : labels) metric.label.push_back({label, value});
        return metric;
    }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::counter(const std::string& name, const std::string& help, double value, const Labels& labels) {
    families_->add(name, help, MetricType::Counter, labels).counter.value = value;
}

void Metrics::gauge(const std::string& name, const std::string& help, double value, const Labels& labels) {
    families_->add(name, help, MetricType::Gauge, labels).gauge.value = value;
}

void Metrics::histogram(const std::string& name, const std::string& help, const base::Histogram& value,
                        const Labels& labels) {
    constexpr auto kUpTo = base::Histogram::bounds();
    auto& histogram = families_->add(name, help, MetricType::Histogram, labels).histogram;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i <= kUpTo.size(); ++i) {
        sum += value.count(i);
        const double bound = i < kUpTo.size() ? std::chrono::duration<double>(kUpTo[i]).count()
                                              : std::numeric_limits<double>::infinity();
        histogram.bucket.push_back({sum, bound});
    }
    histogram.sample_count = sum;
    histogram.sample_sum = std::chrono::duration<double>(value.sum()).count();
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(families_->all); }

}  // namespace server
