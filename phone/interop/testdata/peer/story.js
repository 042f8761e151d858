// What a page knows of its calls, whichever library makes them: window.story.
'use strict';

(() => {
  const { note, now } = window.sound;
  const state = {
    connected: false,
    registered: false,
    cause: '', // of the last registration failure
    calls: [], // oldest first
    messages: [], // received: {from, text, type}
    subscriptions: [], // ours: {event, target, state, bodies}
  };

  // hidden are the properties of calls and subscriptions that only the page uses.
  const hidden = new Set(['session', 'options', 'handle']);
  const snapshot = () => JSON.parse(JSON.stringify(state, (k, v) => (hidden.has(k) ? undefined : v)));

  // begin adds a call; the returned tell notes what happens to it.
  function begin(session, direction, options = {}) {
    const call = {
      id: session.id, direction, state: 'connecting', peer: '', displayName: '',
      localHold: false, remoteHold: false, dtmf: '', info: [], texts: [], cause: '', status: 0, originator: '',
      codec: '', reinvites: 0, refer: 0, early: false, at: {}, session, options,
    };
    state.calls.push(call);
    const tell = (name, text = '') => {
      call.at[name] = now();
      note(`${direction} call: ${name} ${text}`);
    };
    return { call, tell };
  }

  const live = () => state.calls.filter((c) => c.state !== 'ended');

  function current() {
    const call = live().at(-1) || state.calls.at(-1);
    if (!call) throw new Error('no call');
    return call;
  }

  // consulted returns the two newest live calls: the one that waits, and the
  // one with whom its peer is to talk.
  function consulted() {
    const two = live().slice(-2);
    if (two.length < 2) throw new Error('there are no two calls');
    return two;
  }

  function message(from, text, type) {
    state.messages.push({ from, text, type });
    note(`message ${text}`);
  }

  // dropPayloads takes the encodings with the given names out of an SDP.
  function dropPayloads(sdp, names) {
    const gone = new Set();
    for (const m of sdp.matchAll(/^a=rtpmap:(\d+) ([^/]+)\//gm)) {
      if (names.includes(m[2].toLowerCase())) gone.add(m[1]);
    }
    return sdp.split('\r\n')
      .filter((line) => {
        const m = line.match(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)[ /]/);
        return !m || !gone.has(m[1]);
      })
      .map((line) => {
        if (!line.startsWith('m=audio')) return line;
        const [m, port, proto, ...payloads] = line.split(' ');
        return [m, port, proto, ...payloads.filter((p) => !gone.has(p))].join(' ');
      })
      .join('\r\n');
  }

  // redundantFirst puts redundant audio first in an SDP.
  function redundantFirst(sdp) {
    const red = sdp.match(/^a=rtpmap:(\d+) red\/48000/m);
    if (!red) return sdp;
    return sdp.replace(/^(m=audio \d+ \S+)(.*)$/m, (line, head, payloads) =>
      [head, red[1], ...payloads.trim().split(' ').filter((p) => p !== red[1])].join(' '));
  }

  window.story = { state, snapshot, begin, live, current, consulted, message, dropPayloads, redundantFirst };
})();
