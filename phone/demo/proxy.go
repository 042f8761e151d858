package demo

import (
	"strconv"
	"strings"

	"webphone/phone/sip"
)

// allow is what the server takes when it is asked itself.
const allow = "INVITE, ACK, CANCEL, BYE, UPDATE, INFO, MESSAGE, OPTIONS, REFER, NOTIFY, SUBSCRIBE, PRACK, REGISTER"

// receive takes a message from a connection.
func (s *Server) receive(c *connection, m sip.Message) {
	if !c.alive() {
		return
	}
	if m.Fields().CSeq.Method != sip.REGISTER {
		s.learn(c, m)
	}
	switch m := m.(type) {
	case *sip.Request:
		s.receiveRequest(c, m)
	case *sip.Response:
		s.receiveResponse(c, m)
	}
}

// learn remembers that a contact is reached over the connection it came from.
func (s *Server) learn(c *connection, m sip.Message) {
	contacts, _, err := m.Fields().Contacts()
	if err != nil {
		return
	}
	for _, contact := range contacts {
		if contact.URI.IsSIP() && !s.isHere(contact.URI) {
			s.location.flows[flowKey(contact.URI)] = c
		}
	}
}

func (s *Server) receiveRequest(c *connection, r *sip.Request) {
	if status, err := sip.Sanity(r); err != nil {
		s.log.Info("refused", "request", r, "err", err)
		if status != 0 {
			c.send(s.response(r, status, ""))
		}
		return
	}
	c.stamp(&r.Via[0])
	switch r.Method {
	case sip.CANCEL:
		s.receiveCancel(c, r)
		return
	case sip.ACK:
		s.receiveACK(r)
		return
	}
	if s.exchanges[transactionKey(r)] != nil {
		return // a repetition; over a reliable transport the answer is on its way
	}
	if r.Method == sip.REGISTER && s.isHere(r.RequestURI) && r.RequestURI.User == "" {
		s.register(c, r)
		return
	}
	if res := s.mayPass(r); res != nil {
		c.send(res)
		return
	}
	targets, res := s.route(r)
	if res != nil {
		c.send(res)
		return
	}
	s.forward(c, r, targets)
}

// stamp writes where a request came from into its topmost Via (RFC 3581 §4).
func (c *connection) stamp(v *sip.Via) {
	if c.host == "" {
		return
	}
	v.Params = v.Params.With("received", c.host)
	if v.Params.Has("rport") {
		v.Params = v.Params.With("rport", strconv.Itoa(c.port))
	}
}

// mayPass is the validation of RFC 3261 §16.3. It returns the refusal.
func (s *Server) mayPass(r *sip.Request) *sip.Response {
	if n, ok := r.MaxForwards(); ok && n == 0 {
		return s.response(r, 483, "")
	}
	if required := r.Headers.Values("Proxy-Require"); len(required) > 0 {
		res := s.response(r, 420, "")
		res.Headers.Add("Unsupported", strings.Join(required, ", "))
		return res
	}
	if r.To.Tag() != "" || s.isHere(r.RequestURI) && r.RequestURI.User == "" {
		return nil // inside a dialog, or a question to the server itself
	}
	user, refusal := s.authenticate(r, s.proxyScheme())
	if refusal != nil {
		return refusal
	}
	if s.isHere(r.From.URI) && r.From.URI.UserUnescaped() != user {
		return s.response(r, 403, "")
	}
	return nil
}

// target is one place to forward a request to.
type target struct {
	uri sip.URI
	via *connection
}

