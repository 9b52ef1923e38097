#include "spec/reference.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "spec/spec.h"
#include "spec/table_internal.h"

namespace frazil {
namespace {

constexpr std::string_view kBegin = "<!-- reference: made by FRAZIL_UPDATE_DOCS=1 spec_test -->\n";
constexpr std::string_view kEnd = "<!-- end of reference -->\n";

std::string Path(const std::string& name) {
  return std::string(FRAZIL_SOURCE_DIR) + "/docs/" + name;
}

std::string Read(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(Path(name)).rdbuf();
  return text.str();
}

// The page with its reference part replaced.
std::string WithReference(const std::string& page) {
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos)
    return "docs/spec.md has lost its reference marks";
  return page.substr(0, begin + kBegin.size()) + "\n" + SpecReference() + page.substr(end);
}

bool Updating() {
  return std::getenv("FRAZIL_UPDATE_DOCS") != nullptr;
}

TEST(SpecDocuments, SchemaFileIsTheTables) {
  if (Updating()) std::ofstream(Path("spec.schema.json")) << SpecJsonSchema();
  EXPECT_EQ(Read("spec.schema.json"), SpecJsonSchema());
}

TEST(SpecDocuments, ReferenceIsTheTables) {
  const std::string page = Read("spec.md");
  if (Updating()) std::ofstream(Path("spec.md")) << WithReference(page);
  EXPECT_EQ(Read("spec.md"), WithReference(page));
}

TEST(SpecDocuments, ExamplesOfTheReferenceAreRight) {
  const std::string page = Read("spec.md");
  std::size_t examples = 0;
  for (std::size_t at = page.find("```yaml\n"); at != std::string::npos;
       at = page.find("```yaml\n", at + 1)) {
    const std::size_t begin = at + 8;
    const auto file =
        ParseSpec(page.substr(begin, page.find("```", begin) - begin), "spec.md", "/etc/frazil");
    EXPECT_TRUE(file) << file.error()[0].ToString();
    ++examples;
  }
  EXPECT_GE(examples, 1U);
}

TEST(SpecSchema, HasEveryObjectAndOnlyKeysInForce) {
  const auto schema = nlohmann::json::parse(SpecJsonSchema());
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["definitions"].size(), AllRules().size());
  const auto& target = schema["definitions"]["target"];
  EXPECT_EQ(target["additionalProperties"], false);
  EXPECT_EQ(target["required"], (nlohmann::json{"catalog", "table"}));
  EXPECT_TRUE(target["properties"].contains("branch"));
  EXPECT_EQ(target["properties"]["partition_by"]["type"], "array");
  EXPECT_EQ(target["properties"]["format_version"]["enum"], nlohmann::json::array({2, 3}));
  EXPECT_EQ(schema["definitions"]["secret"]["maxProperties"], 1);
}

TEST(SpecSchema, EveryReferenceLeadsToADefinition) {
  const auto schema = nlohmann::json::parse(SpecJsonSchema());
  std::size_t references = 0;
  const auto flat = schema.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (!path.ends_with("/$ref")) continue;
    const std::string pointer = value.get<std::string>().substr(1);
    EXPECT_TRUE(schema.contains(nlohmann::json::json_pointer(pointer))) << pointer;
    ++references;
  }
  EXPECT_GT(references, 10U);
}

}  // namespace
}  // namespace frazil
