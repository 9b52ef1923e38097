#!/usr/bin/env bash
# A real Apache Kafka (KRaft, one node or several) for tests and benchmarks. All it keeps is under DIR; it listens on 127.0.0.1
# only, and it is killed when the process that started it ends, if nobody has stopped it before.
#   kafka.sh start DIR [PORT]     formats DIR if it is new, starts, waits until ready, prints host:port.
#                                 Without PORT: the port of last time, else a free one.
#   kafka.sh cluster DIR COUNT    a cluster of so many nodes, each as by `start DIR/1`, `start DIR/2` …, which is also how
#                                 one is started again; its own topics have a replica on up to three of them. Prints host:port,host:port,…
#   kafka.sh stop DIR             clean stop
#   kafka.sh kill DIR             SIGKILL; `start` recovers the log
#   kafka.sh addr DIR [LISTENER]  host:port of plaintext (the default), tls, sasl or sasl_tls
#   kafka.sh topic DIR NAME PARTITIONS [KEY=VALUE...]
#   kafka.sh tool DIR CLASS ARGS...   a command line tool, such as `TopicCommand --list` or `ConsoleProducer --topic t`
# Environment: KAFKA_HEAP (default 512m); KAFKA_PROPS: further broker properties, one a line; KAFKA_OWNER: the process
# to end with (default: the parent; 0: nobody); KAFKA_SECURE=1: also the listeners tls, sasl and sasl_tls, with
# DIR/tls/{ca,client,client-key}.pem and the user frazil, password "pizza margherita", for PLAIN, SCRAM-SHA-256 and -512;
# KAFKA_VERSION: 2.8 (with a ZooKeeper) or 3.5 instead of the newest, one node, without KAFKA_SECURE and `topic`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${KAFKA_VERSION:-}
jars=$(cd "$here/../.." && pwd)/.deps/kafka${version:+-$version}
owner=${KAFKA_OWNER:-$PPID}
heap=${KAFKA_HEAP:-512m}
password="pizza margherita"

die() { echo "kafka.sh: $*" >&2; exit 1; }
usage() { sed -n '2,/^set /p' "${BASH_SOURCE[0]}" | grep '^#' >&2; exit 64; }

cmd=${1:-} dir=${2:-}
[ -n "$cmd" ] && [ -n "$dir" ] || usage
shift 2
[ -e "$jars.done" ] || die "the jars are missing, run: tools/setup $([ -n "$version" ] && echo long || echo test)"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# alive PID: runs, and is no zombie that nobody has reaped yet
alive() { [ -r "/proc/$1/stat" ] && ! grep -q ') Z ' "/proc/$1/stat" 2>/dev/null; }

