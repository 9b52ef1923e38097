// Writes order events as JSON to a topic, or to standard output one a line:
//
//   events -n COUNT [-b BROKERS -t TOPIC -p PARTITIONS -c CODEC -s BATCH_BYTES]
//
// Event i is a pure function of i, and all events differ. To a topic: batches of up to BATCH_BYTES before
// compression, event i to partition i modulo PARTITIONS. The last line on standard error is what a reader of
// all of them must find: "rows=… quantity_sum=… price_cents_sum=… bytes=…".
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

typedef struct {
  char json[512];
  int length;
  unsigned quantity;
  unsigned price_cents;
} Event;

// SplitMix64: distinct inputs give distinct outputs.
static uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

static void MakeEvent(uint64_t i, Event* event) {
  const uint64_t a = Mix(i), b = Mix(a), c = Mix(b);
  event->quantity = 1 + (unsigned)(c & 7) % 5;
  event->price_cents = 500 + (unsigned)((c >> 8) % 4500);
  const int64_t millis = 1767225600000 + (int64_t)i * 37;  // from 2026-01-01T00:00:00Z on
  const time_t second = millis / 1000;
  static time_t formatted_second = -1;
  static char formatted[32];
  if (second != formatted_second) {
    struct tm parts;
    gmtime_r(&second, &parts);
    strftime(formatted, sizeof formatted, "%Y-%m-%dT%H:%M:%S", &parts);
    formatted_second = second;
  }
  event->length = snprintf(
      event->json, sizeof event->json,
      "{\"order_id\":\"%08x-%04x-4%03x-%04x-%012" PRIx64
      "\",\"store_id\":%u,\"customer\":\"%s %s\",\"pizza\":\"%s\",\"size\":\"%s\","
      "\"quantity\":%u,\"price\":%u.%02u,\"order_ts\":\"%s.%03dZ\",\"status\":\"%s\",\"delivery\":%s}",
      (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)(a & 0xfff),
      0x8000 | ((unsigned)(b >> 48) & 0x3fff), b & 0xffffffffffff, (unsigned)((c >> 24) % 5000),
      kFirst[(c >> 40) & 15], kLast[(c >> 44) & 15], kPizza[(c >> 48) & 7], kSize[(c >> 51) & 3],
      event->quantity, event->price_cents / 100, event->price_cents % 100, formatted, (int)(millis % 1000),
      kStatus[(c >> 53) & 3], (c >> 55) & 1 ? "true" : "false");
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
  for (int option; (option = getopt(argc, argv, "n:b:t:p:c:s:")) != -1;) {
    switch (option) {
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
  uint64_t quantity_sum = 0, price_cents_sum = 0, bytes = 0;
  Event event;
  for (uint64_t i = 0; i < count; i++) {
    MakeEvent(i, &event);
    quantity_sum += event.quantity;
    price_cents_sum += event.price_cents;
    bytes += (uint64_t)event.length;
    if (producer) {
      Produce(producer, topic, (int32_t)(i % partitions), &event);
    } else if (puts(event.json) == EOF) {
      perror("events");
      return 1;
    }
  }
  if (producer) {
    if (rd_kafka_flush(producer, 60000)) not_delivered += (uint64_t)rd_kafka_outq_len(producer);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
  }
  fprintf(stderr, "rows=%" PRIu64 " quantity_sum=%" PRIu64 " price_cents_sum=%" PRIu64 " bytes=%" PRIu64 "\n",
          count, quantity_sum, price_cents_sum, bytes);
  if (not_delivered) fprintf(stderr, "events: %" PRIu64 " were not delivered\n", not_delivered);
  return not_delivered != 0;
}
