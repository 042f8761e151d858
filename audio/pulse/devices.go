package pulse

// Device is a sink or a source of the server.
type Device struct {
	Name        string // the server's own, stable
	Description string // for people
	Default     bool
	// Monitor is true for a source that hears what a sink plays.
	Monitor bool
	// Card is the number of the card it belongs to; NoCard = none.
	Card       uint32
	Properties map[string]string
}

// NoCard is the card of a device that belongs to none.
const NoCard = ^uint32(0)

// devices reads a reply to getSinks or getSources.
func (r *reader) devices(source bool, usual string) []Device {
	var list []Device
	for len(r.rest) > 0 && r.err == nil {
		d := r.device(source)
		d.Default = d.Name == usual
		if r.err == nil {
			list = append(list, d)
		}
	}
	return list
}

// device reads one sink or source.
func (r *reader) device(source bool) Device {
	r.u32() // index
	d := Device{Name: r.text(), Description: r.text()}
	r.skip(tagSampleSpec, tagChannelMap, tagU32, tagVolumes)
	r.flag()             // muted
	monitored := r.u32() // for a sink its monitor, for a monitor its sink
	r.text()
	r.skip(tagUsec)
	r.text() // driver
	r.skip(tagU32)
	d.Properties = r.properties()
	r.skip(tagUsec, tagVolume, tagU32, tagU32)
	d.Card = r.u32()
	d.Monitor = source && monitored != ^uint32(0)
	return d
}

// defaults reads a reply to getServer: the names of the default devices.
func (r *reader) defaults() (sink, source string) {
	for range 4 { // name, version, user, host
		r.text()
	}
	r.skip(tagSampleSpec)
	return r.text(), r.text()
}
