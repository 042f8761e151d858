// Ears that hear one RTP stream each and remember it: window.listener.
'use strict';

(() => {
  const ears = {};
  let context = null;

  const now = () => performance.timeOrigin + performance.now();

  // prepare opens the sound, once.
  async function prepare() {
    if (context) return;
    const opened = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    await opened.audioWorklet.addModule('/recorder.js');
    await opened.resume();
    context = opened;
  }

  // answer lets a new ear take an offer and returns the whole answer.
  async function answer(id, offer) {
    await prepare();
    const pc = new RTCPeerConnection();
    const ear = ears[id] = { pc, chunks: [], samples: 0, begun: Infinity };
    pc.addEventListener('track', ({ track }) => hear(ear, track));
    await pc.setRemoteDescription({ type: 'offer', sdp: offer });
    await pc.setLocalDescription(await pc.createAnswer());
    while (pc.iceGatheringState !== 'complete') {
      await new Promise((done) => pc.addEventListener('icegatheringstatechange', done, { once: true }));
    }
    return pc.localDescription.sdp;
  }

  function hear(ear, track) {
    const stream = new MediaStream([track]);
    // Without an element that plays it a remote track is not decoded.
    ear.element = new Audio();
    ear.element.srcObject = stream;
    ear.element.muted = true;
    ear.element.play().catch((e) => console.log(`play: ${e}`));
    const node = new AudioWorkletNode(context, 'recorder');
    node.port.onmessage = ({ data }) => {
      ear.chunks.push(data);
      ear.samples += data.length;
      // The message that came fastest tells best when the first sample was.
      ear.begun = Math.min(ear.begun, now() - ear.samples / 48);
    };
    // A worklet runs only while it leads to the output.
    const mute = context.createGain();
    mute.gain.value = 0;
    node.connect(mute).connect(context.destination);
    context.createMediaStreamSource(stream).connect(node);
  }

  // heard returns all samples as base64 of 16-bit PCM.
  function heard(id) {
    const ear = ears[id];
    const all = new Int16Array(ear.samples);
    let end = 0;
    for (const c of ear.chunks) {
      all.set(c.subarray(0, all.length - end), end);
      end += c.length;
    }
    const bytes = new Uint8Array(all.buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) {
      text += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x8000));
    }
    return btoa(text);
  }

  // stats returns the figures of an ear's stream.
  async function stats(id) {
    for (const s of (await ears[id].pc.getStats()).values()) {
      if (s.type !== 'inbound-rtp') continue;
      return {
        received: s.packetsReceived, lost: s.packetsLost, discarded: s.packetsDiscarded,
        samples: s.totalSamplesReceived, concealed: s.concealedSamples, silent: s.silentConcealedSamples,
        faster: s.removedSamplesForAcceleration, slower: s.insertedSamplesForDeceleration,
        bufferDelay: s.jitterBufferDelay, bufferEmitted: s.jitterBufferEmittedCount,
        fec: s.fecPacketsReceived, begun: ears[id].begun,
      };
    }
    return {};
  }

  function close(id) {
    ears[id].pc.close();
    ears[id].element.srcObject = null;
    delete ears[id];
  }

  window.listener = { answer, heard, stats, close, state: (id) => ears[id].pc.connectionState };
})();
