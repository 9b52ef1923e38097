// CPU time of JSON into columns: by JsonReader alone, with JsonKeyReader in front of it, and with templates
// in front of both.
//
//   bench_json_decode                       all messages; the least of 15 alternating rounds each
//   bench_json_decode MESSAGES              one kind of them
//   bench_json_decode MESSAGES PARSER N     N of these by one parser ("reader", "keys" or "templates"), to
//   count instructions
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "decode/json_key_reader.h"
#include "decode/json_plan.h"
#include "decode/json_reader.h"
#include "decode/json_template_reader.h"
#include "mapping/mapping.h"

namespace {

using namespace frazil;

using Random = std::mt19937_64;
using Members = std::vector<std::pair<std::string, std::string>>;  // keys, and values as JSON

struct Rule {
  std::string name;
  const char* type;
};

// One kind of messages, with the mapping that reads them.
struct Kind {
  std::string name;
  std::vector<Rule> columns;
  std::function<Members(std::uint64_t, Random&)> make;
  bool shuffled = false;
  Unmapped unmapped = Unmapped::kIgnore;
};

const std::vector<Rule> kOrderColumns = {
    {"order_id", "string"}, {"store_id", "int"},    {"customer", "string"}, {"pizza", "string"},
    {"size", "string"},     {"quantity", "int"},    {"price", "double"},    {"order_ts", "timestamptz"},
    {"status", "string"},   {"delivery", "boolean"}};

template <std::size_t n>
std::string OneOf(const char* const (&texts)[n], Random& random) {
  return fmt::format("\"{}\"", texts[random() % n]);
}

// As events.c makes them.
Members Order(std::uint64_t i, Random& random) {
  static constexpr const char* kNames[] = {"Ada Rossi",     "Bruno Novak",  "Chiara Schmidt",
                                           "Dmitri Tanaka", "Elena Okafor", "Farid Johansson",
                                           "Greta Dubois",  "Hiro Kowalski"};
  static constexpr const char* kPizzas[] = {"Margherita", "Marinara", "Diavola", "Quattro Formaggi",
                                            "Quattro Stagioni"};
  static constexpr const char* kSizes[] = {"S", "M", "L", "XL"};
  static constexpr const char* kStates[] = {"placed", "baking", "on the way", "delivered"};
  const std::uint64_t seconds = i / 27;
  return {{"order_id", fmt::format(R"("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}")", random() >> 32,
                                   random() & 0xffff, random() & 0xfff, random() & 0xfff, random() >> 16)},
          {"store_id", fmt::format("{}", random() % 5000)},
          {"customer", OneOf(kNames, random)},
          {"pizza", OneOf(kPizzas, random)},
          {"size", OneOf(kSizes, random)},
          {"quantity", fmt::format("{}", 1 + random() % 5)},
          {"price", fmt::format("{}.{:02}", 5 + random() % 45, random() % 100)},
          {"order_ts", fmt::format(R"("2026-01-01T{:02}:{:02}:{:02}.{:03}Z")", seconds / 3600,
                                   seconds / 60 % 60, seconds % 60, i * 37 % 1000)},
          {"status", OneOf(kStates, random)},
          {"delivery", random() % 2 == 0 ? "true" : "false"}};
}

// An order, and some 800 bytes that no column reads.
Members LargeOrder(std::uint64_t i, Random& random) {
  static constexpr const char* kTexts[] = {
      "ring twice, the bell is hard to hear from the kitchen, and mind the step behind the door",
      "extra basil, no onions; cut into eight pieces, and a second box for the crusts please",
      "leave it with the neighbours on the left if nobody opens, they know about it"};
  Members members = Order(i, random);
  members.push_back(
      {"address",
       fmt::format(
           R"({{"street":"Via dei Tribunali {}","zip":"{}","city":"Napoli","geo":{{"lat":{}.{},"lon":14.25}}}})",
           random() % 300, 80100 + random() % 50, 40, random() % 10000)});
  members.push_back({"toppings", R"(["basil","mozzarella","tomato","olives"])"});
  for (int k = 0; k < 5; ++k) members.push_back({fmt::format("note_{}", k), OneOf(kTexts, random)});
  for (int k = 0; k < 6; ++k)
    members.push_back({fmt::format("counter_{}", k), fmt::format("{}", random() % 100000)});
  return members;
}

