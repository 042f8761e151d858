// A call between two peer connections of this page, without a device: what is
// said are samples, what is heard are the receiver's decoded frames.
'use strict';

(() => {
  const now = () => performance.timeOrigin + performance.now();
  const block = 480; // 10 ms

  // frames are the samples in blocks of 10 ms, each at its time.
  async function speak(generator, pcm, said) {
    const writer = generator.writable.getWriter();
    const begun = performance.now();
    for (let i = 0; i + block <= pcm.length; i += block) {
      const due = begun + i / 48;
      while (performance.now() < due) {
        await new Promise((done) => { setTimeout(done, due - performance.now()); });
      }
      said.push(now());
      writer.write(new AudioData({
        format: 's16', sampleRate: 48000, numberOfFrames: block, numberOfChannels: 1,
        timestamp: i * 1e6 / 48000, data: pcm.slice(i, i + block),
      }));
    }
    await writer.close();
  }

  async function listen(track, heard) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const at = now();
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      value.close();
      heard.push({ at, samples });
    }
  }

  async function describe(from, to) {
    await from.setLocalDescription();
    while (from.iceGatheringState !== 'complete') {
      await new Promise((done) => { from.addEventListener('icegatheringstatechange', done, { once: true }); });
    }
    await to.setRemoteDescription(from.localDescription);
  }

  // talk says base64 of 16-bit samples in a call of its own.
  async function talk(text) {
    const pcm = new Int16Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const [mouth, ear] = [new RTCPeerConnection(), new RTCPeerConnection()];
    const heard = [];
    const said = [];
    const element = new Audio(); // without one a remote track is not decoded
    ear.addEventListener('track', ({ track }) => {
      element.srcObject = new MediaStream([track]);
      element.muted = true;
      element.play();
      listen(track, heard);
    });
    const generator = new MediaStreamTrackGenerator({ kind: 'audio' });
    mouth.addTrack(generator, new MediaStream([generator]));
    await describe(mouth, ear);
    await describe(ear, mouth);
    while (mouth.connectionState !== 'connected' || ear.connectionState !== 'connected') {
      await new Promise((done) => { setTimeout(done, 20); });
    }
    await speak(generator, pcm, said);
    await new Promise((done) => { setTimeout(done, 300); });
    let buffer = 0;
    for (const s of (await ear.getStats()).values()) {
      if (s.type === 'inbound-rtp') buffer = 1000 * s.jitterBufferDelay / s.jitterBufferEmittedCount;
    }
    mouth.close();
    ear.close();
    element.srcObject = null;
    return { said, buffer, at: heard.map((h) => h.at), sizes: heard.map((h) => h.samples.length), heard: encode(heard) };
  }

  // encode makes base64 of 16-bit samples.
  function encode(heard) {
    const all = new Int16Array(heard.reduce((n, h) => n + h.samples.length, 0));
    let end = 0;
    for (const { samples } of heard) {
      all.set(samples.map((v) => 32767 * v), end);
      end += samples.length;
    }
    const bytes = new Uint8Array(all.buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x8000));
    return btoa(text);
  }

  window.loop = { talk };
})();
