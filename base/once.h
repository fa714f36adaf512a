// base/once.h: a callback that is owed exactly one call.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace base {

template <class Signature>
class Once;

/// A move-only callback owed exactly one call. Dropping it unpaid is a bug: the `unpaid` function given at
/// construction, or a member `unpaid()` of the callback itself, runs in its place (the caller of a request gets a 500), and
/// without one the process stops.
/// Not thread-safe; move it between threads only through base/handoff.
template <class... Args>
class Once<void(Args...)> {
public:
    Once() = default;

    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Once> && std::is_invocable_v<F&, Args...>)
    Once(F paid) : debt_(std::make_unique<Holder<F>>(std::move(paid))) {}  // NOLINT: implicit on purpose

    template <class F, class U>
    Once(F paid, U unpaid) : debt_(std::make_unique<Insured<F, U>>(std::move(paid), std::move(unpaid))) {}

    Once(Once&&) noexcept = default;
    Once& operator=(Once&& other) noexcept {
        if (this != &other) {
            settle_unpaid();
            debt_ = std::move(other.debt_);
        }
        return *this;
    }
    ~Once() { settle_unpaid(); }

    /// Whether the call is still owed.
    explicit operator bool() const { return debt_ != nullptr; }

    /// Pays. A second call is a bug. What is given is passed on where it is, so it must outlive the call.
    void operator()(Args&&... args) {
        assert(debt_ && "Once called twice or while empty");
        auto debt = std::move(debt_);
        debt->call(std::forward<Args>(args)...);
    }
    /// The same with copies.
    template <class... Given>
        requires(sizeof...(Given) > 0 && (std::is_same_v<Given, Args> && ...))
    void operator()(const Given&... given) {
        (*this)(Args(given)...);
    }

private:
    struct Debt {
        virtual ~Debt() = default;
        virtual void call(Args&&... args) = 0;
        /// What runs in place of the call; outlives the debt.
        virtual std::function<void()> unpaid() { return nullptr; }
    };
    template <class F>
    struct Holder final : Debt {
        explicit Holder(F f) : fn(std::move(f)) {}
        void call(Args&&... args) override { fn(std::forward<Args>(args)...); }
        std::function<void()> unpaid() override {
            if constexpr (requires { fn.unpaid(); }) return [left = std::move(fn)]() mutable { left.unpaid(); };
            return nullptr;
        }
        F fn;
    };
    template <class F, class U>
    struct Insured final : Debt {
        Insured(F f, U u) : fn(std::move(f)), instead(std::move(u)) {}
        void call(Args&&... args) override { fn(std::forward<Args>(args)...); }
        std::function<void()> unpaid() override { return std::move(instead); }
        F fn;
        U instead;
    };

    void settle_unpaid() {
        if (!debt_) return;
        const auto unpaid = debt_->unpaid();
        debt_.reset();
        assert(unpaid && "Once dropped without its call");
        unpaid();
    }

    std::unique_ptr<Debt> debt_;
};

}  // namespace base
