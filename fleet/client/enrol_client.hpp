#pragma once

#include <filesystem>
#include <string>

#include "fleet/client/api_client.hpp"

namespace ganglion::fleet {

/// A device's own side of enrolment. In its folder, for its owner alone:
///   device.pem    the certificate and behind it the key, in one file so that both change at once
///   ca.pem        the authority by which it knows the broker
///   next.key, next.csr   the key and the request whose answer is awaited
/// Both return the device's id, and throw std::runtime_error with one line where the server refuses
/// or is not the one that the code came from. Called again after a cut they go on with the same
/// key.
std::string enrol_device(const ApiAddress& address, const std::string& code,
                         const std::filesystem::path& directory);
std::string renew_device(const ApiAddress& address, const std::filesystem::path& directory);

}  // namespace ganglion::fleet
