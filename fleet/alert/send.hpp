#pragma once

#include <string>
#include <vector>

#include "fleet/alert/records.hpp"

namespace ganglion::fleet {

/// What a channel owes, as one message: the body of a webhook, the mail.
/// Webhook: {"deliveries":[{"id","incident","reason","line","made_ms"}],"text"}; ids name
/// deliveries for ever, so that a receiver can tell a repetition. "text" is all lines, which chat
/// programs show.
std::string webhook_body(const std::vector<Delivery>& deliveries);
/// An Internet message (RFC 5322) in UTF-8. Its Message-ID is made from the deliveries' ids.
std::string mail_text(const Channel& channel, const std::vector<Delivery>& deliveries,
                      int64_t now_ms);

/// HMAC-SHA-256 of the body with the channel's secret, "sha256=<64 hex digits>".
std::string signature_of(const std::string& body, const std::string& secret);

/// Sends them by the channel as one message; returns when the receiver has taken it. Throws
/// std::runtime_error with the reason in one line. A password is never sent without TLS.
void send(const Channel& channel, const std::vector<Delivery>& deliveries, int64_t now_ms);

}  // namespace ganglion::fleet
