package main

import (
	"net"
	"sync"
)

// All connections to the cluster.
type wire struct {
	mu   sync.Mutex
	open map[*connection]bool
	cuts []*cut
}

// Answers of `bytes` or more are sent by half.
type cut struct {
	counter
	bytes int
}

type listener struct {
	net.Listener
	wire *wire
}

type connection struct {
	net.Conn
	wire *wire
}

func newWire() *wire { return &wire{open: map[*connection]bool{}} }

func (w *wire) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return &listener{l, w}, nil
}

func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &connection{accepted, l.wire}
	l.wire.mu.Lock()
	defer l.wire.mu.Unlock()
	l.wire.open[c] = true
	return c, nil
}

func (w *wire) cut(bytes, count int) *cut {
	c := &cut{counter: counter{left: count}, bytes: bytes}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cuts = append(w.cuts, c)
	return c
}

func (w *wire) isCut(bytes int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.cuts {
		if bytes >= c.bytes && c.take() {
			return true
		}
	}
	return false
}

func (w *wire) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.Conn.Close()
	}
}

// Write gets one whole answer.
func (c *connection) Write(answer []byte) (int, error) {
	if !c.wire.isCut(len(answer)) {
		return c.Conn.Write(answer)
	}
	c.Conn.Write(answer[:len(answer)/2])
	c.Close()
	return 0, net.ErrClosed
}

func (c *connection) Close() error {
	c.wire.mu.Lock()
	delete(c.wire.open, c)
	c.wire.mu.Unlock()
	return c.Conn.Close()
}
