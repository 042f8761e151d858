// The other party: JsSIP, driven by the test through window.peer.
'use strict';

(() => {
  const JsSIP = require('jssip');
  const state = {
    connected: false,
    registered: false,
    cause: '', // of the last registration failure
    calls: [], // oldest first
    messages: [], // received: {from, text, type}
  };
  let ua = null;
  let context = null;
  let recorder = null;

  function note(text) {
    console.log(`* ${Math.round(performance.now())} ${text}`);
  }

  function snapshot() {
    return JSON.parse(JSON.stringify(state, (k, v) => (k === 'session' || k === 'options' ? undefined : v)));
  }

  // --- sound ---------------------------------------------------------------

  async function prepareSound() {
    context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    await context.audioWorklet.addModule('/recorder.js');
    await context.resume();
  }

  // hear records what is decoded from a remote track.
  function hear(track) {
    const stream = new MediaStream([track]);
    // Without an element that plays it a remote track is not decoded.
    const element = new Audio();
    element.srcObject = stream;
    element.muted = true;
    element.play().catch((e) => note(`play: ${e}`));
    if (!recorder) {
      recorder = { chunks: [], samples: 0, dropped: 0, node: new AudioWorkletNode(context, 'recorder') };
      recorder.node.port.onmessage = ({ data }) => {
        recorder.chunks.push(data);
        recorder.samples += data.length;
        if (recorder.chunks.length > 1200) { // one minute
          recorder.dropped += recorder.chunks.shift().length;
        }
        if (!recorder.first && data.some((v) => Math.abs(v) > 300)) {
          recorder.first = performance.timeOrigin + performance.now();
        }
      };
      // A worklet runs only while it leads to the output.
      const mute = context.createGain();
      mute.gain.value = 0;
      recorder.node.connect(mute).connect(context.destination);
    }
    context.createMediaStreamSource(stream).connect(recorder.node);
    note('remote track');
  }

  function heardSamples() { return recorder ? recorder.samples : 0; }

  // heard returns the samples from a position on as base64 of 16-bit PCM.
  function heard(from) {
    if (!recorder) return '';
    const skip = Math.max(0, from - recorder.dropped);
    const all = new Int16Array(recorder.samples - recorder.dropped);
    let at = 0;
    for (const c of recorder.chunks) { all.set(c, at); at += c.length; }
    const bytes = new Uint8Array(all.slice(skip).buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) {
      text += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x8000));
    }
    return btoa(text);
  }

  // --- signalling ----------------------------------------------------------

  async function start({ server, uri, password, displayName, options }) {
    await prepareSound();
    ua = new JsSIP.UA(Object.assign({
      sockets: [new JsSIP.WebSocketInterface(server)],
      uri, password, display_name: displayName, register_expires: 120,
      connection_recovery_min_interval: 2, connection_recovery_max_interval: 4,
    }, options));
    ua.on('connected', () => { state.connected = true; note('connected'); });
    ua.on('disconnected', (e) => {
      state.connected = false;
      note(`disconnected ${e.code || ''} ${e.reason || ''}`);
    });
    ua.on('registered', () => { state.registered = true; state.cause = ''; note('registered'); });
    ua.on('unregistered', () => { state.registered = false; note('unregistered'); });
    ua.on('registrationFailed', (e) => {
      state.registered = false;
      state.cause = e.cause;
      note(`registrationFailed ${e.cause}`);
    });
    ua.on('newRTCSession', ({ session, originator, request }) => {
      if (originator === 'remote') follow(session, {}, request);
    });
    ua.on('newMessage', ({ originator, request }) => {
      if (originator !== 'remote') return;
      state.messages.push({
        from: `${request.from.uri}`, text: request.body, type: request.getHeader('Content-Type'),
      });
      note(`message ${request.body}`);
    });
    ua.start();
  }

  // follow keeps one call's story.
  function follow(session, options, request) {
    const call = {
      id: session.id, direction: session.direction, state: 'connecting', peer: '', displayName: '',
      localHold: false, remoteHold: false, dtmf: '', info: [], cause: '', status: 0, originator: '',
      codec: '', reinvites: 0, at: {}, session, options,
    };
    state.calls.push(call);
    const is = (name, text = '') => {
      call.at[name] = performance.timeOrigin + performance.now();
      note(`${session.direction} call: ${name} ${text}`);
    };
    if (request) {
      call.peer = `${request.from.uri}`;
      call.displayName = request.from.display_name || '';
      call.state = 'incoming';
      is('incoming', call.peer);
    }
    const watch = (pc) => {
      pc.addEventListener('track', ({ track }) => hear(track));
      pc.addEventListener('iceconnectionstatechange', () => note(`ice ${pc.iceConnectionState}`));
      pc.addEventListener('connectionstatechange', () => note(`peer connection ${pc.connectionState}`));
    };
    if (session.connection) watch(session.connection);
    else session.on('peerconnection', ({ peerconnection }) => watch(peerconnection));
    session.on('sending', () => is('sending'));
    session.on('progress', ({ originator, response }) => {
      if (originator === 'remote') { call.state = 'ringing'; call.status = response.status_code; }
      is('progress');
    });
    session.on('accepted', () => { is('accepted'); });
    session.on('confirmed', () => { call.state = 'confirmed'; is('confirmed'); });
    const end = (name) => ({ originator, message, cause }) => {
      call.state = 'ended';
      call.cause = cause;
      call.originator = originator;
      call.status = (message && message.status_code) || 0;
      is(name, `${originator} ${cause} ${call.status || ''}`);
    };
    session.on('ended', end('ended'));
    session.on('failed', end('failed'));
    session.on('hold', ({ originator }) => { call[`${originator}Hold`] = true; is('hold', originator); });
    session.on('unhold', ({ originator }) => { call[`${originator}Hold`] = false; is('unhold', originator); });
    session.on('reinvite', () => { call.reinvites += 1; is('reinvite'); });
    session.on('newDTMF', ({ originator, dtmf }) => {
      if (originator === 'remote') { call.dtmf += dtmf.tone; is('dtmf', dtmf.tone); }
    });
    session.on('newInfo', ({ originator, info }) => {
      if (originator === 'remote') { call.info.push(`${info.contentType} ${info.body}`); is('info', info.body); }
    });
    session.on('sdp', (e) => {
      if (e.type === 'offer' && call.options.dropPayloads) {
        e.sdp = dropPayloads(e.sdp, call.options.dropPayloads);
      }
      note(`sdp ${e.originator} ${e.type}\n${e.sdp}`);
    });
    for (const name of ['getusermediafailed', 'peerconnection:createofferfailed', 'peerconnection:createanswerfailed',
      'peerconnection:setlocaldescriptionfailed', 'peerconnection:setremotedescriptionfailed']) {
      session.on(name, (e) => note(`${name} ${e && e.message ? e.message : e}`));
    }
    return call;
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

  // Processing would take a steady tone for noise.
  const microphone = {
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video: false,
  };

  function current() {
    const call = state.calls.at(-1);
    if (!call) throw new Error('no call');
    return call;
  }

  async function call(target, options = {}) {
    const session = ua.call(target, {
      mediaConstraints: microphone,
      pcConfig: { iceServers: [] },
      eventHandlers: { peerconnection: () => {} },
      ...options.jssip,
    });
    const c = follow(session, options, null);
    c.peer = target;
    c.at.call = performance.timeOrigin + performance.now();
  }

  function answer(options = {}) {
    const c = current();
    c.options = options;
    c.at.answer = performance.timeOrigin + performance.now();
    if (recorder) recorder.first = 0;
    c.session.answer({ mediaConstraints: microphone, pcConfig: { iceServers: [] }, ...options.jssip });
  }

  const terminate = (options) => current().session.terminate(options);

  function turn(what) {
    return new Promise((resolve, reject) => {
      if (!current().session[what]({}, () => { note(`${what} done`); resolve(); })) {
        reject(new Error(`${what} refused`));
      }
    });
  }

  function sendDTMF(tones, transportType) {
    current().session.sendDTMF(tones, { transportType, duration: 160, interToneGap: 120 });
  }

  function sendMessage(target, text, options = {}) {
    return new Promise((resolve, reject) => {
      ua.sendMessage(target, text, {
        ...options,
        eventHandlers: {
          succeeded: ({ response }) => resolve(response.status_code),
          failed: ({ response, cause }) => reject(new Error(`${cause} ${response ? response.status_code : ''}`)),
        },
      });
    });
  }

  async function stats() {
    const out = { pairs: 0 };
    const report = await current().session.connection.getStats();
    for (const s of report.values()) {
      if (s.type === 'inbound-rtp') {
        out.received = s.packetsReceived;
        out.lost = s.packetsLost;
        out.jitter = s.jitter;
        out.concealed = s.concealedSamples;
        out.samples = s.totalSamplesReceived;
        out.codec = (report.get(s.codecId) || {}).mimeType;
      }
      if (s.type === 'outbound-rtp') out.sent = s.packetsSent;
      if (s.type === 'remote-inbound-rtp') out.rtt = s.roundTripTime;
      if (s.type === 'transport') {
        out.dtls = s.dtlsState;
        out.srtp = s.srtpCipher;
        out.tls = s.tlsVersion;
      }
    }
    return out;
  }

  JsSIP.debug.enable('JsSIP:*');
  window.peer = {
    start, snapshot, call, answer, terminate, sendDTMF, sendMessage, stats, heard, heardSamples,
    hold: () => turn('hold'),
    unhold: () => turn('unhold'),
    mute: () => current().session.mute({ audio: true }),
    unmute: () => current().session.unmute({ audio: true }),
    stop: () => ua && ua.stop(),
    firstSound: () => (recorder && recorder.first) || 0,
  };
})();
