package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/gorilla/websocket"
)

// devtools is a connection to a browser's DevTools. Commands may be sent from
// several goroutines.
type devtools struct {
	conn *websocket.Conn
	join sync.WaitGroup

	mu      sync.Mutex // guards writing and the fields below
	last    int
	waiting map[int]chan devtoolsReply
	err     error // why the connection ended
	onEvent func(session, method string, params json.RawMessage)
}

type devtoolsReply struct {
	ID        int             `json:"id"`
	SessionID string          `json:"sessionId"`
	Method    string          `json:"method"`
	Params    json.RawMessage `json:"params"`
	Result    json.RawMessage `json:"result"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error"`
}

func dialDevtools(url string, onEvent func(session, method string, params json.RawMessage)) (*devtools, error) {
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	d := &devtools{conn: conn, waiting: map[int]chan devtoolsReply{}, onEvent: onEvent}
	d.join.Add(1)
	go d.read()
	return d, nil
}

func (d *devtools) read() {
	defer d.join.Done()
	for {
		var r devtoolsReply
		if err := d.conn.ReadJSON(&r); err != nil {
			d.end(err)
			return
		}
		if r.Method != "" {
			d.onEvent(r.SessionID, r.Method, r.Params)
			continue
		}
		d.mu.Lock()
		if ch := d.waiting[r.ID]; ch != nil {
			delete(d.waiting, r.ID)
			ch <- r
		}
		d.mu.Unlock()
	}
}

func (d *devtools) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = fmt.Errorf("the browser's DevTools connection ended: %w", err)
	for id, ch := range d.waiting {
		delete(d.waiting, id)
		close(ch)
	}
}

// call sends one command and decodes its result.
func (d *devtools) call(ctx context.Context, session, method string, params, result any) error {
	ch := make(chan devtoolsReply, 1)
	d.mu.Lock()
	if d.err != nil {
		d.mu.Unlock()
		return d.err
	}
	d.last++
	id := d.last
	d.waiting[id] = ch
	command := map[string]any{"id": id, "method": method, "params": params}
	if session != "" {
		command["sessionId"] = session
	}
	err := d.conn.WriteJSON(command)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case r, ok := <-ch:
		switch {
		case !ok:
			return d.err
		case r.Error != nil:
			return fmt.Errorf("%s: %s", method, r.Error.Message)
		case result != nil:
			return json.Unmarshal(r.Result, result)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

func (d *devtools) close() {
	_ = d.conn.Close()
	d.join.Wait()
}

var errNoDevtools = errors.New("the browser did not say where its DevTools are")
