// An AudioWorklet that hands over what it hears, 50 ms at a time, as 16-bit
// samples. Several inputs (one per track) are added up by the graph.
class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Int16Array(2400);
    this.filled = 0;
  }

  process([input]) {
    const samples = input[0];
    for (let i = 0; i < 128; i++) {
      const v = samples ? Math.max(-1, Math.min(1, samples[i])) : 0;
      this.chunk[this.filled++] = v * 32767;
      if (this.filled === this.chunk.length) {
        this.port.postMessage(this.chunk);
        this.chunk = new Int16Array(2400);
        this.filled = 0;
      }
    }
    return true;
  }
}
registerProcessor('recorder', Recorder);
