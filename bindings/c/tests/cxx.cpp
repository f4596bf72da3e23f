// The header in C++: the quickstart of the manual with owners that free, and some of the shared cases.
#include <memory>
#include <stdexcept>
#include <string>

#include "cases.h"
#include "sqlsec.h"

namespace {

struct FreeError {
  void operator()(SqlsecError *error) const { sqlsec_error_free(error); }
};

class Engine {
 public:
  explicit Engine(const std::string &config) {
    SqlsecError *error = nullptr;
    if (sqlsec_open(bytes(config), config.size(), &engine_, &error) != SQLSEC_OK) fail(error);
  }
  ~Engine() { sqlsec_close(engine_, nullptr); }
  Engine(const Engine &) = delete;
  Engine &operator=(const Engine &) = delete;

  /// The reply, and whether it allows.
  std::string check(const std::string &request, bool &allowed) const {
    SqlsecBytes reply;
    SqlsecError *error = nullptr;
    const int32_t status = sqlsec_check(engine_, bytes(request), request.size(), &reply, &error);
    if (status != SQLSEC_OK && status != SQLSEC_DENIED) fail(error);
    std::string text(reinterpret_cast<const char *>(reply.ptr), reply.len);
    sqlsec_bytes_free(&reply);
    allowed = status == SQLSEC_OK;
    return text;
  }

  void commit(uint64_t lineage_id) const {
    SqlsecError *error = nullptr;
    if (sqlsec_commit(engine_, lineage_id, &error) != SQLSEC_OK) fail(error);
  }

 private:
  static const uint8_t *bytes(const std::string &text) { return reinterpret_cast<const uint8_t *>(text.data()); }
  [[noreturn]] static void fail(SqlsecError *error) {
    const std::unique_ptr<SqlsecError, FreeError> owner(error);
    throw std::runtime_error(std::string(sqlsec_error_code(error)) + ": " + sqlsec_error_message(error));
  }
  SqlsecEngine engine_ = 0;
};

std::string string(Text text) { return std::string(text.ptr, text.len); }

}  // namespace

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  Cases cases = cases_open(argv[1]);
  Case one;
  size_t seen = 0, checked = 0;
  while (cases_next(&cases, &one)) {
    if (seen++ % 37 != 0) continue;
    bool allowed = false;
    const std::string reply = Engine(string(one.config)).check(string(one.request), allowed);
    CHECK(reply == string(one.reply), "%s", string(one.id).c_str());
    CHECK(allowed == (string(one.expect) == "allow"), "%s", string(one.id).c_str());
    checked++;
  }
  std::free(cases.text);
  bool thrown = false;
  try {
    Engine("{\"policy\": {\"text\": \"apiVersion: sqlsec/v1\\nversion: 1\\nrules: []\"}}").commit(1);
  } catch (const std::runtime_error &error) {
    thrown = std::string(error.what()).find("record-unknown") == 0;
  }
  CHECK(thrown, "a record that is not there is committed");
  thrown = false;
  try {
    Engine("{\"policy\": 1}");
  } catch (const std::runtime_error &error) {
    thrown = std::string(error.what()).find("config-invalid") == 0;
  }
  CHECK(thrown, "a wrong configuration opens");
  CHECK(checked > 10, "only %zu", checked);
  std::printf("C++: %zu checked, %d failures\n", checked, failures);
  return failures != 0;
}
