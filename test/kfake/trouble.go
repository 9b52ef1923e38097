package main

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Something that makes requests fail, or wait.
type trouble interface {
	state() (hit, early int)
	remove()
}

type fault struct{ handle *kfake.FaultHandle }

func (f fault) state() (int, int) { return f.handle.Hits(), 0 }
func (f fault) remove()           { f.handle.Remove() }

// How many requests there are still to be met, and how many were.
type counter struct {
	mu   sync.Mutex
	left int // -1: all
	hits int
}

func (c *counter) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return false
	}
	if c.left > 0 {
		c.left--
	}
	c.hits++
	return true
}

func (c *counter) state() (int, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hits, 0
}

func (c *counter) remove() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = 0
}

// A client above its quota gets an answer without partitions, of the session that it asked in, and is to be quiet for a
// time. A broker would not listen to it meanwhile; this one counts what comes.
type throttle struct {
	counter
	until map[int32]time.Time // of each node
	early int                 // fetches that came before
}

func startThrottle(cluster *kfake.Cluster, ms int32, count int) *throttle {
	t := &throttle{counter: counter{left: count}, until: map[int32]time.Time{}}
	// Less than a clock may differ from another's.
	quiet := time.Duration(ms)*time.Millisecond - 20*time.Millisecond
	cluster.ControlKey(int16(kmsg.Fetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		fetch, node := request.(*kmsg.FetchRequest), cluster.CurrentNode()
		if t.comesEarly(node) || !t.take() {
			return nil, nil, false
		}
		t.mu.Lock()
		t.until[node] = time.Now().Add(quiet)
		t.mu.Unlock()
		response := fetch.ResponseKind().(*kmsg.FetchResponse)
		response.ThrottleMillis = ms
		if fetch.SessionEpoch > 0 {
			response.SessionID = fetch.SessionID
		}
		return response, nil, true
	})
	return t
}

func (t *throttle) comesEarly(node int32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !time.Now().Before(t.until[node]) {
		return false
	}
	t.early++
	return true
}

func (t *throttle) state() (int, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hits, t.early
}

// The other connections go on meanwhile.
func startDelay(cluster *kfake.Cluster, key kmsg.Key, ms int32, count int) *counter {
	d := &counter{left: count}
	cluster.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if d.take() {
			cluster.SleepControl(func() { time.Sleep(time.Duration(ms) * time.Millisecond) })
		}
		return nil, nil, false
	})
	return d
}