std::vector<Rule> WideColumns() {
  constexpr const char* kTypes[] = {"long", "string", "double", "boolean", "timestamptz"};
  std::vector<Rule> columns;
  for (std::size_t i = 0; i < 100; ++i) columns.push_back({fmt::format("column_{}", i), kTypes[i % 5]});
  return columns;
}

Members Wide(std::uint64_t i, Random& random) {
  Members members;
  for (std::size_t k = 0; k < 100; k += 5) {
    members.push_back({fmt::format("column_{}", k), fmt::format("{}", random() % 1'000'000)});
    members.push_back({fmt::format("column_{}", k + 1), fmt::format(R"("text {:x}")", random() % 100'000)});
    members.push_back(
        {fmt::format("column_{}", k + 2), fmt::format("{}.{:03}", random() % 1000, random() % 1000)});
    members.push_back({fmt::format("column_{}", k + 3), random() % 2 == 0 ? "true" : "false"});
    members.push_back({fmt::format("column_{}", k + 4),
                       fmt::format(R"("2026-01-01T00:00:{:02}.{:03}Z")", i % 60, i % 1000)});
  }
  return members;
}

// The first and ten or so others of the wide message's members, which ones is random.
Members Sparse(std::uint64_t i, Random& random) {
  Members members = Wide(i, random);
  std::erase_if(members, [&](const auto& member) { return &member != &members[0] && random() % 10 != 0; });
  return members;
}

std::vector<Rule> MetricColumns() {
  constexpr const char* kTypes[] = {"long", "double", "int", "boolean"};
  std::vector<Rule> columns;
  for (std::size_t i = 0; i < 100; ++i) columns.push_back({fmt::format("m{}", i), kTypes[i % 4]});
  return columns;
}

// A hundred short values.
Members Metrics(std::uint64_t, Random& random) {
  Members members;
  for (std::size_t k = 0; k < 100; k += 4) {
    members.push_back({fmt::format("m{}", k), fmt::format("{}", random() % 100'000)});
    members.push_back({fmt::format("m{}", k + 1), fmt::format("{}.{}", random() % 100, random() % 100)});
    members.push_back({fmt::format("m{}", k + 2), fmt::format("{}", random() % 100)});
    members.push_back({fmt::format("m{}", k + 3), random() % 2 == 0 ? "true" : "false"});
  }
  return members;
}

std::vector<Kind> Kinds() {
  return {{"orders", kOrderColumns, Order},
          {"orders-shuffled", kOrderColumns, Order, true},
          {"large", kOrderColumns, LargeOrder},
          {"large-shuffled", kOrderColumns, LargeOrder, true},
          {"wide", WideColumns(), Wide},
          {"wide-shuffled", WideColumns(), Wide, true},
          {"sparse", WideColumns(), Sparse},
          {"sparse-shuffled", WideColumns(), Sparse, true},
          {"metrics", MetricColumns(), Metrics},
          {"metrics-shuffled", MetricColumns(), Metrics, true},
          {"orders-reject", kOrderColumns, Order, false, Unmapped::kReject},
          {"large-collect", kOrderColumns, LargeOrder, false, Unmapped::kCollect},
          {"large-collect-shuffled", kOrderColumns, LargeOrder, true, Unmapped::kCollect}};
}

Mapping MappingOf(const Kind& kind) {
  Mapping mapping{.columns = {}, .metadata = {.partition = false, .offset = false, .timestamp = false}};
  for (const Rule& rule : kind.columns) {
    ColumnMapping column{
        .name = rule.name, .path = {rule.name}, .value = DefaultValueMapping(ParseType(rule.type).value())};
    mapping.columns.push_back(std::move(column));
  }
  mapping.unmapped = kind.unmapped;
  FRAZIL_CHECK(ValidateMapping(mapping).has_value());
  return mapping;
}

struct Messages {
  std::string memory;
  std::vector<std::string_view> texts;
};

Messages MakeMessages(const Kind& kind, std::size_t count) {
  Random random(1);
  Messages messages;
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < count; ++i) {
    begins.push_back(messages.memory.size());
    Members members = kind.make(i, random);
    if (kind.shuffled) std::shuffle(members.begin(), members.end(), random);
    const char* before = "{";
    for (const auto& [key, value] : members) {
      messages.memory += fmt::format("{}\"{}\":{}", before, key, value);
      before = ",";
    }
    messages.memory += '}';
  }
  begins.push_back(messages.memory.size());
  messages.memory.resize(messages.memory.size() + 64);
  for (std::size_t i = 0; i < count; ++i)
    messages.texts.push_back(std::string_view(messages.memory).substr(begins[i], begins[i + 1] - begins[i]));
  return messages;
}

// The parsers, with the columns that they fill. Their functions are whole, so that callgrind can count
// between their begin and end alone.
class Parsers {
 public:
  explicit Parsers(const Kind& kind)
      : mapping_(MappingOf(kind)),
        plan_(mapping_),
        reader_(plan_),
        key_reader_(plan_),
        template_reader_(plan_),
        rows_(TargetSchema(mapping_)) {}

  [[gnu::noinline]] void ByReader(const Messages& messages) {
    for (const auto& text : messages.texts) {
      FRAZIL_CHECK(reader_.Read(text, rows_));
      Close();
    }
  }
  [[gnu::noinline]] void ByKeys(const Messages& messages) {
    for (const auto& text : messages.texts) {
      FRAZIL_CHECK(key_reader_.Read(text, rows_) || reader_.Read(text, rows_));
      Close();
    }
  }
  [[gnu::noinline]] void ByTemplates(const Messages& messages) {
    for (const auto& text : messages.texts) {
      if (!template_reader_.Read(text, rows_)) {
        FRAZIL_CHECK(key_reader_.Read(text, rows_) || reader_.Read(text, rows_));
        template_reader_.Learn(text);
      }
      Close();
    }
  }

 private:
  void Close() {
    rows_.CloseRow();
    if (rows_.rows() == 8'192) rows_.Clear();
  }

  Mapping mapping_;
  JsonPlan plan_;
  JsonReader reader_;
  JsonKeyReader key_reader_;
  JsonTemplateReader template_reader_;
  ColumnBatch rows_;
};

double CpuNanos(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  work();
  return now() - start;
}

void Compare(const Kind& kind) {
  const Messages messages = MakeMessages(kind, 20'000);
  Parsers parsers(kind);
  double by_reader = 1e18;
  double by_keys = 1e18;
  double by_templates = 1e18;
  for (int round = 0; round < 15; ++round) {
    by_reader = std::min(by_reader, CpuNanos([&] { parsers.ByReader(messages); }));
    by_keys = std::min(by_keys, CpuNanos([&] { parsers.ByKeys(messages); }));
    by_templates = std::min(by_templates, CpuNanos([&] { parsers.ByTemplates(messages); }));
  }
  const double count = static_cast<double>(messages.texts.size());
  fmt::print(
      "{:<22} {:>5.0f} bytes {:>4} columns   reader {:>5.0f} ns   keys {:>5.0f} ns   templates {:>5.0f} ns\n",
      kind.name, static_cast<double>(messages.memory.size()) / count, kind.columns.size(), by_reader / count,
      by_keys / count, by_templates / count);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Kind& kind : Kinds()) {
    if (argc > 1 && argv[1] != kind.name) continue;
    if (argc < 4) {
      Compare(kind);
      continue;
    }
    Parsers parsers(kind);
    const Messages messages = MakeMessages(kind, static_cast<std::size_t>(std::atol(argv[3])));
    const std::string_view parser(argv[2]);
    if (parser == "reader") parsers.ByReader(messages);
    if (parser == "keys") parsers.ByKeys(messages);
    if (parser == "templates") parsers.ByTemplates(messages);
  }
  return argc == 1 || argc == 2 || argc == 4 ? 0 : 64;
}
