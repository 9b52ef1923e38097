// Writes JSON events to a topic, or to standard output one a line:
//
//   events -n COUNT [-k KIND] [-r] [-b BROKERS -t TOPIC -p PARTITIONS -c CODEC -s BATCH_BYTES]
//
// KIND: orders (10 members, some 230 bytes; the default), large (an order and 13 members more, some 970
// bytes), or wide (100 members, some 2,300 bytes). With -r the members of each event come in an order of its
// own.
//
// Event i is a pure function of i, and all events differ. To a topic: batches of up to BATCH_BYTES before
// compression, event i to partition i modulo PARTITIONS. The last line on standard error is what a reader of
// all of them must find: "rows=… whole_sum=… cents_sum=… bytes=…", the sums of the quantities and prices of
// orders, of column_5 and of column_2 in hundredths of wide events.
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char* kFirst[] = {"Ada",  "Bruno", "Chiara", "Dmitri", "Elena", "Farid", "Greta", "Hiro",
                               "Ines", "Jonas", "Kaya",   "Luca",   "Mara",  "Nils",  "Olga",  "Pavel"};
static const char* kLast[] = {"Rossi",     "Novak",  "Schmidt",  "Tanaka", "Okafor", "Silva",
                              "Johansson", "Dubois", "Kowalski", "Haddad", "Moreau", "Bianchi",
                              "Larsen",    "Ivanov", "Mendes",   "Fischer"};
static const char* kPizza[] = {"Margherita",       "Marinara",         "Diavola",    "Capricciosa",
                               "Quattro Formaggi", "Quattro Stagioni", "Prosciutto", "Funghi"};
static const char* kSize[] = {"S", "M", "L", "XL"};
static const char* kStatus[] = {"placed", "baking", "on the way", "delivered"};
static const char* kNote[] = {
    "ring twice, the bell is hard to hear from the kitchen, and mind the step behind the door",
    "extra basil, no onions; cut into eight pieces, and a second box for the crusts please",
    "leave it with the neighbours on the left if nobody opens, they know about it"};

#define MOST_MEMBERS 100

typedef struct {
  char text[6000];  // the members, "key":value, one after the other as they are made
  int ends[MOST_MEMBERS];
  int members;
  char json[6000];
  int length;
  uint64_t whole;
  uint64_t cents;
} Event;

// SplitMix64: distinct inputs give distinct outputs.
static uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// Random numbers of one event.
static uint64_t Next(uint64_t* state) {
  return *state = Mix(*state);
}

__attribute__((format(printf, 2, 3))) static void Add(Event* event, const char* format, ...) {
  const int begin = event->members ? event->ends[event->members - 1] : 0;
  va_list values;
  va_start(values, format);
  const int length = vsnprintf(event->text + begin, sizeof event->text - (size_t)begin, format, values);
  va_end(values);
  if (event->members == MOST_MEMBERS || begin + length >= (int)sizeof event->text) abort();
  event->ends[event->members++] = begin + length;
}

// From 2026-01-01T00:00:00Z on.
static void AddTime(Event* event, const char* key, int64_t millis) {
  const time_t second = 1767225600 + millis / 1000;
  static time_t formatted_second = -1;
  static char formatted[32];
  if (second != formatted_second) {
    struct tm parts;
    gmtime_r(&second, &parts);
    strftime(formatted, sizeof formatted, "%Y-%m-%dT%H:%M:%S", &parts);
    formatted_second = second;
  }
  Add(event, "\"%s\":\"%s.%03dZ\"", key, formatted, (int)(millis % 1000));
}

