// rvp/state.h: the state element, and leased values of any property, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5, 9.1.1-9.1.12; rvp-in-practice 1.5, 8.3, 8.18
#pragma once

#include <string>

#include "base/result.h"
#include "base/xml.h"
#include "dav/propertyupdate.h"
#include "presence/service.h"

namespace rvp {

/// Reads r:state in every form clients send: bare or leased status, status element in any namespace, timeout in
/// DAV:, RVP's or no namespace, view-id anywhere or absent. Errc::malformed names what is missing or wrong.
[[nodiscard]] base::Result<presence::StatePatch> read_state(const base::xml::Element& state);
/// Reads any other property element under set: its value, or r:leased-value with value, default and timeout.
[[nodiscard]] base::Result<presence::PropPatch> read_property(const base::xml::Element& element);

/// Appends what was granted: for state
/// `<r:state><r:leased-value><r:value>…</r:value><r:default-value>…</r:default-value><d:timeout>n</d:timeout></r:leased-value><r:view-id>n</r:view-id></r:state>`.
void append_granted(std::string& out, const presence::Granted& granted);

}  // namespace rvp
