// What a page hears and says, whichever library makes its calls: window.sound.
'use strict';

(() => {
  let context = null;
  let recorder = null;
  let aloud = false;
  let playing = null; // kept: an element that nobody knows stops

  // note writes a line of the party's story.
  function note(text) {
    console.log(`* ${Math.round(performance.now())} ${text}`);
  }

  // now returns milliseconds since 1970.
  const now = () => performance.timeOrigin + performance.now();

  // prepare opens the sound. With a frequency, in hertz, that tone takes the
  // place of the browser's microphone, so that each page has a voice of its own.
  // A page that is to play aloud uses the browser's devices and no context.
  async function prepare(frequency, toPlayAloud) {
    aloud = toPlayAloud;
    if (aloud) return;
    context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    await context.audioWorklet.addModule('/recorder.js');
    await context.resume();
    if (!frequency) return;
    const tone = new OscillatorNode(context, { frequency });
    const quarter = new GainNode(context, { gain: 0.25 });
    tone.connect(quarter);
    tone.start();
    navigator.mediaDevices.getUserMedia = async () => {
      const voice = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
      quarter.connect(voice);
      return voice.stream;
    };
  }

  function startRecorder() {
    recorder = { chunks: [], samples: 0, dropped: 0, node: new AudioWorkletNode(context, 'recorder') };
    recorder.node.port.onmessage = ({ data }) => {
      recorder.chunks.push(data);
      recorder.samples += data.length;
      if (recorder.chunks.length > 1200) { // one minute
        recorder.dropped += recorder.chunks.shift().length;
      }
      if (!recorder.first && data.some((v) => Math.abs(v) > 300)) recorder.first = now();
    };
    // A worklet runs only while it leads to the output.
    const mute = context.createGain();
    mute.gain.value = 0;
    recorder.node.connect(mute).connect(context.destination);
  }

  // hear records what is decoded from a remote track.
  function hear(track) {
    const stream = new MediaStream([track]);
    // Without an element that plays it a remote track is not decoded.
    const element = new Audio();
    element.srcObject = stream;
    element.muted = !aloud;
    element.play().catch((e) => note(`play: ${e}`));
    if (aloud) {
      playing = element;
      return;
    }
    if (!recorder) startRecorder();
    context.createMediaStreamSource(stream).connect(recorder.node);
    note('remote track');
  }

  // watch records the sound of a peer connection and tells how it fares.
  function watch(pc) {
    pc.addEventListener('track', ({ track }) => hear(track));
    pc.addEventListener('iceconnectionstatechange', () => note(`ice ${pc.iceConnectionState}`));
    pc.addEventListener('connectionstatechange', () => note(`peer connection ${pc.connectionState}`));
  }

  function heardSamples() { return recorder ? recorder.samples : 0; }

  // heard returns the samples from a position on as base64 of 16-bit PCM.
  function heard(from) {
    if (!recorder) return '';
    let at = recorder.samples;
    let first = recorder.chunks.length;
    while (first > 0 && at > from) at -= recorder.chunks[--first].length;
    const all = new Int16Array(recorder.samples - at);
    let end = 0;
    for (const c of recorder.chunks.slice(first)) { all.set(c, end); end += c.length; }
    const bytes = new Uint8Array(all.slice(Math.max(0, from - at)).buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) {
      text += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x8000));
    }
    return btoa(text);
  }

  // stats returns the figures of a peer connection.
  async function stats(pc) {
    const out = { pairs: 0 };
    const report = await pc.getStats();
    for (const s of report.values()) {
      if (s.type === 'inbound-rtp') {
        out.received = s.packetsReceived;
        out.lost = s.packetsLost;
        out.jitter = s.jitter;
        out.concealed = s.concealedSamples;
        out.samples = s.totalSamplesReceived;
        out.codec = (report.get(s.codecId) || {}).mimeType;
      }
      if (s.availableOutgoingBitrate) out.available = s.availableOutgoingBitrate;
      if (s.type === 'outbound-rtp') {
        out.target = s.targetBitrate;
        out.sent = s.packetsSent;
        out.speaks = (report.get(s.codecId) || {}).mimeType;
      }
      if (s.type === 'remote-inbound-rtp') { // by our reports
        out.rtt = s.roundTripTime;
        out.told = { lost: s.packetsLost, share: s.fractionLost, jitter: s.jitter, measured: s.roundTripTimeMeasurements };
      }
      if (s.type === 'remote-outbound-rtp') out.reported = { packets: s.packetsSent, octets: s.bytesSent, reports: s.reportsSent };
      if (s.type === 'transport') {
        out.dtls = s.dtlsState;
        out.srtp = s.srtpCipher;
        out.tls = s.tlsVersion;
      }
    }
    return out;
  }

  window.sound = {
    note, now, prepare, watch, heard, heardSamples, stats,
    firstSound: () => (recorder && recorder.first) || 0,
    forgetFirst: () => { if (recorder) recorder.first = 0; },
    // Processing would take a steady tone for noise.
    microphone: { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video: false },
  };
})();
