// Certificates for tests, made by the openssl command in a fresh folder.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/result.h"

namespace frazil {

class TestCertificates {
 public:
  TestCertificates() {
    std::string folder = std::filesystem::temp_directory_path() / "frazil-tls-XXXXXX";
    FRAZIL_CHECK(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    for (const char* authority : {"ca", "other-ca"}) {
      OpenSsl(fmt::format("req -x509 {} -days 2 -subj '/CN=test {}' -keyout {}-key.pem -out {}.pem", kNewKey,
                          authority, authority, authority));
    }
    Sign("server", "DNS:localhost,IP:127.0.0.1", 2);
    Sign("elsewhere", "DNS:kafka.example.com,IP:192.0.2.1", 2);
    Sign("expired", "DNS:localhost,IP:127.0.0.1", -1);
    Sign("client", "DNS:client", 2);
  }
  ~TestCertificates() { std::filesystem::remove_all(folder_); }
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  // "ca", "other-ca", and signed by ca: "server", "elsewhere", "expired", "client".
  std::string Certificate(const std::string& name) const { return folder_ / (name + ".pem"); }
  std::string Key(const std::string& name) const { return folder_ / (name + "-key.pem"); }

 private:
  static constexpr const char* kNewKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

  void OpenSsl(const std::string& arguments) const {
    const std::string command =
        fmt::format("cd '{}' && openssl {} >openssl.log 2>&1", folder_.string(), arguments);
    FRAZIL_CHECK(std::system(command.c_str()) == 0, command);
  }

  void Sign(const std::string& name, const std::string& alternative_names, int days) const {
    std::ofstream(folder_ / "extensions") << "subjectAltName=" << alternative_names << "\n";
    OpenSsl(fmt::format("req {} -subj /CN={} -keyout {}-key.pem -out {}.csr", kNewKey, name, name, name));
    OpenSsl(
        fmt::format("x509 -req -days {} -in {}.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out {}.pem "
                    "-extfile extensions",
                    days, name, name));
  }

  std::filesystem::path folder_;
};

}  // namespace frazil