static void AddOrder(uint64_t i, Event* event) {
  const uint64_t a = Mix(i), b = Mix(a), c = Mix(b);
  event->whole = 1 + (c & 7) % 5;
  event->cents = 500 + (c >> 8) % 4500;
  Add(event, "\"order_id\":\"%08x-%04x-4%03x-%04x-%012" PRIx64 "\"", (unsigned)(a >> 32),
      (unsigned)(a >> 16) & 0xffff, (unsigned)(a & 0xfff), 0x8000 | ((unsigned)(b >> 48) & 0x3fff),
      b & 0xffffffffffff);
  Add(event, "\"store_id\":%u", (unsigned)((c >> 24) % 5000));
  Add(event, "\"customer\":\"%s %s\"", kFirst[(c >> 40) & 15], kLast[(c >> 44) & 15]);
  Add(event, "\"pizza\":\"%s\"", kPizza[(c >> 48) & 7]);
  Add(event, "\"size\":\"%s\"", kSize[(c >> 51) & 3]);
  Add(event, "\"quantity\":%" PRIu64, event->whole);
  Add(event, "\"price\":%" PRIu64 ".%02" PRIu64, event->cents / 100, event->cents % 100);
  AddTime(event, "order_ts", (int64_t)i * 37);
  Add(event, "\"status\":\"%s\"", kStatus[(c >> 53) & 3]);
  Add(event, "\"delivery\":%s", (c >> 55) & 1 ? "true" : "false");
}

// What no column reads.
static void AddRemarks(uint64_t i, Event* event) {
  uint64_t random = Mix(~i);
  Add(event,
      "\"address\":{\"street\":\"Via dei Tribunali %u\",\"zip\":\"%u\",\"city\":\"Napoli\","
      "\"geo\":{\"lat\":40.%u,\"lon\":14.25}}",
      (unsigned)(Next(&random) % 300), 80100 + (unsigned)(Next(&random) % 50),
      (unsigned)(Next(&random) % 10000));
  Add(event, "\"toppings\":[\"basil\",\"mozzarella\",\"tomato\",\"olives\"]");
  for (int k = 0; k < 5; k++) Add(event, "\"note_%d\":\"%s\"", k, kNote[Next(&random) % 3]);
  for (int k = 0; k < 6; k++) Add(event, "\"counter_%d\":%u", k, (unsigned)(Next(&random) % 100000));
}

static void AddWide(uint64_t i, Event* event) {
  uint64_t random = Mix(i);
  char key[16];
  for (int k = 0; k < 100; k += 5) {
    const uint64_t whole = k ? Next(&random) % 1000000 : i;
    const uint64_t cents = Next(&random) % 100000;
    if (k == 0) event->cents = cents;
    if (k == 5) event->whole = whole;
    Add(event, "\"column_%d\":%" PRIu64, k, whole);
    Add(event, "\"column_%d\":\"text %x\"", k + 1, (unsigned)(Next(&random) % 100000));
    Add(event, "\"column_%d\":%" PRIu64 ".%02" PRIu64, k + 2, cents / 100, cents % 100);
    Add(event, "\"column_%d\":%s", k + 3, Next(&random) % 2 ? "true" : "false");
    snprintf(key, sizeof key, "column_%d", k + 4);
    AddTime(event, key, (int64_t)(i * 37 + Next(&random) % 1000));
  }
}

// The members, in their order or in one drawn for event i, make the event.
static void Close(uint64_t i, int shuffled, Event* event) {
  int order[MOST_MEMBERS];
  uint64_t random = Mix(i ^ 0x5bf03635ull);
  for (int k = 0; k < event->members; k++) {
    const int other = shuffled ? (int)(Next(&random) % (uint64_t)(k + 1)) : k;
    order[k] = order[other];
    order[other] = k;
  }
  char* out = event->json;
  for (int k = 0; k < event->members; k++) {
    const int begin = order[k] ? event->ends[order[k] - 1] : 0;
    const size_t length = (size_t)(event->ends[order[k]] - begin);
    *out++ = k ? ',' : '{';
    memcpy(out, event->text + begin, length);
    out += length;
  }
  *out++ = '}';
  *out = '\0';
  event->length = (int)(out - event->json);
}

typedef enum { ORDERS, LARGE, WIDE } Kind;

static int KindOf(const char* name, Kind* kind) {
  static const char* names[] = {"orders", "large", "wide"};
  for (int k = 0; k < 3; k++) {
    if (strcmp(name, names[k]) == 0) {
      *kind = (Kind)k;
      return 1;
    }
  }
  return 0;
}

