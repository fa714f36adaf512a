// tests/bench/report.h: what was measured, as one table with its targets.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 11
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {

enum class Sense { at_least, at_most, no_target };

/// One line of the table: the same act done by the daemon and by the reference, in rounds that
/// alternate.
struct Row {
    std::string what;
    std::string unit;
    Sense sense = Sense::no_target;
    double target = 0;  ///< of the ratio daemon : reference
    std::vector<double> daemon;
    std::vector<double> reference;
    double most = 0;  ///< of what the daemon takes itself, in `unit`; 0: no such target
    double beyond = 0;  ///< the most that the daemon may take beyond the reference, in `unit`; 0: no such target
};

struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};

inline Spread spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    return {median, values.front(), values.back()};
}

class Report {
public:
    void add(Row row) { rows_.push_back(std::move(row)); }
    void note(const std::string& text) { notes_.push_back(text); }
    void failed(const std::string& what, const std::string& why) {
        failures_.push_back(what + ": " + why);
        std::fprintf(stderr, "FAILED %s: %s\n", what.c_str(), why.c_str());
    }
    [[nodiscard]] bool sound() const { return failures_.empty(); }

    void print() const {
        if (!rows_.empty()) print_table();
        for (const std::string& note : notes_) std::printf("%s\n", note.c_str());
        for (const std::string& failure : failures_) std::printf("FAILED %s\n", failure.c_str());
    }

private:
    void print_table() const {
        std::size_t width = 4;
        for (const Row& row : rows_) width = std::max(width, row.what.size());
        std::printf("\n%-*s | %14s | %14s | %-26s | %s\n", static_cast<int>(width), "what",
                    "daemon", "reference", "ratio median (min .. max)", "target");
        std::printf("%s\n", std::string(width + 80, '-').c_str());
        for (const Row& row : rows_) print(row, static_cast<int>(width));
    }

    static std::string ratio_text(double ratio, Sense sense) {
        char text[32];
        if (sense == Sense::at_least) {
            std::snprintf(text, sizeof text, "%.0f %%", ratio * 100);
        } else {
            std::snprintf(text, sizeof text, "%.2fx", ratio);
        }
        return text;
    }

    static std::string beyond_text(const Row& row) {
        std::vector<double> differences;
        for (std::size_t i = 0; i < row.daemon.size(); ++i) differences.push_back(row.daemon[i] - row.reference[i]);
        const double median = spread(differences).median;
        char text[64];
        std::snprintf(text, sizeof text, "<= %.0f %s beyond it  %s: %.1f", row.beyond, row.unit.c_str(),
                      median <= row.beyond ? "ok" : "MISSED", median);
        return text;
    }

    static void print(const Row& row, int width) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < row.daemon.size(); ++i)
            ratios.push_back(row.daemon[i] / row.reference[i]);
        const Spread r = spread(ratios);
        const std::string ratio = ratio_text(r.median, row.sense) + " (" +
                                  ratio_text(r.least, row.sense) + " .. " +
                                  ratio_text(r.most, row.sense) + ")";
        std::string target = "-";
        if (row.sense != Sense::no_target) {
            const bool met =
                row.sense == Sense::at_least ? r.median >= row.target : r.median <= row.target;
            target = (row.sense == Sense::at_least ? ">= " : "<= ") +
                     ratio_text(row.target, row.sense) + (met ? "  ok" : "  MISSED");
        }
        if (row.most > 0) {
            char text[48];
            std::snprintf(text, sizeof text, "<= %.0f %s itself", row.most, row.unit.c_str());
            target = text + std::string(spread(row.daemon).median <= row.most ? "  ok" : "  MISSED");
        }
        if (row.beyond > 0) target = beyond_text(row);
        std::printf("%-*s | %9.2f %-4s | %9.2f %-4s | %-26s | %s\n", width, row.what.c_str(),
                    spread(row.daemon).median, row.unit.c_str(), spread(row.reference).median,
                    row.unit.c_str(), ratio.c_str(), target.c_str());
    }

    std::vector<Row> rows_;
    std::vector<std::string> notes_;
    std::vector<std::string> failures_;
};

}  // namespace bench
