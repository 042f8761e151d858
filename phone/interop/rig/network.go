package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
)

// Network is a router with a server's place and two phones' places around it,
// each with a link and an address range of its own. They are network
// namespaces of the kernel: what happens to their links is what happens to a
// machine's cable or WLAN.
type Network struct {
	Server *Place
	Phones [2]*Place

	holder *Process // of the user's namespaces, where the test is not root
	enter  []string // that leads into them
}

// Place is one namespace.
type Place struct {
	network *Network
	name    string
	subnet  int
	host    int
}

// networks counts those of this process: their names differ.
var networks atomic.Int64

// NewNetwork makes a network. Without root's rights it is made inside
// namespaces of the user's own, where the system allows that.
func NewNetwork(logDir string) (*Network, error) {
	for _, program := range []string{"ip", "nsenter", "unshare"} {
		if _, err := Look(program); err != nil {
			return nil, err
		}
	}
	n := &Network{}
	if os.Geteuid() != 0 {
		if err := n.becomeRoot(logDir); err != nil {
			return nil, err
		}
	}
	prefix := fmt.Sprintf("wp%d-%d-", os.Getpid(), networks.Add(1))
	n.Server = &Place{network: n, name: prefix + "r", host: 1}
	for i := range n.Phones {
		n.Phones[i] = &Place{network: n, name: prefix + string('a'+rune(i)), subnet: i + 1, host: 2}
	}
	if err := n.build(); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// becomeRoot makes the user root of namespaces of its own.
func (n *Network) becomeRoot(logDir string) error {
	var err error
	n.holder, err = Start(Command{
		Name: "namespaces", LogDir: logDir,
		Args: []string{"unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", "mount -t tmpfs none /run && echo ready && exec sleep 3600"},
	})
	if err != nil {
		return err
	}
	n.enter = []string{"nsenter", "--target", strconv.Itoa(n.holder.PID()), "--user", "--net", "--mount", "--preserve-credentials"}
	err = n.holder.WaitFor("making namespaces", Limit, func() bool { return n.holder.Log().Contains("ready") })
	if err != nil {
		return fmt.Errorf("neither root nor allowed to make namespaces of one's own: %w", err)
	}
	return nil
}

func (n *Network) build() error {
	server := n.Server
	steps := [][]string{{"netns", "add", server.name}, {"-n", server.name, "link", "set", "lo", "up"}}
	for _, p := range n.Phones {
		link, gateway := "to"+strconv.Itoa(p.subnet), p.gateway()
		steps = append(
			steps,
			[]string{"netns", "add", p.name},
			[]string{"-n", p.name, "link", "set", "lo", "up"},
			[]string{"-n", server.name, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", p.name},
			[]string{"-n", server.name, "address", "add", gateway + "/24", "dev", link},
			[]string{"-n", server.name, "link", "set", link, "up"},
		)
	}
	for _, s := range steps {
		if err := n.ip(s...); err != nil {
			return err
		}
	}
	for _, p := range n.Phones {
		if err := p.Connect(p.host); err != nil {
			return err
		}
	}
	return n.run(server.Wrap("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")...)
}

// Close removes the network.
func (n *Network) Close() {
	for _, p := range append(n.Phones[:], n.Server) {
		_ = n.ip("netns", "delete", p.name) // may not have been made
	}
	n.holder.Stop()
}

func (n *Network) ip(args ...string) error {
	return n.run(append(append([]string{}, n.enter...), append([]string{"ip"}, args...)...)...)
}

func (n *Network) run(args ...string) error {
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", strings.Join(args, " "), err), errors.New(string(out)))
	}
	return nil
}

// Wrap is a command that runs args in the place.
func (p *Place) Wrap(args ...string) []string {
	all := append([]string{}, p.network.enter...)
	return append(append(all, "nsenter", "--net=/run/netns/"+p.name), args...)
}

// Address is the place's own.
func (p *Place) Address() string {
	if p.subnet == 0 {
		return "10.77.1.1"
	}
	return fmt.Sprintf("10.77.%d.%d", p.subnet, p.host)
}

func (p *Place) gateway() string { return fmt.Sprintf("10.77.%d.1", p.subnet) }

// Cut takes the phone's link down, as a machine that leaves its WLAN does.
func (p *Place) Cut() error {
	return p.network.ip("-n", p.name, "link", "set", "eth0", "down")
}

// Unplug takes the carrier away: the other end of the phone's link goes down.
func (p *Place) Unplug() error {
	return p.network.ip("-n", p.network.Server.name, "link", "set", "to"+strconv.Itoa(p.subnet), "down")
}

// Block loses what the place sends to the other; what comes from there passes.
func (p *Place) Block(to *Place) error { return p.rule("add", to) }

// Unblock lets it pass again.
func (p *Place) Unblock(to *Place) error { return p.rule("delete", to) }

func (p *Place) rule(verb string, to *Place) error {
	return p.network.ip("-n", p.network.Server.name, "rule", verb, "from", p.Address(), "to", to.Address(), "blackhole")
}

// Plug brings it back.
func (p *Place) Plug() error {
	return p.network.ip("-n", p.network.Server.name, "link", "set", "to"+strconv.Itoa(p.subnet), "up")
}

// Connect brings the phone's link up with the address 10.77.N.host.
func (p *Place) Connect(host int) error {
	p.host = host
	for _, s := range [][]string{
		{"-4", "-n", p.name, "address", "flush", "dev", "eth0"},
		{"-n", p.name, "address", "add", p.Address() + "/24", "dev", "eth0"},
		{"-n", p.name, "link", "set", "eth0", "up"},
		{"-n", p.name, "route", "replace", "default", "via", p.gateway()},
	} {
		if err := p.network.ip(s...); err != nil {
			return err
		}
	}
	return nil
}