static void MakeEvent(uint64_t i, Kind kind, int shuffled, Event* event) {
  event->members = 0;
  if (kind == WIDE) {
    AddWide(i, event);
  } else {
    AddOrder(i, event);
    if (kind == LARGE) AddRemarks(i, event);
  }
  Close(i, shuffled, event);
}

static uint64_t not_delivered;

static void OnDelivery(rd_kafka_t* producer, const rd_kafka_message_t* message, void* opaque) {
  (void)producer;
  (void)opaque;
  if (message->err) not_delivered++;
}

static rd_kafka_t* NewProducer(const char* brokers, const char* codec, const char* batch_bytes) {
  const char* settings[][2] = {{"bootstrap.servers", brokers}, {"compression.codec", codec},
                               {"linger.ms", "500"},           {"batch.size", batch_bytes},
                               {"enable.idempotence", "true"}, {"queue.buffering.max.messages", "200000"}};
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (size_t k = 0; k < sizeof settings / sizeof settings[0]; k++) {
    if (rd_kafka_conf_set(conf, settings[k][0], settings[k][1], error, sizeof error) != RD_KAFKA_CONF_OK) {
      fprintf(stderr, "events: %s\n", error);
      exit(1);
    }
  }
  rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!producer) {
    fprintf(stderr, "events: %s\n", error);
    exit(1);
  }
  return producer;
}

static void Produce(rd_kafka_t* producer, rd_kafka_topic_t* topic, int32_t partition, Event* event) {
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, event->json, (size_t)event->length, NULL, 0,
                          NULL)) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      fprintf(stderr, "events: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
      exit(1);
    }
    rd_kafka_poll(producer, 50);
  }
  rd_kafka_poll(producer, 0);
}

int main(int argc, char** argv) {
  uint64_t count = 1000;
  const char* brokers = NULL;
  const char* topic_name = NULL;
  const char* codec = "lz4";
  const char* batch_bytes = "131072";
  uint64_t partitions = 1;
  Kind kind = ORDERS;
  int shuffled = 0;
  for (int option; (option = getopt(argc, argv, "n:k:rb:t:p:c:s:")) != -1;) {
    switch (option) {
      case 'k':
        if (!KindOf(optarg, &kind)) return 64;
        break;
      case 'r':
        shuffled = 1;
        break;
      case 'n':
        count = strtoull(optarg, NULL, 10);
        break;
      case 'b':
        brokers = optarg;
        break;
      case 't':
        topic_name = optarg;
        break;
      case 'p':
        partitions = strtoull(optarg, NULL, 10);
        break;
      case 'c':
        codec = optarg;
        break;
      case 's':
        batch_bytes = optarg;
        break;
      default:
        return 64;
    }
  }
  if (!brokers != !topic_name || partitions == 0) return 64;

  rd_kafka_t* producer = brokers ? NewProducer(brokers, codec, batch_bytes) : NULL;
  rd_kafka_topic_t* topic = producer ? rd_kafka_topic_new(producer, topic_name, NULL) : NULL;
  uint64_t whole_sum = 0, cents_sum = 0, bytes = 0;
  Event event;
  for (uint64_t i = 0; i < count; i++) {
    MakeEvent(i, kind, shuffled, &event);
    whole_sum += event.whole;
    cents_sum += event.cents;
    bytes += (uint64_t)event.length;
    if (producer) {
      Produce(producer, topic, (int32_t)(i % partitions), &event);
    } else if (puts(event.json) == EOF) {
      perror("events");
      return 1;
    }
  }
  if (producer) {
    if (rd_kafka_flush(producer, 300000)) not_delivered += (uint64_t)rd_kafka_outq_len(producer);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
  }
  fprintf(stderr, "rows=%" PRIu64 " whole_sum=%" PRIu64 " cents_sum=%" PRIu64 " bytes=%" PRIu64 "\n", count,
          whole_sum, cents_sum, bytes);
  if (not_delivered) fprintf(stderr, "events: %" PRIu64 " were not delivered\n", not_delivered);
  return not_delivered != 0;
}