// route finds out where a request goes (RFC 3261 §16.4, §16.5), or the answer.
func (s *Server) route(r *sip.Request) ([]target, *sip.Response) {
	routes, err := r.Route()
	if err != nil {
		return nil, s.response(r, 400, "")
	}
	for len(routes) > 0 && s.isSelf(routes[0].URI) {
		routes = routes[1:]
	}
	r.Headers.Del("Route")
	for _, route := range routes {
		r.Headers.Add("Route", route.String())
	}
	next := r.RequestURI
	if len(routes) > 0 {
		next = routes[0].URI
	}
	if via := s.location.flows[flowKey(next)]; via != nil {
		return []target{{r.RequestURI, via}}, nil
	}
	switch {
	case !s.isHere(next):
		return nil, s.response(r, 480, "") // a contact that has gone, or another domain
	case next.User == "" && r.Method == sip.OPTIONS:
		res := s.response(r, 200, "")
		res.Headers.Add("Allow", allow)
		return nil, res
	case next.User == "":
		return nil, s.response(r, 405, "")
	}
	user := next.UserUnescaped()
	if _, ok := s.accounts[user]; !ok {
		return nil, s.response(r, 404, "")
	}
	var targets []target
	for _, b := range s.location.of(user) {
		targets = append(targets, target{b.contact.URI, b.via})
	}
	if len(targets) == 0 {
		return nil, s.response(r, 480, "")
	}
	return targets, nil
}

// receiveCancel cancels what an INVITE has started (RFC 3261 §16.10).
func (s *Server) receiveCancel(c *connection, r *sip.Request) {
	x := s.exchanges[inviteKey(r)]
	if x == nil {
		c.send(s.response(r, 481, ""))
		return
	}
	c.send(s.response(r, 200, ""))
	for _, b := range x.branches {
		b.cancel(s, r.Headers.Values("Reason"))
	}
}

// receiveACK drops the ACK of a refusal, which was the server's own or which
// it has acknowledged itself, and passes on that of a 2xx.
func (s *Server) receiveACK(r *sip.Request) {
	if s.exchanges[inviteKey(r)] != nil || strings.HasPrefix(r.To.Tag(), s.tag) {
		return
	}
	targets, res := s.route(r)
	if res != nil || len(targets) != 1 {
		return
	}
	out := s.outgoing(r, targets[0].uri, sip.NewBranch())
	targets[0].via.send(out)
}

// transactionKey is RFC 3261 §17.2.3's.
func transactionKey(r *sip.Request) string { return key(r, r.Method) }

// inviteKey is the key of the INVITE that an ACK or CANCEL belongs to.
func inviteKey(r *sip.Request) string { return key(r, sip.INVITE) }

func key(r *sip.Request, m sip.Method) string {
	v := r.Via[0]
	return v.Branch() + " " + v.Host + ":" + strconv.Itoa(v.Port) + " " + string(m)
}

// outgoing is a request as it leaves (RFC 3261 §16.6).
func (s *Server) outgoing(r *sip.Request, uri sip.URI, branch string) *sip.Request {
	out := r.Clone()
	out.RequestURI = uri.Clone()
	out.RequestURI.Headers = nil
	n, ok := r.MaxForwards()
	if !ok {
		n = 70
	}
	out.Headers.Set("Max-Forwards", strconv.Itoa(n-1))
	var kept []string
	for _, value := range out.Headers.Values("Proxy-Authorization") {
		if a, err := sip.ParseAuthorization(value); err != nil || a.Realm != s.options.ProxyRealm {
			kept = append(kept, value)
		}
	}
	out.Headers.Del("Proxy-Authorization")
	for _, value := range kept {
		out.Headers.Add("Proxy-Authorization", value)
	}
	switch r.Method {
	case sip.INVITE, sip.SUBSCRIBE, sip.REFER, sip.NOTIFY:
		// First, so that it stands above those of earlier hops.
		out.Headers = append(sip.Headers{{Name: "Record-Route", Value: sip.NameAddr{URI: s.self}.String()}}, out.Headers...)
	}
	transport := "WSS"
	if s.options.Plain {
		transport = "WS"
	}
	via := sip.Via{Transport: transport, Host: s.self.Host, Port: s.self.Port, Params: sip.Params{{Name: "branch", Value: branch}}}
	out.Via = append([]sip.Via{via}, out.Via...)
	return out
}
