// server/courier_survey.cc: how the way out fares, as figures.
// SPDX-License-Identifier: Apache-2.0
#include "server/courier_survey.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace server {

namespace {

template <class T, std::size_t N>
void add_each(std::array<T, N>& to, const std::array<T, N>& from) {
    for (std::size_t i = 0; i < N; ++i) to[i] += from[i];
}

}  // namespace

CourierFigures& CourierFigures::operator+=(const CourierFigures& other) {
    add_each(answers, other.answers);
    add_each(failures, other.failures);
    dropped += other.dropped;
    told += other.told;
    return *this;
}

void CourierSurvey::add(CourierSurvey&& other) {
    add_each(endpoints, other.endpoints);
    queued += other.queued;
    figures += other.figures;
    std::move(other.ailing.begin(), other.ailing.end(), std::back_inserter(ailing));
    std::ranges::stable_sort(ailing, std::ranges::greater(), &EndpointLine::queued);
    if (ailing.size() > kMostLines) ailing.resize(kMostLines);
}

}  // namespace server
