// A fake Kafka cluster on the loopback interface that fails as it is told: franz-go's kfake, steered by lines of JSON.
//
//	kfake [-brokers N] [-as VERSION] [-user NAME -password WORD]
//
// It prints {"brokers":["127.0.0.1:PORT",…]}, then answers each line of its standard input with one line, and ends with
// its input. A command is an object whose `do` is one of:
//
//	fault     answers requests of the API `key` with the `error`, in place of the topic, partitions or group named,
//	          or at the top of the answer (`top`); `count` requests, -1 for all that come
//	throttle  answers `count` fetches with nothing but "come back in `ms`", as a broker does with a client above its quota
//	cut       sends only half of the next `count` answers of `bytes` or more, and closes the connection
//	delay     answers `count` requests of the API `key` only after `ms`
//	state     of the trouble `id`: how many requests it has `hit`, and how many came `early`, while they were throttled
//	remove    ends the trouble `id`
//	move      makes `node` the leader of a partition; shuffle: any node of each partition
//	lose      takes `node` out of the cluster; join: one of that id comes, at a new address
//	hang_up   closes all connections
//	compact   compacts the topics that are to be compacted
//
// The first four are answered with the `id` of the trouble.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

type command struct {
	Do         string  `json:"do"`
	ID         int     `json:"id"`
	Key        string  `json:"key"`
	Error      string  `json:"error"`
	Topic      string  `json:"topic"`
	Partitions []int32 `json:"partitions"`
	Group      string  `json:"group"`
	Top        bool    `json:"top"`
	Count      int     `json:"count"`
	Ms         int32   `json:"ms"`
	Bytes      int     `json:"bytes"`
	Node       int32   `json:"node"`
}

type answer struct {
	ID    *int   `json:"id,omitempty"`
	Hit   int    `json:"hit"`
	Early int    `json:"early"`
	Error string `json:"error,omitempty"`
}

type steered struct {
	cluster *kfake.Cluster
	wire    *wire
	trouble []trouble
}

func (s *steered) add(t trouble) (answer, error) {
	s.trouble = append(s.trouble, t)
	id := len(s.trouble) - 1
	return answer{ID: &id}, nil
}

func (s *steered) do(c command) (answer, error) {
	switch c.Do {
	case "fault":
		key, err := apiKey(c.Key)
		if err != nil {
			return answer{}, err
		}
		failure, err := kafkaError(c.Error)
		if err != nil {
			return answer{}, err
		}
		return s.add(fault{s.cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{key}, Topic: c.Topic, Partitions: c.Partitions, Group: c.Group,
			TopLevel: c.Top, Err: failure, Count: c.Count,
		})})
	case "throttle":
		return s.add(startThrottle(s.cluster, c.Ms, c.Count))
	case "delay":
		key, err := apiKey(c.Key)
		if err != nil {
			return answer{}, err
		}
		return s.add(startDelay(s.cluster, key, c.Ms, c.Count))
	case "cut":
		return s.add(s.wire.cut(c.Bytes, c.Count))
	case "state", "remove":
		if c.ID < 0 || c.ID >= len(s.trouble) {
			return answer{}, fmt.Errorf("no trouble has the id %d", c.ID)
		}
		if c.Do == "remove" {
			s.trouble[c.ID].remove()
		}
		hit, early := s.trouble[c.ID].state()
		return answer{Hit: hit, Early: early}, nil
	case "move":
		for _, partition := range c.Partitions {
			if err := s.cluster.MoveTopicPartition(c.Topic, partition, c.Node); err != nil {
				return answer{}, err
			}
		}
		return answer{}, nil
	case "shuffle":
		s.cluster.ShufflePartitionLeaders()
		return answer{}, nil
	case "lose":
		return answer{}, s.cluster.RemoveNode(c.Node)
	case "join":
		_, _, err := s.cluster.AddNode(c.Node, 0)
		return answer{}, err
	case "hang_up":
		s.wire.hangUp()
		return answer{}, nil
	case "compact":
		s.cluster.Compact()
		return answer{}, nil
	}
	return answer{}, fmt.Errorf("there is no command %q", c.Do)
}

func apiKey(name string) (kmsg.Key, error) {
	for key := kmsg.Key(0); key <= kmsg.MaxKey; key++ {
		if kmsg.NameForKey(int16(key)) == name {
			return key, nil
		}
	}
	return 0, fmt.Errorf("there is no API %q", name)
}

func kafkaError(name string) (*kerr.Error, error) {
	const beyond = 1000 // all codes
	for code := int16(-1); code < beyond; code++ {
		if found := kerr.TypedErrorForCode(code); found != nil && found.Message == name {
			return found, nil
		}
	}
	return nil, fmt.Errorf("there is no error %q", name)
}

func start() (*steered, error) {
	brokers := flag.Int("brokers", 3, "how many nodes")
	as := flag.String("as", "", "the version of Kafka whose requests it takes")
	user := flag.String("user", "", "who may log in, by SCRAM or PLAIN; nobody need without")
	password := flag.String("password", "", "with which password")
	flag.Parse()
	wire := newWire()
	options := []kfake.Opt{kfake.NumBrokers(*brokers), kfake.ListenFn(wire.listen)}
	if *user != "" {
		options = append(options, kfake.EnableSASL())
		for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
			options = append(options, kfake.Superuser(mechanism, *user, *password))
		}
	}
	if *as != "" {
		versions := kversion.FromString(*as)
		if versions == nil {
			return nil, fmt.Errorf("no version of Kafka is called %q", *as)
		}
		options = append(options, kfake.MaxVersions(versions))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, err
	}
	return &steered{cluster: cluster, wire: wire}, nil
}

func run() error {
	s, err := start()
	if err != nil {
		return err
	}
	defer s.cluster.Close()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(map[string][]string{"brokers": s.cluster.ListenAddrs()}); err != nil {
		return err
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var c command
		var said answer
		err := json.Unmarshal(in.Bytes(), &c)
		if err == nil {
			said, err = s.do(c)
		}
		if err != nil {
			said.Error = err.Error()
		}
		if err := out.Encode(said); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kfake:", err)
		os.Exit(1)
	}
}
