package transport

// Direction is the way a traced message went.
type Direction int

// The directions.
const (
	Received Direction = iota
	Sent
)

// String returns "received" or "sent".
func (d Direction) String() string {
	if d == Sent {
		return "sent"
	}
	return "received"
}
