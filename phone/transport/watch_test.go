package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// machine is what a Transport sees around it.
type machine struct {
	sync.Mutex
	addresses []netip.Addr
	asleep    time.Duration
	broken    error
	looks     int
	told      *told // nil: the machine tells of no changes
}

func (m *machine) move(addresses ...string) {
	m.Lock()
	defer m.Unlock()
	m.addresses = nil
	for _, a := range addresses {
		m.addresses = append(m.addresses, netip.MustParseAddr(a))
	}
}

func (m *machine) sleep(d time.Duration) {
	m.Lock()
	defer m.Unlock()
	m.asleep += d
}

func (m *machine) around() surroundings {
	start := time.Now()
	return surroundings{
		addresses: func() ([]netip.Addr, error) {
			m.Lock()
			defer m.Unlock()
			m.looks++
			return slices.Clone(m.addresses), m.broken
		},
		changes: func() (changes, error) {
			if m.told == nil {
				return noChanges()
			}
			return m.told, nil
		},
		clocks: func() (wall, monotonic time.Duration) {
			m.Lock()
			defer m.Unlock()
			ran := time.Since(start)
			return ran + m.asleep, ran
		},
	}
}

// addressed gives a connection an address of its own.
type addressed struct {
	net.Conn
	local net.Addr
}

func (c addressed) LocalAddr() net.Addr { return c.local }

// watched starts a Transport on m whose connections come from 192.0.2.1.
func watched(t *testing.T, m *machine, n *pipeNet, c Config) (*journal, *Transport) {
	t.Helper()
	c.Servers = []Server{{URL: "ws://a.test"}}
	c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := n.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return addressed{conn, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}}, nil
	}
	j := newJournal()
	tr, err := New(c, j)
	if err != nil {
		t.Fatal(err)
	}
	tr.random = func() float64 { return 0 }
	tr.around = m.around()
	tr.Start()
	t.Cleanup(func() { tr.Close(); tr.Wait() })
	synctest.Wait()
	return j, tr
}

const up = "connecting ws://a.test 1\nconnected ws://a.test"

func TestWatch_connected(t *testing.T) {
	for _, c := range []struct {
		name   string
		silent bool
		happen func(*machine)
		soon   string // within a second
		later  string // within checkWait more
	}{
		{"nothing happens", true, func(*machine) {}, "", ""},
		{
			"its address is gone: another connection at once", false,
			func(m *machine) { m.move("198.51.100.7") },
			"network changed\ndisconnected read retry in 0s\n" + up, "",
		},
		{
			"all addresses are gone", false, func(m *machine) { m.move() },
			"network changed\ndisconnected read retry in 0s\n" + up, "",
		},
		{
			"another address came: the server must show itself, and does", false,
			func(m *machine) { m.move("192.0.2.1", "198.51.100.7") }, "network changed", "",
		},
		{
			"another address came: the server must show itself, and does not", true,
			func(m *machine) { m.move("192.0.2.1", "198.51.100.7") }, "network changed", "disconnected ping retry in 2s",
		},
		{"the machine slept, the server is there", false, func(m *machine) { m.sleep(time.Hour) }, "woke", ""},
		{"the machine slept, the server is gone", true, func(m *machine) { m.sleep(time.Hour) }, "woke", "disconnected ping retry in 2s"},
		{
			"the machine slept and woke in another network", false,
			func(m *machine) { m.sleep(time.Hour); m.move("198.51.100.7") },
			"network changed\ndisconnected read retry in 0s\n" + up, "",
		},
		{
			"the machine slept and found another address beside its own", false,
			func(m *machine) { m.sleep(time.Hour); m.move("192.0.2.1", "198.51.100.7") }, "woke\nnetwork changed", "",
		},
		{"a clock was set by a little", true, func(m *machine) { m.sleep(time.Second) }, "", ""},
		{
			"the addresses cannot be read", true,
			func(m *machine) {
				m.Lock()
				m.addresses, m.broken = nil, errors.New("no memory")
				m.Unlock()
			}, "", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n pipeNet
				talk := drain
				if c.silent {
					talk = silent
				}
				n.serve(t, "a.test:80", upgraded(talk))
				m := &machine{}
				m.move("192.0.2.1")
				j, _ := watched(t, m, &n, Config{PingInterval: time.Minute})
				j.expect(t, up)
				c.happen(m)
				time.Sleep(watchInterval)
				synctest.Wait()
				j.expectSet(t, c.soon)
				time.Sleep(checkWait)
				synctest.Wait()
				j.expectSet(t, c.later)
			})
		})
	}
}

func TestWatch_waiting(t *testing.T) {
	for name, happen := range map[string]func(*machine){
		"the network is back": func(m *machine) { m.move("198.51.100.7") },
		"the machine woke":    func(m *machine) { m.sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n pipeNet
				m := &machine{}
				j, _ := watched(t, m, &n, Config{Min: time.Minute, Max: time.Hour})
				j.expect(t, "connecting ws://a.test 1", "disconnected tcp retry in 1m0s")
				n.serve(t, "a.test:80", upgraded(drain))
				happen(m)
				time.Sleep(watchInterval)
				synctest.Wait()
				j.Lock()
				j.lines = slices.DeleteFunc(j.lines, func(l string) bool { return l == "network changed" })
				j.Unlock()
				j.expect(t, "connecting ws://a.test 2", "connected ws://a.test")
			})
		})
	}
}

// dialForEver is an attempt that nobody answers.
func dialForEver(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// An attempt that began in another network is not waited for.
func TestWatch_dialing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{}
		m.move("192.0.2.1")
		j := newJournal()
		tr, err := New(Config{
			Servers: []Server{{URL: "ws://a.test"}},
			Dial:    dialForEver,
		}, j)
		if err != nil {
			t.Fatal(err)
		}
		tr.around = m.around()
		tr.Start()
		synctest.Wait()
		m.move("198.51.100.7")
		time.Sleep(watchInterval)
		synctest.Wait()
		j.expectSet(t, "connecting ws://a.test 1\nnetwork changed\ndisconnected tcp retry in 0s\nconnecting ws://a.test 1")
		if e := j.lastError(t); !errors.Is(e, errNetworkChanged) {
			t.Errorf("failed with %v", e)
		}
		tr.Close()
		tr.Wait()
	})
}

func TestSystem(t *testing.T) {
	s := system()
	addresses, err := s.addresses()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(addresses, netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("no loopback among %v", addresses)
	}
	wall, monotonic := s.clocks()
	if slept(wall, monotonic) {
		t.Errorf("clocks of %v and %v", wall, monotonic)
	}
}