jvm() { # jvm HEAP MAIN ARGS...
  local max=$1
  shift
  java "-Xmx$max" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$jars/*" \
      "-Dlog4j2.configurationFile=$here/log4j2-tools.properties" "$@"
}

address() {
  local file=$dir/addr.${1:-plaintext}
  [ -s "$file" ] || die "no broker with the listener ${1:-plaintext} was started in $dir"
  cat "$file"
}

free_ports() { # free_ports COUNT: bound together, so that they differ, and given back
  /usr/bin/python3 -c 'import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))' "$1"
}

make_certificates() { # an authority, a server certificate for the loopback names, a client certificate
  [ -e "$dir/tls/client.pem" ] && return
  mkdir -p "$dir/tls"
  (
    cd "$dir/tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=frazil test authority" -keyout ca-key.pem -out ca.pem
    for name in server client; do
      openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout $name-key.pem -out $name.csr
      openssl x509 -req -days 30 -in $name.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out $name.pem \
          -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1")
    done
    cat server-key.pem server.pem >server-keystore.pem
  ) >"$dir/tls.log" 2>&1 || { cat "$dir/tls.log" >&2; die "openssl failed"; }
}

# What a node has in common with the others of its cluster; a node alone has neither name nor number.
node=1 controllers=() copies=1 cluster_id=''
[ ! -e "$dir/cluster" ] || . "$dir/cluster"

voters() {
  local i list=''
  for i in "${!controllers[@]}"; do list+=",$((i + 1))@127.0.0.1:${controllers[i]}"; done
  echo "${list#,}"
}

write_properties() {
  local listeners='' name
  for name in "${names[@]}"; do listeners+="${name^^}://$(cat "$dir/addr.$name"),"; done
  if [ "$version" = 2.8 ]; then
    cat <<P
broker.id=$node
zookeeper.connect=127.0.0.1:${controllers[node - 1]}
zookeeper.session.timeout.ms=3000
listeners=${listeners%,}
P
  else
    cat <<P
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$(voters)
listeners=${listeners}CONTROLLER://127.0.0.1:${controllers[node - 1]}
controller.listener.names=CONTROLLER
P
  fi
  cat <<P
advertised.listeners=${listeners%,}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT,SASL_TLS:SASL_SSL
log.dirs=$dir/data
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=300
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
num.partitions=1
log.cleaner.dedupe.buffer.size=4194304
P
  if [ -n "${KAFKA_SECURE:-}" ]; then
    cat <<P
ssl.keystore.type=PEM
ssl.keystore.location=$dir/tls/server-keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$dir/tls/ca.pem
ssl.client.auth=requested
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
P
    for name in sasl sasl_tls; do
      echo "listener.name.$name.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_frazil=\"$password\";"
      for bits in 256 512; do
        echo "listener.name.$name.scram-sha-$bits.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
      done
    done
  fi
  echo "${KAFKA_PROPS:-}"
}

new_id() { # letters for + and /: an id that begins with a dash would be taken for an option
  head -c 16 /dev/urandom | base64 | tr '+/' 'Zz' | tr -d '='
}

format() {
  local users=() bits
  if [ -n "${KAFKA_SECURE:-}" ]; then
    for bits in 256 512; do users+=(--add-scram "SCRAM-SHA-$bits=[name=frazil,password=$password]"); done
  fi
  jvm 128m kafka.tools.StorageTool format -t "${cluster_id:-$(new_id)}" -c "$dir/server.properties" "${users[@]}" >"$dir/format.log" 2>&1 ||
    { cat "$dir/format.log" >&2; die "could not format $dir/data"; }
}

end_with() { # end_with OWNER PID: kills PID once OWNER is gone
  while alive "$1" && alive "$2"; do sleep 0.5; done
  if alive "$2"; then kill -KILL "$2"; fi
}

# Its memory of a broker that was killed lasts for a session.
start_zookeeper() { # start_zookeeper PORT
  local known='' end=$((SECONDS + 60))
  [ ! -e "$dir/zookeeper" ] || known=1
  printf '%s\n' "dataDir=$dir/zookeeper" "clientPort=$1" clientPortAddress=127.0.0.1 tickTime=1000 \
      admin.enableServer=false >"$dir/zookeeper.properties"
  setsid java -Xmx128m -XX:+UseSerialGC -cp "$jars/*" org.apache.zookeeper.server.quorum.QuorumPeerMain \
      "$dir/zookeeper.properties" >"$dir/zookeeper.log" 2>&1 </dev/null &
  echo $! >"$dir/zookeeper.pid"
  if [ "$owner" != 0 ]; then end_with "$owner" $! </dev/null >/dev/null 2>&1 & fi
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    [ $SECONDS -lt $end ] || die "ZooKeeper is not ready after 60 s"
    sleep 0.1
  done
  [ -z "$known" ] || sleep 4
}

wait_until_ready() { # wait_until_ready PID
  local end=$((SECONDS + 60))
  until grep -qE 'Kafka Server started|KafkaServer id=[0-9]+\] started' "$dir/server.log"; do
    alive "$1" || { tail -20 "$dir/server.log" >&2; die "the broker ended while starting"; }
    [ $SECONDS -lt $end ] || { tail -20 "$dir/server.log" >&2; die "the broker is not ready after 60 s"; }
    sleep 0.1
  done
}

start() {
  if [ -s "$dir/pid" ] && alive "$(cat "$dir/pid")"; then die "already running in $dir"; fi
  names=(plaintext)
  if [ -n "${KAFKA_SECURE:-}" ]; then
    names+=(tls sasl sasl_tls)
    make_certificates
  fi
  local ports i pid
  read -ra ports < <(free_ports 5)
  for i in "${!names[@]}"; do
    [ -s "$dir/addr.${names[i]}" ] || echo "127.0.0.1:${ports[i]}" >"$dir/addr.${names[i]}"
  done
  if [ -n "${1:-}" ]; then echo "127.0.0.1:$1" >"$dir/addr.plaintext"; fi
  [ ${#controllers[@]} -gt 0 ] || controllers=("${ports[4]}")
  write_properties >"$dir/server.properties"
  if [ "$version" = 2.8 ]; then
    start_zookeeper "${controllers[0]}"
  else
    [ -e "$dir/data/meta.properties" ] || format
  fi

  setsid java "-Xmx$heap" "-Xms$heap" -XX:+UseSerialGC -cp "$jars/*" \
      "-Dlog4j2.configurationFile=$here/log4j2.properties" \
      kafka.Kafka "$dir/server.properties" >"$dir/server.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$dir/pid"
  if [ "$owner" != 0 ]; then end_with "$owner" "$pid" </dev/null >/dev/null 2>&1 & fi
  wait_until_ready "$pid"
  address
}

cluster() {
  local count=$1 ports i starts=()
  read -ra ports < <(free_ports "$count")
  cluster_id=$(new_id)
  for ((i = 1; i <= count; i++)); do
    mkdir -p "$dir/$i"
    [ -e "$dir/$i/cluster" ] ||
      echo "node=$i controllers=(${ports[*]}) copies=$((count < 3 ? count : 3)) cluster_id=$cluster_id" >"$dir/$i/cluster"
  done
  # At once: a node is ready when most of them are there.
  for ((i = 1; i <= count; i++)); do
    KAFKA_OWNER=$owner "${BASH_SOURCE[0]}" start "$dir/$i" >"$dir/$i.addr" &
    starts+=($!)
  done
  for i in "${starts[@]}"; do wait "$i" || die "not all nodes of $dir have started"; done
  for ((i = 1; i <= count; i++)); do cat "$dir/$i.addr"; done | paste -sd,
}

stop() { # stop SIGNAL [FILE WITH THE PID]: and KILL after 20 s
  local file=$dir/${2:-pid} pid i
  [ -s "$file" ] || return 0
  pid=$(cat "$file")
  kill "-$1" "$pid" 2>/dev/null || true
  for ((i = 0; i < 400; i++)); do
    alive "$pid" || break
    sleep 0.05
  done
  if alive "$pid"; then kill -KILL "$pid"; fi
  rm -f "$file"
  [ -n "${2:-}" ] || stop "$1" zookeeper.pid
}

topic() {
  local name=$1 partitions=$2 config=() setting
  shift 2
  for setting in "$@"; do config+=(--config "$setting"); done
  jvm 128m org.apache.kafka.tools.TopicCommand --bootstrap-server "$(address)" --create --topic "$name" \
      --partitions "$partitions" --replication-factor 1 "${config[@]}"
}

case $cmd in
  start) start "$@" ;;
  cluster) cluster "$@" ;;
  stop) stop TERM ;;
  kill) stop KILL ;;
  addr) address "$@" ;;
  topic) topic "$@" ;;
  tool)
    class=$1
    shift
    jvm 256m "org.apache.kafka.tools.$class" --bootstrap-server "$(address)" "$@" ;;
  *) usage ;;
esac
